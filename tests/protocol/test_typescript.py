"""The declarations name every message and part once, and use no name that they do not declare."""

import re

import pytest

from protocol.schema import definitions
from protocol.typescript import declarations, type_name

TEXT = declarations()


def declared(name: str) -> str:
    """The declaration of one type, comment included."""
    return next(block for block in TEXT.split("\n\n") if re.search(rf"^export \w+ {name}\b", block, re.MULTILINE))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("session.addchannel.request", "SessionAddchannelRequest"),
        ("prepareSession.confirm", "PrepareSessionConfirm"),
        ("ChannelInfo", "ChannelInfo"),
        ("failure", "Failure"),
    ],
)
def test_type_names(name: str, expected: str) -> None:
    assert type_name(name) == expected


def test_every_schema_is_declared_once_and_nothing_else() -> None:
    names = re.findall(r"^export (?:interface|type) (\w+)", TEXT, re.MULTILINE)
    assert names == [type_name(name) for name in definitions()]
    assert len(names) == len(set(names))


def test_every_name_that_is_used_is_declared() -> None:
    bare = re.sub(r"/\*\*.*?\*/|\"[^\"]*\"", "", TEXT)
    used = set(re.findall(r"\b[A-Z]\w*", bare)) - {"Readonly", "ReadonlyArray", "Record"}
    assert used == {type_name(name) for name in definitions()}


def test_brackets_close() -> None:
    for opening, closing in ("{}", "<>", "()"):
        bare = re.sub(r"/\*\*.*?\*/", "", TEXT)
        assert bare.count(opening) == bare.count(closing)


def test_an_object_is_an_interface_and_what_may_be_absent_is_optional() -> None:
    text = declared("ChannelInfo")
    assert text.startswith("/** A channel, always whole.")
    assert "export interface ChannelInfo {\n  readonly id: string;\n" in text
    assert "  readonly interactions: ReadonlyArray<string>;\n" in text
    assert "  readonly reason?: ReasonInfo;\n" in text


def test_only_attached_data_that_are_removed_are_null() -> None:
    lines = [line for line in re.sub(r"/\*\*.*?\*/", "", TEXT).splitlines() if "null" in line]
    values = "string | Readonly<Record<string, string>>"
    assert lines == [f"  readonly interactiondata: Readonly<Record<string, {values} | null>>;"]
    assert f"  readonly interactiondata: Readonly<Record<string, {values}>>;" in declared("DataChanged").splitlines()


COMMAND_OF_RECORDING = '  readonly command: "interaction.recording.start" | "interaction.request.recording.start";'


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Switch", 'export type Switch = "disable" | "enable";'),
        ("Target", "export type Target = string;"),
        ("NoData", "export type NoData = Readonly<Record<string, unknown>>;"),
        ("ServerBatch", "export type ServerBatch = ReadonlyArray<ServerMessage>;"),
        ("Dial", "  readonly extensions?: Readonly<Record<string, string>>;"),
        ("SessionStartRequest", '  readonly command: "session.start" | "session.request.start";'),
        ("ChannelgroupNotreadySuccess", "  readonly data: NotReady & ChannelStates;"),
        ("Failure", "  readonly original: unknown;"),
        ("NewChannelGroup", "  readonly chat: boolean;"),
        ("Resume", "  readonly seq: number;"),
        ("GetData", "  readonly keys?: ReadonlyArray<string>;"),
        ("InteractionPreview", "  readonly transcript?: ReadonlyArray<MessageInfo>;"),
        ("InteractionRecordingStartRequest", COMMAND_OF_RECORDING),
    ],
)
def test_forms(name: str, line: str) -> None:
    assert line in declared(name).splitlines()


def test_an_older_spelling_is_another_form_of_the_object() -> None:
    assert declared("RemoveChannelGroup").partition("*/\n")[2] == (
        "export type RemoveChannelGroup = {\n"
        "    readonly channelgroup: ObjectRef;\n"
        "  }\n"
        "  | {\n"
        "    readonly channel: ObjectRef;\n"
        "  };"
    )


def test_of_several_properties_exactly_one_is_there() -> None:
    text = re.sub(r" */\*\*.*?\*/\n", "", declared("TransferMedia"))
    assert text == (
        "export type TransferMedia = {\n"
        "  readonly queue?: string;\n"
        "  readonly agent?: string;\n"
        "  readonly note?: string;\n"
        "} & ({ readonly queue: string; readonly agent?: never } | { readonly agent: string; readonly queue?: never });"
    )


def test_a_long_union_has_a_line_for_each_of_its_options() -> None:
    lines = declared("ServerMessage").splitlines()
    assert lines[1] == "export type ServerMessage = PrepareSessionSuccess"
    assert lines[2] == "  | PrepareSessionFailure"
    assert lines[-1].endswith(";")
