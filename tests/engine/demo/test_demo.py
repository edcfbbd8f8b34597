"""`ixp demo`: what people see, and what becomes of them when it cannot go on."""

import subprocess
import sys

import pytest

from engine import app as composition
from engine.demo import settings_of_demo
from engine.demo.stage import DemoError, Server, Stage
from engine.demo.story import EPILOGUE, PROLOGUE, STORY, Caption, Outside, Seen, Step, Typed
from engine.talk.digest import Moment
from engine.talk.shorthand import parse

WIDTH = 80


def demo(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "engine", "demo", "--fast", *options],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=90,
        check=False,
        env={"COLUMNS": str(WIDTH), "PYTHONIOENCODING": "utf-8", "PATH": ""},
    )


def test_it_shows_the_whole_story_in_eighty_columns_and_leaves_with_0() -> None:
    done = demo()
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b[" not in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= WIDTH
    for story in STORIES:
        at = 0
        for words in story:
            at = done.stdout.index(words, at)


STORIES = (
    (
        "▸ call from +15550100, order=4711",
        "answer ✓",
        "CONNECTED",
        "▸ consult 4002",
        "transfer ✓",
        "ended: TRANSFERRED, wrap-up",
        "completed, ESCALATED",
        "▸ chat, page=/returns",
        "Eve: Can I send this back?",
        "Agent 1: Of course.",
        "ended: REMOTE",
    ),
    (
        "▸ call from 4001 (Agent 1)",
        "parcel=late",
        "- 4001 (Agent 1)",
        "+ +15550100",
        "ended: REMOTE, wrap-up",
        "completed, wrap-up 4 s",
        "Done: ",
    ),
)
"""What each of the two agents is told, in this order; what the one is told may come before or after the other."""


def test_nobody_goes_ready_who_is_ready_already() -> None:
    lines = demo().stdout.splitlines()
    first = next(line for line in lines if line.startswith("00:00"))
    assert "▸ call from +15550100" in first
    assert not any(line.strip(" │") == "READY" for line in lines)


def test_at_the_end_it_says_all_that_has_to_be_typed_to_take_a_call() -> None:
    steps = demo().stdout.partition("Done: ")[2].split("`ixp talk`")[1]
    typed = [line.strip() for line in steps.splitlines() if line.startswith("    ")]
    assert [parse(line).word for line in typed] == ["start", "session.addchannel", "activate", "ready", "answer"]


def test_colours_are_for_terminals_unless_they_are_asked_for() -> None:
    assert "\x1b[" in demo("--color").stdout


# When it cannot go on


def play(*steps: Step) -> tuple[list[Moment], list[str]]:
    moments: list[Moment] = []
    captions: list[str] = []
    with Server(composition.run, settings_of_demo()) as addresses, Stage(addresses) as stage:
        stage.play(PROLOGUE, show=lambda _: None, say=lambda _: None, pause_s=0.0)
        stage.play(steps, show=moments.append, say=captions.append, pause_s=0.0)
    return moments, captions


def test_a_refused_request_ends_it_with_the_reason() -> None:
    with pytest.raises(DemoError, match=r"channel.dial was refused: .*nobody"):
        play(Typed(who="agent1", line="dial nobody"))


def test_what_does_not_come_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.demo.stage.STEP_S", 0.2)
    wanted = Seen(who="agent2", event="interaction.preview")
    with pytest.raises(DemoError, match=r"interaction.preview at agent2 did not come within 0.2 s; run the demo again"):
        play(Outside(path=("calls",), body={"to": "4001", "from": "+15550100"}, then=(wanted,)))


def test_a_server_that_does_not_come_up_is_no_riddle() -> None:
    async def fails(*_: object, **__: object) -> None:
        raise OSError("no more sockets")

    server = Server(fails, settings_of_demo())
    with pytest.raises(DemoError, match="the server did not come up: no more sockets"), server:
        pass


def test_captions_are_said_and_moments_shown_in_their_order() -> None:
    told_of = Seen(who="agent2", event="state.updated")
    step = Typed(who="agent2", line="channel.notready @4002", then=(told_of,))
    moments, captions = play(Caption("hello"), step, *EPILOGUE, Caption("bye"))
    assert captions == ["hello", "bye"]
    told = [moment.message.get("name") or moment.message["command"] for moment in moments]
    assert told[told.index("channel.notready") :] == [
        "channel.notready",
        "channel.infochanged",
        "state.updated",
        "session.logout",
        "session.logout",
    ]


def test_every_step_of_the_story_waits_for_what_it_brings_about() -> None:
    assert all(step.then for step in STORY if not isinstance(step, Caption))
