"""How much may be attached to an interaction, and what is read of it: specs/protocol.md, "Commands"."""

from typing import Any

from tests.fakes.calls import (
    call,
)
from tests.fakes.desk import Desk, JsonObject, with_interaction

IT = ".c1.i1"


def with_data(data: Any) -> Desk:
    return with_interaction(call("STARTED", data=data))


def setting(desk: Desk, changes: Any) -> JsonObject:
    return desk.ask("interaction.setdata", IT, {"interactiondata": changes})[0]


FULL = 65_536


def test_as_much_attached_data_as_there_may_be() -> None:
    desk = with_data({})
    assert setting(desk, {"k": "x" * (FULL - 1)})["result"] == "success"
    failure = setting(desk, {"l": ""})["failure"]
    assert failure["code"] == "INVALID_REQUEST"
    assert failure["message"] == (
        "data.interactiondata: the attached data would be 65537 characters; 65536 is the most"
    )
    assert type(desk.platform.calls[-1]).__name__ == "ChangeData"
    assert len(desk.platform.calls) == 2, "what is too much is not asked for"


def test_all_keys_and_values_count() -> None:
    exactly = {"a" * 100: "b" * 1000, "c" * 10: {"d" * 20: "e" * 300, "f": "g" * 5}}
    rest = FULL - 100 - 1000 - 10 - 20 - 300 - 1 - 5
    assert setting(with_data(exactly), {"z": "y" * (rest - 1)})["result"] == "success"
    assert setting(with_data(exactly), {"z": "y" * rest})["failure"]["code"] == "INVALID_REQUEST"
    assert setting(with_data({}), {**exactly, "z": "y" * rest})["failure"]["code"] == "INVALID_REQUEST"


def test_what_is_replaced_or_removed_does_not_count() -> None:
    full = {"a": "x" * (FULL - 1)}
    assert setting(with_data(full), {"a": "y" * (FULL - 1)})["result"] == "success"
    assert setting(with_data(full), {"a": None, "b": "y" * (FULL - 1)})["result"] == "success"
    assert setting(with_data(full), {"a": None, "nothing": None})["result"] == "success"


def test_data_of_an_interaction_in_wrapup() -> None:
    desk = with_interaction(call("ENDED", data={"a": "1"}, wrapup_s=10.0))
    assert setting(desk, {"b": "2"})["result"] == "success"
    (response,) = desk.ask("interaction.getdata", IT, {"keys": []})
    assert response["data"] == {"interactiondata": {}}
    (response,) = desk.ask("interaction.getdata", IT, {"keys": ["b", "c", "a"]})
    assert response["data"] == {"interactiondata": {"a": "1", "b": "2"}}
