"""Whatever bytes come, reading them ends in a message or in an answer that says what is wrong."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.adapters.link import rpc
from engine.adapters.link.words import CALL_NAMES, KINDS, Hello, Told, read_answer, read_told
from protocol.convert import structure
from protocol.platform import ListDirectory, LogoutAgent, StartAgent

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
NAMES = ("jsonrpc", "id", "method", "params", "result", "error", "code", "message", "data")
LIKELY = st.dictionaries(
    st.sampled_from(NAMES), JSON | st.sampled_from(["2.0", "hello", "report", 1, {"code": 1, "message": "x"}])
)


@given(st.binary() | (JSON | LIKELY).map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")))
def test_every_frame_is_read_or_answered(text: bytes) -> None:
    try:
        message = rpc.read(text)
    except rpc.BadMessage as bad:
        answer = json.loads(bad.text(seq=1))
        assert answer["error"]["message"]
        assert answer["error"]["code"] in rpc.CODES
        assert answer["error"]["data"]["seq"] == 1
    else:
        assert isinstance(message, rpc.Request | rpc.Notification | rpc.Answer)


SEQ = st.just(1) | JSON
REPORTS = st.dictionaries(st.sampled_from(["endpoint", "type", "name", "loginstate", "legs", "data", "party"]), JSON)
PARAMS = st.fixed_dictionaries(
    {}, optional={"seq": SEQ, "agent": JSON, "kind": st.sampled_from(list(KINDS)) | JSON, "report": REPORTS | JSON}
)


@given(PARAMS | JSON)
def test_every_report_is_read_or_has_a_problem(params: Any) -> None:
    try:
        told = read_told(params)
    except ValueError as problem:
        assert "params" in str(problem)
    else:
        assert isinstance(told, Told)
        assert (told.report is None) == bool(told.problem)


@given(JSON | st.dictionaries(st.sampled_from(["agent_name", "channels", "groups", "interactions"]), JSON))
def test_every_answer_is_read_or_says_what_is_wrong(result: Any) -> None:
    for call in (StartAgent(), ListDirectory(), LogoutAgent()):
        try:
            read_answer(call, result)
        except ValueError as problem:
            assert "result" in str(problem)


@given(JSON | st.dictionaries(st.sampled_from(["protocol", "name", "features", "resume"]), JSON))
def test_every_hello_is_read_or_says_what_is_wrong(params: Any) -> None:
    try:
        structure(params, Hello, at="params")
    except ValueError as problem:
        assert "params" in str(problem)


def test_methods_are_the_names_of_the_classes() -> None:
    assert all(name == call.__name__ for name, call in CALL_NAMES.items())
