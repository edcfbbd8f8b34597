"""What a session is told that comes back: specs/durability.md, "What happens at the platform"."""

import pytest

from protocol import platform
from protocol.errors import FailureCode
from protocol.platform import ChannelReport, Feature, GroupReport, PartialSnapshot
from protocol.states import ChannelType, DisposalCause, EndCause, LoginState
from protocol.wire import read_request
from statemachines.core import RECONCILE_AGAIN_S
from statemachines.effects import Call, Ended, PlatformReturned, RequestCame, Restarted
from statemachines.settings import CoreSettings
from tests.fakes import calls
from tests.fakes.desk import (
    ALL_FEATURES,
    Desk,
    JsonObject,
    completion,
    pair,
    story,
    su,
    with_channel,
    with_group,
    with_interaction,
    wrapup,
)
from tests.fakes.platform import FakePlatform, channel

IT, LEG = ".c1.i1", ".c1.i1.v1"
LEG_GONE = [su(LEG), ("conversation.disposed", LEG)]
BRACKET = [
    ("interaction.created", ".c1.i2"),
    su(".c1.i2"),
    ("conversation.created", ".c1.i2.v2"),
    su(".c1.i2.v2"),
    ("conversation.member.added", ".c1.i2.v2"),
    ("conversation.initialized", ".c1.i2.v2"),
    ("interaction.datachanged", ".c1.i2"),
    ("interaction.preview", ".c1.i2"),
    ("interaction.initialized", ".c1.i2"),
]


def back(desk: Desk) -> list[JsonObject]:
    """The processor is started again, and the platform is there."""
    assert desk.feed(Restarted()) == []
    return desk.feed(PlatformReturned(ALL_FEATURES))


def ringing(key: str = "1") -> platform.InteractionReport:
    return calls.call("ALERTING", calls.leg("ALERTING"), key=key)


def talking(key: str = "1") -> platform.InteractionReport:
    return calls.answered(ringing(key))


def test_nothing_is_told_where_nothing_has_changed() -> None:
    assert back(with_interaction(talking())) == []


def test_the_agent_is_where_the_latest_start_said() -> None:
    desk = Desk(FakePlatform().with_channels(channel("4001"))).started()
    for data, extension in (({"extension": "4001"}, "4001"), ({}, None), ({"extension": "4001"}, "4001")):
        desk.bind(reset=True)
        desk.ask("session.start", data=data)
        back(desk)
        assert desk.platform.calls[-1] == platform.StartAgent(extension=extension)
    desk.ask("session.removechannel", data={"channel": {"id": next(iter(desk.core.session.channels))}})
    back(desk)
    assert desk.platform.calls[-1] == platform.StartAgent(), "a phone that was let go does not come back by itself"


def test_what_is_asked_of_a_platform_that_is_back_is_told_apart_from_a_start() -> None:
    desk = with_channel()
    assert desk.core.handle(PlatformReturned(ALL_FEATURES), now=desk.now) == (Call(platform.StartAgent(), again=True),)
    desk = Desk()
    start = read_request({"command": "session.start", "target": "s1"})
    assert desk.core.handle(RequestCame(start), now=desk.now) == (Call(platform.StartAgent()),)


def test_a_session_that_was_not_started_asks_nothing() -> None:
    desk = Desk()
    assert back(desk) == []
    assert desk.platform.calls == []


def test_features_are_those_of_now() -> None:
    desk = Desk()
    desk.feed(PlatformReturned(frozenset()))
    assert desk.core.session.features == frozenset()


def test_commands_that_another_platform_opens_or_closes_are_told() -> None:
    desk = with_group()
    desk.feed(Restarted())
    less = desk.feed(PlatformReturned(ALL_FEATURES - {Feature.DIRECTORY, Feature.HOLD}))
    assert story(less) == [su("")]
    assert less[0]["data"] == [{"name": "session.request.getdirectory", "type": "disable"}]
    assert less[0]["state"] == {"state": "INITIALIZED"}
    assert [event["data"][0]["type"] for event in desk.feed(PlatformReturned(ALL_FEATURES))] == ["enable"]
    assert desk.feed(PlatformReturned(ALL_FEATURES)) == []


