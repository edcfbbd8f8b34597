"""A random walk at a live server: what is announced as open must not be refused, and all rules of order must hold."""

import random
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

import attrs
import trio

from engine.conformance.broken import Broken
from engine.conformance.deeds import Break, Deed, Happening, Objects, Request, choose, data_of
from engine.conformance.desk import Exchanged, Floor, JsonObject, Missing, Session
from engine.conformance.drivers import CannotDrive
from engine.conformance.matching import filled
from engine.conformance.play import Mismatch, Player
from engine.conformance.runner import Place
from engine.conformance.scenario import prelude_steps
from engine.conformance.tidy import tidy
from protocol.commands import COMMANDS

STORY: Final = 40
"""How many deeds a session lives for."""

Choose = Callable[[Session, Objects, Container[str]], Deed | None]


@attrs.frozen(kw_only=True)
class Told:
    """What came of a story. `seen`: the messages of the session that each deed brought about."""

    deeds: Sequence[Deed]
    seen: Sequence[Sequence[JsonObject]]
    broken: Broken | None
    record: Sequence[Exchanged]


async def tell(place: Place, next_: Choose, prelude: str = "started") -> Told:
    """Begin a session, do one deed after the other until there is none or a rule is broken, and end it."""
    async with AsyncExitStack() as open_, trio.open_nursery() as nursery:
        floor = Floor(place.url, nursery, open_, place.bearer, place.patience_s)
        teller = _Teller(floor, place)
        broken: Broken | None = None
        try:
            await teller.begin(prelude)
            while (deed := next_(teller.session, teller.objects, place.driver.deeds)) is not None:
                await teller.do(deed)
                if teller.session.view.over:
                    break
        except Broken as error:
            broken = error
        except (Missing, Mismatch) as error:
            broken = Broken("O2", str(error))
        await tidy(floor, place.driver, teller.customers)
        if broken is None and floor.broken is not None:
            broken = floor.broken
        nursery.cancel_scope.cancel()
    return Told(deeds=teller.deeds, seen=teller.seen, broken=broken, record=tuple(floor.record))


async def walk(place: Place, steps: int, seed: int, tell_of: Callable[[int], None] = lambda done: None) -> Told | None:
    """So many deeds, in stories of their own. The first story in which a rule was broken, or None."""
    done, number = 0, 0
    while done < steps:
        told = await tell(place, _by_chance(f"{seed}/{number}", min(STORY, steps - done)))
        if told.broken is not None:
            return told
        done += max(1, len(told.deeds))
        number += 1
        tell_of(done)
    return None


def _by_chance(seed: str, count: int) -> Choose:
    """So many deeds, the same for the same seed."""
    chance, left = random.Random(seed), iter(range(count))  # noqa: S311 - no secrets

    def next_(session: Session, objects: Objects, can: Container[str]) -> Deed | None:
        return None if next(left, None) is None else choose(chance, session, objects, can)

    return next_


def again(deeds: Sequence[Deed]) -> Choose:
    """The same deeds once more."""
    left = iter(deeds)
    return lambda session, objects, can: next(left, None)


