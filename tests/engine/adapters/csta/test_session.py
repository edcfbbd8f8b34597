"""The life of a session, on a clock that jumps: begun, kept alive, taken up again, or begun anew."""

from collections.abc import Callable
from typing import TypeVar

import attrs
import pytest
import trio
import trio.testing

from engine.adapters.csta import session
from engine.adapters.csta.bench import table
from engine.adapters.csta.replies import BadReply
from engine.adapters.csta.requests import Request
from engine.adapters.csta.session import Session, SessionRefused
from engine.adapters.csta.settings import CstaSettings, read_settings
from engine.adapters.csta.words import CSTA
from engine.adapters.csta.xml import Node, parse
from protocol.errors import FailureCode, Refused

T = TypeVar("T")


def settings(**more: object) -> CstaSettings:
    return read_settings(table(4721, **more))


@attrs.define
class FakeAes:
    """Answers by the name of the request; None refuses it."""

    answers: dict[str, list[str | None]]
    protocol: str = CSTA
    asked: list[tuple[float, Node]] = attrs.field(factory=list)

    async def ask(self, request: Request, read: Callable[[Node], T]) -> T:
        await trio.lowlevel.checkpoint()
        self.asked.append((trio.current_time(), request.root))
        waiting = self.answers[request.name]
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if answer is None:
            raise Refused(FailureCode.PLATFORM_ERROR, "the switch refuses it")
        return read(parse(answer.encode()))

    @property
    def names(self) -> list[str]:
        return [root.name for _, root in self.asked]


def start(session_id: str, duration_s: int = 60) -> str:
    return (
        f"<StartApplicationSessionPosResponse><sessionID>{session_id}</sessionID><actualProtocolVersion>urn:p"
        f"</actualProtocolVersion><actualSessionDuration>{duration_s}</actualSessionDuration>"
        "</StartApplicationSessionPosResponse>"
    )


def reset(duration_s: int) -> str:
    return f"<R><actualSessionDuration>{duration_s}</actualSessionDuration></R>"


async def test_a_session_is_begun_and_its_version_is_spoken() -> None:
    aes = FakeAes({"StartApplicationSession": [start("new")]})
    assert await session.begin(aes, settings()) == Session("new", 60)
    assert aes.protocol == "urn:p"
    assert aes.asked[0][1].deep("sessionID") is None


async def test_who_is_not_let_in_is_told_what_to_check() -> None:
    aes = FakeAes({"StartApplicationSession": [None]})
    with pytest.raises(SessionRefused, match="check user, password and protocols") as refused:
        await session.begin(aes, settings())
    assert "demo" not in str(refused.value)


async def test_a_session_that_is_still_there_is_taken_up() -> None:
    aes = FakeAes({"StartApplicationSession": [start("old")]})
    assert await session.begin(aes, settings(), previous="old") == Session("old", 60, kept=True)
    assert aes.asked[0][1].deep_value("acx:sessionID") == "old"
    assert aes.names == ["StartApplicationSession"]


@pytest.mark.parametrize(("moved", "kept"), [("<R/>", True), (None, False)])
async def test_where_it_is_gone_a_new_one_asks_for_its_monitors(moved: str | None, kept: bool) -> None:
    aes = FakeAes({"StartApplicationSession": [None, start("new")], "TransferMonitorObjects": [moved]})
    assert await session.begin(aes, settings(), previous="old") == Session("new", 60, kept=kept)
    move = aes.asked[-1][1]
    assert (move.value("fromSessionID"), move.value("toSessionID")) == ("old", "new")


async def test_another_session_than_the_one_that_was_asked_for_asks_for_the_monitors_too() -> None:
    aes = FakeAes({"StartApplicationSession": [start("other")], "TransferMonitorObjects": ["<R/>"]})
    assert await session.begin(aes, settings(), previous="old") == Session("other", 60, kept=True)


async def test_a_sign_of_life_comes_at_half_of_the_time_that_is_granted(
    autojump_clock: trio.testing.MockClock,
) -> None:
    aes = FakeAes({"ResetApplicationSessionTimer": [reset(60), reset(20), reset(100)]})
    with trio.move_on_after(100):
        await session.keep_alive(aes, Session("s", 60), 180)
    assert [at for at, _ in aes.asked] == pytest.approx([30, 60, 70])
    assert aes.asked[0][1].value("requestedSessionDuration") == "180"


async def test_a_session_that_aes_does_not_keep_is_over(autojump_clock: trio.testing.MockClock) -> None:
    aes = FakeAes({"ResetApplicationSessionTimer": [reset(60), None]})
    with pytest.raises(SessionRefused, match="does not keep"):
        await session.keep_alive(aes, Session("s", 60), 180)
    assert trio.current_time() == pytest.approx(60)


async def test_an_answer_without_a_session_is_none() -> None:
    aes = FakeAes({"StartApplicationSession": ["<StartApplicationSessionPosResponse/>"]})
    with pytest.raises(BadReply):
        await session.begin(aes, settings())


async def test_the_goodbye_names_the_session_and_needs_no_answer() -> None:
    aes = FakeAes({"StopApplicationSession": [None]})
    await session.end(aes, Session("s", 60))
    assert aes.asked[0][1].value("sessionID") == "s"
