"""What the Tab key offers."""

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from engine.talk.completion import TalkCompleter
from engine.talk.view import View
from tests.engine.talk.fake_server import SESSION, STARTED
from tests.engine.talk.story import ANSWERED, CHAT_OFFERED, CONSULTING, NOW, RINGING, event, view_after


@pytest.fixture
def view() -> View:
    view = View()
    view.begin(SESSION)
    for each in STARTED:
        view.take(each, NOW)
    group = {"id": "g1", "name": "Second line", "channels": []}
    view.take({"name": "channelgroup.created", "target": f"{SESSION}.g1", "data": {"channelgroup": group}}, NOW)
    return view


def offered(view: View, line: str) -> list[str]:
    """The line as it would be, for each offer."""
    completions = TalkCompleter(view).get_completions(Document(line), CompleteEvent())
    return [line[: len(line) + each.start_position] + each.text for each in completions]


def notes(view: View, line: str) -> dict[str, str]:
    completions = TalkCompleter(view).get_completions(Document(line), CompleteEvent())
    return {each.text: each.display_meta_text for each in completions}


def test_commands_that_are_open_come_first(view: View) -> None:
    assert offered(view, "session.")[:2] == ["session.logout", "session.addchannel"]
    assert "session.start" in offered(view, "session.")
    assert notes(view, "session.")["session.logout"] == "open"
    assert notes(view, "session.")["session.start"] == ""
    assert offered(view, "channel.")[0] == "channel.activate"


def test_a_verb_finds_its_commands(view: View) -> None:
    assert offered(view, "rea") == ["ready", "channelgroup.ready", "channel.ready"]
    assert offered(view, "getd") == ["session.request.getdirectory", "interaction.getdata"]


def test_a_group_is_offered_beside_its_channels(view: View) -> None:
    assert offered(view, "ready @") == ["ready @4001", 'ready @"Second line"']
    assert offered(view, "activate @") == ["activate @4001", 'activate @"Second line"']


def test_only_what_can_be_written_to_is_offered_for_writing() -> None:
    view = view_after(RINGING, ANSWERED, CHAT_OFFERED)
    assert offered(view, "say @") == ["say @i2"]
    assert offered(view, "consult @") == ["consult @i1"]
    assert offered(view, "reply @") == []


def test_the_clients_own_words_are_offered(view: View) -> None:
    assert offered(view, "q") == ["quit"]
    assert offered(view, "exi") == ["exit"]
    assert offered(view, "")[-6:] == ["help", "objects", "state", "raw", "quit", "exit"]
    assert offered(view, "raw ") == ["raw on", "raw off"]
    assert offered(view, "raw of") == ["raw off"]
    assert offered(view, "help channel.rea") == ["help channel.ready"]
    assert offered(view, "quit ") == []


def test_targets_are_those_that_the_command_can_mean(view: View) -> None:
    assert offered(view, "channel.activate @") == ["channel.activate @4001"]
    assert notes(view, "channel.activate @") == {"@4001": "INACTIVE"}
    assert offered(view, "channel.activate @5") == []
    assert offered(view, "session.start @") == ["session.start @session"]
    assert offered(view, "unbindSession @") == ["unbindSession @session"]


def test_a_target_with_spaces_is_offered_in_quotes(view: View) -> None:
    assert offered(view, "channelgroup.ready @") == ['channelgroup.ready @"Second line"']


def test_keys_are_offered_once(view: View) -> None:
    assert offered(view, "session.addchannel ") == [
        "session.addchannel channel.endpoint=",
        "session.addchannel channel.type=",
    ]
    assert offered(view, "session.addchannel channel.endpoint=4001 ch") == [
        "session.addchannel channel.endpoint=4001 channel.type="
    ]
    assert notes(view, "channel.notready ")["reason.code="] == "text of 1 to 128 characters; may be left out"


def test_values_are_offered_where_there_are_few(view: View) -> None:
    assert offered(view, "addchannelgroup channelgroup.chat=") == [
        "addchannelgroup channelgroup.chat=true",
        "addchannelgroup channelgroup.chat=false",
    ]
    assert "session.removechannel channel.id=$4001" in offered(view, "session.removechannel channel.id=$")
    assert offered(view, "session.addchannel channel.endpoint=") == []