@attrs.define
class _Teller:
    floor: Floor
    place: Place
    objects: Objects = attrs.field(factory=Objects)
    deeds: list[Deed] = attrs.field(factory=list)
    seen: list[list[JsonObject]] = attrs.field(factory=list)
    _player: Player = attrs.field(init=False)
    _made: dict[str, Any] = attrs.field(factory=dict)
    customers: list[tuple[str, Any]] = attrs.field(factory=list)
    """Those that were made, with their handles."""
    _connections: int = 1

    def __attrs_post_init__(self) -> None:
        self._player = Player(self.floor, self.place.driver, dict(self.place.names))

    @property
    def session(self) -> Session:
        return self.floor.sessions[self._player.names["session"]]

    @property
    def _names(self) -> Mapping[str, Any]:
        return self._player.names

    async def begin(self, prelude: str) -> None:
        for step in prelude_steps(prelude):
            await self._player.take(step)
        self.objects.look(self.session)

    async def do(self, deed: Deed) -> None:
        """Raises Broken, Missing."""
        self.deeds.append(deed)
        self.seen.append([])
        match deed:
            case Request():
                await self._ask(deed)
            case Happening():
                await self._make(deed)
            case Break():
                await self._break()
        if not self.session.view.over:
            await self._settle()
        self.objects.look(self.session)

    async def _ask(self, deed: Request) -> None:
        session, kind = self.session, deed.command.split(".", maxsplit=1)[0]
        target = self.objects.target(session, kind, deed.object)
        if target is None:
            return
        was_open = session.view.may(target, deed.command)
        request: JsonObject = {"command": deed.command, "target": target, "requestid": f"d{len(self.deeds)}"}
        if (data := data_of(deed, session, target, self._names)) is not None:
            request["data"] = data
        await self.floor.say(self.floor.desks[session.binds], request)
        before, answer = await self._answer(request["requestid"])
        if answer is not None:
            meanwhile = bool(before) or await self._unasked()
            check_answer(deed.command, answer, was_open=was_open, meanwhile=meanwhile)

    async def _answer(self, requestid: str) -> tuple[list[JsonObject], JsonObject | None]:
        """The events that came before the answer, and that; no answer where the session has ended."""
        session, before = self.session, list[JsonObject]()
        while True:
            await self.floor.until(lambda: bool(session.news) or session.view.over, f"the answer to {requestid}")
            if not session.news:
                return before, None
            message = session.news.popleft()
            self.seen[-1].append(message)
            if message.get("requestid") == requestid:
                return before, message
            before.append(message)

    async def _unasked(self) -> bool:
        """Has anything come by itself behind the answer?"""
        found = await self._settle()
        return any("name" in message and "cause" not in message for message in found)

    async def _settle(self) -> list[JsonObject]:
        """Take all that has come, up to the answer to a request that can do no harm."""
        session = self.session
        if session.view.over:
            return []
        found: list[JsonObject] = []
        probe = self._player.probe(session)
        await self.floor.say(self.floor.desks[session.binds], probe)
        while True:
            await self.floor.until(lambda: bool(session.news) or session.view.over, "the answer to a request")
            if not session.news:
                break
            message = session.news.popleft()
            if message.get("requestid") == probe["requestid"]:
                break
            found.append(message)
        self.seen[-1] += found
        return found

    async def _make(self, deed: Happening) -> None:
        using = filled(dict(deed.using), self._names)
        if deed.of is not None:
            if deed.of not in self._made:
                return
            using[deed.of] = self._made[deed.of]
        self.floor.note("platform", "make", {deed.deed: using})
        try:
            made = await self.place.driver.make(deed.deed, using)
        except CannotDrive:  # there is no call at the phone, say
            return
        if made is not None:
            self._made[deed.deed] = made
            self.customers.append((deed.deed, made))

    async def _break(self) -> None:
        session = self.session
        desk = self.floor.desks[session.binds]
        await desk.line.cut()
        await self.floor.until(lambda: desk.over is not None, "the end of the connection")
        self._connections += 1
        name = f"desk{self._connections}"
        new = await self.floor.connect(name, ("agent-session.v1",))
        resume = {"token": self._names["token"], "epoch": self._names["epoch"], "seq": max(session.texts, default=0)}
        request = {"command": "bindSession", "target": session.id, "requestid": name, "data": {"resume": resume}}
        await self.floor.say(new, request)
        await self.floor.until(lambda: bool(new.notices), "the answer to bindSession")
        outcome = new.notices.popleft().get("data", {}).get("outcome")
        if outcome != "RESUMED":
            raise Broken("LOSS-1", f"a session is resumed where the connection was lost, and not {outcome}")


def check_answer(command: str, answer: JsonObject, *, was_open: bool, meanwhile: bool) -> None:
    """Does it keep to what was announced? `meanwhile`: something came in between that may have changed it.

    Raises Broken.
    """
    code = answer.get("failure", {}).get("code")
    if code == "INTERNAL_ERROR":
        raise Broken("F-INTERNAL_ERROR", f"{command} failed with INTERNAL_ERROR")
    if meanwhile:
        return
    if was_open and code in ("INVALID_STATE", "UNSUPPORTED"):
        raise Broken("CAP-2", f"{command} was announced as open, and failed with {code}")
    if not was_open and code is None and not COMMANDS[command].idempotent:
        raise Broken("CAP-2", f"{command} was not announced as open, and succeeded")
