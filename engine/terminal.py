"""What a command prints for people: sentences, which a terminal is given wrapped between words."""

import shutil
import ssl
import sys
import textwrap
from typing import TextIO


def say(sentence: str) -> None:
    """On standard output."""
    _print(sentence, sys.stdout)


def complain(sentence: str) -> None:
    """What went wrong, on standard error, marked as ours."""
    _print(f"ixp: {sentence}", sys.stderr)


def untrusted(url: str, error: ssl.SSLCertVerificationError) -> str:
    """What to say of a server whose certificate was not believed."""
    return (
        f"{url}: the certificate of the server is not trusted ({error.verify_message}); name a file with the "
        "certificate, or with that of whoever signed it, in the environment variable SSL_CERT_FILE"
    )


def _print(text: str, to: TextIO) -> None:
    # Whatever reads a pipe gets a sentence as one line.
    if to.isatty():
        width = shutil.get_terminal_size().columns
        text = textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)
    print(text, file=to, flush=True)
