"""The platform as sessions see it: every call ends in time, with an answer or a code that the table allows."""

import re
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.adapters.spi import Adapter, Sink
from engine.adapters.supervisor import GivenUp, Platform
from engine.config import PlatformSettings
from engine.observe import Metrics
from engine.observe.logs import add_concern
from protocol.errors import FailureCode, Refused
from protocol.platform import ChannelReport, ListDirectory, PlatformCall, Snapshot, StartAgent
from tests.fakes.adapter import FakeAdapter, channel

SETTINGS = PlatformSettings(call_timeout_s=10, restart_first_s=1, restart_most_s=4)


class Supervised:
    """A platform with fake adapters, and what it told."""

    def __init__(self, *adapters: Adapter) -> None:
        self.adapters = list(adapters)
        self.reports: list[tuple[str, ChannelReport]] = []
        self.losses: list[float] = []
        self.ups: list[float] = []
        self.tries: list[float] = []
        self.metrics = Metrics()
        self.platform = Platform(
            self._make,
            SETTINGS,
            self.metrics,
            name="fake",
            on_report=lambda agent, report: self.reports.append((agent, report)),
            on_lost=lambda: self.losses.append(trio.current_time()),
            on_up=lambda: self.ups.append(trio.current_time()),
        )

    def _make(self) -> Adapter:
        self.tries.append(trio.current_time())
        return self.adapters.pop(0) if len(self.adapters) > 1 else self.adapters[0]


class Broken(FakeAdapter):
    """Never comes up."""

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 - that it is
        await trio.lowlevel.checkpoint()
        raise ConnectionError("no switch at that address")


class Quitter(FakeAdapter):
    """Comes up and returns, as if its work were done."""

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        await trio.sleep(0.1)


async def refused(platform: Platform) -> Refused:
    with pytest.raises(Refused) as error:
        await platform.perform("ada", ListDirectory())
    return error.value


async def test_answers_and_reports_go_through(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    adapter = FakeAdapter()
    supervised = Supervised(adapter)
    await nursery.start(supervised.platform.run)
    assert supervised.platform.features == FakeAdapter.features
    assert await supervised.platform.perform("ada", StartAgent()) == Snapshot(agent_name="Ada")
    assert adapter.sink is not None
    adapter.sink.report("ada", channel("1"))
    assert supervised.reports == [("ada", channel("1"))]


async def test_a_late_platform_is_a_timeout(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    adapter = FakeAdapter()
    supervised = Supervised(adapter)
    await nursery.start(supervised.platform.run)

    async def sleep(_: str, __: PlatformCall[Any]) -> None:
        await trio.sleep(11)

    adapter.answer = sleep
    begun = trio.current_time()
    assert (await refused(supervised.platform)).code is FailureCode.TIMEOUT
    assert trio.current_time() - begun == pytest.approx(10)


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (Refused(FailureCode.INVALID_REASON, "no such reason"), FailureCode.INVALID_REASON),
        (Refused(FailureCode.NOT_BOUND, "not an adapter's word"), FailureCode.PLATFORM_ERROR),
        (ZeroDivisionError("a defect of the adapter"), FailureCode.PLATFORM_ERROR),
    ],
)
async def test_what_an_adapter_raises_becomes_a_code_that_it_may_use(
    nursery: trio.Nursery, autojump_clock: MockClock, raised: Exception, code: FailureCode
) -> None:
    adapter = FakeAdapter()
    supervised = Supervised(adapter)
    await nursery.start(supervised.platform.run)

    async def refuse(_: str, __: PlatformCall[Any]) -> None:
        raise raised

    adapter.answer = refuse
    refusal = await refused(supervised.platform)
    assert refusal.code is code
    assert "ZeroDivisionError" not in refusal.message
    text = supervised.metrics.exposition()[0].decode()
    assert f'ixp_adapter_calls_total{{call="ListDirectory",result="{code}"}} 1.0' in text


