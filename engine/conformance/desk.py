"""What the kit has at the server: connections, and sessions that outlive them. What comes is filed and checked.

Numbered messages go to their session, where a view holds each against the rules; all others are notices of their
connection. Everything that is said and heard is on the record.
"""

import json
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

import attrs
import trio

from engine.conformance.broken import Broken, demand
from engine.conformance.forms import check_form, command_of
from engine.conformance.line import Line, NoMessage, Over, opened
from engine.conformance.messages import JsonObject
from engine.conformance.veil import veiled
from engine.conformance.view import ClientView

PATIENCE_S: Final = 5.0
"""How long anything may take that must come."""


class Missing(Exception):
    """What must come has not come in time."""


@attrs.frozen(kw_only=True)
class Exchanged:
    """One thing said, heard or done, for the record. `at`: seconds since the beginning; `way`: an arrow or a word."""

    at: float
    on: str
    way: str
    what: Any


@attrs.define(eq=False)
class Session:
    """A session as its desktops know it."""

    id: str
    view: ClientView
    news: deque[JsonObject] = attrs.field(factory=deque)
    """Messages that no step has looked at yet."""
    texts: dict[int, str] = attrs.field(factory=dict)
    """Every message as it came, by seq."""
    binds: str = ""
    """The connection that it is bound to."""

    def file(self, text: str, message: JsonObject) -> None:
        """Raises Broken."""
        self.news.append(message)
        before = self.texts.setdefault(message["seq"], text)
        self.view.take(message)
        if before != text:
            rule = "ENV-3" if "result" in message else "LOSS-1"
            raise Broken(rule, f"message {message['seq']} came again with other bytes: {text} was {before}")


@attrs.define(eq=False)
class Desk:
    """A connection. `notices` are its messages outside of any session that no step has looked at yet."""

    name: str
    line: Line
    notices: deque[JsonObject] = attrs.field(factory=deque)
    over: Over | None = None
    may_end: bool = False
    """Whether it lives does not matter any longer: it was let go of, or was to be closed."""
    lost: set[str] = attrs.field(factory=set)
    """Sessions that it has no longer, as it was told."""


