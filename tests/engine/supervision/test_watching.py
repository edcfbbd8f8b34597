"""What a watcher is shown, and that nobody waits for them: specs/supervision.md, "Watching"."""

import json
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from engine.config import Limits
from engine.supervision.oversight import Watch
from protocol.commands import Resume
from protocol.errors import FailureCode, Refused
from protocol.states import AgentState, LoginState
from tests.engine.sessions.conftest import SETTINGS, World
from tests.engine.sessions.talking import Talk, names, prepared
from tests.engine.supervision.seat import GRACE, PAIR, SHOWN, Seat, seated, shown, take_seat, working
from tests.fakes.adapter import channel, slowly
from tests.fakes.calls import answered, call, message, posted
from tests.fakes.calls import chat as chat_report
from tests.fakes.desktop import FakeDesktop

BEGUN = ["success", "supervisor.snapshot"]


class FullDesktop(FakeDesktop):
    """A connection that takes nothing more."""

    def deliver(self, _: bytes) -> None:
        self.cut("slow consumer")


async def watching(world: World, talk: Talk) -> Seat:
    seat = await seated(world)
    assert names(await seat.say("watch", talk.id)) == BEGUN
    return seat


async def test_first_the_picture_then_every_message_as_it_is(world: World, autojump_clock: MockClock) -> None:
    talk = await working(world)
    seat = await seated(world)
    success, snapshot = await seat.say("watch", talk.id, requestid="w1")
    assert success == {"command": "supervisor.watch", "target": talk.id, "result": "success", "requestid": "w1"}
    assert snapshot["target"] == talk.id
    picture = snapshot["data"]
    (listed,) = (await seat.say("list"))[0]["data"]["sessions"]
    assert picture["seq"] == talk.entry.actor._core.seq
    assert {key: picture["session"][key] for key in ("id", "agent", "state", "since")} == {
        key: listed[key] for key in ("id", "agent", "state", "since")
    }
    assert "session.logout" in picture["session"]["capabilities"]
    (phone,) = picture["channels"]
    assert (phone["target"], phone["channel"]["endpoint"]) == (f"{talk.id}.c1", "4001")
    assert "channel.ready" in phone["capabilities"]
    talk.send("channel.ready", path="c1", requestid="r1")
    talk.send("channel.fly", path="c1", requestid="r2")
    world.registry.report("ada", channel("4001", LoginState.ACTIVE, AgentState.WORK))
    await trio.testing.wait_all_tasks_blocked()
    texts = talk.desktop.texts
    assert len(texts) == 6
    prefix = b'{"name":"supervisor.message","target":"%s","data":{"message":' % talk.id.encode()
    assert seat.desktop.texts == [prefix + text + b"}}" for text in texts]
    assert [told["seq"] for told in shown(seat.desktop.take())] == list(range(picture["seq"] + 1, picture["seq"] + 7))


async def test_the_picture_has_what_the_agent_is_engaged_in(world: World, autojump_clock: MockClock) -> None:
    talk = await working(world)
    world.registry.report("ada", answered(call()))
    await talk.ask("session.addchannel", {"channel": {"endpoint": "chat-1", "type": "Chat"}})
    world.registry.report("ada", chat_report(transcript=(message("Hello?"),)))
    await trio.testing.wait_all_tasks_blocked()
    seat = await seated(world)
    _, snapshot = await seat.say("watch", talk.id)
    phoned, offered = snapshot["data"]["interactions"]
    assert phoned["interaction"]["state"] == "STARTED"
    assert offered["transcript"][0]["text"] == "Hello?"
    (leg,) = snapshot["data"]["conversations"]
    assert leg["target"] == f"{phoned['target']}.v1"
    assert leg["conversation"]["members"] == [{"id": "m555", "address": "555"}]
    await talk.ask("interaction.accept", path="c2.i2")
    world.registry.report("ada", posted("My parcel is lost.", key="x2"))
    assert shown(await seat.heard())[-1]["data"]["message"]["text"] == "My parcel is lost."


async def test_a_watch_takes_its_turn(world: World, autojump_clock: MockClock) -> None:
    """What happens before it begins is in its picture, and is not shown again."""
    talk, seat = await working(world), await seated(world)
    world.adapter.answer = slowly(1)
    talk.send("channel.ready", path="c1")
    await trio.sleep(0.5)
    seat.send("watch", talk.id)
    talk.send("channel.notready", path="c1")
    await trio.sleep(0.4)
    assert seat.desktop.take() == []
    await trio.sleep(0.2)
    _, snapshot = seat.desktop.take()
    assert snapshot["data"]["channels"][0]["channel"]["agentstate"] == "READY"
    await trio.sleep(2)
    heard = shown(seat.desktop.take())
    assert names(heard) == ["success", *PAIR]
    assert heard[0]["seq"] == snapshot["data"]["seq"] + 1


async def test_a_message_is_in_the_journal_before_a_watcher_sees_it(world: World, autojump_clock: MockClock) -> None:
    talk = await working(world)
    seat = await watching(world, talk)
    world.journal.delay_s = 1.0
    talk.send("channel.ready", path="c1")
    await trio.sleep(0.9)
    assert seat.desktop.texts == []
    await trio.sleep(0.2)
    assert len(seat.desktop.take()) == 3


