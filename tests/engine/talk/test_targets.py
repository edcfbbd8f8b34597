"""Which object a line is about."""

from collections.abc import Iterable
from typing import Any

import attrs
import pytest

from engine.talk.lines import ShorthandError
from engine.talk.shorthand import Ask, parse
from engine.talk.targets import describe
from engine.talk.view import View
from tests.engine.talk.fake_server import SESSION, STARTED, JsonObject, about, channel
from tests.engine.talk.story import (
    ANNA,
    ANSWERED,
    CALL,
    CHAT,
    CHAT_OFFERED,
    CHAT_STARTED,
    CHATS,
    CONSULT,
    CONSULT_OVER,
    CONSULTED,
    CONSULTING,
    HUNG_UP,
    LEG,
    NOW,
    PHONE,
    RINGING,
    event,
    interaction,
    updated,
    view_after,
)
from tests.engine.talk.test_shorthand import CHAT as GROUP_CHAT
from tests.engine.talk.test_shorthand import GROUP, SECOND, problem, request, view_of
from tests.engine.talk.test_shorthand import PHONE as FIRST

SECOND_CHAT: tuple[JsonObject, ...] = (
    event("interaction.created", f"{CHATS}.i3", **interaction("STARTED", chat=True, id="i3", contact="contact3")),
    updated(f"{CHATS}.i3", "+interaction.message.send", "+interaction.setdata", state="STARTED"),
    event("interaction.party.joined", f"{CHATS}.i3", party={"id": "p3", "name": "Dora", "role": "CUSTOMER"}),
)


def asked(line: str, view: View) -> tuple[str, str | None]:
    """The command and the target of what a line becomes."""
    ask = parse(line)
    assert isinstance(ask, Ask)
    made = ask.resolve(view)
    return made["command"], made.get("target")


def refused(line: str, view: View) -> str:
    with pytest.raises(ShorthandError) as raised:
        asked(line, view)
    return str(raised.value)


# Sessions, groups and channels


def test_of_several_channels_the_group_can_be_meant_instead() -> None:
    view = view_of(FIRST, SECOND, GROUP)
    for path, name in (("c1", "channel.ready"), ("c2", "channel.ready"), ("g1", "channelgroup.ready")):
        view.take(updated(f"{SESSION}.{path}", f"+{name}"), NOW)
    assert refused("ready", view).endswith("; or, for all of a group, @Default")
    assert asked("ready @Default", view)[0] == "channelgroup.ready"


def test_only_what_can_be_written_to_is_meant_by_writing() -> None:
    view = view_after(RINGING, ANSWERED)
    assert refused("say Hello", view) == "say wants a chat or an email, and there is none; wait for one"
    assert refused("reply Hello", view) == "reply wants an email, and there is none; wait for one"
    assert asked("reply @i1 Hello", view) == ("interaction.reply", CALL)


def test_when_the_session_is_over_nothing_can_be_added_to_it() -> None:
    view = view_after(RINGING, [event("session.disposed", SESSION, cause="LOGOUT", message="m")])
    assert refused("ready", view) == "the session is over; quit, and run `ixp talk` again"


def test_session_commands_go_to_the_session() -> None:
    assert request("session.start") == {"command": "session.start", "target": "s1", "data": {}}
    assert request("unbindSession")["target"] == "s1"


def test_prepare_session_has_no_target() -> None:
    line = "prepareSession override=true agent.id=agent1 agent.password=demo"
    assert request(line) == {
        "command": "prepareSession",
        "data": {"override": True, "agent": {"id": "agent1", "password": "demo"}},
    }
    assert problem("prepareSession @s1 override=true agent.id=a") == (
        "column 16: prepareSession has no target; leave @s1 out"
    )


def test_what_is_bound_is_what_was_prepared() -> None:
    view = view_after()
    assert asked("bindSession", view) == ("bindSession", SESSION)
    view.prepared = "s2"
    assert asked("bindSession", view) == ("bindSession", "s2")
    assert asked("unbindSession", view) == ("unbindSession", SESSION)
    assert asked("session.start", view) == ("session.start", SESSION)


def test_commands_about_any_session_may_name_one_that_is_not_known_here() -> None:
    view = view_after()
    assert asked("bindSession @s7", view) == ("bindSession", "s7")
    assert asked("bindSession @session", view) == ("bindSession", SESSION)
    assert "nothing here is called 's7'" in refused("session.start @s7", view)


