"""Keeps one CTI adapter running, and stands between it and the sessions: nothing it does gets past here.

Every call has a deadline, every exception becomes a failure code, and a lost platform is reported and tried again,
first soon, then less often.
"""

import math
from collections.abc import Callable
from typing import Any, Final, TypeVar

import structlog
import trio

from engine.adapters.spi import Adapter, MakeAdapter
from engine.config import PlatformSettings
from engine.groups import first_of
from engine.observe import Metrics, at_adapter
from engine.observe.tracebacks import in_short, place_of
from protocol.errors import FAILURES, FailureCode, Refused
from protocol.platform import Feature, PlatformCall, Report

R = TypeVar("R")
log = structlog.get_logger()

LOSSES: Final = (
    OSError,
    trio.BrokenResourceError,
    trio.ClosedResourceError,
    trio.EndOfChannel,
    trio.TooSlowError,
    Refused,
)
"""How an adapter ends when its platform is lost. Anything else is a defect of the adapter."""


class GivenUp(Exception):
    """Nobody waits for the answer of this call any longer."""


class Platform:
    """One CTI platform, whatever its adapter does. `run` is its task."""

    def __init__(
        self,
        make_adapter: MakeAdapter,
        settings: PlatformSettings,
        metrics: Metrics,
        *,
        name: str,
        on_report: Callable[[str, Report], None],
        on_lost: Callable[[], None],
        on_up: Callable[[], None],
    ) -> None:
        """`on_up`: it is there, for the first time or again. What it can do may be another thing than before."""
        self.name = name
        self._make_adapter = make_adapter
        self._settings = settings
        self._metrics = metrics
        self._on_report = on_report
        self._on_lost = on_lost
        self._on_up = on_up
        self._adapter: Adapter | None = None
        self._features: frozenset[Feature] = frozenset()
        self._calls: dict[trio.CancelScope, PlatformCall[Any] | None] = {}
        """Those under way; None for one that is given up."""
        metrics.watch_platform(name, lambda: self.available)

    @property
    def available(self) -> bool:
        return self._adapter is not None

    @property
    def features(self) -> frozenset[Feature]:
        """What the platform can do, or could when it was there last."""
        return self._features

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep an adapter running until cancelled. Started when the first adapter is up, or has failed to come up."""
        pause = self._settings.restart_first_s
        up_since = math.inf
        said = False

        def up(adapter: Adapter) -> None:
            nonlocal said, up_since
            self._adapter, self._features, up_since = adapter, frozenset(adapter.features), trio.current_time()
            log.info("platform_up", adapter=self.name, features=sorted(feature.value for feature in self._features))
            self._on_up()
            if not said:
                said = True
                task_status.started()

        while True:
            why = await self._live(up)
            was_up, self._adapter = self._adapter is not None, None
            if trio.current_time() - up_since >= self._settings.restart_most_s:
                pause = self._settings.restart_first_s  # one that falls as soon as it is up is not tried without end
            up_since = math.inf
            for call in self._calls:
                call.cancel()
            self._metrics.platform_lost(self.name)
            log.error("platform_lost", adapter=self.name, why=why, again_in_s=pause)
            if was_up:
                self._on_lost()
            if not said:
                said = True
                task_status.started()
            await trio.sleep(pause)
            pause = min(pause * 2, self._settings.restart_most_s)

    async def _live(self, up: Callable[[Adapter], None]) -> str:
        """Run one adapter to its end; return why it ended."""
        package = ""
        try:
            adapter = self._make_adapter()
            package = type(adapter).__module__.partition(".")[0]
            async with trio.open_nursery() as nursery:
                await self._start(adapter, nursery)
                up(adapter)
        except Exception as error:
            log.debug("adapter_failed", adapter=self.name, exc_info=True)
            return _why(first_of(error), package)
        return "the adapter returned"

    async def _start(self, adapter: Adapter, nursery: trio.Nursery) -> None:
        patience_s = self._settings.start_timeout_s
        with trio.move_on_after(patience_s) as start:
            with at_adapter(self.name):
                await nursery.start(adapter.run, self)
        if start.cancelled_caught:
            raise ConnectionError(f"run has not called task_status.started() within {patience_s:g} s")

    # What sessions call

    def give_up(self, call: PlatformCall[Any]) -> None:
        """This very call, if it is under way, is waited for no longer."""
        for scope, each in self._calls.items():
            if each is call:
                self._calls[scope] = None
                scope.cancel()

    async def perform(self, agent: str, call: PlatformCall[R]) -> R:
        """Ask the platform. Raises Refused with a code that the table allows a platform, or TIMEOUT; or GivenUp."""
        name = type(call).__name__
        begun = trio.current_time()
        result = "cancelled"
        try:
            answer = await self._perform(agent, call)
            result = "success"
            return answer  # noqa: TRY300 - the result has to be known first
        except Refused as refusal:
            result = refusal.code
            raise
        finally:
            self._metrics.adapter_call_done(name, result, trio.current_time() - begun)

    async def _perform(self, agent: str, call: PlatformCall[R]) -> R:
        adapter = self._adapter
        name = type(call).__name__
        if adapter is None:
            raise away()
        scope = trio.CancelScope(deadline=trio.current_time() + self._settings.call_timeout_s)
        self._calls[scope] = call
        try:
            with scope, at_adapter(self.name):
                answer = await adapter.perform(agent, call)
                if self._adapter is adapter:
                    return answer  # what comes after the loss is older than the word that it is lost
        except Refused as refusal:
            if FAILURES[refusal.code].from_platform:
                raise
            log.error(  # noqa: TRY400 - no defect of ours
                "adapter_code_not_allowed", adapter=self.name, call=name, agent=agent, code=refusal.code
            )
            raise Refused(FailureCode.PLATFORM_ERROR, refusal.message) from refusal
        except Exception as error:
            # Also what an adapter's own nursery makes of a cancelled call: that is no more than a late answer.
            if not scope.cancel_called:
                log.exception("adapter_call_failed", adapter=self.name, call=name, agent=agent)
                raise Refused(
                    FailureCode.PLATFORM_ERROR, f"the CTI platform's adapter failed at {name}; see the server's log"
                ) from error
        finally:
            given_up = self._calls.pop(scope) is None
        if given_up:
            raise GivenUp
        if self._adapter is not adapter:
            raise away()
        log.warning("adapter_call_timeout", adapter=self.name, call=name, agent=agent)
        raise Refused(
            FailureCode.TIMEOUT,
            f"the CTI platform did not answer {name} within {self._settings.call_timeout_s:g} s; what it did of it "
            "comes as events",
        )

    # What the adapter calls (its sink)

    def report(self, agent: str, report: Report) -> None:
        if self._adapter is not None:  # calls that the loss has cancelled may tell of it
            self._on_report(agent, report)


def _why(error: BaseException, package: str) -> str:
    """Why the adapter has ended: of a defect where it is, too."""
    if isinstance(error, LOSSES):
        return in_short(error)
    remedy = "mend it; `ixp adapter check` of this adapter says more"
    return f"{in_short(error)} ({place_of(error, package)}), a defect of the adapter: {remedy}"


def away() -> Refused:
    """What is asked of a platform that is not there fails with this."""
    return Refused(FailureCode.PLATFORM_UNAVAILABLE, "the CTI platform is away; try again when it is back")
