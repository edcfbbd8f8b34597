"""A fleet of agent desktops that never give up: they work, lose their connection, come back, resume, and go on.

Each desktop notes every numbered message as it came. It repeats what was not answered, with the same requestid. What it
finds wrong it says at once: a gap, a repeat, a number with other bytes, an answer that changes.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

import attrs
import websockets
from websockets.asyncio.client import ClientConnection, connect

from tests.faults.platform import TICKET
from tests.faults.serve import PASSWORD

Message = dict[str, Any]

COMMANDS: Final = (
    ("channel.ready", {}, 3),
    ("channel.notready", {"reason": {"code": "BREAK"}}, 3),
    ("channel.dial", None, 3),
    ("session.request.externalnotreadyreasons", {}, 1),
    ("conversation.release", {}, 4),
    ("interaction.accept", {}, 2),
    ("interaction.setdata", {"interactiondata": {"note": "x"}}, 2),
    ("interaction.complete", {}, 3),
    ("nonsense.command", {}, 1),
)
"""What desktops ask for, with data, and how often beside the others."""
TRY_AGAIN_S: Final = 0.05
ANSWER_S: Final = 30.0


class Wrong(AssertionError):
    """A promise was broken."""


def was_carried_out(response: Message) -> bool:
    """What cannot be read as a command is not remembered by its requestid: it is answered as often as it comes."""
    return response.get("failure", {}).get("code") != "UNKNOWN_COMMAND"


@attrs.define
class Tally:
    """What a fleet has seen."""

    acknowledged: int = 0
    events: int = 0
    resumed: int = 0
    reset: int = 0
    again: int = 0
    """Responses that came once more, byte for byte."""
    refused: int = 0
    """Requests that the server could not keep."""
    shown: int = 0
    """Messages that a supervisor was shown."""


class Desktop:
    """One agent's desktop. `noted` are the messages by their numbers.

    `may_be_reset`: it begins anew when it is told to. `gives_up`: every second request that is refused unkept is not
    repeated, so that one can see whether it happens nevertheless.
    """

    def __init__(
        self, number: int, tally: Tally, seed: int, *, may_be_reset: bool = False, gives_up: bool = False
    ) -> None:
        self.agent = f"agent{number}"
        self.extension = str(40_000 + number)
        self.session = self.token = ""
        self.epoch = 0
        self.last = 0
        self.noted: dict[int, str] = {}
        self.answered: dict[str, int] = {}
        """The number of the response to each requestid."""
        self.unanswered: dict[str, Message] = {}
        self.refused: set[str] = set()
        """The requestids of those given up."""
        self.forgotten: list[tuple[int, str]] = []
        """What it had noted, with its number, before it was told to begin anew."""
        self.shown: dict[tuple[str, int], str] = {}
        """What a supervisor was shown of it, by session and number."""
        self.channel = self.interaction = self.conversation = ""
        self.unsettled = False
        self._may_be_reset, self._gives_up = may_be_reset, gives_up
        self._tally = tally
        self._random = random.Random(seed * 10_007 + number)
        self._requests = 0
        self._resolved = asyncio.Event()
        self._cut = False
        """Nothing more is heard by this connection."""

    # Its life

    async def work(self, url: str, stop: asyncio.Event) -> None:
        """Work until `stop`, then until all is answered. Raises Wrong."""
        while not (stop.is_set() and not self.unanswered and self.session):
            try:
                async with connected(url) as socket:
                    await self._live(socket, stop)
            except (OSError, websockets.WebSocketException, TimeoutError, EOFError):
                await asyncio.sleep(TRY_AGAIN_S)

    async def catch_up(self, url: str) -> None:
        """Come back once more, so that nothing is owed."""
        async with connected(url) as socket:
            await self._bind(socket)
            reader = asyncio.create_task(self._read(socket))
            await self._ask(socket, self._request("session.request.getdirectory", {}))
            await end(reader)

    @asynccontextmanager
    async def present(self, url: str) -> AsyncIterator[None]:
        """Be there and ready, and ask for nothing."""
        async with connected(url) as socket:
            await self._prepare(socket)
            await self._bind(socket)
            reader = asyncio.create_task(self._read(socket))
            try:
                await self._settle_in(socket)
                yield
            finally:
                await end(reader)

    async def _live(self, socket: ClientConnection, stop: asyncio.Event) -> None:
        if not self.session:
            await self._prepare(socket)
        await self._bind(socket)
        reader = asyncio.create_task(self._read(socket))
        try:
            for request in tuple(self.unanswered.values()):
                await self._ask(socket, request)
            if not self.channel:
                await self._settle_in(socket)
            while not stop.is_set() and not reader.done():
                await self._ask(socket, self._draw())
        finally:
            await end(reader)

    async def _prepare(self, socket: ClientConnection) -> None:
        agent = {"id": self.agent, "password": PASSWORD}
        await send(socket, {"command": "prepareSession", "data": {"override": True, "agent": agent}})
        answer = json.loads(await asyncio.wait_for(socket.recv(), ANSWER_S))
        if answer["result"] != "success":
            raise TimeoutError(answer["failure"]["message"])
        self.session, self.token = answer["data"]["session"]["id"], answer["data"]["resumetoken"]

    async def _bind(self, socket: ClientConnection) -> None:
        data: Message = {}
        if self.epoch or self.noted:
            data = {"resume": {"token": self.token, "epoch": self.epoch, "seq": self.last}}
        elif self.token:
            data = {"resume": {"token": self.token, "epoch": 1, "seq": 0}}
        await send(socket, {"command": "bindSession", "target": self.session, "data": data})
        answer = json.loads(await asyncio.wait_for(socket.recv(), ANSWER_S))
        if answer["result"] != "success":
            self._lose_session(answer)
            raise EOFError
        self._cut = False
        self.epoch = answer["data"]["epoch"]
        match answer["data"]["outcome"]:
            case "RESUMED":
                self._tally.resumed += 1
            case "RESET":
                self._tally.reset += 1
                if not self._may_be_reset:
                    raise Wrong(f"{self.agent} was reset: {answer}")
                self._forget()
                self.last = answer["data"]["seq"]

    def _lose_session(self, answer: Message) -> None:
        if not (self._may_be_reset and answer["failure"]["code"] == "INVALID_TARGET"):
            raise Wrong(f"{self.agent} could not come back: {answer}")
        self._forget()
        self.session, self.epoch, self.last = "", 0, 0

    def _forget(self) -> None:
        """Of what was asked, nobody knows what became; new requests get new ids."""
        self.forgotten += self.noted.items()
        self.noted, self.answered, self.unanswered = {}, {}, {}
        self.channel = self.interaction = self.conversation = ""

    async def _settle_in(self, socket: ClientConnection) -> None:
        await self._ask(socket, self._request("session.start", {}))
        added = {"channel": {"endpoint": self.extension, "type": "Telephony"}}
        await self._ask(socket, self._request("session.addchannel", added))
        self.channel = "c1"
        await self._ask(socket, self._request("channel.activate", {}, self.channel))
        await self._ask(socket, self._request("channel.ready", {}, self.channel))

    # Asking

    def _draw(self) -> Message:
        command, data, _ = self._random.choices(COMMANDS, [weight for *_, weight in COMMANDS])[0]
        path = {
            "session": [],
            "channel": [self.channel],
            "interaction": [self.channel, self.interaction],
            "conversation": [self.channel, self.interaction, self.conversation],
            "nonsense": [],
        }[command.partition(".")[0]]
        if data is None:
            number = f"+1555{self._random.randrange(10**6):06}"
            data = {"destination": number, "extensions": {TICKET: f"{self.session}/{self._requests + 1}"}}
        return self._request(command, data, *filter(None, path))

    def _request(self, command: str, data: Message, *path: str) -> Message:
        self._requests += 1
        requestid = f"r{self._requests}"
        target = ".".join([self.session, *path])
        request = {"command": command, "target": target, "data": data, "requestid": requestid}
        self.unanswered[requestid] = request
        return request

    async def _ask(self, socket: ClientConnection, request: Message) -> None:
        """Send it, and wait for its answer. One that was refused unkept is repeated."""
        requestid = request["requestid"]
        while requestid in self.unanswered:
            self._resolved.clear()
            await send(socket, request)
            async with asyncio.timeout(ANSWER_S):
                while requestid in self.unanswered and not self.unsettled:
                    if self._cut:
                        raise EOFError
                    await self._resolved.wait()
                    self._resolved.clear()
            if self.unsettled:
                self.unsettled = False
                self._tally.refused += requestid in self.unanswered
                if self._gives_up and self._random.random() < 0.5 and self.unanswered.pop(requestid, None):
                    self.refused.add(requestid)
                    return
                await asyncio.sleep(TRY_AGAIN_S)

    # Hearing

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                self._take(str(text))
        finally:
            self._cut = True
            self._resolved.set()

    def _take(self, text: str) -> None:
        message = json.loads(text)
        if "seq" not in message:
            self._take_unkept(message)
            return
        seq = message["seq"]
        if seq <= self.last:
            if self.noted[seq] != text or "result" not in message:
                raise Wrong(f"{self.agent}: message {seq} came again: {self.noted[seq]} and then {text}")
            self._tally.again += 1
        elif seq != self.last + 1:
            raise Wrong(f"{self.agent}: after message {self.last} came {text}")
        else:
            self.noted[seq] = text
            self.last = seq
        if "result" in message:
            self._answer(message, seq)
        elif seq == self.last:
            self._tally.events += 1
            self._follow(message)

    def _take_unkept(self, message: Message) -> None:
        """A refusal that was kept nowhere: it has not happened."""
        if message.get("failure", {}).get("code") not in ("OVERLOADED", "NOT_BOUND", "NOT_ACCEPTING"):
            raise Wrong(f"{self.agent}: {message}")
        self.unsettled = True
        self._resolved.set()

    def _answer(self, message: Message, seq: int) -> None:
        requestid = message["requestid"]
        if was_carried_out(message) and self.answered.setdefault(requestid, seq) != seq:
            raise Wrong(f"{self.agent}: {requestid} was answered by {self.answered[requestid]} and by {seq}")
        if self.unanswered.pop(requestid, None) is not None:
            self._tally.acknowledged += 1
        self._resolved.set()

    def _follow(self, message: Message) -> None:
        """Know what can be asked about."""
        own = message["target"].split(".")[1:]
        match message["name"]:
            case "interaction.created":
                self.interaction = own[1]
            case "conversation.created":
                self.conversation = own[2]
            case "interaction.disposed":
                self.interaction = self.conversation = ""
            case "session.disposed":
                raise Wrong(f"{self.agent}: {message}")


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[ClientConnection]:
    """It does not stay open, also when a second failure comes while it is being closed for the first."""
    socket = await connect(url, compression=None, ping_interval=None, open_timeout=5)
    try:
        yield socket
        await socket.close()
    finally:
        socket.transport.abort()


async def end(reader: asyncio.Task[None]) -> None:
    """Raises Wrong when it has found something."""
    reader.cancel()
    await asyncio.wait([reader])
    if not reader.cancelled() and isinstance(error := reader.exception(), Wrong):
        raise error


async def send(socket: ClientConnection, message: Message) -> None:
    await socket.send(json.dumps(message))


class Fleet:
    """So many desktops at one server, wherever that may be at the moment."""

    def __init__(self, agents: int, seed: int, **desktops_do: bool) -> None:
        self.tally = Tally()
        self.desktops = [Desktop(number, self.tally, seed, **desktops_do) for number in range(1, agents + 1)]
        self._stop = asyncio.Event()

    @asynccontextmanager
    async def working(self, url: str) -> AsyncIterator[None]:
        """All work, until the block ends and everything is answered. Raises Wrong as soon as one finds something."""
        async with asyncio.TaskGroup() as group:
            for desktop in self.desktops:
                group.create_task(desktop.work(url, self._stop))
            yield
            self._stop.set()

    async def catch_up(self, url: str) -> None:
        for some in _in_turns(self.desktops, 50):
            await asyncio.gather(*(desktop.catch_up(url) for desktop in some))


def _in_turns(desktops: list[Desktop], size: int) -> Iterable[list[Desktop]]:
    return (desktops[at : at + size] for at in range(0, len(desktops), size))
