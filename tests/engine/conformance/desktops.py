"""A little desktop that does what it must, and others that do not."""

import json
import re
from collections.abc import Callable
from typing import Any, Final

import trio

from engine.conformance.line import CannotConnect, Line, Over, opened
from protocol.endpoint import BATCHED, PLAIN

JsonObject = dict[str, Any]
WORK_EVERY_S: Final = 0.05
AGAIN: Final = re.compile(r"again in (\d+) s")


class Desktop:
    """It logs in, adds its phone, and goes ready and not ready for as long as it lives."""

    def __init__(self, url: str, agent: str, phone: str, *, batched: bool = False) -> None:
        self._url, self._agent, self._phone = url, agent, phone
        self._offers = (BATCHED if batched else PLAIN,)
        self.session = ""
        self._token = ""
        self._epoch = self._seq = self._asked = 0
        self._waiting: set[str] = set()
        self._open: dict[str, set[str]] = {}
        self._channel = ""
        self._line: Line | None = None

    async def run(self) -> None:
        """Until its session has ended."""
        while True:
            try:
                async with opened(self._url, offers=self._offers) as line:
                    await self._talk(line)
                    return
            except Over as over:
                self._line = None
                self._waiting.clear()
                await self.parted(over)
            except CannotConnect:
                await trio.sleep(WORK_EVERY_S)

    async def _talk(self, line: Line) -> None:
        over: Over | None = None
        self.connected(line)
        async with trio.open_nursery() as nursery:
            await self.hello(line)
            nursery.start_soon(self._work)
            try:
                while self.session != "over":
                    for text in await line.messages():
                        await self.take(line, json.loads(text))
            except Over as error:
                over = error
            nursery.cancel_scope.cancel()
        if over is not None:
            raise over

    def connected(self, line: Line) -> None:
        self._line = line

    async def hello(self, line: Line) -> None:
        if self.session:
            await line.send({"command": "bindSession", "target": self.session, "data": {"resume": self.resume()}})
            return
        await self.prepare(line, override=True)

    async def prepare(self, line: Line, *, override: bool) -> None:
        agent = {"id": self._agent, "password": "demo"}
        await line.send({"command": "prepareSession", "data": {"override": override, "agent": agent}})

    def resume(self) -> JsonObject:
        return {"token": self._token, "epoch": self._epoch, "seq": self._seq}

    async def parted(self, over: Over) -> None:
        """Wait as long as it was told to."""
        if (found := AGAIN.search(str(over))) is not None:
            await trio.sleep(float(found[1]) + 0.1)

    async def take(self, line: Line, message: JsonObject) -> None:
        if "seq" in message:
            if message["seq"] <= self._seq and "result" not in message:
                return
            self._seq = max(self._seq, message["seq"])
        self._waiting.discard(message.get("requestid", ""))
        match message:
            case {"command": "prepareSession", "result": "success", "data": data}:
                self.session, self._token = data["session"]["id"], data["resumetoken"]
                await line.send({"command": "bindSession", "target": self.session, "data": {}})
            case {"command": "bindSession", "result": "success", "data": data}:
                self._epoch = data["epoch"]
                await self.bound(line, data)
            case {"name": "session.initialized", "data": {"session": session}}:
                self._open[self.session] = set(session["capabilities"])
            case {"name": "channel.created", "target": target}:
                self._channel = target
            case {"name": "state.updated", "target": target, "data": changes}:
                for change in changes:
                    known = self._open.setdefault(target, set())
                    (known.add if change["type"] == "enable" else known.discard)(change["name"])
            case {"name": "session.disposed"}:
                await self.disposed(line)

    async def bound(self, line: Line, data: JsonObject) -> None:
        if data["outcome"] in ("NEW", "RESET"):
            self._seq = data["seq"]
            self.forget()
            await self.ask("session.start", self.session)

    def forget(self) -> None:
        self._open.clear()
        self._channel = ""

    async def disposed(self, line: Line) -> None:
        self.session = "over"

    async def ask(self, command: str, target: str, data: JsonObject | None = None, requestid: str = "") -> None:
        self._asked += 1
        request: JsonObject = {"command": command, "target": target, "requestid": requestid or f"r{self._asked}"}
        self._waiting.add(request["requestid"])
        if self._line is not None:
            await self._line.send(request if data is None else {**request, "data": data})

    async def _work(self) -> None:
        while True:
            await trio.sleep(WORK_EVERY_S)
            if not self._waiting and self._open.get(self.session):
                await self.work()

    async def work(self) -> None:
        """The next step, which is one that is open."""
        if not self._channel:
            channel = {"endpoint": self._phone, "type": "Telephony"}
            await self.ask("session.addchannel", self.session, {"channel": channel})
            return
        for command in ("channel.activate", "channel.ready", "channel.notready"):
            if command in self._open.get(self._channel, ()):
                await self.ask(command, self._channel)
                return


