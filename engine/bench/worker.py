"""A client process of the load tool: `python -m engine.bench.worker` reads a job, and prints what it found, as JSON.

It is a process of its own, so that it does not take the processor from the server, and speaks by a library that the
server does not use.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any, Final

import attrs
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from engine.bench.desks import ANSWERS, BadAnswer, Desk, echoes, now, read, requests, spread
from engine.bench.job import Found, Job
from protocol.endpoint import BATCHED, PLAIN

CLOSE_S: Final = 2.0
SETTLE_S: Final = 30.0
"""So long a server may take over what was sent before the end."""


@attrs.define(eq=False)
class Link:
    """One connection, and the desks that share it."""

    websocket: ClientConnection
    batched: bool
    desks: dict[str, Desk] = attrs.field(factory=dict)

    async def send(self, texts: Sequence[bytes]) -> None:
        if not texts:
            return
        if self.batched:
            await self.websocket.send(b"[" + b",".join(texts) + b"]", text=True)
            return
        for text in texts:
            await self.websocket.send(text, text=True)

    async def ask(self, command: str, target: str | None, data: Any, *, more: int = 0) -> dict[str, Any]:
        """A request of the setting up, its success data, and so many messages behind it. Raises BadAnswer."""
        request = {"command": command, "data": data} | ({"target": target} if target else {})
        await self.send([json.dumps(request).encode()])
        messages: list[dict[str, Any]] = []
        while len(messages) <= more:
            found = json.loads(await self.websocket.recv())
            messages += found if self.batched else [found]
        if messages[0].get("result") != "success":
            said = messages[0].get("failure", messages[0])
            raise BadAnswer(f"{command}: {said}; give agents that are there, and that nobody uses")
        answer: dict[str, Any] = messages[0].get("data", {})
        return answer


@attrs.define(eq=False)
class Load:
    """A job under way."""

    job: Job
    found: Found
    begin: float = 0.0
    end: float = 0.0

    async def play(self, link: Link) -> None:
        """Until every command that was begun before the end is done."""
        sending = asyncio.create_task(self._send_when_due(link))
        try:
            await self._hear(link)
        finally:
            sending.cancel()

    async def _send_when_due(self, link: Link) -> None:
        while True:
            await link.send(self._due(link.desks.values()))
            upcoming = [desk.due for desk in link.desks.values() if not desk.waiting]
            await asyncio.sleep(max(0.0, min(upcoming, default=now() + 0.01) - now()))
            if not self.job.rate:
                return  # each goes on as soon as it is done

    def _due(self, desks: Any) -> list[bytes]:
        moment = now()
        return [desk.request(moment) for desk in desks if not desk.waiting and desk.due <= min(moment, self.end)]

    async def _hear(self, link: Link) -> None:
        async with asyncio.timeout(self.end - now() + SETTLE_S):
            while now() < self.end or any(desk.waiting for desk in link.desks.values()):
                try:
                    async with asyncio.timeout(max(0.001, self.end - now()) if not self._busy(link) else None):
                        frame = await link.websocket.recv()
                except TimeoutError:
                    return
                done = [desk for desk in self._take(link, frame) if now() < self.end]
                await link.send(self._due(done))

    @staticmethod
    def _busy(link: Link) -> bool:
        return any(desk.waiting for desk in link.desks.values())

    def _take(self, link: Link, frame: bytes | str) -> list[Desk]:
        """Those whose command is done by it."""
        moment, done = now(), []
        for message in read(frame, batched=link.batched):
            desk = link.desks[message.target.partition(".")[0]]
            took = desk.hear(message.result, moment)
            if self.begin <= moment < self.end:
                self.found.messages += 1
            if took is not None:
                done.append(desk)
                if self.begin <= moment < self.end:
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
    """Raises BadAnswer, OSError, ConnectionClosed."""
    load = Load(job, Found(seconds=job.seconds))
    offers = [Subprotocol(BATCHED if job.batched else PLAIN)] if job.kind == "engine" else None
    batched = job.batched and job.kind == "engine"
    links = [
        Link(
            await connect(job.url, subprotocols=offers, compression=None, ping_interval=None, close_timeout=CLOSE_S),
            batched,
        )
        for _ in range(job.connections)
    ]
    try:
        for place in range(job.sessions):
            link = links[place % job.connections]
            desk = await _seat(link, job, job.first + place)
            link.desks[desk.key] = desk
        begin = now()
        load.begin, load.end = begin + job.warm_up_s, begin + job.warm_up_s + job.seconds
        spread([desk for link in links for desk in link.desks.values()], begin)
        await asyncio.gather(*(load.play(link) for link in links))
        await asyncio.gather(*(_leave(link, job) for link in links))
    finally:
        await asyncio.gather(*(link.websocket.close() for link in links))
    return load.found


async def _leave(link: Link, job: Job) -> None:
    if job.kind == "engine":
        for session in link.desks:
            await link.ask("session.logout", session, {})


def main() -> None:
    try:
        found = asyncio.run(work(Job(**json.load(sys.stdin))))
    except (BadAnswer, ConnectionClosed, OSError, TimeoutError) as error:
        sys.exit(f"{type(error).__name__}: {error}" if not isinstance(error, BadAnswer) else str(error))
    print(json.dumps(found.to_json()))


if __name__ == "__main__":
    main()
