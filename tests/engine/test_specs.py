"""specs/ is what the code says, its pages hang together, and the code's references to them lead somewhere."""

import json
import re
from pathlib import Path

import pytest

from engine import specs
from protocol.commands import COMMANDS
from protocol.events import EVENTS
from protocol.platform import CALLS, Feature

ROOT = Path(specs.__file__).parents[1]
SPECS = ROOT / "specs"
PAGES = sorted(SPECS.glob("*.md"))


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
    assert written == set(specs.documents())


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


@pytest.mark.parametrize("name", specs.documents())
def test_every_generated_file_says_so(name: str) -> None:
    text = specs.documents()[name]
    if name.endswith(".json"):
        assert specs.NOTICE in {json.loads(text).get("$comment"), json.loads(text).get("x-generated")}
    else:
        assert specs.NOTICE in text.splitlines()[0]
    assert text.endswith("\n")


def test_asyncapi_shows_the_golden_messages() -> None:
    messages = json.loads(specs.documents()["asyncapi.json"])["components"]["messages"]
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


def test_commands_page_has_every_command() -> None:
    page = specs.commands_page()
    for name in COMMANDS:
        assert f"\n## {name}\n" in page
    section = page.partition("\n## session.addchannelgroup\n")[2].partition("\n## ")[0]
    assert (
        "Target: session. Also spelt `session.request.addchannelgroup`. Needs the feature `channelgroups`." in section
    )
    assert "| `channelgroup.name` | yes | text of 1 to 128 characters |" in section
    assert "[channel group added](sequences.md#channel-group-added)" in section
    assert "Success data: that of the request." in section


def test_commands_page_shows_lists_maps_choices_and_what_is_left_for_later() -> None:
    page = specs.commands_page()
    for row in (
        "| `channelgroups[]` |  | text of 1 to 128 characters |",
        "| `options` |  | object of texts |",
        "| `outcome` | yes | one of `NEW`, `RESET`, `RESUMED` |",
        "| `entries[].number` | yes | text |",
    ):
        assert row in page
    assert page.count("This release always refuses it") == 1
    assert "always refuses it" in page.partition("\n## channel.dial\n")[2].partition("\n## ")[0]


def test_events_page_has_every_event() -> None:
    page = specs.events_page()
    for name in EVENTS:
        assert f"\n## {name}\n" in page
    assert "| [channelgroup.infochanged](#channelgroupinfochanged) | channelgroup | nothing in this release |" in page
    assert page.count("Carries no `seq`.") == 1
    updated = page.partition("\n## state.updated\n")[2].partition("\n## ")[0]
    assert "| `type` | yes | one of `disable`, `enable` |" in updated
    assert "| `reason.code` | yes | text |" in updated


# The pages that people write


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
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


def test_adapter_page_has_every_call_and_feature() -> None:
    text = (SPECS / "adapter-interface.md").read_text("utf-8")
    for row in CALLS.values():
        line = re.search(rf"^\| `{row.call.__name__}` \|.*$", text, re.MULTILINE)
        assert line, row.call
        answer = "none" if row.answer is type(None) else f"`{row.answer.__name__}`"
        assert line[0].split(" | ")[2] == (f"tuple of {answer}" if row.listed else answer)
    for feature in Feature:
        assert f"`{feature}`" in text


def test_readme_names_every_page_and_file() -> None:
    text = (SPECS / "README.md").read_text("utf-8")
    for name in {*specs.documents(), *(page.name for page in PAGES)} - {"README.md"}:
        assert f"]({name})" in text, name
