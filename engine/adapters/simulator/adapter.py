"""The simulator's adapter: one connection to the switch, with the latency and the faults of its settings.

Keeps the contract of `engine.adapters.spi`, as far as the faults let it.
"""

import contextlib
from typing import Final, TypeVar, cast

import trio

from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import FaultKind, SimulatorSettings
from engine.adapters.spi import Sink
from protocol.errors import FailureCode, Refused
from protocol.platform import Feature, LogoutAgent, PlatformCall, Report, StartAgent

R = TypeVar("R")

NONSENSE: Final = "nonsense"


class SimulatorAdapter:
    """One CTI platform: `switch`, which goes on when this adapter ends and may be given to the next."""

    def __init__(self, settings: SimulatorSettings, switch: Switch) -> None:
        self.latency_s = settings.latency_ms / 1000
        self._switch = switch
        self._sink: Sink | None = None
        self._lost = trio.Event()
        self._watched: set[str] = set()
        self._tellings = 1

    @property
    def features(self) -> frozenset[Feature]:
        return self._switch.features

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Be connected until cancelled. Raises ConnectionError when the platform is lost."""
        self._sink = sink
        self._switch.connect(self)
        try:
            task_status.started()
            await self._lost.wait()
            raise ConnectionError("the simulated platform broke the connection")
        finally:
            self._switch.disconnect(self)
            self._switch.forsake(self._watched)
            self._sink = None

    async def perform(self, agent: str, call: PlatformCall[R]) -> R:
        self._require_connection()
        struck = self._switch.faults.strike(agent, call)
        fault = struck.kind if struck else None
        if fault is FaultKind.HANG:
            await trio.sleep_forever()
        if fault is FaultKind.LATE:
            try:
                await trio.sleep_forever()
            finally:
                with contextlib.suppress(Refused):
                    self._require_connection()
                    self._carry_out(agent, call)
        if self.latency_s:
            await trio.sleep(self.latency_s)
        else:
            await trio.lowlevel.checkpoint_if_cancelled()
        self._require_connection()
        if struck is not None and fault is FaultKind.ERROR:
            raise Refused(struck.code, self._told(call, "refuse"))
        match fault:
            case FaultKind.UNAVAILABLE:
                raise Refused(FailureCode.PLATFORM_UNAVAILABLE, self._told(call, "be out of reach for"))
            case FaultKind.CRASH:
                raise RuntimeError(self._told(call, "crash at"))
            case FaultKind.NONSENSE:
                return cast(R, NONSENSE)
            case FaultKind.DIE:
                self._switch.lose()
                self._require_connection()
        return self._carry_out(agent, call, tellings=2 if fault is FaultKind.TWICE else 1)

    def changed(self, agent: str, report: Report) -> None:
        """The switch tells of a change; agents that nobody started are nobody's business."""
        if self._sink is not None and agent in self._watched:
            for _ in range(self._tellings):
                self._sink.report(agent, report)

    def broken(self) -> None:
        self._lost.set()

    def _carry_out(self, agent: str, call: PlatformCall[R], *, tellings: int = 1) -> R:
        """Have the switch do it, without a pause. It tells of each change before this returns."""
        self._tellings = tellings
        try:
            answer = self._switch.perform(agent, call)
        finally:
            self._tellings = 1
        if isinstance(call, StartAgent):
            self._watched.add(agent)
        elif isinstance(call, LogoutAgent):
            self._watched.discard(agent)
        return answer

    def _require_connection(self) -> None:
        if self._sink is None or self._lost.is_set():
            raise Refused(
                FailureCode.PLATFORM_UNAVAILABLE, "the simulated platform is not connected; try again when it is back"
            )

    @staticmethod
    def _told(call: PlatformCall[R], what: str) -> str:
        return f"simulator.faults has the platform {what} {type(call).__name__} this time; try again"
