"""`expect` in a script: which events it finds."""

import pytest

from tests.engine.talk.fake_server import (
    SESSION,
    STARTED,
    FakeServer,
    Session,
    about,
    channel,
)
from tests.engine.talk.runs import Runs
from tests.engine.talk.story import RINGING

SECOND = about("channel.created", channel("4002"))


def test_an_expected_event_may_have_come_already(run: Runs) -> None:
    session = Session({"session.start": STARTED})
    with FakeServer(session.serve) as server:
        lines = ("session.start", "sleep 0.05", "expect channel.created @4001", "expect session.initialized @session")
        assert run(server, *lines) == 0
    assert run.errors == ""


def test_an_expected_event_may_still_come(run: Runs) -> None:
    session = Session({"session.start": STARTED})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "expect state.updated @c1", "expect session.initialized") == 0


def test_of_two_expectations_the_second_looks_behind_the_first(run: Runs) -> None:
    session = Session({"session.start": STARTED})
    with FakeServer(session.serve) as server:
        lines = ("session.start", "expect session.initialized", "expect channel.created --timeout 0.05")
        assert run(server, *lines) == 1
    assert run.errors == (
        "ixp: line 3: no channel.created within 0.05 s; see what came instead, or write `expect … --timeout SECONDS`\n"
    )


def test_what_came_before_the_last_response_is_not_expected(run: Runs) -> None:
    session = Session({"session.start": STARTED})
    with FakeServer(session.serve) as server:
        lines = ("session.start", "sleep 0.05", "session.getdirectory", "expect channel.created --timeout 0.05")
        assert run(server, *lines) == 1
    assert "line 4: no channel.created" in run.errors


def test_an_event_about_another_object_is_not_the_expected_one(run: Runs) -> None:
    session = Session({"session.start": [*STARTED, SECOND]})
    with FakeServer(session.serve) as server:
        assert (
            run(server, "session.start", "expect channel.created @4002", "expect channel.created --timeout 0.05") == 1
        )
    assert "line 3: no channel.created within" in run.errors
    with FakeServer(Session({"session.start": STARTED}).serve) as server:
        assert run(server, "session.start", "expect channel.created @4002 --timeout 0.05") == 1
    assert "line 2: no channel.created @4002 within 0.05 s" in run.errors


def test_an_object_that_is_gone_can_still_be_expected_by_its_name(run: Runs) -> None:
    gone = {"name": "channel.disposed", "target": f"{SESSION}.c1", "data": {"channel": {"id": "c1"}}}
    session = Session({"session.start": STARTED, "session.removechannel": [gone]})
    with FakeServer(session.serve) as server:
        lines = ("session.start", "session.removechannel channel.id=$4001", "expect channel.disposed @4001")
        assert run(server, *lines) == 0


@pytest.mark.parametrize(
    "expected",
    [
        "interaction.preview @4002",
        "conversation.created @i2",
        "interaction.preview @chat-2",
        "channel.infochanged @i1",
        "state.updated @session",
    ],
)
def test_an_event_about_what_belongs_elsewhere_is_not_the_expected_one(run: Runs, expected: str) -> None:
    session = Session({"session.start": [*STARTED, *RINGING]})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", f"expect {expected} --timeout 0.05") == 1
    assert f"no {expected} within" in run.errors


@pytest.mark.parametrize(
    "expected",
    [
        "interaction.preview @4001",
        "interaction.preview @i1",
        "interaction.preview @Sales",
        "conversation.created @i1",
        "conversation.created @4001",
        'conversation.member.added @"Anna Moss"',
        "state.updated @i1",
    ],
)
def test_an_event_is_expected_by_any_name_of_what_it_is_about(run: Runs, expected: str) -> None:
    session = Session({"session.start": [*STARTED, *RINGING]})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", f"expect {expected} --timeout 5") == 0
