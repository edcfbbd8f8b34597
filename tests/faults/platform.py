"""A CTI platform that outlives the server: the simulator's switch in a process of its own, and the adapter to it.

`python -m tests.faults.platform` runs the switch, and prints its port. One line of JSON each way for each call, answer
and report; a line {"control": …} does something on the customers' side, or asks for what was done.
"""

import itertools
import json
import socket
import subprocess
import sys
import threading
from collections import Counter
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import attrs
import trio

from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.simulator.clock import Clock
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import SimulatorSettings, demo_settings
from engine.adapters.spi import Sink
from engine.simulation.overview import overview
from protocol.convert import WIRE
from protocol.errors import FailureCode, Refused
from protocol.platform import CALLS, Dial, Feature, PlatformCall, Report
from statemachines.effects import Answered, CallRefused, Reported
from statemachines.record import pack, unpack

R = TypeVar("R")

TICKET: Final = "ticket"
"""A key of attached data: a dialled call is to be made once for each."""
_CALLS: Final = {call.__name__: call for call in CALLS}


def settings(agents: int) -> SimulatorSettings:
    demo = demo_settings()
    numbers = range(1, agents + 1)
    return attrs.evolve(
        demo,
        agents=tuple(
            attrs.evolve(demo.agents[0], id=f"agent{n}", name=None, extension=str(40_000 + n)) for n in numbers
        ),
        directory=(),
    )


# The switch


class Exchange:
    """The switch, and who is connected with it."""

    def __init__(self, agents: int) -> None:
        self.settings = settings(agents)
        self.switch = Switch(self.settings)
        self.dialled: Counter[str] = Counter()
        self.may_answer = trio.Event()
        """Calls are carried out when it is set."""
        self.may_answer.set()

    async def serve(self, stream: trio.SocketStream) -> None:
        send, receive = trio.open_memory_channel[dict[str, Any]](100_000)
        connection = _Connection(self, send)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_write, stream, receive)
                await connection.live(stream, nursery)
                nursery.cancel_scope.cancel()
        except* (trio.BrokenResourceError, trio.ClosedResourceError, ConnectionError):
            pass
        finally:
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)

    def control(self, what: str, *given: Any) -> Any:
        match what:
            case "hold":
                self.may_answer = trio.Event()
                return None
            case "go on":
                self.may_answer.set()
                return None
            case "states" if given:
                logins = self.switch.agents.desks[given[0]].logins
                return {address: at.now and at.now.agentstate.value for address, at in logins.items()}
            case "call":
                return self.switch.call(*given)
            case "hangup" | "phone" as act:
                return getattr(self.switch, act)(*given)
            case "states":
                seen = overview(self.switch, None)
                return {each.agent: each.channels[0].agentstate for each in seen.agents if each.channels}
            case "contacts":
                return [each.contact for each in overview(self.switch, None).contacts]
            case "dialled twice":
                return {ticket: count for ticket, count in self.dialled.items() if count > 1}
            case "tickets":
                return list(self.dialled)
            case "dialled":
                return sum(self.dialled.values())
            case _:
                raise ValueError(what)


class _Connection:
    """One adapter at the other end, or somebody who controls the switch."""

    def __init__(self, exchange: Exchange, send: "trio.MemorySendChannel[dict[str, Any]]") -> None:
        self._exchange = exchange
        self._send = send
        self._adapter = SimulatorAdapter(exchange.settings, exchange.switch)

    def report(self, agent: str, report: Report) -> None:
        self._send.send_nowait({"agent": agent, "report": pack(Reported(report))})

    async def live(self, stream: trio.SocketStream, nursery: trio.Nursery) -> None:
        async for line in _lines(stream):
            match line:
                case {"control": [what, *given]}:
                    try:
                        self._send.send_nowait({"done": self._exchange.control(what, *given)})
                    except Refused as refused:
                        self._send.send_nowait({"refused": str(refused)})
                case {"connect": True}:
                    await nursery.start(self._adapter.run, self)
                    features = [feature.value for feature in self._exchange.switch.features]
                    self._send.send_nowait({"features": features})
                case {"id": number, "agent": agent, "call": [name, fields]}:
                    call = WIRE.structure(fields, _CALLS[name])
                    nursery.start_soon(self._perform, number, agent, call)

    async def _perform(self, number: int, agent: str, call: PlatformCall[Any]) -> None:
        if isinstance(call, Dial) and isinstance(ticket := call.extensions.get(TICKET), str):
            self._exchange.dialled[ticket] += 1
        await self._exchange.may_answer.wait()
        outcome: Answered | CallRefused
        try:
            outcome = Answered(await self._adapter.perform(agent, call))
        except Refused as refused:
            outcome = CallRefused(refused.code, refused.message)
        self._send.send_nowait({"id": number, "outcome": pack(outcome)})