@pytest.mark.parametrize("name", ["s1.c1", "c1", "4001"])
def test_a_target_is_named_by_path_id_or_endpoint(name: str) -> None:
    assert request(f"channel.ready @{name}", FIRST, SECOND)["target"] == "s1.c1"


@pytest.mark.parametrize("name", ["s1.g1", "g1", "Default"])
def test_a_group_is_named_by_path_id_or_name(name: str) -> None:
    assert request(f"channelgroup.ready @{name}", FIRST, GROUP)["target"] == "s1.g1"


@pytest.mark.parametrize("name", ["s1", "session"])
def test_the_session_can_be_named_too(name: str) -> None:
    assert request(f"session.start @{name}")["target"] == "s1"


def test_a_name_with_spaces_is_quoted() -> None:
    assert request('channel.ready @"Second line"', GROUP, GROUP_CHAT)["target"] == "s1.g1.c3"


def test_a_target_left_out_is_the_only_one_there_is() -> None:
    assert request("channel.ready", FIRST, GROUP)["target"] == "s1.c1"
    assert request("channelgroup.ready", FIRST, GROUP)["target"] == "s1.g1"


def test_a_target_left_out_where_there_are_several_is_asked_for() -> None:
    assert problem("channel.ready", FIRST, SECOND) == "channel.ready could mean several; write one of @4001, @4002"
    assert problem("ready", FIRST, GROUP_CHAT) == 'ready could mean several; write one of @4001, @"Second line"'


def test_a_target_left_out_is_the_only_one_to_which_the_command_is_open() -> None:
    view = view_of(FIRST, SECOND)
    view.take(updated("s1.c2", "+channel.ready", loginstate="ACTIVE", agentstate="NOTREADY"), NOW)
    assert asked("ready", view) == ("channel.ready", "s1.c2")
    view.take(updated("s1.c1", "+channel.ready", loginstate="ACTIVE", agentstate="NOTREADY"), NOW)
    assert refused("ready", view) == "ready could mean several; write one of @4001, @4002"


def test_a_verb_of_groups_and_channels_is_the_channels_unless_none_is_open() -> None:
    view = view_of(FIRST, GROUP)
    view.take(updated("s1.g1", "+channelgroup.ready", state="INITIALIZED"), NOW)
    assert asked("ready", view) == ("channelgroup.ready", "s1.g1")
    view.take(updated("s1.c1", "+channel.ready", loginstate="ACTIVE", agentstate="NOTREADY"), NOW)
    assert asked("ready", view) == ("channel.ready", "s1.c1")
    assert asked("ready @Default", view) == ("channelgroup.ready", "s1.g1")


def test_a_name_makes_clear_which_command_is_meant() -> None:
    view = view_of(FIRST, GROUP)
    assert asked("notready @4001 LUNCH", view) == ("channel.notready", "s1.c1")
    assert asked("notready @Default LUNCH", view) == ("channelgroup.notready", "s1.g1")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("channelgroup.ready", "a channelgroup, and there is none; add one with session.addchannelgroup"),
        ("hold", "a conversation, and there is none; wait for one, or dial"),
        ("complete", "an interaction, and there is none; wait for one, or dial"),
        ("answer", "a conversation or an interaction, and there is none; wait for one, or dial"),
    ],
)
def test_a_target_left_out_where_there_is_none_says_so(line: str, said: str) -> None:
    assert problem(line, FIRST) == f"{line} wants {said}"


def test_a_channel_is_missed_before_there_is_one() -> None:
    said = "channel.ready wants a channel, and there is none; add one with session.addchannel"
    assert problem("channel.ready", GROUP) == said
    assert problem("ready").endswith("and there is none; add one with session.addchannel")


def test_an_unknown_name_brings_those_there_are() -> None:
    said = "nothing here is called '4003'; write one of @4001, @4002"
    assert problem("channel.ready @4003", FIRST, SECOND) == said
    assert problem("channel.ready @4003") == "nothing here is called '4003'; there is no channel yet"
    assert problem("answer @4003", FIRST) == (
        "nothing here is called '4003'; there is no conversation or interaction yet"
    )


def test_a_name_of_another_kind_is_refused() -> None:
    assert problem("channel.ready @Default", FIRST, GROUP) == (
        "Default is a channelgroup, not a channel; write one of @4001"
    )
    assert problem("hold @4001", FIRST) == "4001 is a channel, not a conversation; there is no conversation yet"
    assert problem("complete @session", FIRST) == (
        "session is a session, not an interaction; there is no interaction yet"
    )


