"""Case 11: a line that swallows everything and says nothing: found out in time, and nothing of the session is lost."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import attrs
import pytest

from tests.blackbox.client import AgentSession, Desktop, code_of, told
from tests.blackbox.proxy import BreakingLine
from tests.faults.one import KEEPS_ALL, PHONE, Place, all_again, place, unnoticed, wait_until
from tests.faults.sizes import size

TIMES: Final = size(1, 20)
WARM_UP: Final = 2
PING_EVERY_S: Final = 0.5
PONG_WITHIN_S: Final = 0.5
NOT_READY_S: Final = 1.0
LOGOUT_S: Final = 4.0
SLACK_S: Final = 4.0
"""For a machine that has more to do."""
HEARTBEAT: Final = (f"limits.ping_every_s={PING_EVERY_S}", f"limits.pong_within_s={PONG_WITHIN_S}")
NO_HEARTBEAT: Final = ("limits.ping_every_s=3600.0",)
RULE: Final = (f"sessions.not_ready_after_s={NOT_READY_S}", f"sessions.logout_after_s={LOGOUT_S}")


@attrs.frozen
class Watcher:
    """Somebody without the right to the session, who is told whether a connection holds it."""

    desktop: Desktop
    session: AgentSession

    def is_told(self, code: str) -> bool:
        """ALREADY_BOUND: one holds it; FORBIDDEN: none does; INVALID_TARGET: it has ended."""
        return code_of(self.desktop.ask("bindSession", self.session.id, {})) == code


@contextlib.contextmanager
def swallowed(here: Place) -> Iterator[tuple[AgentSession, Watcher]]:
    """A ready agent behind a line that lets nothing through any more, and somebody who looks on."""
    with Desktop(here.server.url) as desktop, contextlib.ExitStack() as stack:
        session = here.ready(desktop)
        with BreakingLine(here.server.url) as line:
            session.resume(stack.enter_context(Desktop(line.url)))
            session.settle()
            line.swallow()
            yield session, Watcher(stack.enter_context(Desktop(here.server.url)), session)


def goes_by_the_rule(here: Place) -> float:
    """Found out, then not ready, then told to the one who resumes. Returns when it was found out, in seconds."""
    with swallowed(here) as (session, watcher):
        before, begun = session.view.seq, time.monotonic()
        assert watcher.is_told("ALREADY_BOUND")
        found_s = wait_until(lambda: watcher.is_told("FORBIDDEN"), PING_EVERY_S + PONG_WITHIN_S + SLACK_S)
        wait_until(lambda: here.exchange.control("states", "agent1") == {"40001": "NOTREADY"}, NOT_READY_S + SLACK_S)
        assert time.monotonic() - begun > NOT_READY_S, "too early"
        with Desktop(here.server.url) as desktop:
            # The platform may be a moment ahead of the session.
            assert session.resume(desktop)["seq"] in (before, before + 2)
            changed, updated = session.settle()
            assert told([changed, updated]) == [f"channel.infochanged {PHONE}", f"state.updated {PHONE}"]
            assert changed["data"]["channel"]["reason"] == {"code": "CONNECTION_LOST"}
        return found_s


def keeps_what_comes(here: Place) -> int:
    """A call comes to an agent whom nothing reaches. Returns how many messages waited."""
    with swallowed(here) as (session, watcher):
        before = session.view.seq
        here.exchange.control("call", "40001", "+15550100")
        wait_until(lambda: watcher.is_told("FORBIDDEN"), PING_EVERY_S + PONG_WITHIN_S + SLACK_S)
        with Desktop(here.server.url) as desktop:
            missed = session.resume(desktop)["seq"] - before
            news = told(session.settle())
            assert f"conversation.created {PHONE}.i1.v1" in news, f"the call was not told: {news}"
        assert all_again(here, session) == [session.raw[n] for n in range(1, len(session.again) + 1)]
        return missed


def logs_out(here: Place) -> None:
    with swallowed(here) as (session, watcher):
        begun = time.monotonic()
        wait_until(lambda: watcher.is_told("FORBIDDEN"), PING_EVERY_S + PONG_WITHIN_S + SLACK_S)
        wait_until(lambda: watcher.is_told("INVALID_TARGET"), LOGOUT_S + SLACK_S)
        assert time.monotonic() - begun > LOGOUT_S, "too early"
        assert here.exchange.control("states", "agent1") == {}, "the platform has the agent logged in still"
        assert code_of(watcher.desktop.ask("bindSession", session.id, {"resume": session.cursor()})) == "INVALID_TARGET"


def test_a_black_hole_is_found_out_and_the_agent_goes_by_the_rule(tmp_path: Path) -> None:
    def some_times(times: int) -> None:
        for _ in range(times):
            assert goes_by_the_rule(here) > 0

    settings = (*HEARTBEAT, RULE[0], *KEEPS_ALL)
    with place(tmp_path, *settings, agents=2) as here, unnoticed(here, 2, lambda: some_times(WARM_UP)):
        some_times(TIMES)


def test_what_comes_to_an_agent_in_a_black_hole_waits(tmp_path: Path) -> None:
    with place(tmp_path, *HEARTBEAT) as here:
        assert keeps_what_comes(here) > 3


def test_who_stays_in_a_black_hole_is_logged_out(tmp_path: Path) -> None:
    with place(tmp_path, *HEARTBEAT, *RULE) as here:
        logs_out(here)


@pytest.mark.parametrize("judge", [goes_by_the_rule, keeps_what_comes, logs_out])
def test_a_server_without_a_heartbeat_is_found_out(tmp_path: Path, judge: Callable[[Place], object]) -> None:
    with place(tmp_path, *NO_HEARTBEAT, *RULE) as here, pytest.raises(AssertionError, match="not within"):
        judge(here)
