"""A client process's connections, and the sessions on them: opened, taken, and left again."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import attrs
import trio

from engine.bench.desks import BadAnswer, Desk, echoes
from engine.bench.job import ECHO, Job
from engine.bench.mix import asks
from engine.conformance.line import Line, opened
from protocol.endpoint import BATCHED, PLAIN

AT_ONCE: Final = 50
"""So many connections are opened, and taken, side by side."""
ANSWER_S: Final = 60.0


@attrs.define(eq=False)
class Link:
    """One connection, and the desks that share it. Somebody has to read it: see `tell`."""

    line: Line
    desks: dict[str, Desk] = attrs.field(factory=dict)
    asking: bool = True
    """Are its messages those of the setting up?"""
    _said: list[dict[str, Any]] = attrs.field(factory=list)
    _news: trio.Event = attrs.field(factory=trio.Event)

    def tell(self, texts: Sequence[str]) -> None:
        """What has come while it was set up."""
        self._said += map(json.loads, texts)
        self._news.set()

    async def ask(self, command: str, target: str | None, data: Any, *, more: int = 0) -> dict[str, Any]:
        """A request of the setting up, its success data, and so many messages behind it. Raises BadAnswer."""
        asked = {"command": command, "data": data} | ({"target": target} if target else {})
        await self.line.send_texts([json.dumps(asked).encode()])
        try:
            with trio.fail_after(ANSWER_S):
                while len(self._said) <= more:
                    self._news = trio.Event()
                    await self._news.wait()
        except trio.TooSlowError:
            raise BadAnswer(f"{command} is not answered within {ANSWER_S:g} s; look at the server's log") from None
        answer = self._said[0]
        del self._said[: more + 1]
        if answer.get("result") != "success":
            said = answer.get("failure", answer)
            raise BadAnswer(f"{command}: {said}; give agents that are there, and that nobody uses")
        data = answer.get("data", {})
        return dict(data)


@asynccontextmanager
async def connections(job: Job) -> AsyncIterator[list[Link]]:
    """All of them, until the end of the block. Raises CannotConnect."""
    offers = () if job.kind == ECHO else (BATCHED if job.batched else PLAIN,)
    turns = trio.CapacityLimiter(AT_ONCE)
    links: list[Link] = []
    async with AsyncExitStack() as open_:

        async def open_one() -> None:
            async with turns:
                links.append(Link(await open_.enter_async_context(opened(job.url, offers=offers))))

        async with trio.open_nursery() as nursery:
            for _ in range(job.connections):
                nursery.start_soon(open_one)
        yield links


async def take_seats(job: Job, links: Sequence[Link]) -> list[tuple[Link, Desk]]:
    """A desk for each session, in turns among the connections. Raises BadAnswer."""
    turns = trio.CapacityLimiter(AT_ONCE)
    seats: list[tuple[Link, Desk]] = []

    async def take(link: Link, numbers: range) -> None:
        async with turns:
            for number in numbers:
                desk = await take_seat(link, job, number)
                link.desks[desk.key] = desk
                seats.append((link, desk))
            link.asking = False

    async with trio.open_nursery() as nursery:
        for place, link in enumerate(links):
            nursery.start_soon(take, link, range(job.first + place, job.first + job.sessions, len(links)))
    return seats


async def take_seat(link: Link, job: Job, number: int) -> Desk:
    """A desk with a session of its own, whose channel is active. Raises BadAnswer."""
    if job.kind == ECHO:
        return Desk(f"{number:016}", echoes(number))
    agent = {"id": job.agent_id(number), "password": job.password}
    prepared = await link.ask("prepareSession", None, {"override": True, "agent": agent})
    session = prepared["session"]["id"]
    await link.ask("bindSession", session, {})
    await link.ask("session.start", session, {}, more=1)
    channel = {"endpoint": job.extension(number), "type": "Telephony"}
    await link.ask("session.addchannel", session, {"channel": channel}, more=3)
    await link.ask("channel.activate", f"{session}.c1", {}, more=2)
    return Desk(session, asks(job.mix, session, number))