def test_a_name_stands_for_nothing_above_or_below_but_calls_and_their_legs() -> None:
    view = view_after(RINGING)
    assert refused("complete @session", view).startswith("session is a session, not an interaction; write one of @i1")
    assert refused("channel.ready @v1", view).startswith("v1 is a conversation, not a channel; write one of @4001")
    view = view_of(GROUP, GROUP_CHAT)
    view.take(updated("s1.g1", "+channelgroup.ready", state="INITIALIZED"), NOW)
    assert asked("ready @c3", view) == ("channel.ready", "s1.g1.c3"), "and not the group, to which it is open"


def test_of_objects_with_the_same_name_the_one_that_fits_is_meant() -> None:
    same = ("channelgroup", "g9", "4001")
    assert request("channel.ready @4001", FIRST, same)["target"] == "s1.c1"
    assert request("channelgroup.ready @4001", FIRST, same)["target"] == "s1.g9"


def test_a_name_that_fits_several_is_asked_for_by_path() -> None:
    assert problem("channel.ready @4001", FIRST, ("channel", "g1.c7", "4001")) == (
        "4001 names several objects; write one of the paths s1.c1, s1.g1.c7"
    )


def test_an_id_goes_before_a_name() -> None:
    assert request("channel.ready @c1", ("channel", "c2", "c1"), FIRST)["target"] == "s1.c1"


def test_a_path_below_the_session_may_lead_to_nothing() -> None:
    """The server may be asked about objects that are gone."""
    assert request("channel.ready @s1.c9", FIRST)["target"] == "s1.c9"
    assert "nothing here" in problem("channel.ready @s2.c9", FIRST)
    assert "nothing here" in problem("channel.ready @s1..c9", FIRST)


# Interactions and conversations


@pytest.mark.parametrize(
    ("blocks", "line", "command", "target"),
    [
        ((RINGING,), "answer", "conversation.answer", LEG),
        ((RINGING,), "accept", "interaction.accept", CALL),
        ((RINGING,), "reject", "interaction.reject", CALL),
        ((RINGING,), "hangup", "conversation.release", LEG),
        ((RINGING, ANSWERED), "hold", "conversation.hold", LEG),
        ((RINGING, ANSWERED), "consult 4002", "interaction.consult", CALL),
        ((RINGING, ANSWERED), "transfer 4002", "conversation.blindtransfer", LEG),
        ((RINGING, ANSWERED, CONSULTING), "retrieve", "conversation.retrieve", LEG),
        ((RINGING, ANSWERED, CONSULTING), "hangup", "conversation.release", CONSULT),
        ((RINGING, ANSWERED, CONSULTING, CONSULTED), "transfer", "interaction.consulttransfer", CALL),
        ((RINGING, ANSWERED, CONSULTING, CONSULTED), "conference", "interaction.consultconference", CALL),
        ((RINGING, ANSWERED, CONSULTING, CONSULTED), "hold", "conversation.hold", CONSULT),
        ((RINGING, ANSWERED, CONSULTING, CONSULTED, CONSULT_OVER), "hangup", "conversation.release", LEG),
        ((RINGING, ANSWERED, HUNG_UP), "complete RESOLVED", "interaction.complete", CALL),
        ((CHAT_OFFERED,), "answer", "interaction.accept", CHAT),
        ((CHAT_OFFERED, CHAT_STARTED), "say Hello", "interaction.message.send", CHAT),
        ((CHAT_OFFERED, CHAT_STARTED), "hangup", "interaction.release", CHAT),
        ((CHAT_OFFERED, CHAT_STARTED), "release", "interaction.release", CHAT),
        ((CHAT_OFFERED, CHAT_STARTED), "transfer Sales", "interaction.transfer", CHAT),
        ((RINGING, ANSWERED, CHAT_OFFERED, CHAT_STARTED), "transfer Sales", "conversation.blindtransfer", LEG),
        ((RINGING, CHAT_OFFERED), "answer", "conversation.answer", LEG),
        ((RINGING, ANSWERED, CHAT_OFFERED), "answer", "interaction.accept", CHAT),
        ((RINGING, ANSWERED, CHAT_OFFERED, CHAT_STARTED), "hangup", "conversation.release", LEG),
        ((RINGING, ANSWERED, CHAT_OFFERED, CHAT_STARTED), "say Hello", "interaction.message.send", CHAT),
        ((RINGING, ANSWERED, CHAT_OFFERED, CHAT_STARTED), "set a=1", "interaction.setdata", CALL),
    ],
)
def test_a_word_alone_means_what_is_open_now_and_rather_what_is_in_focus(
    blocks: Iterable[Iterable[JsonObject]], line: str, command: str, target: str
) -> None:
    assert asked(line, view_after(*blocks)) == (command, target)