async def test_a_lost_platform_is_told_and_tried_again_ever_less_often(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    supervised = Supervised(Broken())
    with capture_logs() as logs:
        await nursery.start(supervised.platform.run)
        assert not supervised.platform.available
        assert supervised.platform.features == frozenset()
        assert (await refused(supervised.platform)).code is FailureCode.PLATFORM_UNAVAILABLE
        await trio.sleep(16)
    assert [round(at) for at in supervised.tries] == [0, 1, 3, 7, 11, 15]
    assert supervised.losses == [], "sessions that came with a restart wait for it to come up"
    assert {entry["why"] for entry in logs if entry["event"] == "platform_lost"} == {
        "ConnectionError: no switch at that address"
    }


async def test_an_adapter_that_returns_has_lost_its_platform_and_one_that_comes_up_is_used(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    supervised = Supervised(Quitter(), Broken(), FakeAdapter())
    await nursery.start(supervised.platform.run)
    assert supervised.platform.available
    await trio.sleep(0.5)
    assert not supervised.platform.available
    await trio.sleep(5)
    assert supervised.platform.available
    assert (len(supervised.losses), len(supervised.ups)) == (1, 2)
    await supervised.platform.perform("ada", StartAgent())


async def test_the_loss_of_the_platform_ends_the_calls_under_way(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    adapter = FakeAdapter()
    supervised = Supervised(adapter)
    await nursery.start(supervised.platform.run)

    async def hang(_: str, __: PlatformCall[Any]) -> None:
        await trio.sleep_forever()

    adapter.answer = hang
    begun = trio.current_time()
    nursery.start_soon(lambda: _fall_after(adapter, 2))
    assert (await refused(supervised.platform)).code is FailureCode.PLATFORM_UNAVAILABLE
    assert trio.current_time() - begun == pytest.approx(2)


async def _fall_after(adapter: FakeAdapter, seconds: float) -> None:
    await trio.sleep(seconds)
    adapter.fall.set()


async def test_what_an_adapters_nursery_makes_of_a_cancelled_call_is_a_timeout(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    adapter = FakeAdapter()
    supervised = Supervised(adapter)
    await nursery.start(supervised.platform.run)

    async def fail_when_cancelled() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise OSError("closed under my feet")

    async def in_a_nursery(_: str, __: PlatformCall[Any]) -> None:
        async with trio.open_nursery() as inner:
            inner.start_soon(fail_when_cancelled)
            await trio.sleep_forever()

    adapter.answer = in_a_nursery
    assert (await refused(supervised.platform)).code is FailureCode.TIMEOUT


async def test_an_adapter_that_never_comes_up_is_given_up(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    class Sleeper(FakeAdapter):
        async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 - never
            await trio.sleep_forever()

    supervised = Supervised(Sleeper(), FakeAdapter())
    with capture_logs() as logs:
        await nursery.start(supervised.platform.run)
    (why,) = [line["why"] for line in logs if line["event"] == "platform_lost"]
    assert why == "ConnectionError: run has not called task_status.started() within 10 s"
    assert trio.current_time() == 10.0
    await trio.sleep(1.5)
    assert supervised.platform.available


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (
            ZeroDivisionError("customer 5"),
            r"ZeroDivisionError \(.*test_supervisor\.py:\d+, in _hear\).*ixp adapter check",
        ),
        (ConnectionError("no switch"), "ConnectionError: no switch"),
        (trio.EndOfChannel(), "EndOfChannel"),
    ],
)
async def test_where_an_adapter_has_a_defect_is_told_without_its_words(
    nursery: trio.Nursery, autojump_clock: MockClock, raised: Exception, said: str
) -> None:
    class Crashing(FakeAdapter):
        async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 - falls
            await trio.lowlevel.checkpoint()
            self._hear()

        def _hear(self) -> None:
            raise raised

    with capture_logs() as logs:
        await nursery.start(Supervised(Crashing()).platform.run)
    (why,) = [line["why"] for line in logs if line["event"] == "platform_lost"]
    assert re.match(f"{said}", why)
    assert ("adapter check" in why) is isinstance(raised, ZeroDivisionError)
    assert "customer" not in why


async def test_whatever_an_adapter_logs_has_its_name(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    named: list[object] = []

    class Talkative(FakeAdapter):
        async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 - super does
            named.append(add_concern(None, "info", {}).get("adapter"))
            await super().run(sink, task_status=task_status)

    async def answer(_: str, __: PlatformCall[Any]) -> tuple[()]:
        named.append(add_concern(None, "info", {}).get("adapter"))
        return ()

    adapter = Talkative()
    adapter.answer = answer
    supervised = Supervised(adapter)
    await nursery.start(supervised.platform.run)
    await supervised.platform.perform("ada", ListDirectory())
    assert named == ["fake", "fake"]
    assert add_concern(None, "info", {}) == {}


async def test_a_cancelled_call_counts_as_cancelled(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    adapter = FakeAdapter()
    supervised = Supervised(adapter)
    await nursery.start(supervised.platform.run)

    async def hang(_: str, __: PlatformCall[Any]) -> None:
        await trio.sleep_forever()

    adapter.answer = hang
    with trio.move_on_after(1):
        await supervised.platform.perform("ada", ListDirectory())
    assert 'result="cancelled"' in supervised.metrics.exposition()[0].decode()


async def test_the_very_call_that_is_given_up_is_waited_for_no_longer(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    adapter = FakeAdapter()
    supervised = Supervised(adapter)
    await nursery.start(supervised.platform.run)
    ended: list[str] = []

    async def hang(_: str, __: PlatformCall[Any]) -> None:
        await trio.sleep_forever()

    async def ask(name: str, call: PlatformCall[Any]) -> None:
        with pytest.raises(GivenUp if name == "one" else Refused):
            await supervised.platform.perform("ada", call)
        ended.append(name)

    adapter.answer = hang
    one, other = ListDirectory(), ListDirectory()
    async with trio.open_nursery() as asking:
        asking.start_soon(ask, "one", one)
        asking.start_soon(ask, "other", other)
        await trio.testing.wait_all_tasks_blocked()
        supervised.platform.give_up(one)
        await trio.testing.wait_all_tasks_blocked()
        assert ended == ["one"]
        assert 'result="cancelled"' in supervised.metrics.exposition()[0].decode()


async def test_what_a_lost_adapter_still_says_is_not_believed(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    """The loss was told already: an answer behind it would bring back a channel that nobody can reach."""

    async def stubborn(_: str, __: PlatformCall[Any]) -> Any:
        with trio.CancelScope(shield=True):
            await trio.sleep(1.2)
        assert adapter.sink is not None
        adapter.sink.report("ada", channel("1"))
        return ()

    adapter, after = FakeAdapter(), Broken()
    adapter.answer = stubborn
    supervised = Supervised(adapter, after)
    await nursery.start(supervised.platform.run)
    nursery.start_soon(_fall_after, adapter, 1)
    assert (await refused(supervised.platform)).code is FailureCode.PLATFORM_UNAVAILABLE
    assert supervised.reports == []