def test_commands_that_are_no_longer_there_are_told_from_below() -> None:
    desk = with_interaction(talking())
    desk.feed(Restarted())
    told = desk.feed(PlatformReturned(ALL_FEATURES - {Feature.HOLD, Feature.RECORDING, Feature.DISPOSITIONS}))
    assert story(told) == [su(LEG), su(IT), *pair(".c1")]


def test_a_call_that_ended_meanwhile() -> None:
    desk = with_interaction(talking())
    desk.platform.interactions.clear()
    told = back(desk)
    assert story(told) == [*LEG_GONE, ("interaction.ended", IT), *completion(IT)]
    assert told[2]["data"]["cause"] == EndCause.FAILED


def test_the_pair_that_tells_of_the_end_shows_the_agent_state_of_now() -> None:
    desk = with_interaction(talking())
    desk.platform.interactions.clear()
    desk.platform.channels["4001"] = channel("4001", "NOTREADY", reason="2")
    told = back(desk)
    assert story(told) == [*LEG_GONE, ("interaction.ended", IT), *completion(IT)]
    assert told[-2]["data"]["channel"]["reason"] == {"code": "2"}


def test_the_pair_that_tells_of_the_end_shows_the_login_state_of_now_and_no_other_pair_comes() -> None:
    desk = with_interaction(talking())
    desk.platform.interactions.clear()
    desk.platform.channels["4001"] = channel("4001")
    assert story(back(desk)) == [*LEG_GONE, ("interaction.ended", IT), *completion(IT)]
    assert desk.client.world()["s1.c1"]["loginstate"] == "INACTIVE"


def test_a_login_state_that_changed_beside_the_end_is_told_of_the_group_too() -> None:
    desk = Desk(FakePlatform().with_group("Sales", channel("4001", "READY"))).started()
    desk.report(talking())
    desk.platform.interactions.clear()
    desk.platform.channels["4001"] = channel("4001")
    it = ".g1.c1.i1"
    assert story(back(desk))[3:] == [*completion(it), su(".g1")]


def test_a_wrap_up_that_the_platform_knows_goes_on_and_one_that_it_does_not_is_over() -> None:
    for known in (True, False):
        desk = with_interaction(talking(), wrapup_s=10.0)
        ended = desk.platform.ending(desk.platform.at("4001"), EndCause.REMOTE)
        desk.report(ended)
        if not known:
            desk.platform.interactions.clear()
            desk.platform.channels["4001"] = channel("4001", "READY")
        told = story(back(desk))
        assert told == ([] if known else completion(IT))
        assert ("interaction.completed", IT) in story(desk.wait(10.0)) or not known


def test_a_call_that_goes_on_otherwise_than_before() -> None:
    desk = with_interaction(ringing())
    desk.platform.note(calls.answered(desk.platform.at("4001")))
    assert story(back(desk)) == [su(LEG), su(IT), ("interaction.started", IT)]


def test_a_call_that_ended_with_wrap_up_due() -> None:
    desk = with_interaction(talking(), wrapup_s=10.0)
    desk.platform.note(desk.platform.ending(desk.platform.at("4001"), EndCause.REMOTE))
    assert story(back(desk)) == [*pair(".c1"), *LEG_GONE, ("interaction.ended", IT), *wrapup(IT)]


def test_a_call_that_came_meanwhile() -> None:
    desk = with_interaction(talking())
    desk.platform.interactions.clear()
    desk.platform.note(ringing("2"))
    told = story(back(desk))
    assert told == [*LEG_GONE, ("interaction.ended", IT), *completion(IT), *pair(".c1"), *BRACKET]


def test_what_cannot_have_become_what_it_is_ends_and_is_another_one() -> None:
    desk = with_interaction(talking())
    desk.platform.interactions.clear()
    desk.platform.note(ringing())
    told = story(back(desk))
    assert told == [*LEG_GONE, ("interaction.ended", IT), *completion(IT), *pair(".c1"), *BRACKET]


