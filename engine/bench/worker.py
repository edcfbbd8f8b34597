"""A client process of the load tool: `python -m engine.bench.worker` reads a job, and prints what it found, as JSON.

It is a process of its own, so that it does not take the processor from the server, and speaks by a library that the
server does not use.
"""

import json
import sys
from collections.abc import Iterable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Final

import attrs
import trio

from engine.bench.desks import ANSWERS, BadAnswer, Desk, echoes, now, read, requests, spread
from engine.bench.job import Found, Job
from engine.conformance.line import CannotConnect, Line, NoMessage, Over, opened
from engine.groups import first_of
from protocol.endpoint import BATCHED, PLAIN

SETTLE_S: Final = 30.0
"""So long a server may take over what was sent before the end."""


@attrs.define(eq=False)
class Link:
    """One connection, and the desks that share it."""

    line: Line
    desks: dict[str, Desk] = attrs.field(factory=dict)

    async def ask(self, command: str, target: str | None, data: Any, *, more: int = 0) -> dict[str, Any]:
        """A request of the setting up, its success data, and so many messages behind it. Raises BadAnswer."""
        request = {"command": command, "data": data} | ({"target": target} if target else {})
        await self.line.send_texts([json.dumps(request).encode()])
        messages: list[dict[str, Any]] = []
        while len(messages) <= more:
            messages += [json.loads(text) for text in await self.line.messages()]
        if messages[0].get("result") != "success":
            said = messages[0].get("failure", messages[0])
            raise BadAnswer(f"{command}: {said}; give agents that are there, and that nobody uses")
        answer: dict[str, Any] = messages[0].get("data", {})
        return answer


@attrs.define(eq=False)
class Load:
    """A job under way. Times are those of `time.perf_counter`."""

    job: Job
    found: Found
    begin: float = 0.0
    end: float = 0.0

    async def play(self, link: Link) -> None:
        """Until every command that was begun before the end is done, or the server is too late."""
        with trio.move_on_after(self.end - now() + SETTLE_S):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._hear, link)
                await self._send(link, link.desks.values())
                while self.job.rate and now() < self.end:  # else each goes on when it is done
                    upcoming = min((desk.due for desk in link.desks.values() if not desk.waiting), default=now() + 0.01)
                    await trio.sleep(max(0.0, min(upcoming, self.end) - now()))
                    await self._send(link, link.desks.values())
                await trio.sleep(max(0.0, self.end - now()))
                if not any(desk.waiting for desk in link.desks.values()):
                    nursery.cancel_scope.cancel()

    async def _hear(self, link: Link) -> None:
        while now() < self.end or any(desk.waiting for desk in link.desks.values()):
            for text in await link.line.messages():
                await self._send(link, self._take(link, text))

    async def _send(self, link: Link, desks: Iterable[Desk]) -> None:
        """What is due."""
        moment = now()
        if moment < self.end:
            due = [desk.request(moment) for desk in desks if not desk.waiting and desk.due <= moment]
            await link.line.send_texts(due)

    def _take(self, link: Link, text: str) -> list[Desk]:
        """Those whose command is done by it."""
        moment, done = now(), []
        counts = self.begin <= moment < self.end
        message = read(text)
        desk = link.desks[message.target.partition(".")[0]]
        took = desk.hear(message.result, moment)
        self.found.messages += counts
        if took is not None:
            done.append(desk)
            if counts:
                self.found.commands += 1
                self.found.messages += 1
                self.found.waits.note(took)
        return done


async def _seat(link: Link, job: Job, number: int) -> Desk:
    """A desk with a session of its own, whose channel is active. Raises BadAnswer."""
    interval_s = job.sessions / job.rate if job.rate else 0.0
    if job.kind == "echo":
        return Desk(f"{number:016}", echoes(number), 1, interval_s)
    agent = {"id": job.agent_id(number), "password": job.password}
    prepared = await link.ask("prepareSession", None, {"override": True, "agent": agent})
    session = prepared["session"]["id"]
    await link.ask("bindSession", session, {})
    await link.ask("session.start", session, {}, more=1)
    channel = {"endpoint": job.extension(number), "type": "Telephony"}
    await link.ask("session.addchannel", session, {"channel": channel}, more=3)
    await link.ask("channel.activate", f"{session}.c1", {}, more=2)
    return Desk(session, requests(session), ANSWERS, interval_s)


async def work(job: Job) -> Found:
    """Raises BadAnswer, CannotConnect, NoMessage, Over."""
    load = Load(job, Found(seconds=job.seconds))
    offers = () if job.kind == "echo" else (BATCHED if job.batched else PLAIN,)
    async with AsyncExitStack() as open_:
        links = [Link(await open_.enter_async_context(opened(job.url, offers=offers))) for _ in range(job.connections)]
        for place in range(job.sessions):
            link = links[place % job.connections]
            desk = await _seat(link, job, job.first + place)
            link.desks[desk.key] = desk
        begin = now()
        load.begin, load.end = begin + job.warm_up_s, begin + job.warm_up_s + job.seconds
        spread([desk for link in links for desk in link.desks.values()], begin)
        for each in (load.play, partial(_leave, job)):
            async with trio.open_nursery() as nursery:
                for link in links:
                    nursery.start_soon(each, link)
    return load.found


async def _leave(job: Job, link: Link) -> None:
    if job.kind == "engine":
        for session in link.desks:
            await link.ask("session.logout", session, {})


def main() -> None:
    try:
        found = trio.run(work, Job(**json.load(sys.stdin)))
    except Exception as group:
        error = first_of(group)
        if isinstance(error, BadAnswer | CannotConnect | NoMessage | Over):
            sys.exit(str(error))
        raise
    print(json.dumps(found.to_json()))


if __name__ == "__main__":
    main()
