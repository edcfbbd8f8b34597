"""One scenario, played at a server: each step is taken, and what comes is held against what the step expects."""

import itertools
from collections.abc import Mapping, MutableMapping, Sequence
from functools import singledispatchmethod
from typing import Any, Final

import attrs
import trio

from engine.conformance.desk import Desk, Floor, Missing, Session
from engine.conformance.drivers import ENDS, Driver, drive
from engine.conformance.forms import command_of
from engine.conformance.judge import WHERE_BOUND
from engine.conformance.line import CannotConnect, written
from engine.conformance.matching import UnknownName, filled, filled_as_far, misfit
from engine.conformance.messages import JsonObject, code_of
from engine.conformance.required import optional, required_of, with_required
from engine.conformance.scenario import (
    SEEN,
    Ask,
    Closed,
    Connect,
    Hear,
    Leave,
    Make,
    Pause,
    Pong,
    Say,
    Step,
    Together,
)
from engine.conformance.veil import veiled

NOBODY: Final = "conformance-nobody"
"""An id that no object has."""


PASSED_OVER_FOR: Final = 10
"""So many times the patience for one message, events may come before the one that is waited for."""


class Mismatch(Exception):
    """Something else came than the step expects. Both are there to be shown beside each other.

    `rule` is the one that is broken, where that is another one than the scenario is about.
    """

    def __init__(self, problem: str, *, expected: Any = None, seen: Any = None, rule: str | None = None) -> None:
        super().__init__(problem)
        self.expected, self.seen, self.rule = veiled(expected), veiled(seen), rule


class NotThere(Exception):
    """The server has not what the scenario is about: it says UNSUPPORTED, and never announced otherwise."""


class NotGiven(Exception):
    """The server requires something that whoever runs it can give; the message says what."""


