"""Agents at work on a day of the simulator: each takes what is offered, talks a little, lets go, and sums up."""

import itertools
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import attrs
import trio

from engine.adapters.simulator.day_plan import TICKET
from engine.bench.day_kinds import KINDS
from engine.bench.desks import BadAnswer
from engine.bench.found import Found
from engine.bench.gauge import Gauge
from engine.bench.job import Job, Window
from engine.bench.links import ANSWER_S, AT_ONCE, Link
from engine.talk.agenda import Agenda
from engine.talk.view import View
from protocol.ids import ObjectKind
from protocol.states import ChannelType

GROUP: Final = "Default"
MEDIA: Final = (ChannelType.CHAT, ChannelType.EMAIL, ChannelType.CALLBACK)
Message = dict[str, Any]


@attrs.define(eq=False)
class DayDesk:
    """One agent, on a connection of their own. Times are those of `time.monotonic`, which is the machine's."""

    link: Link
    agent: str
    gauge: Gauge
    offers: list[tuple[str, str, float]] = attrs.field(factory=list)
    """Agent, ticket, and when it was heard."""
    refused: int = 0
    """Commands that came too late, or for another reason did not succeed."""
    _view: View = attrs.field(factory=View)
    _agenda: Agenda = attrs.field(factory=Agenda)
    _works: bool = False
    _numbers: "itertools.count[int]" = attrs.field(factory=lambda: itertools.count(1))
    _begun: dict[str, float] = attrs.field(factory=dict)
    """By requestid, when the commands were sent that have no answer yet."""
    _answers: dict[str, Message] = attrs.field(factory=dict)
    """Those of the setting up."""
    _news: trio.Event = attrs.field(factory=trio.Event)

    async def begin(self, job: Job) -> None:
        """Take a session, join the group, and be ready for all that comes. Raises BadAnswer."""
        who = {"id": self.agent, "password": job.password}
        prepared = await self._ask("prepareSession", None, {"override": True, "agent": who})
        session = prepared["session"]["id"]
        self._view.begin(session)
        await self._ask("bindSession", session, {})
        await self._ask("session.start", session, {})
        media = {kind.value.lower(): kind in KINDS[job.day] for kind in MEDIA}
        await self._ask("session.addchannelgroup", session, {"channelgroup": {"name": GROUP, **media}})
        for command in ("channelgroup.activateall", "channelgroup.ready"):
            await self._until(command, partial(self._group, command))
            await self._ask(command, self._group(command), {})
        self._works = True
        self._tell()

    def _tell(self) -> None:
        """Whoever waits for news has them."""
        self._news.set()
        self._news = trio.Event()

    def _group(self, command: str) -> str | None:
        """The group, if this is open to it."""
        groups = self._view.of_kind(ObjectKind.CHANNELGROUP)
        return next((group.target for group in groups if command in group.capabilities), None)

    async def _until(self, command: str, is_so: Callable[[], object]) -> None:
        with trio.move_on_after(ANSWER_S):
            while not is_so():
                await self._news.wait()
            return
        raise BadAnswer(f"{self.agent}: {command} does not become possible; look at the server's log")

    async def _ask(self, command: str, target: str | None, data: Message) -> Message:
        number = await self._send(command, target, data)
        await self._until(f"an answer to {command}", lambda: number in self._answers)
        answer = self._answers.pop(number)
        if answer["result"] != "success":
            raise BadAnswer(f"{self.agent}: {command}: {answer.get('failure')}; look at the server's log")
        return dict(answer.get("data") or {})

    async def _send(self, command: str, target: str | None, data: Message) -> str:
        number = str(next(self._numbers))
        self._begun[number] = time.monotonic()
        asked = {"command": command, "data": data, "requestid": number} | ({"target": target} if target else {})
        await self.link.line.send_texts([json.dumps(asked).encode()])
        return number

    async def work(self) -> None:
        """Do what is to be done, when it is to be done, for as long as there is a connection."""
        while True:
            news, now = self._news, time.monotonic()
            if self._works:
                self._agenda.look(self._view.objects.values(), now)
                for command, target, data in self._agenda.take(now):
                    await self._send(command, target, data)
            with trio.move_on_after(max(0.0, self._agenda.next_at - now)):
                await news.wait()

    def take(self, message: Message) -> None:
        """A message has come."""
        now, into = time.monotonic(), self.gauge.slice
        self._view.take(message, now)
        if into is not None:
            into.messages += 1
        if "result" in message:
            self._answered(message, now)
        elif message.get("name") == "interaction.initialized":
            self._offered(message["target"], now)
        self._tell()

    def _answered(self, message: Message, now: float) -> None:
        begun, into = self._begun.pop(message["requestid"], None), self.gauge.slice
        if not self._works:
            self._answers[message["requestid"]] = message
        self.refused += message["result"] != "success"
        if into is not None and begun is not None:
            into.commands += 1
            into.messages += 1
            into.waits.note(now - begun)

    def _offered(self, target: str, now: float) -> None:
        known = self._view.objects.get(target)
        if known is not None and isinstance(ticket := known.data.get(TICKET), str):
            self.offers.append((self.agent, ticket, now))


@attrs.define(eq=False)
class Floor:
    """The agents of one process."""

    job: Job
    links: list[Link]
    _gauge: Gauge = attrs.field(factory=Gauge)
    _desks: dict[Link, DayDesk] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        numbers = itertools.count(self.job.first)
        self._desks = {link: DayDesk(link, self.job.agent_id(next(numbers)), self._gauge) for link in self.links}

    async def seat(self) -> None:
        """Raises BadAnswer."""
        turns = trio.CapacityLimiter(AT_ONCE)

        async def begin(desk: DayDesk) -> None:
            async with turns:
                await desk.begin(self.job)

        async with trio.open_nursery() as nursery:
            for desk in self._desks.values():
                nursery.start_soon(begin, desk)

    async def hear(self, link: Link) -> None:
        """Read a connection, and have its agent work. Raises NoMessage, Over."""
        desk = self._desks[link]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(desk.work)
            while True:
                for text in await link.line.messages():
                    desk.take(json.loads(text))

    async def play(self, window: Window) -> Found:
        """The agents work in any case; here it is counted."""
        found = Found()
        await self._gauge.run(window, found)
        return found

    def heard(self) -> Any:
        """Every offer with the time, and how many commands did not succeed."""
        desks = self._desks.values()
        return {
            "offers": [offer for desk in desks for offer in desk.offers],
            "refused": sum(desk.refused for desk in desks),
        }

    async def leave(self) -> None:
        """Its server ends with it."""
        await trio.lowlevel.checkpoint()