def test_what_is_open_to_nothing_goes_to_the_only_object_for_the_server_to_refuse() -> None:
    assert asked("hold", view_after(RINGING)) == ("conversation.hold", LEG)
    assert asked("say Hello", view_after(CHAT_OFFERED)) == ("interaction.message.send", CHAT)
    assert asked("answer", view_after(CHAT_OFFERED, CHAT_STARTED)) == ("interaction.accept", CHAT)


def test_nobody_is_written_to_by_chance() -> None:
    view = view_after(CHAT_OFFERED, CHAT_STARTED, SECOND_CHAT)
    assert refused("say Hello", view) == (
        "say could mean several; write one of @i2 (chat from Carol), @i3 (chat from Dora)"
    )
    assert asked("say @Dora Hello", view) == ("interaction.message.send", f"{CHATS}.i3")


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("conversation.release @v1", LEG),
        (f"conversation.release @{LEG}", LEG),
        ("conversation.release @+15550100", LEG),
        ('conversation.release @"Anna Moss"', LEG),
        ("conversation.release @4002", CONSULT),
        ("conversation.release @i1", CONSULT),
        ("conversation.release @4001", CONSULT),
        ("retrieve @i1", LEG),
        ("interaction.setdata @i1 interactiondata.a=1", CALL),
        ("set @Sales a=1", CALL),
        ("set @contact1 a=1", CALL),
        ("set @v2 a=1", CALL),
        ("set @4001 a=1", CALL),
        ("set @chat-2 a=1", CHAT),
        ("set @+15550100 a=1", CALL),
        ("hangup @i2", CHAT),
        ("hangup @i1", CONSULT),
    ],
)
def test_interactions_and_legs_are_named_by_whom_they_are_with_and_where_they_are(line: str, target: str) -> None:
    view = view_after(RINGING, ANSWERED, CONSULTING, CHAT_OFFERED, CHAT_STARTED)
    assert asked(line, view)[1] == target


def test_the_endpoint_means_the_newest_interaction_there_to_which_the_command_is_open() -> None:
    view = view_after(CHAT_OFFERED, CHAT_STARTED, SECOND_CHAT)
    assert asked("say @chat-2 Hello", view) == ("interaction.message.send", f"{CHATS}.i3")
    assert asked("hangup @chat-2", view) == ("interaction.release", CHAT)


def test_a_name_that_several_share_brings_them_all() -> None:
    view = view_after(CHAT_OFFERED, CHAT_STARTED, SECOND_CHAT)
    view.take(event("interaction.party.joined", CHAT, party={"id": "p3", "name": "Dora", "role": "AGENT"}), NOW)
    assert refused("say @Dora Hello", view) == (
        "Dora could mean several; write one of @i2 (chat from Carol), @i3 (chat from Dora)"
    )


def test_a_dollar_and_a_name_stand_for_an_id_of_any_kind() -> None:
    view = view_after(RINGING, ANSWERED)

    def id_of(name: str) -> Any:
        ask = parse(f'session.removechannel channel.id="${name}"')
        assert isinstance(ask, Ask)
        return ask.resolve(view)["data"]["channel"]["id"]

    assert [id_of(name) for name in ("i1", "v1", "4001", "Sales")] == ["i1", "v1", "c1", "i1"]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (PHONE, "@4001"),
        (CALL, "@i1 (call from +15550100 (Anna Moss))"),
        (CONSULT, "@v2 (4002)"),
        (CHAT, "@i2 (chat from Carol)"),
    ],
)
def test_what_can_be_chosen_says_what_it_is(target: str, words: str) -> None:
    view = view_after(RINGING, ANSWERED, CONSULTING, CHAT_OFFERED)
    assert describe(view.objects[target]) == words


def test_an_interaction_without_anybody_is_only_what_it_is() -> None:
    view = View()
    view.begin(SESSION)
    for each in (*STARTED, about("channel.created", channel("chat-2"))):
        view.take(each, NOW)
    view.take(event("interaction.created", CHAT, **interaction("ALERTING", chat=True)), NOW)
    assert describe(view.objects[CHAT]) == "@i2 (chat)"
    assert describe(attrs.evolve(view.objects[CHAT], people={"m1": ANNA})) == "@i2 (chat from +15550100 (Anna Moss))"
