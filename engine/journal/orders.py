"""What the process that writes the journal's file is asked for, and what it answers, as bytes between two processes.

Each message is its length in four bytes, and msgpack.
"""

import sqlite3
import struct
from typing import Final

import msgspec
from msgspec import msgpack

from engine.journal.rows import Batch
from engine.journal.spi import JournalBroken, JournalError
from protocol.ids import SessionId

LENGTH: Final = struct.Struct("<I")


class Write(msgspec.Struct, tag=True, frozen=True):
    batch: Batch


class Trim(msgspec.Struct, tag=True, frozen=True):
    session: SessionId
    messages: int
    size: int


class ForgetEnded(msgspec.Struct, tag=True, frozen=True):
    """Answered by whether it was due."""

    session: SessionId
    before: float
    bytes_at_most: int


class GiveBack(msgspec.Struct, tag=True, frozen=True):
    """Answered by whether there is more to give back."""

    pages: int


class Touch(msgspec.Struct, tag=True, frozen=True):
    """Can anything be written?"""


class EmptyLog(msgspec.Struct, tag=True, frozen=True):
    """Answered by whether it could be done."""


class Close(msgspec.Struct, tag=True, frozen=True):
    """The last one: the process ends when it has answered."""


class Done(msgspec.Struct, tag=True, frozen=True):
    value: bool = True


class Failed(msgspec.Struct, tag=True, frozen=True):
    """`kind` is the class of the error, by its name; `code` is that of SQLite, if it has one."""

    kind: str
    why: str
    code: int | None

    @classmethod
    def by(cls, error: sqlite3.Error | JournalError) -> "Failed":
        why = str(error).encode(errors="backslashreplace").decode()  # a path need not be text
        return cls(type(error).__name__, why, getattr(error, "sqlite_errorcode", None))

    def error(self) -> Exception:
        """Of the class and with the code that it had there."""
        if ours := {each.__name__: each for each in (JournalError, JournalBroken)}.get(self.kind):
            return ours(self.why)
        error: sqlite3.Error = getattr(sqlite3, self.kind)(self.why)
        if self.code is not None:
            error.sqlite_errorcode = self.code
        return error


Order = Write | Trim | ForgetEnded | GiveBack | Touch | EmptyLog | Close
Answer = Done | Failed

read_order: Final = msgpack.Decoder(Order).decode
read_answer: Final = msgpack.Decoder(Answer).decode


def packed(message: Order | Answer) -> bytes:
    text = msgpack.encode(message)
    return LENGTH.pack(len(text)) + text
