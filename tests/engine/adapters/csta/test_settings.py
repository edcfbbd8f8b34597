"""A table that is wrong is refused with the key, and with what to do; secrets show nowhere."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.csta import open_adapter
from engine.adapters.csta.adapter import CstaAdapter
from engine.adapters.csta.bench import table
from engine.adapters.csta.settings import PLAIN_PORT, TLS_PORT, read_settings
from protocol.platform import Feature
from tests.blackbox.certificates import write_certificate


def without(*keys: str, **more: Any) -> dict[str, Any]:
    return {key: value for key, value in {**table(4721), **more}.items() if key not in keys}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (without("host"), r"^host: is required"),
        (without("password"), r"^password: is required"),
        (without(port=0), r"^port: expected a port from 1 to 65535"),
        (without(port="4721"), r"^port: expected a port"),
        (without(tls="yes"), r"^tls: expected true or false"),
        (without(colour="red"), r"^settings: has no colour; it may hold host"),
        (without(session_s=0), r"^session_s: expected a whole number of seconds"),
        (without(reply_timeout_s=-1), r"^reply_timeout_s: expected a number of seconds above 0"),
        (without(agents=[]), r"^agents: there are none; add \[\[adapters.settings.agents\]\]"),
        (without(agents=[{"id": "a"}]), r"^agents\[0\].extension: is required"),
        (
            without(agents=[{"id": "a", "extension": "1"}, {"id": "a", "extension": "2"}]),
            r"^agents\[1\].id: a is agents\[0\].id",
        ),
        (
            without(agents=[{"id": "a", "extension": "1"}, {"id": "b", "extension": "1"}]),
            r"^agents\[1\].extension: 1 is",
        ),
        (
            without(agents=[{"id": "a", "extension": "1"}, {"id": "b", "extension": "2", "login": "a"}]),
            r"^agents\[1\].login: a is agents\[0\].login",
        ),
        (
            without(agents=[{"id": "a", "extension": "1", "groups": ["Nowhere"]}]),
            r"^agents\[0\].groups: there is no group Nowhere; add it under \[\[adapters.settings.groups\]\]",
        ),
        (without(protocols=[]), r"^protocols: there are none"),
        (without(ca_file="ca.pem"), r"^ca_file: tls is off"),
        (without(groups=[{"name": "A"}, {"name": "A"}]), r"^groups\[1\].name: A is"),
        (
            without(not_ready_reasons=[], not_ready_reason_required=True),
            r"^not_ready_reason_required: .*\[\[adapters.settings.not_ready",
        ),
        (without(not_ready_reasons=[{"code": "1"}]), r"^not_ready_reasons\[0\].name: is required"),
        (without(tls=True, ca_file="no-such.pem"), r"^ca_file: .*no-such.pem cannot be read"),
    ],
)
def test_a_wrong_table_says_what_to_do(wrong: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        open_adapter(wrong, tmp_path)
    assert "demo" not in str(refused.value)


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate", encoding="utf-8")
    with pytest.raises(ValueError, match="name the PEM file of whoever signed"):
        open_adapter(without(tls=True, ca_file="ca.pem"), tmp_path)


def test_the_ca_file_lies_beside_the_configuration(tmp_path: Path) -> None:
    write_certificate(tmp_path, "aes")
    assert isinstance(open_adapter(without(tls=True, ca_file="cert.pem"), tmp_path)(), CstaAdapter)


def test_certificates_are_checked_unless_tls_is_off() -> None:
    from engine.adapters.csta.settings import tls_context

    context = tls_context(read_settings(without(tls=True)), Path())
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert tls_context(read_settings(without(tls=False)), Path()) is None


def test_the_port_follows_from_tls() -> None:
    assert read_settings(without("port", tls=True)).address == ("127.0.0.1", TLS_PORT)
    assert read_settings(without("port", tls=False)).address == ("127.0.0.1", PLAIN_PORT)


def test_secrets_show_nowhere() -> None:
    settings = read_settings(without(password="hush", agents=[{"id": "a", "extension": "1", "password": "hush"}]))
    assert "hush" not in repr(settings)


def test_the_lists_decide_what_the_switch_can_do() -> None:
    every = read_settings(table(1)).features()
    lists = ("groups", "directory", "not_ready_reasons", "logout_reasons", "dispositions")
    plain = read_settings(without(*lists)).features()
    assert every - plain == {
        Feature.CHANNELGROUPS,
        Feature.DIRECTORY,
        Feature.NOTREADY_REASONS,
        Feature.LOGOUT_REASONS,
        Feature.DISPOSITIONS,
    }
    assert not every & {Feature.CHAT, Feature.EMAIL, Feature.RECORDING, Feature.INTERACTION_DATA}
