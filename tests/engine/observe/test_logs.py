"""Logs in one form, without secrets, about what the task is about."""

import json
import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog
import trio

from engine.observe import REDACTED, concern, configure_logging, redact


@pytest.fixture(autouse=True)
def _nobody_hears() -> None:
    logging.getLogger().handlers = []


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


# Tracebacks


@pytest.mark.parametrize("json_lines", [True, False])
@pytest.mark.parametrize("foreign", [True, False])
@pytest.mark.parametrize(("level", "shown"), [("info", False), ("debug", True)])
def test_the_words_of_exceptions_are_shown_at_level_debug_alone(
    capsys: pytest.CaptureFixture[str], json_lines: bool, foreign: bool, level: str, shown: bool
) -> None:
    configure_logging(level, json=json_lines)
    log = logging.getLogger("x") if foreign else structlog.get_logger("x")
    try:
        _fail_in_many_ways()
    except ExceptionGroup:
        log.exception("failed")
    err = capsys.readouterr().err
    for words in ("a customer said", "was looked up", "in a group", "noted down"):
        assert (words in err) is shown
    for kind in ("KeyError", "LookupError", "ValueError", "ExceptionGroup", "_fail_in_many_ways"):
        assert kind in err
    assert "no such host" in err  # what the operating system says is about hosts and files


def _fail_in_many_ways() -> None:
    def words(*parts: str) -> str:
        return " ".join(parts)  # not in the lines that a traceback quotes

    try:
        raise KeyError(words("a", "customer", "said"))
    except KeyError as error:
        wrong = ValueError(words("x"))
        wrong.__cause__ = LookupError(words("was", "looked", "up"))
        wrong.__cause__.__context__ = error
        wrong.add_note(words("noted", "down"))
    raise ExceptionGroup(words("in", "a", "group"), [wrong, ConnectionError("no such host")])


# What a task is about


async def test_a_task_speaks_of_its_own_concern_at_that_moment(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    seq = 1

    async def other() -> None:
        concern(lambda: {"session": "s2"})
        structlog.get_logger().info("other")

    structlog.contextvars.bind_contextvars(address="127.0.0.1")
    concern(lambda: {"session": "s1", "seq": seq})
    async with trio.open_nursery() as nursery:
        structlog.contextvars.bind_contextvars(address="127.0.0.2")
        nursery.start_soon(other)
    seq = 2
    logging.getLogger("library").warning("mine")
    structlog.get_logger().info("mine", session="s3")
    told = [{key: line.get(key) for key in ("event", "session", "seq", "address")} for line in logged(capsys)]
    assert told == [
        {"event": "other", "session": "s2", "seq": None, "address": None},
        {"event": "mine", "session": "s1", "seq": 2, "address": "127.0.0.2"},
        {"event": "mine", "session": "s3", "seq": 2, "address": "127.0.0.2"},
    ]
