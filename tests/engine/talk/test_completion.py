"""What the Tab key offers."""

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from engine.talk.completion import TalkCompleter
from engine.talk.view import View
from tests.engine.talk.fake_server import SESSION, STARTED


@pytest.fixture
def view() -> View:
    view = View()
    view.begin(SESSION)
    for event in STARTED:
        view.take(event)
    group = {"id": "g1", "name": "Second line", "channels": []}
    view.take({"name": "channelgroup.created", "target": f"{SESSION}.g1", "data": {"channelgroup": group}})
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
    assert offered(view, "rea") == ["channelgroup.ready", "channel.ready"]
    assert offered(view, "getd") == ["session.request.getdirectory"]


def test_the_clients_own_words_are_offered(view: View) -> None:
    assert offered(view, "q") == ["quit"]
    assert offered(view, "")[-4:] == ["help", "objects", "raw", "quit"]
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
