"""A session that outlives its talk: a file with what it takes to resume it, and with all that was told of it.

The file has one line of JSON for where the session is, then one for each message that came, and one for each further
talk. So a talk that goes on knows all objects, and is sent only what it has missed, however the one before it ended.
The resumetoken is in there, and customers' words are: nobody but the owner may read it, and it goes with the session.
"""

import fcntl
import os
import stat
import time
from pathlib import Path
from typing import Final, Self

import attrs
import msgspec

from engine.talk.errors import TalkError
from engine.talk.received import Received
from engine.talk.view import JsonObject
from protocol.results import BindOutcome

OWNER_ALONE: Final = 0o600
_LOGOUTS: Final = ("session.logout", "session.request.logout")


@attrs.frozen(kw_only=True)
class Place:
    """Where the session is, and whose; what opens it, and the place in it from which on the messages below it go."""

    url: str
    agent: str
    session: str
    token: str = attrs.field(repr=False)
    epoch: int
    seq: int
    talk: int
    """Which talk of the session has written this: the first, or one that was told to begin anew."""


@attrs.frozen(kw_only=True)
class _Line:
    """One message and when it came, by the clock of the system; or the number of a further talk."""

    at: float = 0.0
    message: JsonObject | None = None
    talk: int | None = None


class Kept:
    """The session of a file, which is held alone. Use as a context manager, at whose end a file without one is removed.

    Whatever the file does not let be done raises TalkError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place: Place | None = None
        self.seq = 0
        """The number of the last message that is kept."""
        self.told: list[tuple[float, JsonObject]] = []
        """What earlier talks were told: when, by the clock of the system, and what."""
        self._talk = 1
        self._url = self._agent = ""
        self._tokens: dict[str, str] = {}
        """By session, of those that have been prepared."""
        try:
            number = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, OWNER_ALONE)
        except OSError as error:
            raise TalkError(
                f"--resume {path}: cannot be used ({error.strerror}); name a file that may be written to"
            ) from None
        self._file = os.fdopen(number, "a+b", buffering=0)
        try:
            self._take_up()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.place is None:
            self.path.unlink(missing_ok=True)
        self._file.close()

    # What was before

    def _take_up(self) -> None:
        if not stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
            raise TalkError(f"--resume {self.path}: is no file; name one")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise TalkError(
                f"--resume {self.path}: another `ixp talk` is in this session; leave it there, or name another file"
            ) from None
        self._file.seek(0)
        text = self._file.readall()
        # A line that was cut short by the end of its talk is as if it had never come: it is sent again.
        whole = text[: text.rfind(b"\n") + 1]
        try:
            if text:
                self._read(whole.splitlines())
        except (TypeError, ValueError):  # of these are the errors of the decoder, too
            raise TalkError(
                f"--resume {self.path}: is no session that `ixp talk` keeps; name another file, or remove it"
            ) from None
        os.fchmod(self._file.fileno(), OWNER_ALONE)
        self._file.truncate(len(whole))

    def _read(self, lines: list[bytes]) -> None:
        if not lines:
            raise ValueError
        place = msgspec.json.decode(lines[0], type=Place)
        self.place, self.seq, self._talk = place, place.seq, place.talk
        self._url, self._agent = place.url, place.agent
        for text in lines[1:]:
            line = msgspec.json.decode(text, type=_Line)
            if line.talk is not None:
                self._talk = line.talk
            if line.message is not None:
                self.told.append((line.at, line.message))
                self.seq = max(self.seq, line.message.get("seq", 0))

    # What comes

    def count_talk(self) -> int:
        """Which talk of the session this is: each has requestids of its own, since the session remembers them."""
        self._talk += 1
        self._write({"talk": self._talk})
        return self._talk

    def make_room(self, url: str, agent: str) -> None:
        """The next session that is bound is to be kept, instead of the one that was."""
        self._url, self._agent, self._talk = url, agent, 1
        self._empty()

    def take(self, received: Received) -> None:
        """Keep what is of the session."""
        match received.message:
            case {
                "command": "prepareSession",
                "result": "success",
                "data": {"session": {"id": str(session)}, "resumetoken": str(token)},
            }:
                self._tokens[session] = token
            case {
                "command": "bindSession",
                "result": "success",
                "target": str(session),
                "data": {"epoch": int(epoch), "seq": int(seq), "outcome": outcome},
            } if outcome != BindOutcome.RESUMED:
                self._begin(session, epoch, seq)
            case {"target": str(target)} if self.place is not None and target.partition(".")[0] == self.place.session:
                self._add(received)

    def forget(self, session: str) -> None:
        """The session has ended."""
        if self.place is not None and self.place.session == session:
            self._empty()

    def _begin(self, session: str, epoch: int, seq: int) -> None:
        token = self._tokens.get(session) if self.place is None else self.place.token
        if token is None or (self.place is not None and self.place.session != session):
            return  # another one beside ours, which was prepared by hand
        self._empty()
        place = Place(
            url=self._url, agent=self._agent, session=session, token=token, epoch=epoch, seq=seq, talk=self._talk
        )
        self._write(place)
        self.place, self.seq = place, seq

    def _add(self, received: Received) -> None:
        match received.message:
            case {"name": "session.disposed", "target": str(session)}:
                self.forget(session)
            case {"command": str(command), "result": "success", "target": str(session)} if command in _LOGOUTS:
                self.forget(session)
            case {"seq": int(seq)} if seq > self.seq:  # the answer to a repeated request has come before
                self._write({"at": time.time(), "message": received.message})
                self.seq = seq

    # The file

    def _empty(self) -> None:
        self.place = None
        self._file.truncate(0)

    def _write(self, line: object) -> None:
        text = msgspec.json.encode(line) + b"\n"
        try:
            written = self._file.write(text)
        except OSError as error:
            raise self._unwritten(error.strerror) from None
        if written < len(text):
            raise self._unwritten("no more than half a line")

    def _unwritten(self, why: str | None) -> TalkError:
        return TalkError(f"--resume {self.path}: cannot be written ({why}); make room, and run `ixp talk` again")
