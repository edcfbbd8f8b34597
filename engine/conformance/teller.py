"""One story, told at a live server: a session is begun, deeds are done one after the other, and all is cleared away.

What is announced as open must not be refused, and all that comes is held against the rules of order.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import MappingProxyType
from typing import Any, Final

import attrs
import trio

from engine.conformance.broken import Broken, demand
from engine.conformance.deeds import Break, Deed, Happening, Pause, Request, Story, data_choices, made_by
from engine.conformance.desk import Exchanged, Floor, Missing, Session
from engine.conformance.drivers import ENDS, CannotDrive, OutOfReach, drive
from engine.conformance.line import CannotConnect
from engine.conformance.matching import UnknownName, filled
from engine.conformance.messages import JsonObject, code_of
from engine.conformance.play import NOBODY, Mismatch, NotThere, Player
from engine.conformance.required import with_required
from engine.conformance.runner import Place, clear
from engine.conformance.scenario import prelude_steps
from engine.conformance.tidy import tidy
from engine.conformance.veil import veiled

PRELUDE: Final = "started"
"""What every story begins with."""

PAUSE_S: Final = 3.0
"""Whom the simulator has called answers sooner."""
CLOSED: Final[Mapping[str, str]] = MappingProxyType({"INVALID_STATE": "CAP-2", "UNSUPPORTED": "CAP-5"})
"""The codes that what is announced as open does not fail with, and the rules that say so."""

Next = Callable[[Session, Story], Deed | None]
"""The next deed, or the end."""


class CannotTell(Exception):
    """No story can be begun, or gone on with; the message says what to do."""


class Refused(Broken):
    """An answer has a code that it must not have."""

    def __init__(self, rule: str, text: str, code: str) -> None:
        super().__init__(rule, text)
        self.code = code


@attrs.define(kw_only=True)
class Done:
    """A deed that was done, and the messages of the session that it brought about.

    `given`: what was sent, or asked of the driver; nothing, where what it is about was not there.
    """

    deed: Deed
    given: JsonObject | None = None
    child: str | None = None
    """The target of what `$child` stood for."""
    seen: list[JsonObject] = attrs.field(factory=list)

    @property
    def answer(self) -> JsonObject | None:
        """That of a request."""
        return next((message for message in self.seen if "name" not in message), None)

    @property
    def before(self) -> Sequence[JsonObject]:
        """What came by itself before the answer."""
        return self.seen[: self.seen.index(self.answer)] if self.answer is not None else self.seen

    @property
    def caused(self) -> Sequence[JsonObject]:
        """The secondary events of the request."""
        return [message for message in self.seen if "cause" in message]

    @property
    def after(self) -> Sequence[JsonObject]:
        """What came by itself behind those."""
        rest = self.seen[len(self.before) :]
        return [message for message in rest if "name" in message and "cause" not in message]


@attrs.frozen(kw_only=True)
class Told:
    """What came of a story. `begun`: the number of the last message before the first deed."""

    done: Sequence[Done]
    broken: Broken | None
    record: Sequence[Exchanged]
    begun: int = 0

    @property
    def deeds(self) -> Sequence[Deed]:
        return tuple(done.deed for done in self.done)


async def tell(place: Place, next_: Next) -> Told:
    """Until there is no further deed, or a rule is broken. Raises CannotTell."""
    cannot: CannotTell | None = None
    async with AsyncExitStack() as open_, trio.open_nursery() as nursery:
        floor = Floor(place.url, nursery, open_, place.bearer, place.patience_s)
        teller = _Teller(floor, place)
        broken: Broken | None = None
        try:
            await teller.tell(next_)
        except Broken as error:
            broken = error
        except CannotTell as error:
            cannot = error
        await tidy(floor, place.driver, place.names, teller.story.made.values())
        nursery.cancel_scope.cancel()
    if cannot is not None:
        raise cannot
    if broken is not None:
        await clear(place, 1)
    return Told(done=teller.done, broken=broken, record=tuple(floor.record), begun=teller.begun)


def again(deeds: Sequence[Deed]) -> Next:
    """The same deeds once more."""
    left = iter(deeds)
    return lambda session, story: next(left, None)


@attrs.define
class _Teller:
    floor: Floor
    place: Place
    done: list[Done] = attrs.field(factory=list)
    begun: int = 0
    story: Story = attrs.field(factory=Story)
    _player: Player = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._player = Player(self.floor, self.place.driver, dict(self.place.names))

    @property
    def _names(self) -> Mapping[str, Any]:
        return self._player.names

    @property
    def _session(self) -> Session:
        return self.floor.sessions[self._names["session"]]

    async def tell(self, next_: Next) -> None:
        """Raises Broken, CannotTell."""
        await self._begin()
        while not self._session.view.over and (deed := next_(self._session, self.story)) is not None:
            await self._do(deed)

    async def _begin(self) -> None:
        try:
            for step in prelude_steps(PRELUDE):
                await self._player.take(step)
        except (Mismatch, Missing, NotThere, CannotConnect, UnknownName) as error:
            raise CannotTell(f"no session can be begun: {error}; check the server, --agent and --bearer") from None
        self.begun = self._session.view.seq
        self.story.look(self._session, 0)

    async def _do(self, deed: Deed) -> None:
        done = Done(deed=deed)
        self.done.append(done)
        was_open = False
        match deed:
            case Request():
                was_open = await self._ask(deed, done)
            case Happening():
                await self._make(deed, done)
            case Break():
                await self._break(deed, done)
            case Pause():
                await self._pause(done)
        await self._settle(done)
        self.story.look(self._session, deed.number)
        if done.answer is not None:
            check_answer(done, was_open=was_open)

    async def _ask(self, deed: Request, done: Done) -> bool:
        """Was it announced as open?"""
        session = self._session
        target = session.id if deed.at is None else self.story.target(deed.at)
        if target is None:
            return False
        done.child = self.story.target(deed.child)
        names = {**self._names, "child": (done.child or NOBODY).rpartition(".")[2]}
        try:
            data = filled(data_choices(deed.command)[deed.choice], names)
        except UnknownName:  # there is no such number, say
            return False
        done.given = {"command": deed.command, "target": target, "requestid": f"d{deed.number}"}
        if data is not None:
            done.given["data"] = data
        done.given = with_required(done.given, self._names)
        was_open = session.view.may(target, deed.command)
        await self.floor.say(self.floor.desks[session.binds], done.given)
        try:
            while done.answer is None and (message := await self._next(deed.command)) is not None:
                done.seen.append(message)
        except Broken:
            done.seen += session.news  # what breaks the rule may be the answer, or have come right behind it
            raise
        return was_open

    async def _settle(self, done: Done) -> None:
        """Take all that has come, up to the answer to a request that can do no harm."""
        session = self._session
        if session.view.over:
            done.seen += session.news
            return
        probe = self._player.probe(session)
        await self.floor.say(self.floor.desks[session.binds], probe)
        while (message := await self._next(probe["command"])) is not None:
            if message.get("requestid") == probe["requestid"]:
                return
            done.seen.append(message)

    async def _next(self, command: str) -> JsonObject | None:
        """The next message of the session while an answer is due; None after its last one. Raises Broken."""
        session, desk = self._session, self.floor.desks[self._session.binds]
        try:
            await self.floor.until(lambda: bool(session.news) or session.view.over or desk.over is not None, "")
        except Missing:
            raise Broken("ENV-11", f"{command} was not answered within {self.floor.patience_s:g} s") from None
        if session.news:
            return session.news.popleft()
        demand(session.view.over, "ENV-11", f"{command} was not answered, for {desk.over}")
        return None

    async def _make(self, deed: Happening, done: Done) -> None:
        using = dict(deed.using)
        if (what := made_by(using)) is not None:
            _, using[what] = self.story.made.get(deed.of or 0, (what, None))
            if using[what] is None:
                return
        try:
            using = filled(using, self._names)
            self.floor.note("platform", "make", {deed.deed: using})
            made = await drive(self.place.driver, deed.deed, using)
        except OutOfReach as error:
            raise CannotTell(str(error)) from None
        except (CannotDrive, UnknownName):  # there is no call at the phone, or no such queue
            return
        done.given = using
        if deed.deed in ENDS and made is not None:
            self.story.made[deed.number] = (deed.deed, made)

    async def _break(self, deed: Break, done: Done) -> None:
        session = self._session
        desk = self.floor.desks[session.binds]
        await desk.line.cut()
        await self.floor.until(lambda: desk.over is not None, "")
        done.seen += session.news
        session.news.clear()
        seq = max(0, session.view.seq - deed.missed)
        due = range(seq + 1, session.view.seq + 1)
        resume = {"token": self._names["token"], "epoch": self._names["epoch"], "seq": seq}
        done.given = {"command": "bindSession", "target": session.id, "requestid": f"d{deed.number}"}
        done.given["data"] = {"resume": resume}
        try:
            new = await self.floor.connect(f"desk{deed.number}", ("agent-session.v1",))
        except CannotConnect as error:
            raise CannotTell(f"the session cannot be resumed: {error}") from None
        await self.floor.say(new, done.given)
        answer = await self._notice(new.name)
        demand(answer.get("result") == "success", "LOSS-1", f"a session is not resumed: {veiled(answer)!s}")
        if answer["data"]["outcome"] == "RESET":
            await self._start_anew(deed, done, answer["data"]["epoch"])
            return
        for number in due:
            message = await self._next("bindSession")
            demand(message is not None and message["seq"] == number, "LOSS-1", f"{message} came instead of {number}")

    async def _start_anew(self, deed: Break, done: Done, epoch: int) -> None:
        """The server keeps nothing to resume from, which it may say."""
        session = self._session
        self._player.names["epoch"] = epoch
        start = {"command": "session.start", "target": session.id, "requestid": f"d{deed.number}-anew"}
        await self.floor.say(self.floor.desks[session.binds], start)
        while not session.view.initialized and (message := await self._next("session.start")) is not None:
            done.seen.append(message)

    async def _pause(self, done: Done) -> None:
        session, desk = self._session, self.floor.desks[self._session.binds]
        done.given = {}
        with trio.move_on_after(PAUSE_S), contextlib.suppress(Missing):
            await self.floor.until(lambda: bool(session.news) or desk.over is not None, "")

    async def _notice(self, name: str) -> JsonObject:
        desk = self.floor.desks[name]
        try:
            await self.floor.until(lambda: bool(desk.notices) or desk.over is not None, "")
        except Missing:
            raise Broken("ENV-11", f"bindSession was not answered within {self.floor.patience_s:g} s") from None
        demand(desk.notices, "ENV-11", f"bindSession was not answered, for {desk.over}")
        return desk.notices.popleft()


def check_answer(done: Done, *, was_open: bool) -> None:
    """Does the answer keep to what was announced? Raises Refused."""
    answer = done.answer or {}
    code, command = code_of(answer), answer.get("command")
    if code == "INTERNAL_ERROR":
        raise Refused("F-INTERNAL_ERROR", f"{command} failed with {code}", code)
    unasked = any("name" in message and "cause" not in message for message in done.seen)
    if was_open and not unasked and code in CLOSED:
        raise Refused(CLOSED[code], f"{command} was announced as open, and failed with {code}", code)