# Those that do something wrong


class AsksBeforeTheStart(Desktop):
    async def bound(self, line: Line, data: JsonObject) -> None:
        await line.send({"command": "session.request.getdirectory", "target": self.session})
        await super().bound(line, data)


class AsksWhatIsNotOpen(Desktop):
    """To dial at a channel for chats."""

    chats = ""

    async def take(self, line: Line, message: JsonObject) -> None:
        await super().take(line, message)
        if message.get("name") == "channel.created" and message["data"]["channel"]["modeltype"] == "CHAT":
            self.chats = message["target"]

    async def work(self) -> None:
        if self.chats:
            await self.ask("channel.dial", self.chats, {"destination": "999"})
        else:
            channel = {"endpoint": "conformance-chat", "type": "Chat"}
            await self.ask("session.addchannel", self.session, {"channel": channel})


class AsksNobody(Desktop):
    async def work(self) -> None:
        await self.ask("channel.ready", f"{self.session}.nobody")


class Mumbles(Desktop):
    async def work(self) -> None:
        await super().work()
        if self._line is not None:
            await self._line.send({"command": "session.addchannel", "target": self.session, "data": {"channel": 7}})


class UsesARequestidTwice(Desktop):
    async def ask(self, command: str, target: str, data: JsonObject | None = None, requestid: str = "") -> None:
        await super().ask(command, target, data, "mine")


class StartsAnotherSession(Desktop):
    """After a lost connection."""

    async def hello(self, line: Line) -> None:
        self.session, self._seq = "", 0
        self.forget()
        await super().hello(line)


class ResumesWithTheWrongEpoch(Desktop):
    def resume(self) -> JsonObject:
        return {**super().resume(), "epoch": 77}


class ResumesTooFar(Desktop):
    def resume(self) -> JsonObject:
        return {**super().resume(), "seq": self._seq + 5}


class GoesOnAfterAReset(Desktop):
    """As if nothing had been."""

    async def bound(self, line: Line, data: JsonObject) -> None:
        if data["outcome"] != "RESET":
            await super().bound(line, data)


class RemembersObjectsAfterAReset(Desktop):
    async def bound(self, line: Line, data: JsonObject) -> None:
        before = self._channel
        await super().bound(line, data)
        if data["outcome"] == "RESET":
            self._channel = before

    async def take(self, line: Line, message: JsonObject) -> None:
        before = self._channel
        await super().take(line, message)
        self._channel = before or self._channel

    async def work(self) -> None:
        await (self.ask("channel.ready", self._channel) if self._channel else super().work())


class AsksAfterTheEnd(Desktop):
    async def disposed(self, line: Line) -> None:
        for _ in range(8):
            await trio.sleep(0.3)
            await line.send({"command": "session.request.getdirectory", "target": self.session})
        self.session = "over"


class TakesItBack(Desktop):
    async def disposed(self, line: Line) -> None:
        await self.prepare(line, override=True)


class StaysAway(Desktop):
    """After a server that stops."""

    async def parted(self, over: Over) -> None:
        if AGAIN.search(str(over)):
            await trio.sleep_forever()


class ComesBackAtOnce(Desktop):
    async def parted(self, over: Over) -> None:
        return


class DoesNotAnswerPings(Desktop):
    def connected(self, line: Line) -> None:
        super().connected(line)
        nothing: Callable[[], list[bytes]] = list
        line._protocol.data_to_send = nothing  # type: ignore[method-assign] # the library always answers


class LeavesForWhatItDoesNotKnow(Desktop):
    async def take(self, line: Line, message: JsonObject) -> None:
        if "x_conformance" in str(message):
            await line.close()
        await super().take(line, message)


class LosesPatience(Desktop):
    async def work(self) -> None:
        await super().work()
        await trio.sleep(1.0)
        if self._waiting and self._line is not None:
            await self._line.close()
