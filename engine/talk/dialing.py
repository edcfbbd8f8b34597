"""Connecting to a server of sessions, and what to say where that cannot be done."""

import re
import ssl
from contextlib import ExitStack
from typing import Final

import attrs
import msgspec
from websockets.exceptions import InvalidStatus, InvalidURI, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from engine.talk.errors import TalkError
from engine.terminal import untrusted
from protocol.endpoint import BATCHED, PLAIN

FRAME_BYTES: Final = 16 * 1024 * 1024
"""More than any server sends in one frame, and little enough to hold."""
OPEN_S: Final = 10.0
SAID_BYTES: Final = 400
"""So much is shown of what a server says that lets nobody in."""

_BEARER: Final = re.compile(r"[!-~]+")
_STRANGER: Final = (401, 403)
"""The statuses by which a server says that it lets nobody in who shows no more than this."""
_NOT_NOW: Final = (429, 503)
"""Those by which it says that it may let this one in later."""


@attrs.frozen(kw_only=True)
class Dialing:
    """Where to connect, how, and what to show there: `bearer` is a token, or the key of a service. Raises TalkError."""

    url: str
    batched: bool
    bearer: str | None = attrs.field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.bearer is not None and not _BEARER.fullmatch(self.bearer):
            raise TalkError(
                "the token or key is empty, or has spaces or odd characters in it; give it as it was issued"
            )

    def dial(self, open_: ExitStack) -> ClientConnection:
        """Connect; `open_` closes it.

        Raises TalkError where it is of no use to try again, else OSError or WebSocketException.
        """
        try:
            connection = open_.enter_context(self._connected())
        except InvalidStatus as error:
            if error.response.status_code not in _STRANGER:
                raise
            raise TalkError(
                f"{self.url} does not let you in ({_said(error) or error}); show a token or key that opens, with "
                "--token or in IXP_TOKEN"
            ) from None
        if self.batched and connection.subprotocol != BATCHED:
            open_.close()
            raise TalkError(f"{self.url} does not speak {BATCHED}; leave --batched out")
        return connection

    def _connected(self) -> ClientConnection:
        return connect(
            self.url,
            subprotocols=[Subprotocol(BATCHED if self.batched else PLAIN)],
            additional_headers={} if self.bearer is None else {"Authorization": f"Bearer {self.bearer}"},
            open_timeout=OPEN_S,
            max_size=FRAME_BYTES,
        )

    def dial_first(self, open_: ExitStack) -> ClientConnection:
        """As `dial`, where nothing says yet that there is such a server at all. Raises TalkError whatever is wrong."""
        try:
            return self.dial(open_)
        except ssl.SSLCertVerificationError as error:
            raise TalkError(untrusted(self.url, error)) from None
        except (InvalidURI, ValueError):
            raise TalkError(
                f"{self.url} is no WebSocket URL; write one like ws://127.0.0.1:8765/agent, as `ixp serve` prints it"
            ) from None
        except WebSocketException as error:
            if isinstance(error, InvalidStatus) and error.response.status_code in _NOT_NOW:
                raise TalkError(f"{self.url} lets nobody in now ({_said(error) or error}); try again later") from None
            raise TalkError(
                f"{self.url} is not an agent-session server ({_refusal(error)}); check host, port and path, and write "
                "wss:// where the server has a certificate"
            ) from None
        except OSError as error:
            raise TalkError(
                f"{self.url} cannot be reached ({error.strerror or error}); start `ixp serve`, or check host and port"
            ) from None


def retry_after(error: Exception) -> float:
    """In how many seconds to try again, as far as the server has said it; else 0."""
    said = error.response.headers.get("Retry-After", "") if isinstance(error, InvalidStatus) else ""
    return float(said) if said.isdecimal() else 0.0


def _refusal(error: WebSocketException) -> str:
    """What went wrong at the handshake, with what the server says of it."""
    said = _said(error) if isinstance(error, InvalidStatus) else ""
    return f"{error}: {said}" if said else str(error)


def _said(error: InvalidStatus) -> str:
    """What a server says by HTTP: the message of a failure in the form that ours have, or the beginning of the text."""
    body = bytes(error.response.body or b"")
    try:
        match msgspec.json.decode(body):
            case {"failure": {"message": str(message)}}:
                return message
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    return " ".join(body[:SAID_BYTES].decode(errors="replace").split())