def test_nothing_is_offered_after_what_is_no_command(view: View) -> None:
    assert offered(view, "nonsense ") == []
    assert offered(view, "ready ") == []


# Calls and chats


def test_short_words_come_first_and_those_that_are_open_before_the_others() -> None:
    words = offered(view_after(RINGING), "")
    assert words[:4] == ["answer", "reject", "hangup", "set"]
    assert words.index("interaction.accept") < words.index("interaction.consult")
    assert notes(view_after(RINGING), "")["answer"] == "open"
    assert notes(view_after(RINGING), "")["hold"] == ""
    assert offered(view_after(RINGING), "ho") == ["hold", "conversation.hold"]


def test_targets_to_which_the_command_is_open_come_first_and_say_what_they_are() -> None:
    view = view_after(RINGING, ANSWERED, CONSULTING, CHAT_OFFERED)
    assert offered(view, "retrieve @") == ["retrieve @v1", "retrieve @v2"]
    assert notes(view, "retrieve @") == {"@v1": "+15550100 (Anna Moss) HELD", "@v2": "4002 DIALING"}
    assert offered(view, "accept @") == ["accept @i2", "accept @i1"]
    assert notes(view, "accept @")["@i2"] == "chat from Carol ALERTING"


def test_a_target_can_be_named_by_whom_it_is_with() -> None:
    view = view_after(RINGING, ANSWERED, CHAT_OFFERED)
    assert offered(view, "set @Ca") == ["set @Carol"]
    assert offered(view, "hold @+1") == ["hold @+15550100"]
    assert offered(view, "set @An") == ['set @"Anna Moss"']
    assert offered(view, 'set @"An') == ['set @"Anna Moss"']


def test_a_word_of_several_commands_offers_the_targets_of_all() -> None:
    view = view_after(RINGING, CHAT_OFFERED)
    assert offered(view, "answer @") == ["answer @v1", "answer @i1", "answer @i2"]


def test_reasons_and_dispositions_are_those_that_events_have_listed(view: View) -> None:
    assert offered(view, "notready ") == ["notready reason.code="]
    lunch, busy = {"code": "LUNCH", "name": "Lunch"}, {"code": "BUSY", "name": "Busy"}
    view.take(event("session.externalnotreadyreasons.updated", SESSION, reasons=[lunch, busy]), NOW)
    view.take(event("session.externallogoutreasons.updated", SESSION, reasons=[{"code": "SICK", "name": "Sick"}]), NOW)
    view.take(event("channel.externaldispositions.updated", f"{SESSION}.c1", dispositions=[busy]), NOW)
    assert offered(view, "notready ") == ["notready LUNCH", "notready BUSY", "notready reason.code="]
    assert offered(view, "notready L") == ["notready LUNCH"]
    assert offered(view, "notready LUNCH ") == ["notready LUNCH reason.code="]
    assert offered(view, "channel.notready @4001 reason.code=") == [
        "channel.notready @4001 reason.code=LUNCH",
        "channel.notready @4001 reason.code=BUSY",
    ]
    assert notes(view, "channel.notready reason.code=") == {"reason.code=LUNCH": "Lunch", "reason.code=BUSY": "Busy"}
    assert offered(view, "complete B") == ["complete BUSY"]
    assert offered(view, "logout ")[0] == "logout SICK"


def test_numbers_are_those_of_the_directory(view: View) -> None:
    entries = [{"name": "Front desk", "number": "4900", "type": "internal"}]
    done = {"command": "session.request.getdirectory", "target": SESSION, "result": "success"}
    view.take({**done, "data": {"entries": entries}}, NOW)
    assert offered(view, "dial ")[0] == "dial 4900"
    assert notes(view, "consult ")["4900"] == "Front desk"
    assert offered(view, "interaction.consult destination=") == ["interaction.consult destination=4900"]


def test_the_keys_of_attached_data_are_those_there_are() -> None:
    view = view_after(RINGING)
    assert offered(view, "set ") == ["set order=", "set queue="]
    assert offered(view, "set order=1 ") == ["set order=1 queue="]


def test_what_is_said_is_not_completed() -> None:
    view = view_after(CHAT_OFFERED)
    assert offered(view, "say ") == []
    assert offered(view, "say Hello @") == []
