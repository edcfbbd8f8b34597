"""Traces are switched on by a setting, sent where the environment says, and cost nothing while they are off."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.observe import NO_TRACES
from engine.observe.traces import NO_TURN
from engine.observe.tracing import TracesUnavailable, open_tracing
from protocol.wire import read_request
from tests.engine.observe.followed import Followed, attributes

ROOT = Path(__file__).parents[3]


def test_off_nothing_of_opentelemetry_is_imported() -> None:
    program = "import sys, engine.app, engine.cli; sys.exit('opentelemetry' in sys.modules)"
    subprocess.run((sys.executable, "-c", program), check=True, cwd=ROOT)


def test_off_nothing_is_made() -> None:
    request = read_request({"command": "session.start", "target": "s", "traceparent": "x"})
    assert NO_TRACES.came(request) is None
    assert NO_TRACES.turn("x", session="s", agent="a") is NO_TURN
    with NO_TURN as turn:
        turn.told(1, 2, None)
        turn.done("success")
    thing = object()
    assert NO_TRACES.within(thing, "x", "step") is thing
    NO_TRACES.close()


def test_without_the_sdk_the_operator_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(TracesUnavailable, match=r"observe.traces: .*SDK.*pip install '\.\[traces\]'"):
        open_tracing()


def test_an_exporter_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "pigeon")
    with pytest.raises(TracesUnavailable, match=r"observe.traces: no exporter pigeon .* set OTEL_TRACES_EXPORTER"):
        open_tracing()


def test_a_turn_ends_when_its_last_message_is_written() -> None:
    class Slow:
        def when_written(self, tell: Callable[[], None]) -> None:
            self.tell = tell

    followed, writer = Followed(), Slow()
    with followed.traces.turn("report", session="s", agent="a") as turn:
        turn.told(1, 3, writer)
    assert followed.take() == []
    writer.tell()
    root, parts = followed.take_one()
    assert (root.name, parts) == ("report", ["send"])


async def test_the_words_of_exceptions_are_recorded_nowhere() -> None:
    class Failing:
        async def perform(self, _: str, call: object) -> None:
            raise ValueError(f"{call} said so")

    followed = Followed()
    thing = followed.traces.within(Failing(), "perform", "call")
    with pytest.raises(ValueError, match="said so"), followed.traces.turn("report", session="s", agent="a"):
        await thing.perform("a", "zqzq")
    root, parts = followed.take_one()
    assert parts == ["call str"]
    assert attributes(root)["ixp.result"] == "INTERNAL_ERROR"
    with pytest.raises(ValueError, match="said so"), followed.traces.turn("report", session="s", agent="a"):
        await thing.perform("a", "zqzq")
    spans = followed.take()
    assert "zqzq" not in "".join(span.to_json() for span in spans)
    assert not any(span.events for span in spans)
