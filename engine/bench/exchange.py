"""A CTI platform that outlives the server: the simulator's switch in a process of its own.

`python -m engine.bench.exchange AGENTS` runs it, and prints its port. One line of JSON each way for each call, answer
and report; a line {"control": [what, …]} does something on the customers' side, or asks for what was done. The server's
side is `engine.bench.exchange_adapter`.
"""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Any, Final, Self

import msgspec
import trio

from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.simulator.clock import Clock
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import SimulatorSettings
from engine.adapters.spi import settings_of
from engine.bench.configuration import simulator
from engine.bench.errors import NoServer
from engine.groups import first_of
from protocol.convert import WIRE
from protocol.errors import Refused
from protocol.platform import CALLS, PlatformCall, Report
from statemachines.effects import Answered, CallRefused, Reported
from statemachines.record import pack

HOST: Final = "127.0.0.1"
WAITING_AT_MOST: Final = 100_000
"""Lines for a server that reads slowly."""
_CALLS: Final = {call.__name__: call for call in CALLS}


class Exchange:
    """The switch, and who is connected with it."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self.settings = settings
        self.switch = Switch(settings)

    async def serve(self, stream: trio.SocketStream) -> None:
        send, receive = trio.open_memory_channel[dict[str, Any]](WAITING_AT_MOST)
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
        """Raises Refused as the switch does, ValueError where nothing is called so."""
        raise ValueError(f"{what} {given}: there is no such control")

    async def admit(self, call: PlatformCall[Any]) -> None:
        """A call has come, and is carried out when this returns."""
        await trio.lowlevel.checkpoint()

    def reported(self, agent: str, report: Report) -> None:
        """A report goes out."""

    async def run(self) -> None:
        """Prints the port when it listens; until cancelled."""
        listeners = await trio.open_tcp_listeners(0, host=HOST)
        print(listeners[0].socket.getsockname()[1], flush=True)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.keep_time)
            await trio.serve_listeners(self.serve, listeners, handler_nursery=nursery)

    async def keep_time(self) -> None:
        await Clock(self.switch).run()


class _Connection:
    """One adapter at the other end, or somebody who controls the switch."""

    def __init__(self, exchange: Exchange, send: "trio.MemorySendChannel[dict[str, Any]]") -> None:
        self._exchange = exchange
        self._send = send
        self._adapter = SimulatorAdapter(exchange.settings, exchange.switch)

    def report(self, agent: str, report: Report) -> None:
        self._exchange.reported(agent, report)
        self._send.send_nowait({"agent": agent, "report": pack(Reported(report))})

    async def live(self, stream: trio.SocketStream, nursery: trio.Nursery) -> None:
        async for line in lines_of(stream):
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
        await self._exchange.admit(call)
        outcome: Answered | CallRefused
        try:
            outcome = Answered(await self._adapter.perform(agent, call))
        except Refused as refused:
            outcome = CallRefused(refused.code, refused.message)
        self._send.send_nowait({"id": number, "outcome": pack(outcome)})


async def lines_of(stream: trio.SocketStream) -> AsyncIterator[Any]:
    rest = b""
    async for chunk in stream:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield json.loads(line)


async def _write(stream: trio.SocketStream, receive: "trio.MemoryReceiveChannel[dict[str, Any]]") -> None:
    async for line in receive:
        await stream.send_all(msgspec.json.encode(line) + b"\n")


class ExchangeProcess:
    """The exchange in a process of its own, and the control of it."""

    module: str = "engine.bench.exchange"

    def __init__(self, agents: int, *arguments: str) -> None:
        self._arguments: Sequence[str] = (str(agents), *arguments)
        self.port = 0
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        command = (sys.executable, "-m", self.module, *self._arguments)
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 - our own module
        self.port = int(self._process.stdout.readline()) if self._process.stdout is not None else 0
        self._control = socket.create_connection((HOST, self.port))
        self._answers = self._control.makefile("rb")
        return self

    @property
    def pid(self) -> int:
        return self._process.pid

    def control(self, what: str, *given: Any) -> Any:
        """May be called by several threads. Raises NoServer where the exchange has ended."""
        with self._turn:
            try:
                self._control.sendall(json.dumps({"control": [what, *given]}).encode() + b"\n")
                line = self._answers.readline()
            except OSError:
                line = b""
        if not line:
            raise NoServer("the process of the simulated platform has ended; what it said on standard error says why")
        answer = json.loads(line)
        return answer.get("done", answer)

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._answers.close()
        self._control.close()
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def settings(agents: int) -> SimulatorSettings:
    """The phones of `engine.bench.configuration`."""
    return settings_of(simulator(agents), SimulatorSettings)


def run(exchange: Exchange) -> None:
    """Until it is killed, or interrupted together with whoever started it."""
    try:
        trio.run(exchange.run)
    except BaseExceptionGroup as group:
        if not isinstance(first_of(group), KeyboardInterrupt):
            raise


if __name__ == "__main__":
    run(Exchange(settings(int(sys.argv[1]))))
