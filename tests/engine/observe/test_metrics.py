"""Metrics with few label values."""

import time
from importlib.metadata import version

import pytest
import trio
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from engine.observe import SECONDS, Metrics, loop
from engine.observe.loop import EVERY_S, watch_loop
from protocol.commands import COMMANDS
from protocol.errors import FailureCode
from protocol.events import EVENTS
from protocol.results import BindOutcome


def samples(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    """The values by name and label values, without the times of creation."""
    text, media_type = metrics.exposition()
    assert media_type.startswith("text/plain")
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def families(metrics: Metrics) -> dict[str, str]:
    """Names and kinds of what is exposed."""
    text = metrics.exposition("application/openmetrics-text; version=1.0.0")[0].decode()
    return {family.name: family.type for family in openmetrics(text)}


def test_the_table_says_what_is_exposed() -> None:
    metrics = Metrics()
    found = {name: kind for name, kind in families(metrics).items() if not name.startswith("process_")}
    assert found == {row.name.removesuffix("_total").removesuffix("_info"): row.kind for row in metrics.table}
    assert all(row.name.startswith("ixp_") for row in metrics.table)
    assert all(row.meaning.endswith(".") for row in metrics.table)
    labelled = {row.name for row in metrics.table if row.labels}
    assert labelled == {
        "ixp_build_info",
        "ixp_sessions_ended_total",
        "ixp_bindings_total",
        "ixp_commands_total",
        "ixp_command_seconds",
        "ixp_events_total",
        "ixp_adapter_calls_total",
        "ixp_adapter_call_seconds",
        "ixp_platform_up",
        "ixp_platform_losses_total",
        "ixp_platform_reports_total",
        "ixp_connections_closed_total",
        "ixp_requests_refused_total",
    }


def test_the_process_shows_its_own_needs() -> None:
    assert {"process_open_fds", "process_max_fds", "process_resident_memory_bytes"} <= set(families(Metrics()))


def test_the_version_is_shown() -> None:
    assert samples(Metrics())["ixp_build_info", (version("interaction-processor"),)] == 1


def test_gauges_are_read_when_asked_for() -> None:
    metrics = Metrics()
    sessions = [1, 2, 3]
    metrics.watch_sessions(lambda: len(sessions))
    metrics.watch_connections(lambda: 4)
    metrics.watch_inbox(lambda: 5)
    metrics.watch_outbox(lambda: 6)
    metrics.watch_unbound(lambda: 7)
    metrics.watch_platform("simulator", lambda: True)
    sessions.pop()
    found = samples(metrics)
    assert found["ixp_sessions", ()] == 2
    assert found["ixp_connections", ()] == 4
    assert found["ixp_inbox_depth", ()] == 5
    assert found["ixp_outbox_messages", ()] == 6
    assert found["ixp_sessions_unbound", ()] == 7
    assert found["ixp_platform_up", ("simulator",)] == 1


def test_commands_are_counted_and_timed() -> None:
    metrics = Metrics()
    metrics.command_done("channel.ready", "success", 0.0003)
    metrics.command_done("channel.ready", "success", 0.003)
    metrics.command_done("channel.ready", FailureCode.INVALID_STATE, 30.0)
    found = samples(metrics)
    assert found["ixp_commands_total", ("channel.ready", "success")] == 2
    assert found["ixp_commands_total", ("channel.ready", "INVALID_STATE")] == 1
    buckets = {labels[1]: value for (name, labels), value in found.items() if name == "ixp_command_seconds_bucket"}
    assert (buckets["0.00025"], buckets["0.0005"], buckets["0.005"], buckets["10.0"], buckets["+Inf"]) == (
        0,
        1,
        2,
        2,
        3,
    )
    assert found["ixp_command_seconds_sum", ("channel.ready",)] == pytest.approx(30.0033)


def test_buckets_reach_from_100_microseconds_to_10_seconds() -> None:
    assert (SECONDS[0], SECONDS[-1]) == (0.0001, 10.0)
    assert list(SECONDS) == sorted(SECONDS)


def test_everything_else_is_counted() -> None:
    metrics = Metrics()
    metrics.event_sent("state.updated")
    metrics.adapter_call_done("AddChannel", "success", 0.02)
    metrics.adapter_call_done("AddChannel", FailureCode.TIMEOUT, 10.0)
    metrics.platform_report("applied")
    metrics.platform_report("ignored")
    metrics.connection_closed("slow consumer")
    metrics.request_refused(FailureCode.OVERLOADED)
    metrics.platform_lost("simulator")
    metrics.session_ended("LOGOUT")
    metrics.session_ended("TAKEOVER")
    metrics.session_bound(BindOutcome.RESET)
    found = samples(metrics)
    assert found["ixp_platform_losses_total", ("simulator",)] == 1
    assert found["ixp_sessions_ended_total", ("LOGOUT",)] == found["ixp_sessions_ended_total", ("TAKEOVER",)] == 1
    assert found["ixp_bindings_total", ("RESET",)] == 1
    assert found["ixp_events_total", ("state.updated",)] == 1
    assert found["ixp_adapter_calls_total", ("AddChannel", "success")] == 1
    assert found["ixp_adapter_calls_total", ("AddChannel", "TIMEOUT")] == 1
    assert found["ixp_adapter_call_seconds_count", ("AddChannel",)] == 2
    assert found["ixp_platform_reports_total", ("applied",)] == 1
    assert found["ixp_platform_reports_total", ("ignored",)] == 1
    assert found["ixp_connections_closed_total", ("slow consumer",)] == 1
    assert found["ixp_requests_refused_total", ("OVERLOADED",)] == 1


def test_made_up_names_make_no_labels_of_their_own() -> None:
    metrics = Metrics()
    for number in range(1000):
        name = f"x{number}"
        metrics.command_done(name, name, 0.1)
        metrics.command_done("channel.request.ready", "success", 0.1)
        metrics.event_sent(name)
        metrics.session_ended(name)
        metrics.adapter_call_done(name, name, 0.1)
    labelled = {key: value for key, value in samples(metrics).items() if key[0].endswith("_total") and key[1]}
    assert labelled == {
        ("ixp_sessions_ended_total", ("unknown",)): 1000,
        ("ixp_commands_total", ("unknown", "unknown")): 1000,
        ("ixp_commands_total", ("unknown", "success")): 1000,
        ("ixp_events_total", ("unknown",)): 1000,
        ("ixp_adapter_calls_total", ("unknown", "unknown")): 1000,
    }


def test_every_name_of_the_protocol_has_a_label_of_its_own() -> None:
    metrics = Metrics()
    for name in COMMANDS:
        for result in ("success", "confirm", *FailureCode):
            metrics.command_done(name, result, 0.1)
    for name in EVENTS:
        metrics.event_sent(name)
    labels = [key for key in samples(metrics) if key[0] in ("ixp_commands_total", "ixp_events_total")]
    assert len(labels) == len(COMMANDS) * (len(FailureCode) + 2) + len(EVENTS)
    assert not any("unknown" in values for _, values in labels)


def test_processors_do_not_share_metrics() -> None:
    one, other = Metrics(), Metrics()
    one.event_sent("state.updated")
    assert ("ixp_events_total", ("state.updated",)) not in samples(other)


def test_openmetrics_for_those_who_ask_for_it() -> None:
    text, media_type = Metrics().exposition("application/openmetrics-text; version=1.0.0")
    assert media_type.startswith("application/openmetrics-text")
    assert text.endswith(b"# EOF\n")


async def test_a_busy_loop_shows(autojump_clock: trio.testing.MockClock) -> None:
    """A task that keeps the thread makes the watcher late."""
    metrics = Metrics()
    with trio.move_on_after(EVERY_S * 3.5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch_loop, metrics)
            await trio.sleep(EVERY_S * 2.2)
            autojump_clock.jump(EVERY_S)  # time passes, and nobody has had a turn
            await trio.sleep_forever()
    found = samples(metrics)
    assert found["ixp_loop_lag_seconds_count", ()] == 3
    assert found["ixp_loop_lag_seconds_sum", ()] == pytest.approx(EVERY_S * 0.2)


async def test_what_blocks_the_loop_for_seconds_is_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "EVERY_S", 0.01)
    monkeypatch.setattr(loop, "BLOCKED_S", 0.2)
    with capture_logs() as logs:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch_loop, Metrics())
            for _ in range(2):
                await trio.sleep(0.05)
                block(0.5)
            await trio.sleep(0.05)
            nursery.cancel_scope.cancel()
    (line,) = [line for line in logs if line["event"] == "loop_blocked"]
    assert line["late_s"] >= 0.4
    assert ", in block < " in line["where"]
    assert line["where"].startswith(__file__)
    assert "trio/_core/_run.py" not in line["where"]


def block(seconds: float) -> None:
    time.sleep(seconds)