async def test_a_session_that_is_not_started_is_watched_from_its_start(world: World, autojump_clock: MockClock) -> None:
    talk, seat = await prepared(world), await seated(world)
    _, snapshot = await seat.say("watch", talk.id)
    picture = snapshot["data"]
    assert picture.pop("session")["state"] == "PREPARED"
    assert picture == {"seq": 0, "channelgroups": [], "channels": [], "interactions": [], "conversations": []}
    await talk.bind()
    messages = await talk.ask("session.start")
    assert shown(await seat.heard()) == messages


async def test_neither_resuming_nor_a_reset_disturbs_a_watch(world: World, autojump_clock: MockClock) -> None:
    talk = await working(world)
    seat = await watching(world, talk)
    again = Talk(talk.entry, FakeDesktop(world.nursery))
    await again.bind(Resume(token=talk.token, epoch=1, seq=2))
    assert names(talk.desktop.take()) == ["session.unbound"]
    assert await seat.heard() == []  # neither the notice, nor what is sent again
    again.desktop.take()
    messages = await again.ask("channel.ready", path="c1")
    assert shown(await seat.heard()) == messages
    again.entry.actor.unbind(again.desktop)
    world.registry.report("ada", channel("4001", LoginState.ACTIVE, AgentState.WORK))
    assert names(shown(await seat.heard())) == PAIR
    await again.bind()
    again.desktop.take()
    messages = await again.ask("session.start")
    heard = shown(await seat.heard())
    assert heard == messages
    assert heard[0]["seq"] > 1
    assert "channel.created" not in names(heard)  # the fake platform has forgotten it


async def test_a_repeated_request_is_not_shown_twice(world: World, autojump_clock: MockClock) -> None:
    talk = await working(world)
    seat = await watching(world, talk)
    for _ in range(2):
        await talk.ask("session.request.getdirectory", requestid="r1")
    assert names(await seat.heard()) == [SHOWN]


# The end of a watch


async def test_unwatching_ends_it_at_once(world: World, autojump_clock: MockClock) -> None:
    talk = await working(world)
    seat = await watching(world, talk)
    world.adapter.answer = slowly(1)
    talk.send("channel.ready", path="c1")
    await trio.sleep(0.5)
    assert names(await seat.say("unwatch", talk.id)) == ["success"]
    await trio.sleep(1)
    assert seat.desktop.take() == []
    assert names(await seat.say("unwatch", talk.id)) == ["INVALID_STATE"]
    assert names(await seat.say("watch", talk.id)) == BEGUN


async def test_watching_twice_is_refused_while_waiting_and_while_live(world: World, autojump_clock: MockClock) -> None:
    talk, seat = await working(world), await seated(world)
    world.adapter.answer = slowly(1)
    talk.send("channel.ready", path="c1")
    await trio.sleep(0.5)
    seat.send("watch", talk.id, requestid="first")
    seat.send("watch", talk.id, requestid="second")
    await trio.sleep(1)
    answers = [(names([told])[0], told.get("requestid")) for told in seat.desktop.take() if "result" in told]
    assert answers == [("INVALID_STATE", "second"), ("success", "first")]
    assert names(await seat.say("watch", talk.id)) == ["INVALID_STATE"]
    await talk.ask("channel.ready", path="c1")
    assert names(shown(await seat.heard())) == ["success", *PAIR]


@pytest.mark.parametrize("how", ["unwatch", "logout"])
async def test_a_watch_that_is_given_up_while_it_waits_is_answered(
    world: World, autojump_clock: MockClock, how: str
) -> None:
    talk, seat = await working(world), await seated(world)
    world.adapter.answer = slowly(1)
    talk.send("channel.ready", path="c1")
    await trio.sleep(0.5)
    seat.send("watch", talk.id, requestid="w")
    seat.send(how, talk.id if how == "unwatch" else None)
    failure, success = seat.desktop.take()
    assert (names([failure]), failure["requestid"]) == (["INVALID_STATE"], "w")
    assert success["command"] == f"supervisor.{how}"
    await trio.sleep(2)
    assert seat.desktop.take() == []


async def test_logging_out_ends_all_watches(world: World, autojump_clock: MockClock) -> None:
    ada, bob = await working(world), await working(world, "bob", "4002")
    seat = await seated(world)
    for talk in (ada, bob):
        await seat.say("watch", talk.id)
    assert names(await seat.say("logout")) == ["success"]
    for talk in (ada, bob):
        await talk.ask("channel.ready", path="c1")
    assert await seat.heard() == []
    await seat.say("login", data={"supervisor": GRACE})
    assert names(await seat.say("watch", ada.id)) == BEGUN


async def test_a_connection_that_is_lost_watches_no_longer(world: World, autojump_clock: MockClock) -> None:
    talk = await working(world)
    seat = await watching(world, talk)
    seat.desk.leave()
    await talk.ask("channel.ready", path="c1")
    assert seat.desktop.take() == []
    assert list(talk.entry.actor._oversight._watches) == []


