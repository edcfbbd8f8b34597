"""The OpenAPI document: sound, complete, and of one mind with what is taken."""

import copy
from typing import Any

import attrs
import jsonschema
import pytest
import schemathesis
from schemathesis.core.errors import InvalidSchema

from engine.adapters.simulator.customer_script import script_from
from engine.simulation.bodies import NewChat, read
from engine.simulation.openapi import document
from engine.simulation.operations import OPERATIONS, Operation
from tests.engine.simulation.test_control import KINDS, WITH_BODY, WRONG_OF_KIND, by_name, good_body

DOCUMENT = document()


def validator(name: str) -> jsonschema.Draft202012Validator:
    """Of a schema of the document, by its name."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return jsonschema.Draft202012Validator(schema)


def take(body: Any, operation: Operation) -> None:
    """Raises ValueError."""
    assert operation.takes is not None
    taken = read(body, operation.takes)
    if isinstance(taken, NewChat) and taken.script is not None:
        script_from(taken.script)


def test_it_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(DOCUMENT).validate()


def test_what_validates_it_would_notice() -> None:
    broken = copy.deepcopy(DOCUMENT)
    del broken["paths"]["/simulator/calls"]["post"]["responses"]
    broken["info"].pop("title")
    with pytest.raises((InvalidSchema, Exception), match=r"title|responses"):
        schemathesis.openapi.from_dict(broken).validate()


def test_every_schema_is_a_schema_and_every_reference_leads_somewhere() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)

    def check(value: Any) -> None:
        match value:
            case {"$ref": str(ref), **rest}:
                assert ref.removeprefix("#/components/schemas/") in DOCUMENT["components"]["schemas"], ref
                check(rest)
            case dict():
                for item in value.values():
                    check(item)
            case list():
                for item in value:
                    check(item)

    check(DOCUMENT)


def test_every_operation_is_there() -> None:
    found = {
        (method.upper(), path, described["operationId"])
        for path, item in DOCUMENT["paths"].items()
        for method, described in item.items()
    }
    assert found == {(each.method, f"/simulator{each.path}", each.name) for each in OPERATIONS}
    assert len({each.name for each in OPERATIONS}) == len(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=by_name)
def test_the_variable_parts_of_a_path_are_described(operation: Operation) -> None:
    described = DOCUMENT["paths"][f"/simulator{operation.path}"][operation.method.lower()]
    names = [part.strip("{}") for part in operation.path.split("/") if part.startswith("{")]
    assert [parameter["name"] for parameter in described.get("parameters", [])] == names
    assert set(described["responses"]) == {str(operation.status), "default"}


@pytest.mark.parametrize("operation", WITH_BODY, ids=by_name)
def test_what_is_taken_and_what_the_schema_says_agree(operation: Operation) -> None:
    assert operation.takes is not None
    schema = validator(operation.takes.__name__)
    good = good_body(operation)
    schema.validate(good)
    take(good, operation)
    bodies = [{**good, "extra": 1}, *({k: v for k, v in good.items() if k != name} for name in good)]
    for name in (field.name.rstrip("_") for field in attrs.fields(operation.takes)):
        bodies += [good | {name: wrong} for wrong in WRONG_OF_KIND[KINDS.get(name, "text")]]
    for body in bodies:
        try:
            take(body, operation)
        except ValueError:
            assert not schema.is_valid(body), body
        else:
            assert schema.is_valid(body), body


def test_scripts_of_chats_are_described_step_by_step() -> None:
    schema = validator("ChatScript")
    schema.validate({"steps": [{"do": "say", "text": "Hi"}, {"do": "await_agent"}, {"do": "leave"}], "patience_s": 5})
    for wrong in (
        {"steps": [{"do": "dance"}]},
        {"steps": [{"text": "Hi"}]},
        {"steps": [{"do": "say"}]},
        {"steps": [{"do": "leave", "extra": 1}]},
        {"patience_s": 0},
        {"extra": 1},
    ):
        assert not schema.is_valid(wrong), wrong


def test_null_is_no_value_of_anything() -> None:
    assert '"null"' not in repr(DOCUMENT).replace("'", '"')


def test_failures_are_described() -> None:
    validator("Failure").validate({"failure": {"code": "INVALID_REQUEST", "message": "body: is wrong"}})
    assert not validator("Failure").is_valid({"failure": {"code": "NOTHING", "message": ""}})
