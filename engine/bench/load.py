"""The desks of one process under load, window by window."""

from collections.abc import Iterable, Sequence
from typing import Final

import attrs
import trio

from engine.bench.desks import ROUNDING_S, BadAnswer, Desk, logout, now, read, spread
from engine.bench.found import Found
from engine.bench.gauge import Gauge
from engine.bench.job import ECHO, Job, Window
from engine.bench.links import Link, take_seats

SETTLE_S: Final = 30.0
"""So long a server may leave everything unanswered that was sent before the end."""
BATCH_AT_MOST: Final = 200
"""Requests in one frame: fewer than a server takes."""


@attrs.define(eq=False)
class Load:
    """Times are those of `time.perf_counter`."""

    job: Job
    links: list[Link]
    seats: Sequence[tuple[Link, Desk]] = ()
    _end: float = 0.0
    """Nothing is sent from then on."""
    _gauge: Gauge = attrs.field(factory=Gauge)
    _under_way: int = 0
    _quiet: trio.Event = attrs.field(factory=trio.Event)

    async def seat(self) -> None:
        """Raises BadAnswer."""
        self.seats = await take_seats(self.job, self.links)

    async def play(self, window: Window) -> Found:
        """Until every command that was begun before the end is done. Raises BadAnswer."""
        begin, found = now(), Found()
        active = self.seats if window.active is None else self.seats[: window.active]
        spread([desk for _, desk in active], begin, window.rate)
        self._end = begin + window.warm_up_s + window.seconds
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._gauge.run, window, found)
            if window.rate is not None:
                nursery.start_soon(self._pace, active, begin, window.rate)
            else:
                await self._send_all(active)
        await self._settle()
        self._charge(active)
        return found

    async def hear(self, link: Link) -> None:
        """Read a connection, for as long as there is load. Raises BadAnswer, NoMessage, Over."""
        while True:
            texts = await link.line.messages()
            if link.asking:
                link.tell(texts)
            elif done := [desk for text in texts if (desk := self._take(link, text)) is not None]:
                await self._send(link, done)

    def heard(self) -> None:
        """Nothing else is noted."""

    async def leave(self) -> None:
        """End the sessions, where somebody else may want the server. Raises BadAnswer."""
        if self.job.own or self.job.kind == ECHO:
            return
        by_link: dict[Link, list[bytes]] = {}
        for link, desk in self.seats:
            by_link.setdefault(link, []).append(desk.ask(logout(desk.key), now()))
        for link, texts in by_link.items():
            await self._put(link, texts)
        await self._settle()

    def _take(self, link: Link, text: str) -> Desk | None:
        """Whose command is done by it."""
        message = read(text)
        desk = link.desks[message.target.partition(".")[0]]
        moment, into = now(), self._gauge.slice
        took = desk.hear(message.result, moment)
        if into is not None:
            into.messages += 1
        if took is None:
            return None
        self._under_way -= 1
        if not self._under_way:
            self._quiet.set()
        if into is not None:
            into.commands += 1
            into.messages += 1
            into.waits.note(took)
        elif self._gauge.late is not None:
            self._gauge.late.note(took)
        return desk

    async def _send_all(self, seats: Iterable[tuple[Link, Desk]]) -> None:
        by_link: dict[Link, list[Desk]] = {}
        for link, desk in seats:
            by_link.setdefault(link, []).append(desk)
        for link, desks in by_link.items():
            await self._send(link, desks)

    async def _send(self, link: Link, desks: Sequence[Desk]) -> None:
        """What is due."""
        moment = now()
        if moment < self._end and (due := [desk.request(moment) for desk in desks if desk.is_due(moment)]):
            await self._put(link, due)

    async def _put(self, link: Link, texts: Sequence[bytes]) -> None:
        self._under_way += len(texts)
        for place in range(0, len(texts), BATCH_AT_MOST):
            await link.line.send_texts(texts[place : place + BATCH_AT_MOST])

    async def _pace(self, seats: Sequence[tuple[Link, Desk]], begin: float, rate: float) -> None:
        """Desks have their moments in turns. One who waits for an answer then goes on when it has come."""
        number = 0
        while seats and (due := begin + number / rate) < self._end:
            await trio.sleep(max(0.0, due - now()))
            upto = max(number + 1, int((now() - begin) * rate) + 1)
            await self._send_all(seats[each % len(seats)] for each in range(number, upto))
            number = upto

    def _charge(self, seats: Sequence[tuple[Link, Desk]]) -> None:
        """Commands that were due in the window and could not be sent any more have waited, too: so long at least."""
        late, moment = self._gauge.late, now()
        if late is not None:
            for _, desk in seats:
                while desk.due < self._end - ROUNDING_S:
                    late.note(moment - desk.due)
                    desk.due += desk.interval_s
        self._gauge.late = None

    async def _settle(self) -> None:
        while self._under_way:
            self._quiet, before = trio.Event(), self._under_way
            with trio.move_on_after(SETTLE_S):
                await self._quiet.wait()
            if self._under_way == before:
                raise BadAnswer(
                    f"commands without an answer: {before}, and none came for {SETTLE_S:g} s; look at the server's log"
                )