def test_what_was_completed_before_does_not_come_back() -> None:
    desk = with_interaction(talking())
    desk.report(calls.over(desk.platform.at("4001"), EndCause.REMOTE))
    desk.platform.note(talking())
    assert back(desk) == []


def test_of_two_calls_another_one_is_connected_by_now() -> None:
    desk = with_interaction(calls.in_state(talking(), talking().legs[0].id, "HELD"))
    desk.report(ringing("2"))
    first, second = desk.platform.at("4001"), desk.platform.at("4001", "2")
    desk.platform.interactions.clear()
    desk.platform.note(calls.answered(second))
    desk.platform.note(first)
    told = back(desk)
    assert ("interaction.started", ".c1.i2") in story(told)


def test_an_agent_state_that_changed() -> None:
    desk = with_channel("READY")
    desk.platform.channels["4001"] = channel("4001", "NOTREADY")
    assert story(back(desk)) == pair(".c1")


def test_a_login_state_that_changed_is_told_of_the_group_too() -> None:
    desk = with_group("READY", "READY")
    desk.platform.channels["4001"] = channel("4001")
    assert story(back(desk)) == [*pair(".g1.c1"), su(".g1")]


def test_a_channel_that_the_platform_has_forgotten_is_added_again() -> None:
    desk = with_channel("READY")
    del desk.platform.channels["4001"]
    assert story(back(desk)) == pair(".c1")
    assert desk.platform.calls[-1] == platform.AddChannel(endpoint="4001", type=ChannelType.TELEPHONY)
    assert desk.client.world()["s1.c1"]["loginstate"] == "INACTIVE"


@pytest.mark.parametrize("state", ["READY", "INACTIVE"])
def test_a_channel_that_cannot_be_added_again_is_disposed(state: str) -> None:
    desk = with_channel(state)
    del desk.platform.channels["4001"]
    desk.platform.refuses["AddChannel", "4001"] = FailureCode.CHANNEL_UNAVAILABLE
    assert story(back(desk)) == [*(pair(".c1") if state == "READY" else []), ("channel.disposed", ".c1")]
    assert list(desk.core.session.all_channels()) == []


def test_what_lived_at_a_channel_that_is_gone_ends_before_it() -> None:
    desk = with_interaction(talking())
    desk.platform.interactions.clear()
    del desk.platform.channels["4001"]
    desk.platform.refuses["AddChannel", "4001"] = FailureCode.CHANNEL_UNAVAILABLE
    told = story(back(desk))
    assert told[-1] == ("channel.disposed", ".c1")
    assert [what for what in told if what[0] == "interaction.disposed"] == [("interaction.disposed", IT)]


def test_a_group_that_the_platform_has_forgotten_is_joined_again() -> None:
    desk = with_group("READY", "INACTIVE")
    desk.platform.joined.clear()
    assert back(desk) == []
    assert desk.platform.calls[-1] == platform.AddGroup(name="Sales", chat=False, email=False, callback=False)


def test_a_group_that_cannot_be_joined_again_is_disposed() -> None:
    desk = with_group("READY", "INACTIVE")
    desk.platform.joined.clear()
    desk.platform.refuses["AddGroup", ""] = FailureCode.INVALID_TARGET
    assert story(back(desk)) == [
        *pair(".g1.c1"),
        ("channel.disposed", ".g1.c1"),
        ("channel.disposed", ".g1.c2"),
        su(".g1"),
        ("channelgroup.disposed", ".g1"),
    ]


def test_a_channel_that_left_its_group_is_disposed_and_one_that_came_is_added() -> None:
    desk = with_group("READY", "READY")
    desk.platform.memberships["Sales"] = ("4002", "4003")
    desk.platform.channels["4003"] = channel("4003")
    del desk.platform.channels["4001"]
    assert story(back(desk)) == [
        *pair(".g1.c1"),
        ("channel.disposed", ".g1.c1"),
        ("channel.created", ".g1.c3"),
        su(".g1.c3"),
        ("channel.initialized", ".g1.c3"),
        su(".g1"),
    ]


