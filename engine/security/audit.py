"""The audit log: who came in, who was refused, who took over, who changed what. Never a secret.

Records go to the logger `audit`, and to a file if one is set, one JSON object a line. A record is written before the
answer to what it tells of; a file that cannot be written is an error in the log, and keeps nobody from working.
"""

import datetime
import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from engine.observe import redact

audit_log = structlog.get_logger("audit")
log = structlog.get_logger(__name__)

OWNER_ALONE: Final = 0o600


class Audit:
    """Where records go. `file`: appended to as well; it is opened anew for each record, so it may be moved away."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._broken = False
        self._look_at_end = True

    def good(self, event: str, **fields: Any) -> None:
        """Somebody did what they may do."""
        audit_log.info(event, **fields)
        self.append(event, fields)

    def bad(self, event: str, **fields: Any) -> None:
        """Somebody tried what they may not do."""
        audit_log.warning(event, **fields)
        self.append(event, fields)

    def append(self, event: str, fields: Mapping[str, Any]) -> None:
        """To the file alone."""
        if self._file is None:
            return
        at = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        line = msgspec.json.encode({"at": at, "event": event, **redact(None, "", dict(fields))}) + b"\n"
        try:
            if self._look_at_end and _lacks_end(self._file):
                line = b"\n" + line
            _write(self._file, line)
        except OSError as error:
            if not self._broken:
                log.error(  # noqa: TRY400 - the operating system's own words say it all
                    "audit_file_failed",
                    file=str(self._file),
                    why=error.strerror,
                    remedy=(
                        "make it writable for the server, with room on its disk, or, if it is a pipe, with somebody "
                        "who reads it; or set another identity.audit_file"
                    ),
                )
            self._broken = self._look_at_end = True
        else:
            self._broken = self._look_at_end = False


def _lacks_end(file: Path) -> bool:
    """Was the last line cut short, by this process or by one before?"""
    try:
        if not file.is_file():  # a pipe would be waited for
            return False
        with file.open("rb") as text:
            text.seek(-1, os.SEEK_END)
            return text.read(1) != b"\n"
    except OSError:  # it is empty, or may be written alone
        return False


def _write(file: Path, line: bytes) -> None:
    """One write of one line: the kernel has it when this returns, and lines of two processes never mix.

    A pipe is not waited for: one that nobody reads cannot be opened, and one that is full takes nothing.
    """
    number = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, OWNER_ALONE)
    try:
        written = os.write(number, line)
    finally:
        os.close(number)
    if written < len(line):
        raise OSError(errno.ENOSPC, f"{written} of {len(line)} bytes were written, as when the disk is full")