async def _lines(stream: trio.SocketStream) -> Any:
    rest = b""
    async for chunk in stream:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield json.loads(line)


async def _write(stream: trio.SocketStream, receive: "trio.MemoryReceiveChannel[dict[str, Any]]") -> None:
    async for line in receive:
        await stream.send_all(json.dumps(line).encode() + b"\n")


async def run_exchange(agents: int) -> None:
    exchange = Exchange(agents)
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    print(listeners[0].socket.getsockname()[1], flush=True)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Clock(exchange.switch).run)
        await trio.serve_listeners(exchange.serve, listeners, handler_nursery=nursery)


# The adapter


class ExchangeAdapter:
    """The adapter in the server, with one connection to the exchange."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.features: frozenset[Feature] = frozenset()
        self._stream: trio.SocketStream | None = None
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[trio.Event, list[Any]]] = {}
        self._turn = trio.Lock()

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        async with await trio.open_tcp_stream("127.0.0.1", self._port) as stream:
            self._stream = stream
            await self._send({"connect": True})
            async for line in _lines(stream):
                match line:
                    case {"features": features}:
                        self.features = frozenset(map(Feature, features))
                        task_status.started()
                    case {"agent": agent, "report": report}:
                        given = unpack(report)
                        assert isinstance(given, Reported)
                        sink.report(agent, given.report)
                    case {"id": number, "outcome": outcome}:
                        done, box = self._waiting.pop(number)
                        box.append(unpack(outcome))
                        done.set()
        raise ConnectionError("the exchange has hung up")

    async def perform(self, agent: str, call: PlatformCall[R]) -> R:
        number, done, box = next(self._numbers), trio.Event(), list[Any]()
        self._waiting[number] = done, box
        await self._send({"id": number, "agent": agent, "call": [type(call).__name__, WIRE.unstructure(call)]})
        await done.wait()
        (outcome,) = box
        if isinstance(outcome, CallRefused):
            raise Refused(outcome.code, outcome.message)
        answer: R = outcome.answer
        return answer

    async def _send(self, line: dict[str, Any]) -> None:
        if self._stream is None:
            raise Refused(FailureCode.PLATFORM_UNAVAILABLE, "the exchange is not connected")
        async with self._turn:
            with trio.CancelScope(shield=True):  # half a line would spoil the next one
                try:
                    await self._stream.send_all(json.dumps(line).encode() + b"\n")
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    raise Refused(FailureCode.PLATFORM_UNAVAILABLE, "the exchange has hung up") from None


# For tests


class ExchangeProcess:
    """The exchange in a process of its own, and the control of it."""

    def __init__(self, agents: int) -> None:
        self._agents = agents
        self.port = 0
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.platform", str(self._agents)], stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self._control = socket.create_connection(("127.0.0.1", self.port))
        self._answers = self._control.makefile("rb")
        return self

    def control(self, what: str, *given: Any) -> Any:
        """May be called by several threads."""
        with self._turn:
            self._control.sendall(json.dumps({"control": [what, *given]}).encode() + b"\n")
            answer = json.loads(self._answers.readline())
        return answer.get("done", answer)

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._answers.close()
        self._control.close()
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


if __name__ == "__main__":
    trio.run(run_exchange, int(sys.argv[1]))