@pytest.mark.parametrize("alone", [True, False])
def test_what_a_platform_has_that_is_away_since_the_restart_is_held(alone: bool) -> None:
    """Of several platforms one has not come up yet: of its chats nobody can say that they have ended."""
    it = calls.chat("STARTED", at="chat-1")
    desk = Desk(
        FakePlatform().with_channels(channel("chat-1", "READY"))
        if alone
        else FakePlatform().with_group("Sales", channel("4001", "READY"), channel("chat-1", "READY"))
    )
    desk.platform.note(it)
    desk.started()
    before = [str(each.target) for each in desk.core.session.all_interactions()]
    phone = () if alone else (GroupReport(name="Sales", channels=(channel("4001", "READY"),)),)
    desk.platform.instead["StartAgent"] = PartialSnapshot(agent_name="", groups=phone, unheard=(ChannelType.CHAT,))
    path = ".c1" if alone else ".g1.c2"
    told = back(desk)
    assert story(told)[:2] == pair(path)
    assert told[1]["state"] == {"loginstate": "UNAVAILABLE"}
    assert [str(each.target) for each in desk.core.session.all_interactions()] == before
    assert desk.platform.calls[-1] == platform.StartAgent()
    assert desk.core.session.agent_name
    del desk.platform.instead["StartAgent"]
    desk.platform.interactions.clear()
    ended = [name for name, _ in story(desk.feed(PlatformReturned(ALL_FEATURES)))]
    assert "interaction.disposed" in ended, "it has come up, and says so"


def test_of_a_group_at_several_platforms_what_one_has_forgotten_is_joined_again() -> None:
    desk = with_group("READY", "READY")
    left = GroupReport(name="Sales", channels=(channel("4001", "READY"),))
    desk.platform.instead["StartAgent"] = platform.Snapshot(agent_name="Ann", groups=(left,))
    assert back(desk) == []
    assert desk.platform.calls[-1] == platform.AddGroup(name="Sales", chat=False, email=False, callback=False)


def test_channels_and_groups_that_came_are_told_with_what_lives_there() -> None:
    desk = with_channel("READY")
    desk.platform.with_group("Sales", channel("4002", "READY")).with_channels(channel("4003", "READY"))
    desk.platform.note(calls.call("ALERTING", calls.leg("ALERTING"), at="4002"))
    desk.platform.note(calls.call("ALERTING", calls.leg("ALERTING"), at="4003", key="2"))
    told = story(back(desk))
    assert told[0] == ("channelgroup.created", ".g1")
    assert ("interaction.preview", ".g1.c2.i1") in told
    assert ("interaction.preview", ".c3.i2") in told
    assert told[-1] == ("channel.initialized", ".c3")


# When it cannot be done


def test_a_platform_that_does_not_answer_in_time_is_asked_again() -> None:
    for code in (FailureCode.TIMEOUT, FailureCode.PLATFORM_UNAVAILABLE):
        desk = with_channel("READY")
        desk.platform.channels["4001"] = channel("4001", "NOTREADY")
        desk.platform.refuses["StartAgent", ""] = code
        assert back(desk) == []
        desk.bind()
        desk.platform.refuses.clear()
        assert desk.core.next_deadline() == RECONCILE_AGAIN_S
        assert story(desk.wait(RECONCILE_AGAIN_S)) == pair(".c1")
        assert desk.core.next_deadline() > 1e9


@pytest.mark.parametrize("call", [("AddChannel", "4001"), ("AddGroup", "")])
@pytest.mark.parametrize("code", [FailureCode.TIMEOUT, FailureCode.PLATFORM_UNAVAILABLE])
def test_of_a_platform_that_was_not_heard_nobody_knows_what_it_has_forgotten(
    call: tuple[str, str], code: FailureCode
) -> None:
    fake = FakePlatform().with_channels(channel("4001", "READY")).with_group("Sales", channel("4002", "READY"))
    desk = Desk(fake).started()
    desk.platform.joined.clear()
    desk.platform.channels = {"4002": channel("4002", "READY")}
    desk.platform.refuses[call] = code
    assert back(desk) == [], "nothing has ended"
    desk.bind()
    desk.platform.refuses.clear()
    assert story(desk.wait(RECONCILE_AGAIN_S)) == pair(".c2"), "it was added again, and is INACTIVE"


