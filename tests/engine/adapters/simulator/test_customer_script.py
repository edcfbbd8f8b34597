"""Scripts of customers, as they are written and as they are made."""

from typing import Any

import pytest

from engine.adapters.simulator.customer_script import (
    STEPS,
    AnswerScreenshot,
    AnswerSignal,
    AwaitAgent,
    AwaitMessage,
    FillForm,
    Leave,
    PutFile,
    Say,
    Script,
    Step,
    TypeFor,
    Wait,
    script_from,
)
from protocol.strictjson import Json

SECONDS = "a number of seconds from 0 to 1000000000"
UNSENDABLE = "holds NUL or a lone surrogate; leave it out"

WRITTEN: tuple[tuple[dict[str, Json], Step], ...] = (
    ({"do": "wait", "seconds": 2}, Wait(seconds=2.0)),
    ({"do": "await_agent"}, AwaitAgent()),
    ({"do": "await_message"}, AwaitMessage()),
    ({"do": "say", "text": "hi"}, Say(text="hi", times=1, every_s=1.0)),
    ({"do": "say", "text": "hi", "times": 10_000, "every_s": 0}, Say(text="hi", times=10_000, every_s=0.0)),
    ({"do": "type", "seconds": 0.5}, TypeFor(seconds=0.5)),
    (
        {"do": "file", "name": "a.png", "url": "https://x/a.png", "type": "image/png", "size": 7},
        PutFile(name="a.png", url="https://x/a.png", type="image/png", size=7),
    ),
    ({"do": "form", "values": {"street": "Elm St"}}, FillForm(values={"street": "Elm St"})),
    ({"do": "form", "values": {}, "form": "address"}, FillForm(values={}, form="address")),
    ({"do": "screenshot", "accepted": False}, AnswerScreenshot(accepted=False)),
    (
        {"do": "screenshot", "accepted": True, "url": "https://x/a.png"},
        AnswerScreenshot(accepted=True, url="https://x/a.png"),
    ),
    ({"do": "signal", "name": "ANSWER", "data": {"sdp": "v=0"}}, AnswerSignal(name="ANSWER", data={"sdp": "v=0"})),
    ({"do": "leave"}, Leave()),
)


def test_every_step_can_be_written() -> None:
    script = script_from({"steps": [written for written, _ in WRITTEN], "patience_s": 60, "idle_s": 30})
    assert script == Script(steps=tuple(step for _, step in WRITTEN), patience_s=60.0, idle_s=30.0)
    assert {written["do"] for written, _ in WRITTEN} == set(STEPS)


def test_an_empty_script_is_one() -> None:
    assert script_from({}) == Script()


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ([], "script: expected an object, got an array"),
        ({"step": []}, "script: has no step; it may hold steps, patience_s, idle_s"),
        ({"steps": {}}, "script.steps: expected an array, got an object"),
        ({"steps": ["say"]}, "script.steps[0]: expected an object, got text"),
        ({"idle_s": 0}, "script.idle_s: expected a number of seconds above 0, to 1000000000, got 0"),
        ({"steps": [{"do": "leave"}, {"do": "sing"}]}, f"script.steps[1].do: expected one of {', '.join(STEPS)}"),
        ({"steps": [{"do": ["say"]}]}, f"script.steps[0].do: expected one of {', '.join(STEPS)}"),
        ({"steps": [{"text": "hi"}]}, f"script.steps[0].do: expected one of {', '.join(STEPS)}"),
        ({"steps": [{"do": "say"}]}, "script.steps[0].text: is required"),
        ({"steps": [{"do": "leave", "when": 5}]}, "script.steps[0]: has no when; it may hold nothing"),
        (
            {"steps": [{"do": "say", "text": 5}]},
            "script.steps[0].text: expected text of 1 to 32768 characters, got a number",
        ),
        (
            {"steps": [{"do": "say", "text": "\0"}]},
            "script.steps[0]: text: holds NUL or a lone surrogate; leave it out",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(written: Json, problem: str) -> None:
    with pytest.raises(ValueError) as error:
        script_from(written)
    assert str(error.value) == problem


@pytest.mark.parametrize(
    "make",
    [
        lambda: Wait(seconds=-1),
        lambda: Say(text=""),
        lambda: Say(text="hi", times=0),
        lambda: Say(text="hi", every_s=float("nan")),
        lambda: PutFile(name="a", url="a"),
        lambda: PutFile(name="a", url="https://x", size=-1),
        lambda: FillForm(values={"a": "\0"}),
        lambda: AnswerScreenshot(accepted="yes"),
        lambda: AnswerSignal(name=""),
        lambda: Script(patience_s=0),
    ],
)
def test_a_step_that_could_not_be_done_cannot_be_made(make: Any) -> None:
    with pytest.raises(ValueError):
        make()
