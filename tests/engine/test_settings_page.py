"""The page of settings has every key of the configuration file, and what it means."""

import re
import tomllib
from pathlib import Path

from engine.config import load
from engine.settings_page import settings_page

ROOT = Path(__file__).parent.parent.parent


def rows() -> dict[str, dict[str, list[str]]]:
    """By section and key: value, default, meaning."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in settings_page().splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif line.startswith("| `"):
            key, *cells = (cell.strip() for cell in line.strip("|").split(" | "))
            found.setdefault(section, {})[key.strip(" `")] = cells
    return found


def test_keys_come_with_value_default_and_meaning() -> None:
    found = rows()
    assert found["[limits]"]["message_bytes"] == [
        "whole number",
        "`65536`",
        "The largest frame that a client may send.",
    ]
    assert found["Top level"]["debug"][:2] == ["true or false", "`false`"]
    assert found["[[agents]]"]["password"][:2] == ["text", "none"]
    assert found["[[simulator.faults]]"]["kind"][0].startswith("one of error, unavailable")
    assert found["[[simulator.agents]]"]["groups"][:2] == ["list of text", "none"]
    assert found["[[simulator.agents]]"]["agentstate"][1] == "`NOTREADY`"


def test_the_example_of_the_readme_is_made_of_keys_that_the_page_has(tmp_path: Path) -> None:
    text = re.search(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert text is not None
    file = tmp_path / "ixp.toml"
    file.write_text(text[1], encoding="utf-8")
    assert [agent.id for agent in load(file).agents] == ["ada"]
    known = {key for section in rows().values() for key in section}
    for section in tomllib.loads(text[1]).values():
        for table in section if isinstance(section, list) else [section]:
            assert {key for key, value in table.items() if not isinstance(value, list)} <= known