@attrs.define(eq=False)
class Floor:
    """All connections and sessions of one scenario."""

    url: str
    _nursery: trio.Nursery
    _open: AsyncExitStack
    bearer: str | None = attrs.field(default=None, repr=False)
    patience_s: float = PATIENCE_S
    desks: dict[str, Desk] = attrs.field(factory=dict)
    sessions: dict[str, Session] = attrs.field(factory=dict)
    record: list[Exchanged] = attrs.field(factory=list)
    _resumes: dict[str, int] = attrs.field(factory=dict)
    """By session, the position that was sent with the latest binding."""
    broken: Broken | None = None
    """The first rule that was seen to be broken, whatever the steps were about."""
    _begun: float = attrs.field(factory=trio.current_time)
    _news: trio.Event = attrs.field(factory=trio.Event)
    _stamps: dict[int, int] = attrs.field(factory=dict)
    """When each message came, by its identity: a number that goes up."""

    def note(self, on: str, way: str, what: Any) -> None:
        self.record.append(Exchanged(at=trio.current_time() - self._begun, on=on, way=way, what=veiled(what)))

    async def connect(self, name: str, offers: Sequence[str]) -> Desk:
        """Raises CannotConnect."""
        line = await self._open.enter_async_context(opened(self.url, offers=tuple(offers), bearer=self.bearer))
        desk = self.desks[name] = Desk(name, line)
        self._nursery.start_soon(self._hear, desk)
        self.note(name, "connected", line.subprotocol)
        return desk

    async def say(self, desk: Desk, message: JsonObject) -> None:
        self.note(desk.name, "->", message)
        match message:
            case {"command": "bindSession", "target": str(target), "data": {"resume": {"seq": int(seq)}}}:
                self._resumes[target] = seq
        await desk.line.send(message)

    async def _hear(self, desk: Desk) -> None:
        try:
            while True:
                for text in await desk.line.messages():
                    self._file(desk, text)
                self._tell()
        except Over as over:
            desk.over = over
            self.note(desk.name, "closed", over.code)
        except Broken as broken:
            self.broken = self.broken or broken
        except NoMessage as frame:
            self.note(desk.name, "<-", str(frame))
            self.broken = self.broken or Broken(frame.rule, f"{frame.why}: {str(frame)[:200]!r}")
        except Exception as error:  # whatever a server sends, the others are to be played
            self.broken = self.broken or Broken("ENV-1", f"what came cannot be taken in ({type(error).__name__})")
        self._tell()

    def _file(self, desk: Desk, text: str) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            raise Broken("ENV-1", f"a frame is no JSON: {text[:200]!r}") from None
        self.note(desk.name, "<-", message)
        self._stamps[id(message)] = len(self.record)
        if not isinstance(message, dict):
            raise Broken("ENV-1", f"a message is no object: {text[:200]!r}")
        if "seq" not in message:
            check_form(message)
            _check_unnumbered(message)
            self._bind(desk, message)
            self._unbind(desk, message)
            desk.notices.append(message)
            return
        session = self.sessions.get(str(message.get("target", "")).split(".")[0])
        if session is None:
            raise Broken("ENV-8", f"numbered, and for no session of this connection: {str(veiled(message))[:200]}")
        if session.id in desk.lost:
            raise Broken("SVC-3", f"{session.id} is not bound here any longer: {str(veiled(message))[:200]}")
        if session.binds == desk.name:
            session.file(text, message)
        # What was on its way when another connection took the session comes there again.

    def _unbind(self, desk: Desk, message: JsonObject) -> None:
        if message.get("name") == "session.unbound":
            desk.lost.add(str(message["target"]))
        elif (message.get("command"), message.get("result")) == ("unbindSession", "success"):
            self.sessions[str(message["target"])].binds = ""
            desk.lost.add(str(message["target"]))

    def _bind(self, desk: Desk, message: JsonObject) -> None:
        """What follows the answer to a binding belongs to that session."""
        if message.get("command") != "bindSession" or message.get("result") != "success":
            return
        data = message.get("data", {})
        id_ = str(data.get("session", {}).get("id"))
        session = self.sessions.setdefault(id_, Session(id_, ClientView(id_)))
        session.binds = desk.name
        desk.lost.discard(id_)
        if data.get("outcome") == "RESET":
            session.view.start_anew(data.get("seq", 0))
            session.news.clear()
        elif data.get("outcome") == "RESUMED":
            session.view.resumed(self._resumes.get(id_))

    def came_first(self, one: JsonObject, other: JsonObject) -> bool:
        """Of two messages that no step has looked at yet."""
        return self._stamps[id(one)] < self._stamps[id(other)]

    def _tell(self) -> None:
        self._news.set()
        self._news = trio.Event()

    async def until(self, there: Callable[[], bool], what: str, more_s: float = 0.0) -> None:
        """Raises Missing, and Broken whatever has broken it meanwhile. `more_s`: so much longer it may take."""
        patience_s = self.patience_s + more_s
        with trio.move_on_after(patience_s) as waiting:
            while not there() and self.broken is None:
                await self._news.wait()
        if self.broken is not None:
            raise self.broken
        if waiting.cancelled_caught:
            raise Missing(f"{what} did not come within {patience_s:g} s")


def _check_unnumbered(message: JsonObject) -> None:
    """Raises Broken."""
    name, command = str(message.get("name", "")), command_of(message)
    if name:
        demand(name == "session.unbound" or name.startswith("supervisor."), "ENV-8", f"{name} without a number")
    elif message["result"] == "success" and command is not None:
        demand(command.kind is None, "ENV-8", f"{command.name} succeeded without a number")
