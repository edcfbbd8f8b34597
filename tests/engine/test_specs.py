"""specs/ is what the code says, its pages hang together, and the code's references to them lead somewhere."""

import json
import re
from pathlib import Path

import attrs
import pytest

from engine import specs
from protocol.commands import COMMANDS
from protocol.events import EVENTS
from protocol.platform import CALLS, CallRow, Feature, InteractionReport

ROOT = Path(specs.__file__).parents[1]
SPECS = ROOT / "specs"
PAGES = sorted(SPECS.glob("*.md"))
DOCUMENTS = specs.documents()
COMMANDS_PAGE, EVENTS_PAGE = DOCUMENTS["commands.md"], DOCUMENTS["events.md"]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# Writing and checking


def test_the_files_in_specs_are_what_the_code_says() -> None:
    assert specs.check(SPECS) == []


def test_what_is_written_passes_the_check(tmp_path: Path) -> None:
    specs.write(tmp_path)
    assert specs.check(tmp_path) == []
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == set(DOCUMENTS)


def test_check_tells_of_changed_and_missing_files(tmp_path: Path) -> None:
    specs.write(tmp_path)
    changed, missing = tmp_path / "commands.md", tmp_path / "schema" / "messages.schema.json"
    changed.write_text(changed.read_text("utf-8") + "more\n", "utf-8")
    missing.unlink()
    remedy = f"run `ixp spec write {tmp_path}`"
    assert specs.check(tmp_path) == [
        f"{missing}: is missing; {remedy}",
        f"{changed}: is not what the code says; {remedy}",
    ]


def test_writing_again_replaces_what_is_there(tmp_path: Path) -> None:
    specs.write(tmp_path)
    (tmp_path / "events.md").write_text("old", "utf-8")
    specs.write(tmp_path)
    assert specs.check(tmp_path) == []


# What each file is


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_generated_file_says_so(name: str) -> None:
    text = DOCUMENTS[name]
    if name.endswith(".json"):
        assert specs.NOTICE in {json.loads(text).get("$comment"), json.loads(text).get("x-generated")}
    else:
        assert specs.NOTICE in text.splitlines()[0]
    assert text.endswith("\n")


def test_asyncapi_shows_the_golden_messages() -> None:
    messages = json.loads(DOCUMENTS["asyncapi.json"])["components"]["messages"]
    assert [example["name"] for example in messages["bindSession.success"]["examples"]] == [
        "bindSession.success",
        "bindSession.success.RESET",
        "bindSession.success.RESUMED",
    ]


def test_an_installed_package_has_no_examples_to_show(tmp_path: Path) -> None:
    messages = json.loads(specs.documents(tmp_path / "not there")["asyncapi.json"])["components"]["messages"]
    assert not any("examples" in message for message in messages.values())


def test_a_folder_with_examples_gets_a_document_that_shows_these(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "channel.ready.request.json").write_text('{"command": "channel.ready"}', "utf-8")
    specs.write(tmp_path)
    messages = json.loads((tmp_path / "asyncapi.json").read_text("utf-8"))["components"]["messages"]
    shown = {name: message["examples"] for name, message in messages.items() if "examples" in message}
    payload = {"command": "channel.ready"}
    assert shown == {"channel.ready.request": [{"name": "channel.ready.request", "payload": payload}]}
    assert specs.check(tmp_path) == []


def test_examples_are_read_by_message(tmp_path: Path) -> None:
    for name in ("x.event.json", "x.event.ODD_ONE.json", "Context.json"):
        (tmp_path / name).write_text(f'{{"name": "{name}"}}', "utf-8")
    assert specs.read_examples(tmp_path) == {
        "x.event": {"x.event.ODD_ONE": {"name": "x.event.ODD_ONE.json"}, "x.event": {"name": "x.event.json"}},
        "Context": {"Context": {"name": "Context.json"}},
    }


def section(page: str, heading: str) -> str:
    """What stands below a heading of the second level."""
    return page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0].partition("\n# ")[0]


