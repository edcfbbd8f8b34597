"""Who a supervisor is, and whose sessions there are: specs/supervision.md, "Commands"."""

from typing import Any

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.supervision import desk as desk_module
from tests.engine.sessions.conftest import World
from tests.engine.sessions.talking import names, prepared, started
from tests.engine.supervision.seat import GRACE, HEDY, WHY, seated, take_seat, working
from tests.fakes.adapter import slowly

ORDER = {"channel": {"id": "c1"}, "agentstate": "READY", "why": WHY}
NEEDING_A_SESSION: list[tuple[str, dict[str, Any]]] = [
    ("watch", {}),
    ("unwatch", {}),
    ("setagentstate", ORDER),
    ("logoutagent", {"why": WHY}),
]


# Logging in


async def test_login_tells_the_name_and_the_team(world: World, autojump_clock: MockClock) -> None:
    (grace,) = await take_seat(world).say("login", data={"supervisor": GRACE}, requestid="r1")
    assert grace == {
        "command": "supervisor.login",
        "result": "success",
        "data": {"supervisor": {"id": "grace", "name": "Grace Example"}},
        "requestid": "r1",
    }
    (hedy,) = await take_seat(world).say("login", data={"supervisor": HEDY})
    assert hedy["data"] == {"supervisor": {"id": "hedy", "name": "hedy"}, "team": ["ada", "bob"]}


@pytest.mark.parametrize(
    "who",
    [
        {"id": "grace", "password": "Secret-word"},
        {"id": "grace", "password": "other-word"},
        {"id": "nobody", "password": "\x01"},
    ],
)
async def test_a_wrong_password_or_an_unknown_supervisor(
    world: World, autojump_clock: MockClock, who: dict[str, str]
) -> None:
    seat = take_seat(world)
    with capture_logs() as logs:
        assert names(await seat.say("login", data={"supervisor": who})) == ["AUTH_FAILED"]
        assert names(await seat.say("list")) == ["NOT_AUTHENTICATED"]
    (log,) = logs
    assert (log["event"], log["who"], log["role"], log["log_level"]) == (
        "login_failed",
        who["id"] if who["id"] != "nobody" else "unknown",  # it may be a password in the wrong field
        "supervisor",
        "warning",
    )
    assert who["password"] not in repr(log)
    assert names(await seat.say("login", data={"supervisor": GRACE})) == ["success"]


async def test_a_second_login_needs_a_logout_first(world: World, autojump_clock: MockClock) -> None:
    seat = await seated(world)
    for who in (GRACE, HEDY, {"id": "grace", "password": "wrong"}):
        assert names(await seat.say("login", data={"supervisor": who})) == ["INVALID_STATE"]
    assert names(await seat.say("logout")) == ["success"]
    assert names(await seat.say("login", data={"supervisor": HEDY})) == ["success"]


async def test_nothing_goes_before_login_or_after_logout(world: World, autojump_clock: MockClock) -> None:
    talk = await working(world)
    seat = take_seat(world)
    for _ in range(2):
        for command in ("logout", "list"):
            assert names(await seat.say(command)) == ["NOT_AUTHENTICATED"]
        for command, data in NEEDING_A_SESSION:
            for target in (talk.id, "nowhere"):
                assert names(await seat.say(command, target, data)) == ["NOT_AUTHENTICATED"]
        await seat.say("login", data={"supervisor": GRACE})
        await seat.say("logout")
    assert talk.desktop.take() == []


# Whose sessions


@pytest.mark.parametrize(("command", "data"), NEEDING_A_SESSION)
async def test_sessions_that_are_not_there_or_not_of_the_team(
    world: World, autojump_clock: MockClock, command: str, data: dict[str, Any]
) -> None:
    own, other = await working(world), await working(world, "eve", "4002")
    seat = await seated(world, HEDY)
    for target, code in (
        ("nowhere", "INVALID_TARGET"),
        (f"{own.id}.c1", "INVALID_TARGET"),
        (other.id, "FORBIDDEN"),
        (f"{other.id}.c1", "FORBIDDEN"),
    ):
        with capture_logs() as logs:
            (failure,) = await seat.say(command, target, data)
        assert (failure["failure"]["code"], failure["target"]) == (code, target)
        assert "seq" not in failure
        overreach = ("overreach", "hedy", "supervisor", "eve", f"supervisor.{command}")
        told = [tuple(log[field] for field in ("event", "who", "role", "agent", "asked")) for log in logs]
        assert told == ([overreach] if code == "FORBIDDEN" else [])
    assert own.desktop.take() == other.desktop.take() == []


