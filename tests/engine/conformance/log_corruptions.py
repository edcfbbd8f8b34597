"""Ways to break a recorded log: each changes what came from the server, and so breaks one rule."""

import copy
from collections.abc import Callable
from typing import Any, Final

from engine.conformance.view import JsonObject
from tests.engine.conformance.recording import Log

Break = Callable[[Log], None]


def at(log: Log, what: str, nth: int = 0, **having: Any) -> int:
    """Where the nth message stands that came under this name, with these properties."""
    found = [
        index
        for index, entry in enumerate(log)
        if entry["direction"] == "in"
        and what in (entry["message"].get("name"), entry["message"].get("command"))
        and having.items() <= entry["message"].items()
    ]
    return found[nth]


def message(log: Log, index: int) -> JsonObject:
    found: JsonObject = log[index]["message"]
    return found


def shift(log: Log, after: int, by: int) -> None:
    """All numbers beyond `after` are others, wherever they are spoken of."""
    for entry in log:
        said = entry["message"]
        resume = said.get("data", {}).get("resume") if isinstance(said.get("data"), dict) else None
        for holder in (said, said.get("data"), resume):
            if isinstance(holder, dict) and isinstance(holder.get("seq"), int) and holder["seq"] > after:
                holder["seq"] += by


def drop(what: str, nth: int = 0, **having: Any) -> Break:
    """A message is left out, and nobody can tell by the numbers."""

    def corrupt(log: Log) -> None:
        index = at(log, what, nth, **having)
        seq = message(log, index)["seq"]
        log[:] = [entry for entry in log if entry["direction"] == "out" or entry["message"].get("seq") != seq]
        shift(log, seq, -1)

    return corrupt


def swap(what: str, nth: int = 0, **having: Any) -> Break:
    """A message and the one before change places, and numbers."""

    def corrupt(log: Log) -> None:
        index = at(log, what, nth, **having)
        before = max(i for i in range(index) if log[i]["direction"] == "in" and "seq" in log[i]["message"])
        one, two = message(log, before), message(log, index)
        one["seq"], two["seq"] = two["seq"], one["seq"]
        log[before], log[index] = log[index], log[before]

    return corrupt


def insert(new: Callable[[Log], JsonObject], what: str, nth: int = 0, **having: Any) -> Break:
    """A message comes after this one, with the next number."""

    def corrupt(log: Log) -> None:
        index = at(log, what, nth, **having)
        seq, added = message(log, index)["seq"], copy.deepcopy(new(log))
        shift(log, seq, 1)
        log.insert(index + 1, {**log[index], "message": {**added, "seq": seq + 1}})

    return corrupt


def again(what: str, nth: int = 0, now: str | None = None, **having: Any) -> Callable[[Log], JsonObject]:
    """One that came before, caused by the request `now`."""

    def found(log: Log) -> JsonObject:
        event = {key: value for key, value in message(log, at(log, what, nth, **having)).items() if key != "cause"}
        return event if now is None else {**event, "cause": now}

    return found


MISSING: Final = object()


def change(what: str, *path: Any, nth: int = 0, **having: Any) -> Break:
    """The last item of `path` stands where the others lead; MISSING takes away what is there."""

    def corrupt(log: Log) -> None:
        *steps, last, value = path
        found: Any = message(log, at(log, what, nth, **having))
        for step in steps:
            found = found[step]
        if value is MISSING:
            del found[last]
        else:
            found[last] = value

    return corrupt


# Those that are of one kind alone


def a_gap(log: Log) -> None:
    del log[at(log, "state.updated", cause="r5")]


def a_number_twice(log: Log) -> None:
    index = at(log, "channel.infochanged", cause="r5")
    log.insert(index, copy.deepcopy(log[index]))


def another_order(log: Log) -> None:
    index = at(log, "state.updated", cause="r5")
    log[index - 1], log[index] = log[index], log[index - 1]


def a_call_without_its_pair(log: Log) -> None:
    seq = message(log, at(log, "interaction.created"))["seq"]
    drop("state.updated", seq=seq - 1)(log)
    drop("channel.infochanged", seq=seq - 2)(log)


def replay_leaves_one_out(log: Log) -> None:
    del log[at(log, "channel.infochanged", nth=1, cause="r18")]


def replay_differs(log: Log) -> None:
    message(log, at(log, "state.updated", nth=1, cause="r18"))["data"] = []


def answers_in_another_order(log: Log) -> None:
    """Both are failures, which are told of by nothing else."""
    index = at(log, "channel.ready", requestid="r6")
    one, two = message(log, index), message(log, index + 1)
    one["seq"], two["seq"] = two["seq"], one["seq"]
    log[index], log[index + 1] = log[index + 1], log[index]


def an_answer_to_nothing(log: Log) -> None:
    failure = {"code": "INVALID_REQUEST", "message": "no such thing"}
    answer = {"result": "failure", "failure": failure, "original": {"command": "nobody.asked"}}
    log.insert(at(log, "channel.ready", requestid="r6"), {"connection": "a", "direction": "in", "message": answer})


def no_json(log: Log) -> None:
    entry = log[at(log, "interaction.ended", cause="r16")]
    entry["text"] = json_without_end(entry.pop("message"))


def json_without_end(said: JsonObject) -> str:
    return str(said).replace("'", '"')[:-1]


def a_response_twice(log: Log) -> None:
    index = at(log, "channel.ready", requestid="r5")
    log.insert(index + 1, copy.deepcopy(log[index]))


def executed_again(log: Log) -> None:
    """The second answer to a requestid has a number of its own."""
    index = at(log, "interaction.recording.start", nth=1)
    before = max(entry["message"].get("seq", 0) for entry in log[:index])
    shift(log, before, 1)
    message(log, index)["seq"] = before + 1


def another_answer_to_the_same_requestid(log: Log) -> None:
    index = at(log, "interaction.recording.start", nth=1)
    failure = {"code": "INVALID_STATE", "message": "it is recorded"}
    message(log, index).update(result="failure", failure=failure, original={})


def after_the_logout(log: Log) -> None:
    added = {"name": "session.disposed", "target": message(log, at(log, "session.logout"))["target"]}
    added["data"] = {"cause": "EXPIRED", "message": "late"}
    insert(lambda _: added, "session.logout")(log)


def elsewhere(connection: str) -> Break:
    def corrupt(log: Log) -> None:
        log[at(log, "interaction.ended", nth=-1)]["connection"] = connection

    return corrupt


def after_the_unbinding(log: Log) -> None:
    index = at(log, "session.logout")
    unbind = {"command": "unbindSession", "target": message(log, index)["target"]}
    for way, said in (("in", {**unbind, "result": "success"}), ("out", unbind)):
        log.insert(index, {**log[index], "direction": way, "message": said})