def test_commands_page_has_every_command() -> None:
    for name in COMMANDS:
        assert f"\n## {name}\n" in COMMANDS_PAGE
    text = section(COMMANDS_PAGE, "session.addchannelgroup")
    assert "Target: session. Also spelt `session.request.addchannelgroup`. Needs the feature `channelgroups`." in text
    assert "| `channelgroup.name` | yes | text of 1 to 128 characters |" in text
    assert "[channel group added](sequences.md#channel-group-added)" in text
    assert "Success data: that of the request." in text


@pytest.mark.parametrize(
    ("command", "row"),
    [
        ("prepareSession", "| `channelgroups[]` |  | text of 1 to 128 characters |"),
        ("prepareSession", "| `agent.id` | yes | text of 1 to 128 characters |"),
        ("channel.activate", "| `options` |  | object of texts |"),
        ("session.request.getdirectory", "| `entries[].number` | yes | text |"),
        ("session.removechannelgroup", "| `channelgroup.id` | yes | an id of letters, digits, _ and - |"),
        ("interaction.getdata", "| `keys[]` |  | text of 1 to 128 characters |"),
        ("interaction.getdata", "| `interactiondata` | yes | object; each value is text or object of texts |"),
        ("interaction.setdata", "| `interactiondata` | yes | object; each value is text, object of texts or null |"),
        ("interaction.transfer", "| `queue` | this or `agent` | text of 1 to 128 characters |"),
        ("interaction.transfer", "| `agent` | this or `queue` | text of 1 to 128 characters |"),
        ("interaction.transfer", "| `note` |  | text of at most 4096 characters |"),
        ("interaction.file.send", "| `file.size` |  | a whole number from 0 to 9007199254740991 |"),
        ("interaction.form.show", "| `form.fields` |  | object of texts |"),
        ("interaction.reply", "| `attachments[].url` | yes | an http or https URL |"),
        ("conversation.senddtmf", "| `digits` | yes | 1 to 32 of the digits 0-9 * # A-D |"),
    ],
)
def test_commands_page_shows_what_is_sent_and_what_comes_back(command: str, row: str) -> None:
    assert row in section(COMMANDS_PAGE, command).splitlines()


def test_commands_page_says_what_words_mean() -> None:
    (row,) = (line for line in section(COMMANDS_PAGE, "bindSession").splitlines() if "`outcome`" in line)
    assert row.startswith("| `outcome` | yes | one of `NEW`, `RESET`, `RESUMED`. NEW: nothing was sent before.")


def test_commands_page_says_what_a_command_needs() -> None:
    page = COMMANDS_PAGE
    assert "Needs a customer's side that can do `screenshot`." in section(page, "interaction.screenshot.request")
    assert page.count("Needs a customer's side") == 5
    assert "Needs the feature `recording`." in section(page, "interaction.recording.pause")
    assert "Also spelt `interaction.request.recording.pause`." in section(page, "interaction.recording.pause")


def test_events_page_has_every_event() -> None:
    page = EVENTS_PAGE
    for name in EVENTS:
        assert f"\n## {name}\n" in page
    assert "| [channelgroup.infochanged](#channelgroupinfochanged) | channelgroup | nothing in this release |" in page
    assert (
        "| [supervisor.message](#supervisormessage) | session | [a session that is watched](supervision.md) |" in page
    )
    assert "| [session.unbound](#sessionunbound) | session | the connection, not the session |" in page
    assert page.count("Carries no `seq`.") == sum(not row.numbered for row in EVENTS.values())
    updated = section(page, "state.updated")
    assert "| `type` | yes | one of `disable`, `enable` |" in updated
    assert "| `reason.code` | yes | text |" in updated