async def test_list_shows_the_team_in_short(world: World, autojump_clock: MockClock) -> None:
    ada, bob = await working(world), await prepared(world, "bob")
    await started(world, "eve")
    (hedys,) = await (await seated(world, HEDY)).say("list")
    first, second = hedys["data"]["sessions"]
    since = first.pop("since"), second.pop("since")
    assert all(len(time) == len("2026-11-21T09:30:00.000Z") and time.endswith("Z") for time in since)
    assert first == {
        "id": ada.id,
        "agent": {"id": "ada", "name": "Ada"},
        "state": "INITIALIZED",
        "channels": [
            {
                "id": "c1",
                "endpoint": "4001",
                "type": "TELEPHONY",
                "loginstate": "ACTIVE",
                "agentstate": "NOTREADY",
                "interactions": 0,
            }
        ],
    }
    assert second == {"id": bob.id, "agent": {"id": "bob", "name": "bob"}, "state": "PREPARED", "channels": []}
    assert hedys["data"]["more"] is False
    (graces,) = await (await seated(world)).say("list")
    assert [session["agent"]["id"] for session in graces["data"]["sessions"]] == ["ada", "bob", "eve"]


async def test_list_shows_reasons_and_no_channels_of_what_has_not_started(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await working(world)
    await talk.ask("channel.notready", {"reason": {"code": "LUNCH"}}, "c1")
    seat = await seated(world)
    ((channel,),) = [session["channels"] for session in (await seat.say("list"))[0]["data"]["sessions"]]
    assert channel["reason"] == {"code": "LUNCH"}
    talk.entry.actor.unbind(talk.desktop)
    await talk.bind()  # without resuming, which is a reset
    ((session,),) = [message["data"]["sessions"] for message in await seat.say("list")]
    assert (session["state"], session["channels"]) == ("PREPARED", [])


async def test_a_long_list_comes_in_pieces(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "LISTED_AT_MOST", 3)
    agents = [f"agent{n}" for n in (7, 3, 5, 1, 6, 2, 4)]
    for agent in agents:
        await prepared(world, agent)
    seat = await seated(world)
    found: list[str] = []
    sizes = []
    more, after = True, "a"
    while more and len(sizes) < len(agents):
        (answer,) = await seat.say("list", data={"after": after})
        page = [session["agent"]["id"] for session in answer["data"]["sessions"]]
        found += page
        sizes.append(len(page))
        more, after = answer["data"]["more"], page[-1]
    assert found == sorted(agents)
    assert sizes == [3, 3, 1]
    assert (await seat.say("list", data={"after": "zzz"}))[0]["data"] == {"sessions": [], "more": False}


async def test_a_session_that_is_over_is_not_listed(world: World, autojump_clock: MockClock) -> None:
    """Neither after a logout nor after a takeover, which leaves the agent's new one."""
    seat = await seated(world)

    async def listed() -> list[tuple[str, str]]:
        (answer,) = await seat.say("list")
        return [(session["agent"]["id"], session["id"]) for session in answer["data"]["sessions"]]

    ada, bob, eve = [await started(world, agent) for agent in ("ada", "bob", "eve")]
    await bob.ask("session.logout")
    assert await listed() == [("ada", ada.id), ("eve", eve.id)]
    new = await prepared(world, "ada", override=True)
    again = await prepared(world, "bob")
    assert await listed() == [("ada", new.id), ("bob", again.id), ("eve", eve.id)]


async def test_a_list_does_not_wait_for_the_platform(world: World, autojump_clock: MockClock) -> None:
    talk = await working(world)
    world.adapter.answer = slowly(5)
    talk.send("channel.ready", path="c1")
    await trio.sleep(1)
    begun = trio.current_time()
    ((session,),) = [message["data"]["sessions"] for message in await (await seated(world)).say("list")]
    assert session["channels"][0]["agentstate"] == "NOTREADY"
    assert trio.current_time() == begun
