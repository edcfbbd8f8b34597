"""Logs in one form without secrets; metrics with few label values."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from engine.observe import REDACTED, SECONDS, Metrics, configure_logging, redact
from protocol.commands import COMMANDS
from protocol.errors import FailureCode
from protocol.events import EVENTS


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    out, err = capsys.readouterr()
    assert out == ""
    return [json.loads(line) for line in err.splitlines()]


# Logs


def test_json_lines_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    with structlog.contextvars.bound_contextvars(session="s1"):
        structlog.get_logger("ixp.test").info("session_started", agent="agent1")
    (line,) = logged(capsys)
    stamp = datetime.fromisoformat(line.pop("timestamp"))
    assert stamp.utcoffset() == timedelta(0)
    assert line == {
        "event": "session_started",
        "level": "info",
        "logger": "ixp.test",
        "agent": "agent1",
        "session": "s1",
    }


def test_the_standard_library_goes_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    logging.getLogger("trio-websocket").warning("received %d bytes", 7, extra={"token": "abc", "peer": "p"})
    (line,) = logged(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "received 7 bytes",
        "level": "warning",
        "logger": "trio-websocket",
        "token": REDACTED,
        "peer": "p",
    }


@pytest.mark.parametrize("json_lines", [True, False])
def test_below_the_level_nothing_is_said(capsys: pytest.CaptureFixture[str], json_lines: bool) -> None:
    configure_logging("WARNING", json=json_lines)
    structlog.get_logger().info("quiet")
    logging.getLogger("anycorn.error").info("quiet")
    assert capsys.readouterr().err == ""
    structlog.get_logger().warning("loud")
    assert "loud" in capsys.readouterr().err


def test_a_terminal_gets_colours(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    configure_logging("info")
    structlog.get_logger().info("hello", password="geheim")
    err = capsys.readouterr().err
    assert "\x1b[" in err
    assert "hello" in err
    assert "geheim" not in err


def test_the_later_configuration_replaces_the_earlier(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    configure_logging("error")
    structlog.get_logger().warning("quiet")
    structlog.get_logger().error("once")
    assert [line["event"] for line in logged(capsys)] == ["once"]


@pytest.mark.parametrize("json_lines", [True, False])
@pytest.mark.parametrize("foreign", [True, False])
def test_a_traceback_shows_no_local_variables(
    capsys: pytest.CaptureFixture[str], json_lines: bool, foreign: bool
) -> None:
    configure_logging("info", json=json_lines)
    password = "".join(("ge", "heim"))
    log = logging.getLogger("x") if foreign else structlog.get_logger("x")
    try:
        int("not" + password[:0])
    except ValueError:
        log.exception("failed")
    err = capsys.readouterr().err
    assert "ValueError" in err
    assert "test_a_traceback_shows_no_local_variables" in err
    assert password not in err


def test_an_unknown_level_says_which_there_are() -> None:
    with pytest.raises(ValueError, match="'loud'; choose one of debug, info, warning, error, critical"):
        configure_logging("loud")


def test_secrets_are_redacted_at_any_depth(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("debug", json=True)
    event = {
        "password": "geheim",
        "Authorization": "Bearer geheim",
        "request": {
            "data": {"agent": {"id": "agent1", "password": "geheim"}, "resume": {"token": "geheim", "seq": 3}},
            "many": [{"resumetoken": "geheim"}, ({"password": {"nested": "geheim"}},), "plain"],
        },
        "tokens": 3,
    }
    structlog.get_logger().debug("request", **event)
    logging.getLogger("x").debug("request", extra=event)
    own, foreign = logged(capsys)
    for line in (own, foreign):
        assert "geheim" not in json.dumps(line)
        assert line["password"] == line["Authorization"] == REDACTED
        assert line["tokens"] == 3
        assert line["request"] == {
            "data": {"agent": {"id": "agent1", "password": REDACTED}, "resume": {"token": REDACTED, "seq": 3}},
            "many": [{"resumetoken": REDACTED}, [{"password": REDACTED}], "plain"],
        }


def test_redaction_leaves_the_caller_s_values_alone() -> None:
    request = {"agent": {"password": "geheim"}}
    redact(None, "info", {"event": "x", "request": request})
    assert request == {"agent": {"password": "geheim"}}


# Metrics


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


def test_all_metrics_are_there_under_our_prefix() -> None:
    families = {
        family.name: family.type for family in text_string_to_metric_families(Metrics().exposition()[0].decode())
    }
    assert families == {
        "ixp_sessions": "gauge",
        "ixp_connections": "gauge",
        "ixp_inbox_depth": "gauge",
        "ixp_outbox_messages": "gauge",
        "ixp_commands": "counter",
        "ixp_command_seconds": "histogram",
        "ixp_events": "counter",
        "ixp_adapter_calls": "counter",
        "ixp_adapter_call_seconds": "histogram",
        "ixp_platform_reports": "counter",
        "ixp_connections_closed": "counter",
        "ixp_requests_refused": "counter",
    }


def test_gauges_are_read_when_asked_for() -> None:
    metrics = Metrics()
    sessions = [1, 2, 3]
    metrics.watch_sessions(lambda: len(sessions))
    metrics.watch_connections(lambda: 4)
    metrics.watch_inbox(lambda: 5)
    metrics.watch_outbox(lambda: 6)
    sessions.pop()
    found = samples(metrics)
    assert found["ixp_sessions", ()] == 2
    assert found["ixp_connections", ()] == 4
    assert found["ixp_inbox_depth", ()] == 5
    assert found["ixp_outbox_messages", ()] == 6


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
    found = samples(metrics)
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
        metrics.adapter_call_done(name, name, 0.1)
    labelled = {key: value for key, value in samples(metrics).items() if key[0].endswith("_total")}
    assert labelled == {
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
