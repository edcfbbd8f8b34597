"""Traces are switched on by a setting, sent where the environment says, and cost nothing while they are off."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.observe import NO_TRACES
from engine.observe.traces import NO_TURN
from engine.observe.tracing import TracesUnavailable, open_tracing
from protocol.wire import read_request

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
    with pytest.raises(
        TracesUnavailable, match=r"observe.traces: .*SDK.*pip install 'interaction-processor\[traces\]'"
    ):
        open_tracing()


def test_an_exporter_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "pigeon")
    with pytest.raises(TracesUnavailable, match=r"observe.traces: no exporter pigeon .* set OTEL_TRACES_EXPORTER"):
        open_tracing()
