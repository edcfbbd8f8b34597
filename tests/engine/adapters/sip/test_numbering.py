"""What can be dialled, and what whoever cannot is told: agents what they can do, the log what can be set."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from engine.adapters.sip.bench import settings
from engine.adapters.sip.numbering import Numbering
from protocol.errors import FailureCode, Refused
from tests.engine.adapters.sip.model import Model


def numbering(**more: Any) -> tuple[Model, Numbering]:
    model = Model()
    return model, Numbering(settings(3, **more), model.floor)


def refusal(destination: str, model: Model, at: Numbering) -> Refused:
    with pytest.raises(Refused) as refused:
        at.uri_for(destination, by=model.at("4001"))
    assert refused.value.code is FailureCode.INVALID_DESTINATION
    return refused.value


@pytest.mark.parametrize(
    ("destination", "uri"),
    [
        ("4002", "sip:4002@phones"),
        ("sip:dora@outside:5080", "sip:dora@outside:5080"),
        ("sip:4002@phones", "sip:4002@phones"),
        ("+4930123", "sip:+4930123@gateway.invalid"),
    ],
)
def test_extensions_addresses_and_numbers_are_dialled(destination: str, uri: str) -> None:
    model, at = numbering(outside="sip:{number}@gateway.invalid")
    assert at.uri_for(destination, by=model.at("4001")) == uri


def test_where_there_is_no_way_out_the_agent_hears_what_can_be_dialled_and_the_log_once_what_can_be_set() -> None:
    model, at = numbering()
    with capture_logs() as logs:
        said = {refusal(number, model, at).message for number in ("+4930123", "+4930123", "112")}
    assert said == {
        f"{number} is no extension, and numbers outside cannot be dialled here; dial a colleague's extension, or a SIP "
        "address"
        for number in ("+4930123", "112")
    }
    assert [(line["event"], line["log_level"]) for line in logs] == [("sip_outside_missing", "warning")]
    assert logs[0]["remedy"].startswith("set outside in the settings of the SIP adapter")
    assert "4930123" not in str(logs)


@pytest.mark.parametrize("more", [{}, {"outside": "sip:{number}@gateway.invalid"}])
def test_what_is_no_number_is_nothing_that_could_be_set(more: dict[str, Any]) -> None:
    model, at = numbering(**more)
    with capture_logs() as logs:
        assert "look for a mistake in it" in refusal("dora", model, at).message
    assert logs == []
