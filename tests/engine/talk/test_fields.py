"""The data of commands as dotted keys."""

import pytest

from engine.talk.fields import Field, field_at, fields_of
from protocol.commands import COMMANDS


def keys(command: str) -> list[str]:
    return list(fields_of(COMMANDS[command]))


def test_keys_are_the_leaves_of_the_commands_class_in_its_order() -> None:
    assert keys("session.addchannelgroup") == [
        "channelgroup.name",
        "channelgroup.chat",
        "channelgroup.email",
        "channelgroup.callback",
    ]
    assert keys("channel.ready") == []


def test_a_field_knows_its_type_in_words() -> None:
    fields = fields_of(COMMANDS["session.addchannel"])
    assert fields["channel.endpoint"] == Field("channel.endpoint", str, "text of 1 to 128 characters", True)
    assert fields["channel.type"].form == "one of Telephony, Chat, Email, Callback (in any case)"
    assert fields_of(COMMANDS["session.addchannelgroup"])["channelgroup.chat"].kind is bool


def test_what_lies_in_an_optional_part_may_be_left_out() -> None:
    assert not fields_of(COMMANDS["channel.notready"])["reason.code"].required
    prepare = fields_of(COMMANDS["prepareSession"])
    assert [key for key, field in prepare.items() if field.required] == ["override", "agent.id"]


def test_every_command_of_the_registry_has_fields() -> None:
    for command in COMMANDS.values():
        assert all(field.form for field in fields_of(command).values())


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("options", ("options",)),
        ("options.pin", ("options", "pin")),
        ("options.a.b", ("options", "a.b")),
    ],
)
def test_keys_of_ones_own_may_follow_a_field_that_takes_any(key: str, path: tuple[str, ...]) -> None:
    found = field_at(COMMANDS["channel.activate"], key)
    assert found is not None
    assert found[1] == path


def test_the_older_spelling_of_a_key_is_found_and_kept() -> None:
    found = field_at(COMMANDS["session.removechannelgroup"], "channel.id")
    assert found is not None
    assert (found[0].key, found[1]) == ("channelgroup.id", ("channel", "id"))


def test_other_keys_are_not_there() -> None:
    assert field_at(COMMANDS["session.addchannel"], "channel") is None
    assert field_at(COMMANDS["session.addchannel"], "channel.endpoint.x") is None


@pytest.mark.parametrize(
    ("command", "key", "text", "value"),
    [
        ("session.addchannel", "channel.endpoint", "4001", "4001"),
        ("session.addchannelgroup", "channelgroup.chat", "true", True),
        ("session.addchannelgroup", "channelgroup.chat", "false", False),
        ("bindSession", "resume.seq", "12", 12),
        ("prepareSession", "channelgroups", '["Default"]', ["Default"]),
        ("channel.activate", "options", '{"pin": "1"}', {"pin": "1"}),
    ],
)
def test_a_text_is_read_as_the_field_has_it(command: str, key: str, text: str, value: object) -> None:
    assert fields_of(COMMANDS[command])[key].read(text) == value


@pytest.mark.parametrize(
    ("command", "key", "text", "expected"),
    [
        ("session.addchannelgroup", "channelgroup.chat", "yes", "true or false"),
        ("session.addchannelgroup", "channelgroup.chat", "1", "true or false"),
        ("bindSession", "resume.seq", "x", "a whole number"),
        ("prepareSession", "channelgroups", "Default", "an array"),
        ("channel.activate", "options", "x", "an object of texts"),
    ],
)
def test_a_text_that_does_not_fit_is_refused_in_words(command: str, key: str, text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"^{key}: expected {expected}.*, not '{text}'$"):
        fields_of(COMMANDS[command])[key].read(text)