def test_events_page_shows_an_object_once_that_several_events_carry() -> None:
    page = EVENTS_PAGE
    for name in ("channel.created", "channel.infochanged"):
        assert "| `channel` | yes | [ChannelInfo](#channelinfo) |" in section(page, name)
    assert "| `transcript[]` |  | [MessageInfo](#messageinfo) |" in section(page, "interaction.preview")
    assert page.count("\n## ChannelInfo\n") == page.count("\n## MessageInfo\n") == 1
    assert "| `endpoint` | yes | text |" in section(page, "ChannelInfo")
    assert "| `party` | yes | [PartyInfo](#partyinfo) |" in section(page, "MessageInfo")
    assert page.count("UNAVAILABLE: another agent holds it.") <= 3


def test_events_page_shows_small_objects_and_those_of_one_event_where_they_stand() -> None:
    page = EVENTS_PAGE
    assert "| `interaction.id` | yes | text |" in section(page, "interaction.disposed")
    assert "| `disposition.note` |  | text |" in section(page, "interaction.completed")
    assert "| `form.values` | yes | object of texts |" in section(page, "interaction.form.submitted")
    assert "| `file.size` |  | a whole number from 0 to 9007199254740991 |" in section(page, "interaction.file.added")
    assert "REMOTE: by the contact, after it had started." in section(page, "interaction.ended")


# The pages that people write


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
        if link.startswith("https://"):
            continue  # tests do not leave this machine
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_code_refers_to_pages_and_headings_that_exist() -> None:
    found = 0
    for path in (path for layer in ("protocol", "statemachines", "engine") for path in (ROOT / layer).rglob("*.py")):
        text = re.sub(r"\s*\n\s*#?\s*", " ", path.read_text("utf-8"))
        for name, headings in re.findall(r"specs/([\w-]+\.md)((?:,? (?:and )?\"[^\"]+\")*)", text):
            assert (SPECS / name).exists(), f"{path}: {name}"
            for heading in re.findall(r"\"([^\"]+)\"", headings):
                lines = (SPECS / name).read_text("utf-8").splitlines()
                assert f"## {heading}" in lines, f"{path}: {name}, {heading}"
                found += 1
    assert found > 10


def row_of(call: CallRow) -> list[str]:
    """The cells of a call's row in the tables of the adapter page."""
    text = (SPECS / "adapter-interface.md").read_text("utf-8")
    line = re.search(rf"^\| [^|]*`{call.call.__name__}`[^|]*\|.*$", text, re.MULTILINE)
    assert line, call.call
    return [cell.strip() for cell in line[0].strip("|").split("|")]


@pytest.mark.parametrize("call", CALLS.values(), ids=lambda row: row.call.__name__)
def test_adapter_page_has_every_call_with_its_answer(call: CallRow) -> None:
    answer = "none" if call.answer is type(None) else f"`{call.answer.__name__}`"
    match row_of(call):
        case [_, _, said, _]:
            assert said == (f"tuple of {answer}" if call.listed else answer)
        case [_, _, does] if call.answer is InteractionReport:  # what the table promises of all its calls
            assert "answers" not in does
        case [_, _, does]:
            assert re.search(rf"answers (the )?{answer}", does)
        case other:
            pytest.fail(f"{other} are no cells of either table")


@pytest.mark.parametrize("call", CALLS.values(), ids=lambda row: row.call.__name__)
def test_adapter_page_names_the_properties_of_every_call(call: CallRow) -> None:
    said = row_of(call)[1]
    if said != "see the classes":
        names = [field.name for field in attrs.fields(call.call)]
        about = {"endpoint", "interaction"} if len(row_of(call)) == 3 else set()
        assert set(re.findall(r"`(\w+)`", said)) == set(names) - about


def test_adapter_page_has_every_feature() -> None:
    text = (SPECS / "adapter-interface.md").read_text("utf-8")
    for feature in Feature:
        assert f"`{feature}`" in text


def test_readme_names_every_page_and_file() -> None:
    text = (SPECS / "README.md").read_text("utf-8")
    for name in {*DOCUMENTS, *(page.name for page in PAGES)} - {"README.md"}:
        assert f"]({name})" in text, name
