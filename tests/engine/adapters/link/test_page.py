"""specs/adapter-link.md says what is so: its examples are messages, one of each kind; its tables are whole."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import msgspec
import pytest
from jsonschema import Draft202012Validator

from engine.adapters.contract.find import find_bench
from engine.adapters.link import open_adapter, rpc, schema
from engine.adapters.link.settings import LinkSettings
from engine.adapters.link.words import CALL_NAMES, HELLO, KINDS, REPORT, Hello, Welcome, read_answer, read_told
from engine.config import load
from protocol.convert import WIRE, structure
from protocol.errors import FailureCode
from protocol.platform import CALLS
from protocol.states import ChannelType
from tests.engine.adapters.link.test_promises import PHONES

PAGE: Final = (Path(__file__).parents[4] / "specs" / "adapter-link.md").read_text("utf-8")
DEFS: Final = schema.definitions()
MESSAGES: Final = (*schema.ADAPTER_MESSAGES, *schema.PROCESSOR_MESSAGES)


def values(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    while text := text.strip():
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:]


EXAMPLES: Final = [value for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL) for value in values(block)]


def takes(name: str, message: Any) -> bool:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": DEFS}).is_valid(message)


def kinds_of(message: Any) -> set[str]:
    return {name for name in MESSAGES if takes(name, message)}


def plain(value: Any) -> Any:
    """As it goes over the wire."""
    return json.loads(msgspec.json.encode(WIRE.unstructure(value)))


# The examples


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{n}" for n, _ in enumerate(EXAMPLES)])
def test_every_example_is_a_message(example: Any) -> None:
    assert kinds_of(example)
    assert takes("AdapterMessage", example) or takes("ProcessorMessage", example)


def test_there_is_an_example_of_every_message() -> None:
    """Of requests of calls, there is one, and a table of all; of answers, one of each type."""
    shown = set().union(*map(kinds_of, EXAMPLES))
    assert {name for name in MESSAGES if name.partition(".")[0] not in CALL_NAMES} <= shown
    assert {f"{name}.success" for name in CALL_NAMES} <= shown | {
        f"{row.call.__name__}.success" for row in CALLS.values() if row.answer.__name__ == "InteractionReport"
    }


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{n}" for n, _ in enumerate(EXAMPLES)])
def test_every_example_is_read_as_what_it_is_and_written_so(example: Any) -> None:
    if example.get("id") is None and "error" in example:
        given = example["error"]["data"]
        assert given["code"] in FailureCode.__members__
        return
    message = rpc.read(json.dumps(example).encode())
    match message:
        case rpc.Request(method="hello", params=params):
            assert plain(structure(params, Hello)) == params
        case rpc.Notification(method="report", params=params):
            told = read_told(params)
            assert told.problem == ""
            assert type(told.report) is KINDS[params["kind"]]
            assert plain(told.report) == params["report"]
        case rpc.Answer(result={"protocol": 1} as result):
            assert plain(structure(result, Welcome)) == result
        case rpc.Answer(error=None, result=result):
            assert any(reads(call, result) for call in CALL_NAMES)
        case rpc.Answer(error=error):
            assert error is not None
            assert error.failure in FailureCode.__members__
        case rpc.Request(method=method, params=params):
            assert plain(structure(params["call"], CALL_NAMES[method])) == params["call"]


def reads(name: str, result: Any) -> bool:
    kind: Any = CALL_NAMES[name]
    call = kind(**{field.name: "x" for field in attrs.fields(kind) if field.default is attrs.NOTHING})
    try:
        read_answer(call, result)
    except ValueError:
        return False
    return True


ROWS: Final = re.findall(r"^\| `(\w+)` \| `({.*?})` \| (.+?) \|$", PAGE, re.MULTILINE)


def test_the_table_has_every_call_once() -> None:
    assert [method for method, _, _ in ROWS] == list(CALL_NAMES)


@pytest.mark.parametrize(("method", "call", "answer"), ROWS, ids=[method for method, _, _ in ROWS])
def test_every_call_of_the_table_is_one_and_has_the_answer_that_it_says(method: str, call: str, answer: str) -> None:
    given = json.loads(call)
    kind = CALL_NAMES[method]
    assert plain(structure(given, kind)) == given
    params = {"agent": "ada", "within_s": 1.0, "settled": 0, "call": given}
    assert takes(f"{method}.request", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    row = CALLS[kind]
    word = "`null`" if row.answer is type(None) else f"`{row.answer.__name__}`"
    assert answer == (f"list of {word}" if row.listed else word)


# The tables


def test_the_settings_of_the_page_are_those_that_there_are() -> None:
    section = PAGE.partition("\n## Settings\n")[2]
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (.*?) \|", section, re.MULTILINE)
    said = {key: default for keys, default in rows for key in re.findall(r"`(\w+)`", keys)}
    fields = attrs.fields_dict(LinkSettings)
    assert list(said) == list(fields)
    for key, default in said.items():
        value = fields[key].default
        if value is not None:
            shown = value if isinstance(value, str) else f"{value:g}" if value < 1000 else f"{value:.0f}"
            assert shown in default.replace("`", "").split(", "), key


def test_the_benches_of_the_first_steps_are_for_the_agents_that_the_example_has(tmp_path: Path) -> None:
    (rack,) = re.findall(r"cat > rack.toml <<END\n(.*?)END\n", PAGE, re.DOTALL)
    (tmp_path / "rack.toml").write_text(rack.replace("$HASH", "0" * 64), "utf-8")
    assert find_bench("link", "rack.toml", tmp_path)
    assert {row["id"]: row["endpoint"] for row in tomllib.loads(rack)["agents"]}.items() <= PHONES.items()


def test_the_configuration_of_the_page_is_one(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "ixp.toml").write_text(block, "utf-8")
    (link,) = load(tmp_path / "ixp.toml").adapters
    assert link.called == "tiny switch"
    assert link.channels == (ChannelType.TELEPHONY,)
    assert open_adapter(link.settings, tmp_path)


@pytest.mark.parametrize("code", [rpc.NOT_JSON, rpc.INVALID_REQUEST, rpc.NO_METHOD, rpc.INVALID_PARAMS, rpc.REFUSED])
def test_the_page_has_every_number_of_an_error(code: int) -> None:
    assert f"| {code} |" in PAGE


# The schema and the code


def spoilt(value: Any, junk: Any) -> Iterator[Any]:
    """`value` with something else in the place of each of its inner values, and with each property left out."""
    match value:
        case dict():
            for key in value:
                yield {name: item for name, item in value.items() if name != key}
                yield {**value, key: junk}
                for broken in spoilt(value[key], junk):
                    yield {**value, key: broken}
        case list():
            for index, item in enumerate(value):
                for broken in (junk, *spoilt(item, junk)):
                    yield [*value[:index], broken, *value[index + 1 :]]


def is_read(message: Any) -> bool:
    """Does the code take this hello, or this report?"""
    try:
        read = rpc.read(json.dumps(message).encode())
        if isinstance(read, rpc.Request) and read.method == HELLO:
            structure(read.params, Hello)
            return True
        return isinstance(read, rpc.Notification) and read.method == REPORT and not read_told(read.params).problem
    except ValueError:
        return False


TOLD: Final = [example for example in EXAMPLES if example.get("method") in (HELLO, REPORT)]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema.document())


@pytest.mark.parametrize("junk", [None, True, 7, 0.5, "junk", [], {}, ["junk"], {"junk": "junk"}], ids=repr)
def test_the_schema_takes_what_the_code_takes(junk: Any) -> None:
    """But for what a report may not say as a whole, which a schema does not know."""
    for example in TOLD:
        (name,) = kinds_of(example)
        validator = Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": DEFS})
        for broken in spoilt(example, junk):
            if is_read(broken):
                assert validator.is_valid(broken), broken
            elif validator.is_valid(broken):
                assert broken["method"] == REPORT, broken
                assert "params.report: " in read_told(broken["params"]).problem, broken