@pytest.mark.parametrize("how", ["logout", "takeover", "defect"])
async def test_the_end_of_the_session_is_told_behind_its_last_message(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    talk = await working(world)
    seats = [await watching(world, talk) for _ in range(2)]
    if how == "logout":
        await talk.ask("session.logout")
    elif how == "takeover":
        await world.registry.prepare("ada", override=True, groups=())
    else:
        monkeypatch.setattr(type(talk.entry.actor._core), "_reported", lambda *_: 1 / 0)
        world.registry.report("ada", channel("4001", LoginState.ACTIVE, AgentState.WORK))
    for seat in seats:
        last, unwatched = await seat.heard()
        expected = {"logout": "success", "takeover": "session.disposed", "defect": "session.disposed"}
        assert names(shown([last])) == [expected[how]]
        assert (unwatched["name"], unwatched["target"]) == ("supervisor.unwatched", talk.id)
        assert unwatched["data"]["message"]
        assert "seq" not in unwatched
        assert names(await seat.say("unwatch", talk.id)) == ["INVALID_TARGET"]
        assert seat.desk._watches == {}  # nothing of the session is held on to


async def test_a_session_that_is_over_takes_no_wishes(world: World, autojump_clock: MockClock) -> None:
    talk = await working(world)
    desktop = FakeDesktop(world.nursery)
    told: list[Refused] = []
    await talk.ask("session.logout")
    with pytest.raises(Refused) as refused:
        talk.entry.actor.wish(Watch(desktop, begun=told.clear, refuse=told.append, ended=told.clear))
    assert refused.value.code is FailureCode.INVALID_TARGET
    assert desktop.take() == []
    assert told == []


# Many, and slow ones


def test_as_many_may_watch_one_session_as_a_floor_has_supervisors() -> None:
    assert SETTINGS.limits.watches_per_session == 64


@pytest.mark.parametrize("settings", [attrs.evolve(SETTINGS, limits=Limits(watches_per_session=3))])
async def test_several_watch_one_session_and_more_than_may_are_refused(world: World, autojump_clock: MockClock) -> None:
    talk = await working(world)
    seats = [await watching(world, talk) for _ in range(3)]
    late = await seated(world)
    (refused,) = await late.say("watch", talk.id)
    assert refused["failure"]["code"] == "OVERLOADED"
    assert "as many as limits.watches_per_session lets: 3; repeat this in a moment" in refused["failure"]["message"]
    messages = await talk.ask("channel.ready", path="c1")
    for seat in seats:
        assert shown(seat.desktop.take()) == messages
    assert late.desktop.take() == []
    await seats[0].say("unwatch", talk.id)
    assert names(await late.say("watch", talk.id)) == BEGUN


async def test_one_seat_watches_many_sessions(world: World, autojump_clock: MockClock) -> None:
    talks = [await working(world, f"agent{n}", f"40{n:02}") for n in range(20)]
    seat = await seated(world)
    for talk in talks:
        await seat.say("watch", talk.id)
    for talk in talks:
        messages = await talk.ask("channel.ready", path="c1")
        heard = seat.desktop.take()
        assert shown(heard) == messages
        assert {told["target"] for told in heard} == {talk.id}


async def test_the_agent_does_not_wait_for_a_watcher_who_does_not_read(world: World, autojump_clock: MockClock) -> None:
    """The watcher's connection cuts itself; the session does not so much as notice."""
    talk = await working(world)
    seat = await watching(world, talk)

    slow = FullDesktop(world.nursery)
    sleeper = take_seat(world, slow)
    await sleeper.say("login", data={"supervisor": GRACE})
    await sleeper.say("watch", talk.id)
    assert names(await talk.ask("channel.ready", path="c1")) == ["success", *PAIR]
    assert set(slow.cuts) == {"slow consumer"}
    assert len(shown(seat.desktop.take())) == 3


# Secrets


async def test_what_a_client_gives_away_by_mistake_is_not_shown(world: World, autojump_clock: MockClock) -> None:
    """The agent's own copy stays as it was sent."""
    talk = await working(world)
    world.registry.report("ada", answered(call(data={"token": "secret-word"})))
    seat = await seated(world)
    begun = await seat.say("watch", talk.id)
    assert "secret-word" not in json.dumps(begun)
    assert begun[1]["data"]["interactions"][0]["interactiondata"] == {"token": "[redacted]"}
    talk.desktop.take()
    resume: dict[str, Any] = {"resume": {"token": talk.token, "epoch": 1, "seq": 3}}
    for command, data in (
        ("bindsession", resume),
        ("prepareSesion", {"agent": {"id": "ada", "Password": "secret-word"}}),
        ("session.addchannel", {"channel": {"endpoint": "4009", "type": "Chat"}, "password": "secret-word"}),
    ):
        own = await talk.ask(command, data)
        heard = await seat.heard()
        text = json.dumps(heard)
        assert talk.token not in text
        assert "secret-word" not in text
        assert "[redacted]" in text
        assert [told["seq"] for told in shown(heard)] == [told["seq"] for told in own]
        assert "[redacted]" not in json.dumps(own)
