"""Case 10: resume with a position too old, from the future, of another epoch, of another agent, or none at all."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from engine.conformance.broken import Broken
from tests.blackbox.client import AgentSession, Desktop, JsonObject, code_of, message_of, told
from tests.faults.one import PHONE, Place, mutant, place, unnoticed
from tests.faults.sizes import size

COMMAND: Final = "session.request.externalnotreadyreasons"
KEPT: Final = 50
HISTORY: Final = (f"sessions.history_messages={KEPT}",)
MESSAGES: Final = size(700, 5_000)
"""Enough for the history to be trimmed."""
OLD_MESSAGES: Final = 200
OLD_AGENTS: Final = 4
AT_ONCE: Final = 100
TOO_GREAT: Final = 2**53
NOT_WHOLE: Final = ("5", 5.5, True, None, [], {}, "", -1, -(2**31), TOO_GREAT, 2**63)


def fill(session: AgentSession, messages: int) -> None:
    for _ in range(messages // AT_ONCE):
        for _ in range(AT_ONCE - 1):
            session.send(COMMAND)
        session.settle()


def positions(session: AgentSession, other: AgentSession) -> Iterator[tuple[JsonObject, set[str]]]:
    """What a client may claim, and how that may end. The session is where the client has it."""
    right = session.cursor()
    yield {**right, "seq": 0}, {"RESET"}  # whatever is old after that, is of another epoch
    for future in (1, 2, 1_000, TOO_GREAT // 2):
        yield {**right, "seq": right["seq"] + future}, {"RESET"}
    for epoch in (-1, 1, 1_000):
        yield {**right, "epoch": max(1, right["epoch"] + epoch) if epoch > 0 else right["epoch"] + 7}, {"RESET"}
    yield {**right, "epoch": 0}, {"RESET", "INVALID_REQUEST"}
    yield {**right, "token": other.token}, {"FORBIDDEN"}
    yield {**right, "token": ""}, {"FORBIDDEN", "INVALID_REQUEST"}
    for wrong in NOT_WHOLE:
        yield {**right, "seq": wrong}, {"INVALID_REQUEST"}
        yield {**right, "epoch": wrong}, {"INVALID_REQUEST"}
    for missing in right:
        yield {key: value for key, value in right.items() if key != missing}, {"INVALID_REQUEST"}


def outcome(desktop: Desktop, session: AgentSession, claim: Any) -> str:
    """How a binding with this claim ends. Whatever it is, it is not a guess: nothing old comes of it."""
    desktop.sessions[session.id] = session
    session.desktop = desktop
    desktop.send(message_of("bindSession", session.id, {"resume": claim}, requestid="bind"))
    answer = desktop.read()  # without its requestid where the message was not read at all
    if code_of(answer) != "success":
        return code_of(answer)
    bound = answer["data"]
    if bound["outcome"] == "RESET":
        assert bound["epoch"] == session.epoch + 1
        session.epoch = bound["epoch"]
        session.view.start_anew(bound["seq"])
        heard = session.do("session.start")
        assert heard[0]["seq"] == bound["seq"] + 1, "something was told before the beginning"
    return str(bound["outcome"])


def claim_all(here: Place, *, restart: bool, messages: int = MESSAGES) -> int:
    """Returns how many claims there were."""
    claims = 0
    with Desktop(here.server.url) as desktop, Desktop(here.server.url) as others:
        session, other = here.ready(desktop), here.ready(others, 2)
        fill(session, messages)
    if restart:
        here.restart()
    for number in range(len(list(positions(session, other)))):
        with Desktop(here.server.url) as desktop:
            claim, allowed = list(positions(session, other))[number]
            found = outcome(desktop, session, claim)
            assert found in allowed, f"{claim} when the client is at {session.cursor()}: {found}, not {allowed}"
            claims += 1
        with Desktop(here.server.url) as desktop:
            assert outcome(desktop, session, session.cursor()) == "RESUMED", f"after {claim}"
            session.do(COMMAND)
    return claims


def resumes(here: Place, session: AgentSession, seq: int) -> bool:
    """Is it RESUMED behind this message? Then all messages since have to come, byte for byte."""
    session.again.clear()
    with Desktop(here.server.url) as desktop:
        session.desktop = desktop
        bound = session.bind(session.cursor(seq))
        if bound["outcome"] == "RESET":
            return False
        while len(session.again) < bound["seq"] - seq:
            desktop.read()
        assert session.again == [session.raw[number] for number in range(seq + 1, bound["seq"] + 1)]
        return True


def claim_old(here: Place, *, restart: bool, messages: int) -> int:
    """Each in a session that has had no RESET yet. Returns the oldest position that resumes: at one less, none does."""
    with Desktop(here.server.url) as desktop:
        one, *others = [here.ready(desktop, number) for number in range(1, OLD_AGENTS + 1)]
        for session in (one, *others):
            fill(session, messages)
    if restart:
        here.restart()
    last = one.view.seq
    oldest = next((seq + 1 for seq in range(last, -1, -1) if not resumes(here, one, seq)), 0)
    assert 0 < oldest <= last - KEPT, (
        f"of {last} messages those behind {oldest} are kept, and not the last {KEPT} alone"
    )
    for session, seq in zip(others, (0, 1, oldest // 2), strict=True):
        with Desktop(here.server.url) as desktop:
            assert outcome(desktop, session, session.cursor(seq)) == "RESET", seq
    return oldest


@pytest.mark.parametrize("restart", [False, True], ids=["the server lives on", "kill -9"])
def test_what_is_too_old_is_reset_and_what_is_not_is_resumed(tmp_path: Path, restart: bool) -> None:
    with place(tmp_path, *HISTORY, agents=OLD_AGENTS) as here:
        print(claim_old(here, restart=restart, messages=OLD_MESSAGES))


def test_a_server_that_begins_with_what_it_has_is_found_out(tmp_path: Path) -> None:
    module = mutant("begins_late")
    with place(tmp_path, *HISTORY, agents=OLD_AGENTS, module=module) as here, pytest.raises(Broken, match="LOSS-1"):
        claim_old(here, restart=False, messages=OLD_MESSAGES)


@pytest.mark.parametrize("restart", [False, True], ids=["the server lives on", "kill -9"])
def test_a_position_that_cannot_be_is_never_resumed(tmp_path: Path, restart: bool) -> None:
    def warm_up() -> None:
        claim_all(here, restart=False)

    with contextlib.ExitStack() as stack:
        here = stack.enter_context(place(tmp_path, *HISTORY, agents=3))
        if not restart:
            stack.enter_context(unnoticed(here, 3, warm_up, kept=KEPT))
        assert claim_all(here, restart=restart) > 2 * len(NOT_WHOLE)


def test_a_session_of_another_agent_cannot_be_had_by_its_id(tmp_path: Path) -> None:
    with place(tmp_path, agents=2) as here, Desktop(here.server.url) as desktop, Desktop(here.server.url) as others:
        session, other = here.ready(desktop), here.ready(others, 2)
        assert outcome(others, session, {**session.cursor(), "token": other.token}) == "ALREADY_BOUND"
        assert outcome(others, session, {}) == "INVALID_REQUEST"
        session.desktop = desktop
        assert told(session.do("channel.notready", PHONE))[0] == "channel.notready: success"


def test_a_server_that_guesses_is_found_out(tmp_path: Path) -> None:
    with place(tmp_path, *HISTORY, agents=2, module=mutant("guesses")) as here, pytest.raises((AssertionError, Broken)):
        claim_all(here, restart=False)
