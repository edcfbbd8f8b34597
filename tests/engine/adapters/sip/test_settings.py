"""Wrong settings are refused with the key, what is wrong, and what to do."""

import tomllib
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from engine.adapters import kinds
from engine.adapters.sip import open_adapter
from engine.adapters.sip.settings import SipAgent, SipSettings

ROOT: Final = Path(__file__).parents[4]

ANN: dict[str, Any] = {"id": "ann", "extension": "4001"}
BOB: dict[str, Any] = {"id": "bob", "extension": "4002"}


def test_the_entry_point_is_found() -> None:
    assert kinds.find("sip") is open_adapter


def test_an_agent_needs_an_id_and_an_extension_only() -> None:
    adapter = open_adapter({"agents": [ANN, BOB]}, Path())()
    assert {feature.value for feature in adapter.features} == {
        "telephony",
        "directory",
        "dial",
        "reject",
        "hold",
        "consult",
        "blindtransfer",
        "dtmf",
        "interactiondata",
    }


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "agents"),
        ({"agents": []}, "agents: there are none; add [[adapters.settings.agents]] with id and extension"),
        ({"agents": [ANN, {**BOB, "id": "ann"}]}, "id ann stands twice; give each agent one of its own"),
        ({"agents": [ANN, {**BOB, "extension": "4001"}]}, "extension 4001 stands twice"),
        ({"agents": [{**ANN, "extension": "40 01"}]}, "agents[0]: extension: '40 01' is no extension; take"),
        (
            {"agents": [{**ANN, "uri": "4001"}]},
            "agents[0]: uri: '4001' is no SIP address; write it as sip:4001@example.org",
        ),
        ({"agents": [{**ANN, "uri": "sip:a@b\nmodule x"}]}, "is no SIP address"),
        ({"agents": [{**ANN, "parameters": ";regint=0\n<sip:evil@b>"}]}, "does not fit into one line"),
        ({"agents": [{**ANN, "attach": "127.0.0.1:4444"}]}, "without a uri; give that of the account there"),
        (
            {"agents": [{**ANN, "uri": "sip:a@b", "attach": "127.0.0.1"}]},
            "agents[0]: attach: '127.0.0.1' is no address",
        ),
        ({"agents": [{**ANN, "sip_port": 70_000}]}, "agents[0].sip_port: expected a port from 1 to 65534"),
        ({"agents": [{**ANN, "sip_port": 65_535}]}, "agents[0].sip_port: expected a port from 1 to 65534"),
        (
            {"agents": [{**ANN, "sip_port": 5060}, {**BOB, "sip_port": 5061}]},
            "sip_port 5061 of bob or the next one, which a phone takes, too, is another agent's; leave one free",
        ),
        ({"agents": [{**ANN, "groups": ["Sales"]}]}, "which is missing in groups; add it"),
        (
            {"agents": [ANN], "outside": "sip:gateway"},
            "outside: 'sip:gateway' is no way out; write it as sip:{number}@gateway.example.org",
        ),
        ({"agents": [ANN], "phone_config": ["a\nb"]}, "phone_config: 'a\\nb' does not fit into one line"),
        *(
            ({"agents": [ANN], key: 0}, f"{key}: expected a number of seconds above 0")
            for key in ("start_s", "command_s", "no_reply_s", "dial_s", "ring_s")
        ),
        ({"agents": [ANN], "wrapup_s": -3}, "wrapup_s: expected a number of seconds from 0"),
        ({"agents": [ANN], "colour": "red"}, "colour"),
    ],
)
def test_wrong_settings_say_what_to_do(table: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError) as refused:
        open_adapter(table, Path())
    assert words in str(refused.value)


def test_the_example_of_the_page_is_sound_and_its_tables_have_every_key_with_its_default() -> None:
    page = (ROOT / "specs/sip-adapter.md").read_text(encoding="utf-8")
    example = tomllib.loads(page.split("```toml\n")[1].split("```")[0])
    (adapter,) = example["adapters"]
    open_adapter(adapter["settings"], Path())
    rows = {
        name: row for row in page.splitlines() if row.startswith("| `") for name in row.split("|")[1].split("`")[1::2]
    }
    for kind in (SipSettings, SipAgent):
        for field in attrs.fields(kind):
            assert field.name in rows, f"{field.name} is missing"
            if isinstance(field.default, int | float) and not isinstance(field.default, bool):
                assert f"| {field.default:g} |" in rows[field.name], rows[field.name]
