"""A desktop that loses its connection, and comes back for its session."""

import json
from collections import deque
from contextlib import AsyncExitStack
from typing import Any, Final

import attrs
import trio

from engine.bench.errors import BenchFailed
from engine.bench.job import EXTENSIONS
from engine.config import DEMO_PASSWORD
from engine.conformance.line import Line, Over, opened

ANSWER_S: Final = 120.0
"""So long a server may take over one answer: thousands of others may ask in the same moment."""

Message = dict[str, Any]


class NotResumed(BenchFailed):
    """A session did not come back as it was, or a message of it is missing."""


@attrs.define(eq=False)
class Returning:
    """One agent with a phone that is ready, and a history of a few commands.

    Everything raises NotResumed where the numbers of what comes have a gap.
    """

    number: int
    nursery: trio.Nursery
    extensions: int = EXTENSIONS
    password: str = DEMO_PASSWORD
    session: str = ""
    token: str = ""
    epoch: int = 0
    seq: int = 0
    lost: trio.Event = attrs.field(factory=trio.Event)
    """Set when the connection is gone, and all that came on it has been read."""
    _line: Line | None = None
    _answers: deque[Message] = attrs.field(factory=deque)
    _news: trio.Event = attrs.field(factory=trio.Event)

    async def set_up(self, url: str, commands: int) -> None:
        """Take a session, and send so many commands in it."""
        await self.connect(url)
        agent = {"id": f"agent{self.number}", "password": self.password}
        prepared = await self.ask("prepareSession", None, {"override": True, "agent": agent})
        self.session, self.token = prepared["data"]["session"]["id"], prepared["data"]["resumetoken"]
        self.epoch = (await self.ask("bindSession", self.session, {}))["data"]["epoch"]
        await self.ask("session.start", self.session)
        channel = {"endpoint": str(self.extensions + self.number), "type": "Telephony"}
        await self.ask("session.addchannel", self.session, {"channel": channel})
        await self.ask("channel.activate", f"{self.session}.c1")
        for turn in range(commands):
            await self.ask(f"channel.{('ready', 'notready')[turn % 2]}", f"{self.session}.c1")

    async def come_back(self, url: str) -> None:
        """Connect, resume, and have one command answered."""
        await self.connect(url)
        resume = {"token": self.token, "epoch": self.epoch, "seq": self.seq}
        bound = await self.ask("bindSession", self.session, {"resume": resume})
        if bound["data"].get("outcome") != "RESUMED":
            raise NotResumed(f"agent{self.number} had to begin anew: {bound}; see whether the journal was kept")
        await self.ask("session.request.externalnotreadyreasons", self.session)

    async def connect(self, url: str) -> None:
        self.lost = trio.Event()
        await self.nursery.start(self.run, url)

    async def ask(self, command: str, target: str | None, data: Message | None = None) -> Message:
        """The answer, which is a success."""
        if self._line is None:
            raise NotResumed(f"agent{self.number} has no connection; try again")
        await self._line.send({"command": command, "data": data or {}} | ({"target": target} if target else {}))
        with trio.move_on_after(ANSWER_S):
            while not self._answers and not self.lost.is_set():
                self._news = trio.Event()
                await self._news.wait()
        if not self._answers:
            raise NotResumed(f"agent{self.number}: {command} was not answered; look at the server's log")
        answer = self._answers.popleft()
        if answer["result"] != "success":
            raise NotResumed(
                f"agent{self.number}: {command}: {answer.get('failure', answer)}; look at the server's log"
            )
        return answer

    async def run(self, url: str, *, task_status: trio.TaskStatus[None]) -> None:
        """Read until the connection is lost."""
        async with AsyncExitStack() as stack:
            self._line = await stack.enter_async_context(opened(url, within_s=ANSWER_S))
            task_status.started()
            try:
                while True:
                    for text in await self._line.messages():
                        self.take(json.loads(text))
            except Over:
                self.lost.set()
                self._news.set()

    def take(self, message: Message) -> None:
        """A message has come."""
        if "seq" in message:
            if message["seq"] != self.seq + 1:
                raise NotResumed(
                    f"agent{self.number}: behind message {self.seq} came {message}: one is lost, or is there twice"
                )
            self.seq = message["seq"]
        if "result" in message:
            self._answers.append(message)
            self._news.set()
