"""One session whose messages go to many supervisors: an agent works, and the others look on, a connection each.

The agent sends some commands at once, and the next ones when every supervisor has been shown all that came of them. So
nobody falls behind, and what is measured is what the server delivers.
"""

import attrs
import trio

from engine.bench.desks import BadAnswer, Desk, now
from engine.bench.found import Found
from engine.bench.gauge import Gauge
from engine.bench.job import Job, Window
from engine.bench.links import Link, take_seat

SUPERVISOR: str = "supervisor{n}"
AT_ONCE = 8
"""So many begin to watch side by side: fewer than may wait for one session."""
ROUND_S = 30.0
"""So long a server may take over one round."""


@attrs.define(eq=False)
class Fan:
    """The first link is the agent's."""

    job: Job
    links: list[Link]
    _gauge: Gauge = attrs.field(factory=Gauge)
    _missing: dict[Link, int] = attrs.field(factory=dict)
    """How many messages of the round are still to come, where there are any."""
    _begun: float = 0.0
    _done: trio.Event = attrs.field(factory=trio.Event)
    _desk: Desk | None = None

    async def seat(self) -> None:
        """Raises BadAnswer."""
        agent, *watchers = self.links
        self._desk = await take_seat(agent, self.job, self.job.first)
        session, turns = self._desk.key, trio.CapacityLimiter(AT_ONCE)

        async def watch(number: int, link: Link) -> None:
            async with turns:
                who = {"id": SUPERVISOR.format(n=number), "password": self.job.password}
                await link.ask("supervisor.login", None, {"supervisor": who})
                await link.ask("supervisor.watch", session, {}, more=1)
                link.asking = False

        agent.asking = False
        async with trio.open_nursery() as nursery:
            for number, link in enumerate(watchers, start=1):
                nursery.start_soon(watch, number, link)

    async def hear(self, link: Link) -> None:
        """Read a connection. Raises NoMessage, Over."""
        while True:
            texts = await link.line.messages()
            if link.asking:
                link.tell(texts)
            elif texts:
                self._take(link, len(texts))

    def _take(self, link: Link, messages: int) -> None:
        into = self._gauge.slice
        self._missing[link] -= messages
        if into is not None:
            into.messages += messages
        if self._missing[link] <= 0:
            del self._missing[link]
            if into is not None and link is not self.links[0]:
                into.waits.note(now() - self._begun)
            if not self._missing:
                self._done.set()

    async def play(self, window: Window) -> Found:
        """Round after round. Raises BadAnswer."""
        found, end = Found(), now() + window.warm_up_s + window.seconds
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._gauge.run, window, found)
            while now() < end:
                await self._round()
        return found

    async def _round(self) -> None:
        if self._desk is None:
            raise BadAnswer("nobody has taken a seat; seat them first")
        self._begun, self._done = now(), trio.Event()
        asked = [self._desk.next() for _ in range(self.job.at_once)]
        self._missing = dict.fromkeys(self.links, sum(each.answers for each in asked))
        await self.links[0].line.send_texts([each.text for each in asked])
        with trio.move_on_after(ROUND_S):
            await self._done.wait()
        if self._missing:
            raise BadAnswer(
                f"{len(self._missing)} connections were not shown all within {ROUND_S:g} s; look at the server's log"
            )
        if (into := self._gauge.slice) is not None:
            into.commands += len(asked)
            into.messages += len(asked)

    def heard(self) -> None:
        """Nothing else is noted."""

    async def leave(self) -> None:
        """Its server ends with it."""
        await trio.lowlevel.checkpoint()
