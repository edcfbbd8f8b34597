"""A client process of the load tool: `python -m engine.bench.worker` reads what to do, and says what came of it.

It is a process of its own, so that it does not take the processor from the server, and speaks by a library that the
server does not use. One line of JSON each way: a job, which it connects for; "seat", and it takes its sessions; then
windows, as many as are wanted, and "heard", for what else was noted. With the end of its input it leaves its sessions,
and ends.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol, Self

import trio

from engine import collector
from engine.bench.desks import BadAnswer
from engine.bench.fan import Fan
from engine.bench.floor import Floor
from engine.bench.found import Found
from engine.bench.job import DAY, ECHO, ENGINE, WATCH, Job, Window
from engine.bench.links import Link, connections
from engine.bench.load import Load
from engine.conformance.line import CannotConnect, NoMessage, Over
from engine.groups import first_of

SEAT: Final = "seat"
HEARD: Final = "heard"


class Play(Protocol):
    """What the links of a process do. All of it may raise BadAnswer, NoMessage or Over."""

    async def seat(self) -> None:
        """Take the sessions."""

    async def hear(self, link: Link) -> None:
        """Read a connection, for as long as there is one."""

    async def play(self, window: Window) -> Found: ...

    def heard(self) -> Any:
        """What else has been noted."""

    async def leave(self) -> None: ...


PLAYS: Final[Mapping[str, Callable[[Job, list[Link]], Play]]] = MappingProxyType(
    {ENGINE: Load, ECHO: Load, WATCH: Fan, DAY: Floor}
)


async def work(given: trio.abc.ReceiveStream) -> None:
    """Raises BadAnswer, CannotConnect, NoMessage, Over."""
    wishes = Wishes(given)
    job = Job(**await anext(wishes))
    async with connections(job) as links, trio.open_nursery() as nursery:
        load = PLAYS[job.kind](job, links)
        for link in links:
            nursery.start_soon(load.hear, link)
        _say("connected")
        async for wish in wishes:
            if wish == SEAT:
                await load.seat()
                _say("seated")
            elif wish == HEARD:
                _say(load.heard())
            else:
                found = await load.play(Window(**wish))
                _say(found.to_json())
        await load.leave()
        nursery.cancel_scope.cancel()


class Wishes:
    """What the process is told to do, line by line, up to the end."""

    def __init__(self, given: trio.abc.ReceiveStream) -> None:
        self._given = given
        self._rest = b""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        while b"\n" not in self._rest:
            more = await self._given.receive_some()
            if not more:
                raise StopAsyncIteration
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)


def _say(what: Any) -> None:
    print(json.dumps(what), flush=True)


def main() -> None:
    collector.settle()
    try:
        trio.run(work, trio.lowlevel.FdStream(os.dup(sys.stdin.fileno())))
    except Exception as group:
        error = first_of(group)
        if isinstance(error, BadAnswer | CannotConnect | NoMessage | Over):
            sys.exit(str(error))
        raise


if __name__ == "__main__":
    main()