@attrs.define
class Player:
    """Takes the steps of one scenario. `names`: what is known by name; those given from outside, at first."""

    floor: Floor
    driver: Driver
    names: MutableMapping[str, Any]
    _requests: "itertools.count[int]" = attrs.field(factory=lambda: itertools.count(1))
    _asked: set[str] = attrs.field(factory=set)
    """The requestids of all requests."""
    _passed_over: set[str | None] = attrs.field(factory=set)
    """The causes of events that no step looks at; None: those that come by themselves."""
    at: int = 0
    """The number of the step that is taken, from 1."""
    made: list[tuple[str, Any]] = attrs.field(factory=list)
    """The customers that were made, with their handles."""

    async def take(self, step: Step) -> None:
        """Raises Mismatch, Missing, Broken, NotThere, NotGiven."""
        self.at += 1
        if (session := self.floor.sessions.get(self.names.get("session", ""))) is not None:
            self.names[SEEN] = session.view.seq
        if isinstance(step, Make | Hear):
            self._passed_over.discard(None)
        try:
            await self._take(step)
        except Mismatch as mismatch:
            for what, pattern in getattr(step, "otherwise", {}).items():
                if misfit(pattern, mismatch.seen, self.names) is None:
                    raise NotThere(f"{what} ({mismatch})") from mismatch
            raise
        if isinstance(step, Make | Hear) and step.rest:
            self._passed_over.add(None)

    async def settle(self) -> None:
        """See that nothing else has come: a request that can do no harm is answered right behind what was expected."""
        self.at += 1
        for desk in self.floor.desks.values():
            await self._settle_desk(desk)
        for session in self.floor.sessions.values():
            await self._settle_session(session, self.floor.desks.get(session.binds))

    async def _settle_desk(self, desk: Desk) -> None:
        """What is said beside all sessions, and that the connection lives."""
        if desk.may_end:
            return
        probe = self._message("session.start", NOBODY, None, None)
        await self.floor.say(desk, probe)
        await self.floor.until(lambda: bool(desk.notices) or desk.over is not None, "the answer to a request")
        answer: JsonObject = desk.notices.popleft() if desk.notices else {}
        if answer.get("requestid") != probe["requestid"]:
            seen = answer or str(desk.over)
            raise Mismatch("nothing more was expected", expected="a connection that answers", seen=seen)

    async def _settle_session(self, session: Session, desk: Desk | None) -> None:
        if desk is None or desk.over is not None or session.view.over:
            self._refuse_more(session)
            return
        probe = self.probe(session)
        await self.floor.say(desk, probe)
        answer = await self._next(session, "the answer to a request")
        if answer.get("requestid") != probe["requestid"]:
            raise Mismatch("nothing more was expected", expected="nothing", seen=answer)
        self._refuse_more(session)
        session.view.check_settled()

    def probe(self, session: Session) -> JsonObject:
        """A request that can do no harm."""
        return self._message("channel.ready", f"{session.id}.{NOBODY}", None, None)

    def _refuse_more(self, session: Session) -> None:
        if self._has_news(session):
            raise Mismatch("nothing more was expected", expected="nothing", seen=session.news[0])

    @singledispatchmethod
    async def _take(self, step: Step) -> None:
        raise NotImplementedError(type(step))

    # Requests

    @_take.register
    async def _(self, step: Ask) -> None:
        await self._heard(step, *await self._said(step))

    @_take.register
    async def _(self, step: Together) -> None:
        said = [await self._said(each) for each in step.together]
        for each, (request, session) in zip(step.together, said, strict=True):
            await self._heard(each, request, session)

    async def _said(self, step: Ask) -> tuple[JsonObject, Session | None]:
        """The request, and the session that the answer belongs to, if the connection has it."""
        request = self._message(step.ask, step.at, step.data, step.id) | filled(dict(step.more), self.names)
        request = with_required(request, self.names)
        self._asked.add(request.get("requestid", ""))
        desk = self._desk(step.by)
        session = self._session_bound(desk, request.get("target"))
        await self.floor.say(desk, request)
        return request, session

    async def _heard(self, step: Ask, request: JsonObject, session: Session | None) -> None:
        desk = self._desk(step.by)
        was_open = session is not None and session.view.may(str(request.get("target")), step.ask)
        more_s = float(filled(step.after, self.names))
        answer = await self._answer(desk, session, request, more_s)
        self._check_answer(step, request, answer, session)
        if was_open and code_of(answer) == "INVALID_STATE":
            problem = f"{step.ask} was announced as open, and failed with INVALID_STATE"
            raise Mismatch(problem, expected="another code, or a success", seen=answer, rule="CAP-2")
        await self._then(session, step.then, request.get("requestid"))
        if step.until is not None and session is not None:
            await self._skip_until(session, step.until)
        if step.rest:
            self._passed_over.add(request.get("requestid"))

    def _message(self, command: str, at: str | None, data: Any, id_: str | None) -> JsonObject:
        message: JsonObject = {"command": command}
        if at is not None:
            message["target"] = filled(at, self.names)
        if data is not None:
            message["data"] = filled(data, self.names)
        if id_ != "none":
            message["requestid"] = f"r{next(self._requests)}" if id_ is None else filled(id_, self.names)
        return message

    def _session_bound(self, desk: Desk, target: Any) -> Session | None:
        """The one that the answer belongs to, if the connection has bound it."""
        session = self.floor.sessions.get(str(target).split(".")[0])
        return session if session is not None and session.binds == desk.name else None

    async def _answer(self, desk: Desk, session: Session | None, request: JsonObject, more_s: float) -> JsonObject:
        what = f"the answer to {request['command']}"

        def there() -> bool:
            return bool(desk.notices) or bool(session and self._has_news(session)) or desk.over is not None

        await self.floor.until(there, what, more_s)
        news = session.news if session is not None else ()
        if desk.notices and not (news and self.floor.came_first(news[0], desk.notices[0])):
            return desk.notices.popleft()
        if session is not None and session.news:
            return session.news.popleft()
        raise Mismatch(f"{what} did not come: {desk.over}", expected=what, seen=str(desk.over))

    def _check_answer(self, step: Ask, request: JsonObject, answer: JsonObject, session: Session | None) -> None:
        expected: Any = step.answer
        if isinstance(expected, str):
            expected = (
                {"result": expected}
                if expected in ("success", "confirm")
                else {"result": "failure", "failure": {"code": expected, "message": "$text"}}
            )
        envelope: JsonObject = {key: request[key] for key in ("command", "target", "requestid") if key in request}
        if expected.get("result", "success") == "confirm":
            envelope.pop("target", None)
        if answer.get("result") != "success":
            envelope["original"] = request
            self._look_for_excuse(step, expected, answer, session)
            _check_number(request, answer, session)
        wanted = {"result": "success", **envelope, **expected}
        if problem := misfit(wanted, answer, self.names):
            another = answer.get("requestid") in self._asked - {request.get("requestid")}
            repeats = another or misfit(envelope, answer, {}) is None
            shown = filled_as_far(wanted, self.names)
            raise Mismatch(problem, expected=shown, seen=answer, rule=None if repeats else "ENV-10")

    def _look_for_excuse(self, step: Ask, expected: JsonObject, answer: JsonObject, session: Session | None) -> None:
        """Raises NotThere, NotGiven."""
        code = code_of(answer)
        if code == code_of(expected):
            return
        if code == "UNSUPPORTED" and optional(step.ask):
            target = str(answer.get("target"))
            if session is None or not session.view.may(target, step.ask):
                raise NotThere(f"{step.ask} is UNSUPPORTED here: {answer['failure'].get('message')}")
        if code == "REASON_REQUIRED" and step.data is None and (name := required_of(step.ask)) is not None:
            raise NotGiven(f"{step.ask} needs a reason here; give --set {name}=CODE")

    # Events

    async def _then(self, session: Session | None, events: Sequence[Any] | None, cause: str | None) -> None:
        for expected in events or ():
            if session is None:
                raise Mismatch("events are expected where no session is bound", expected=expected, seen="nothing")
            await self._event(session, expected, cause)

    async def _event(self, session: Session, expected: Any, cause: str | None) -> None:
        header, pattern = next(iter(expected.items())) if isinstance(expected, Mapping) else (expected, {})
        if header == "message":
            wanted: JsonObject = pattern
        else:
            name, _, target = header.partition(" ")
            wanted = {"name": name, "target": target or session.id, "cause": cause or "$absent"}
            wanted |= _event_pattern(name, pattern or {})
        event = await self._next(session, f"the event {header}")
        if problem := misfit(wanted, event, self.names):
            raise Mismatch(problem, expected=filled_as_far(wanted, self.names), seen=event)

    async def _next(self, session: Session, what: str) -> JsonObject:
        await self.floor.until(lambda: self._has_news(session), what)
        return session.news.popleft()

    def _has_news(self, session: Session) -> bool:
        while session.news and "name" in session.news[0] and session.news[0].get("cause") in self._passed_over:
            session.news.popleft()
        return bool(session.news)

    async def _skip_until(self, session: Session, header: str) -> None:
        name, _, target = filled(header, self.names).partition(" ")
        with trio.move_on_after(PASSED_OVER_FOR * self.floor.patience_s):
            while True:
                event = await self._next(session, f"the event {header}")
                if (event.get("name"), event.get("target")) == (name, target or session.id):
                    return
        raise Missing(f"the event {header} did not come, whatever else did")

    @_take.register
    async def _(self, step: Hear) -> None:
        if step.by is not None:
            await self._notices(self._desk(step.by), step.hear)
            return
        await self._then(self._session(filled(step.of, self.names)), step.hear, None)

    @_take.register
    async def _(self, step: Make) -> None:
        arguments = filled(dict(step.using), self.names)
        self.floor.note("platform", "make", {step.make: arguments})
        handle = await drive(self.driver, step.make, arguments)
        if step.make in ENDS:
            self.made.append((step.make, handle))
        if step.name is not None:
            self.names[step.name] = handle
        if step.then:
            await self._then(self._session(filled("$session", self.names)), step.then, None)

    # Lines

    async def _notices(self, desk: Desk, patterns: Sequence[Any]) -> None:
        """Messages outside of any session, each a pattern, or the code of a failure; they come in whatever order."""
        left = [
            {"result": "failure", "failure": {"code": each}} if isinstance(each, str) else each for each in patterns
        ]
        while left:
            await self.floor.until(lambda: bool(desk.notices) or desk.over is not None, "a message")
            if not desk.notices:
                raise Mismatch(f"a message did not come: {desk.over}", expected=left[0], seen=str(desk.over))
            message = desk.notices.popleft()
            fitting = [each for each in left if misfit(each, message, dict(self.names)) is None]
            pattern = (fitting or left)[0]
            if problem := misfit(pattern, message, self.names):
                raise Mismatch(problem, expected=filled_as_far(pattern, self.names), seen=message)
            left.remove(pattern)

    @_take.register
    async def _(self, step: Connect) -> None:
        try:
            desk = await self.floor.connect(step.connect, step.offers)
        except CannotConnect as error:
            raise Mismatch(str(error), expected="a connection", seen=error.status) from None
        if step.speaks is not None and desk.line.subprotocol != step.speaks:
            raise Mismatch("another subprotocol", expected=step.speaks, seen=desk.line.subprotocol)

    @_take.register
    async def _(self, step: Leave) -> None:
        desk = self._desk(step.leave)
        desk.may_end = True
        await (desk.line.cut() if step.how == "cut" else desk.line.close())
        await self.floor.until(lambda: desk.over is not None, "the end of the connection")

    @_take.register
    async def _(self, step: Say) -> None:
        desk = self._desk(step.by)
        for each in step.say if isinstance(step.say, list) else [{"payload": step.say}]:
            self.floor.note(desk.name, "=>", each)
            await desk.line.send_bytes(written(filled(each, self.names)))
        await self._notices(desk, step.answers)

    @_take.register
    async def _(self, step: Closed) -> None:
        desk = self._desk(step.by)
        desk.may_end = True
        await self.floor.until(lambda: desk.over is not None, "the server's close frame")
        if desk.over is not None and desk.over.code not in step.closed:
            raise Mismatch("closed with another code", expected=list(step.closed), seen=desk.over.code)

    @_take.register
    async def _(self, step: Pong) -> None:
        desk = self._desk(step.by)
        wanted = step.pong.encode()
        await self.floor.until(lambda: bool(desk.line.pongs), "a pong")
        if (seen := desk.line.pongs.pop(0)) != wanted:
            raise Mismatch("another payload", expected=step.pong, seen=seen.decode("utf-8", "replace"))

    @_take.register
    async def _(self, step: Pause) -> None:
        await trio.sleep(float(filled(step.pause, self.names)))

    def _desk(self, name: str) -> Desk:
        """Raises UnknownName."""
        if name not in self.floor.desks:
            raise UnknownName(f"there is no connection {name}; have a step connect it, or mend the name")
        return self.floor.desks[name]

    def _session(self, id_: str) -> Session:
        """Raises UnknownName."""
        if id_ not in self.floor.sessions:
            raise UnknownName(f"session {id_} has not been bound; have a step bind it before")
        return self.floor.sessions[id_]


def _check_number(request: JsonObject, failure: JsonObject, session: Session | None) -> None:
    """Raises Mismatch where the session says something without a number."""
    command, code = command_of(request), code_of(failure)
    due = session is not None and not session.view.over and command is not None and command.kind is not None
    if due and "seq" not in failure and code not in WHERE_BOUND:
        raise Mismatch("a session's failure without a number", expected={"seq": "$number"}, seen=failure, rule="ENV-8")


def _event_pattern(name: str, pattern: JsonObject) -> JsonObject:
    """Of `state.updated`, `opens` and `shuts` list capabilities; of others, `data` is meant where no part is named."""
    if name != "state.updated":
        return {"data": pattern} if pattern else {}
    changes = [{"name": each, "type": "enable"} for each in pattern.get("opens", ())]
    changes += [{"name": each, "type": "disable"} for each in pattern.get("shuts", ())]
    wanted: JsonObject = {"data": {"$has": changes}} if changes else {}
    if pattern.get("changes") == "nothing":
        wanted["data"] = []
    return wanted | ({"state": pattern["state"]} if "state" in pattern else {})