def test_a_platform_that_knows_the_agent_no_longer_ends_the_session() -> None:
    desk = with_channel("READY")
    desk.platform.refuses["StartAgent", ""] = FailureCode.PLATFORM_ERROR
    (told,) = back(desk)
    assert (told["name"], told["data"]["cause"]) == ("session.disposed", "PLATFORM_LOST")
    assert desk.effects[-1] == Ended(DisposalCause.PLATFORM_LOST)


ENDS = [("session.disposed", "")]
NONSENSE = {
    "another endpoint": (channel("4009"), ENDS),
    "no endpoint": (
        ChannelReport(endpoint="", type=ChannelType.TELEPHONY, name="", loginstate=LoginState.INACTIVE),
        ENDS,
    ),
    "no report": (5, [*pair(".c1"), ("channel.disposed", ".c1")]),
}


@pytest.mark.parametrize(("answer", "told"), NONSENSE.values(), ids=list(NONSENSE))
def test_nonsense_in_answer_to_the_adding(answer: object, told: list[tuple[str, str]]) -> None:
    desk = with_channel("READY")
    del desk.platform.channels["4001"]
    desk.platform.instead["AddChannel"] = answer
    assert story(back(desk)) == told


def test_a_group_that_is_answered_with_what_is_there_already_ends_the_session() -> None:
    desk = Desk(
        FakePlatform().with_channels(channel("4001", "READY")).with_group("Sales", channel("4002", "READY"))
    ).started()
    desk.platform.joined.clear()
    desk.platform.instead["AddGroup"] = GroupReport(name="Sales", channels=(channel("4001"),))
    assert story(back(desk)) == ENDS


# Restarts in the middle


def test_a_restart_in_the_middle_of_a_reconciliation_begins_it_anew() -> None:
    desk = with_channel("READY")
    desk.platform.channels["4001"] = channel("4001", "NOTREADY")
    desk.feed(Restarted())
    desk.core.handle(PlatformReturned(ALL_FEATURES), now=desk.now)
    assert desk.core.busy
    assert desk.feed(Restarted()) == []
    assert not desk.core.busy
    assert story(desk.wait(0.0)) == pair(".c1")


def test_a_request_under_way_is_answered_that_its_outcome_was_not_heard() -> None:
    desk = with_channel("READY")
    ask_only(desk, "channel.notready", ".c1")
    told = desk.feed(Restarted())
    assert story(told) == [("TIMEOUT", ".c1")]
    assert told[0]["requestid"] == "r1"


def test_from_a_restart_on_a_session_goes_by_the_settings_of_then() -> None:
    desk = with_channel("READY")
    desk.bind()
    desk.feed(Restarted(CoreSettings(not_ready_after_s=7.0, debug=True)))
    assert desk.core.next_deadline() == desk.now + 7.0
    assert "context" in desk.ask("channel.notready", ".c1")[0]


def ask_only(desk: Desk, command: str, target: str) -> None:
    """Send a request, and let the platform's answer be lost."""
    message: JsonObject = {"command": command, "target": f"s1{target}", "data": {}, "requestid": "r1"}
    desk.core.handle(RequestCame(read_request(message)), now=desk.now)
    assert desk.core.busy


def test_the_grace_begins_at_the_restart_where_a_desktop_was_there_and_goes_on_where_none_was() -> None:
    desk = with_channel("READY")
    desk.bind()
    desk.now = 1000.0
    desk.feed(Restarted())
    assert desk.core.next_deadline() == 1030.0
    desk.now = 1010.0
    desk.feed(Restarted())
    assert desk.core.next_deadline() == 1030.0
