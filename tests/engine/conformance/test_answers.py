"""Each response of a log is held against the request that it answers, whatever that was."""

import json
from typing import Any, Final

import pytest

from engine.conformance.checklog import Verdict, check_log
from engine.conformance.logs import read_log
from engine.conformance.messages import JsonObject

PREPARE: Final = {"command": "prepareSession", "data": {"agent": {"id": "ada"}}}
PREPARED: Final = {
    "command": "prepareSession",
    "result": "success",
    "data": {"session": {"id": "s1"}, "resumetoken": "t"},
}


def refused(original: Any, code: str = "INVALID_REQUEST", **more: Any) -> JsonObject:
    return {"result": "failure", "failure": {"code": code, "message": "it is no request"}, "original": original, **more}


def sent(text: str) -> JsonObject:
    return {"direction": "out", "text": text}


def asked(message: Any) -> JsonObject:
    """As who records it has decoded it."""
    return {"direction": "out", "message": message}


def came(message: Any) -> JsonObject:
    return {"direction": "in", "message": message}


def judged(*entries: JsonObject) -> Verdict:
    """With what a connection begins with."""
    return check_log(read_log("\n".join(map(json.dumps, (asked(PREPARE), came(PREPARED), *entries)))))


def nested(levels: int) -> Any:
    return {"a": nested(levels - 1)} if levels > 1 else {}


DEEP: Final = {"command": "session.start", "target": "s2", "data": nested(15)}
TOO_DEEP: Final = {"command": "session.start", "target": "s2", "data": nested(16)}
ELSEWHERE: Final = {"command": "session.start", "target": "s2"}

SENT: Final[dict[str, tuple[JsonObject, Any]]] = {
    "no JSON": (sent("{no"), "{no"),
    "no JSON, and long": (sent("{" + "no" * 1000), ("{" + "no" * 1000)[:1024]),
    "with a NUL": (sent('{"a\0": 1}'), '{"a\0": 1}'),
    "an empty array": (sent("[]"), []),
    "null": (sent("null"), None),
    "a long text": (sent(json.dumps("x" * 2000)), "x" * 1024),
    "too deep": (sent(json.dumps(TOO_DEEP)), json.dumps(TOO_DEEP)),
    "too deep, and decoded": (asked(TOO_DEEP), json.dumps(TOO_DEEP, indent=1)),
    "an array where it is none": (sent(json.dumps([ELSEWHERE, ELSEWHERE])), [ELSEWHERE, ELSEWHERE]),
}
"""What is sent, and what its failure gives back."""


@pytest.mark.parametrize("name", SENT)
def test_what_is_no_request_is_answered_too(name: str) -> None:
    frame, original = SENT[name]
    verdict = judged(frame, came(refused(original)))
    assert (verdict.violations, verdict.notes) == ([], [])
    assert [each.rule for each in judged(frame, came(refused(original)), came(refused(original))).violations] == [
        "ENV-11"
    ]
    verdict = judged(frame)
    assert "of the requests have no response in the log" in verdict.notes[0]


def test_the_deepest_request_comes_back_whole() -> None:
    verdict = judged(asked(DEEP), came(refused(DEEP, "NOT_BOUND", command="session.start", target="s2")))
    assert (verdict.violations, verdict.notes) == ([], [])


def test_a_batch_that_is_too_long_is_refused_as_one() -> None:
    verdict = judged(asked([ELSEWHERE] * 257), came([refused(None, "OVERLOADED")]))
    assert (verdict.violations, verdict.notes) == ([], [])


def test_what_was_asked_before_the_log_begins_may_be_answered_in_it() -> None:
    door = refused(ELSEWHERE, "NOT_BOUND", command="session.start", target="s2")
    text = "\n".join(map(json.dumps, (asked(DEEP), came(door), came(refused("{no")))))
    assert check_log(read_log(text)).violations == []


def test_each_message_of_a_batch_is_refused_by_itself() -> None:
    door = refused(ELSEWHERE, "NOT_BOUND", command="session.start", target="s2")
    verdict = judged(asked([ELSEWHERE, None, ["x"], ELSEWHERE]), came([door, refused(None), refused(["x"]), door]))
    assert (verdict.violations, verdict.notes) == ([], [])


@pytest.mark.parametrize("original", ["{no" * 1000, ("{no" * 1000)[:1000], ""])
def test_of_what_is_no_json_the_beginning_comes_back(original: str) -> None:
    verdict = judged(sent("{no" * 1000), came(refused(original)))
    assert [each.rule for each in verdict.violations] == ["ENV-13"]
    assert verdict.notes == []
