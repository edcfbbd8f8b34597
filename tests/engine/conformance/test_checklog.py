"""The log checker finds nothing wrong with a real server's log, and every rule that is broken in it."""

import copy
import json

import pytest

from engine.conformance.checklog import Verdict, check_log
from engine.conformance.logs import read_log
from engine.conformance.messages import JsonObject
from engine.conformance.rules import rules
from tests.engine.conformance import log_corruptions as broken
from tests.engine.conformance.log_corruptions import MISSING, Break, again, change, drop, insert, swap
from tests.engine.conformance.recording import Log, as_har, as_lines, record


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return record(tmp_path_factory.mktemp("recorded"))


def judged(log: Log) -> Verdict:
    return check_log(read_log(as_lines(log)))


BROKEN: dict[str, tuple[str, Break]] = {
    # Numbers
    "a message is left out": ("ENV-7", broken.a_gap),
    "an event comes twice": ("ENV-7", broken.a_number_twice),
    "two messages change places": ("ENV-7", broken.another_order),
    "an event has no number": ("ENV-8", change("channel.infochanged", "seq", MISSING, cause="r5")),
    "a failure has no number": ("ENV-8", change("session.settle", "seq", MISSING, nth=3)),
    "a success has no number": ("ENV-8", change("session.request.getdirectory", "seq", MISSING)),
    "a replay leaves one out": ("LOSS-1", broken.replay_leaves_one_out),
    "a replay differs": ("LOSS-1", broken.replay_differs),
    "a requestid is answered once more, otherwise": ("ENV-3", broken.another_answer_to_the_same_requestid),
    "a requestid is executed once more": ("ENV-3", broken.executed_again),
    # Order
    "events come before their response": ("O2", swap("channel.infochanged", cause="r5")),
    "answers come in another order than the requests": ("O1", broken.answers_in_another_order),
    "an update is missing": ("O5", drop("state.updated", cause="r5")),
    "an update comes before its channel": ("O5", swap("state.updated", cause="r5")),
    "the update of the group is missing": ("CMD-channel.activate", drop("state.updated", nth=1, cause="r4")),
    "a bracket is not closed": ("O5", drop("channel.initialized", nth=1, cause="r2")),
    "a child comes before its parent": ("O9", drop("channelgroup.created", cause="r2")),
    "an event comes after the disposal": (
        "O7",
        insert(again("channel.created", cause="r9"), "channel.disposed", cause="r9b"),
    ),
    "something comes after the end": ("O3", broken.after_the_logout),
    "the end of the start is missing": ("O8", drop("session.initialized", cause="r31")),
    "a failure has events": (
        "O4",
        insert(again("channel.infochanged", cause="r5", now="r6"), "channel.ready", requestid="r6"),
    ),
    "a call is not announced by its channel": ("UN-1", broken.a_call_without_its_pair),
    # Causes
    "a cause is another's": ("EV-6", change("state.updated", "cause", "r4", cause="r5")),
    "a cause is missing": ("EV-6", change("interaction.ended", "cause", MISSING, cause="r16")),
    "a report has a cause": ("O2", change("interaction.created", "cause", "r77")),
    # Responses
    "the requestid is not echoed": ("ENV-10", change("channel.ready", "requestid", "r55", requestid="r5")),
    "the original is another": ("ENV-10", change("channel.ready", "original", {}, requestid="r6")),
    "a response to nothing": ("ENV-11", broken.an_answer_to_nothing),
    "a response comes twice": ("ENV-11", broken.a_response_twice),
    "a request has a second response": (
        "ENV-11",
        insert(again("channel.ready", requestid="r6"), "channel.ready", requestid="r6"),
    ),
    "a code that is none": ("ENV-5", change("channel.ready", "failure", "code", "SORRY", requestid="r6")),
    "a confirm in a session": ("ENV-6", change("channel.ready", "result", "confirm", requestid="r5")),
    "a command that there is not": ("ENV-4", change("channel.ready", "command", "channel.set", requestid="r5")),
    "an entry without its number": (
        "CMD-session.request.getdirectory",
        change("session.request.getdirectory", "data", "entries", [{"name": "Ann"}]),
    ),
    "an echo of something else": (
        "CMD-session.addchannelgroup",
        change("session.addchannelgroup", "data", "channelgroup", "chat", False),
    ),
    "a success that tells nothing": ("CMD-interaction.setdata", drop("interaction.datachanged", cause="r14")),
    "no list after its success": (
        "CMD-session.request.externalnotreadyreasons",
        drop("session.externalnotreadyreasons.updated"),
    ),
    "a closed command fails with another code": (
        "F-INVALID_STATE",
        change("conversation.retrieve", "failure", "code", "PLATFORM_ERROR", requestid="r13"),
    ),
    "an unknown target fails with another code": (
        "F-INVALID_TARGET",
        change("channel.ready", "failure", "code", "INVALID_STATE", requestid="r6"),
    ),
    "the session is not started, it says": (
        "F-NOT_STARTED",
        change("channel.ready", "failure", "code", "NOT_STARTED", requestid="r6"),
    ),
    # Events
    "a frame that is no JSON": ("ENV-1", broken.no_json),
    "an event that there is not": ("EV-1", change("interaction.preview", "name", "interaction.previewed")),
    "a null": ("ENV-9", change("interaction.preview", "context", None)),
    "an end by no cause": ("EV-interaction.ended", change("interaction.ended", "data", "cause", "BORED")),
    "an object without its name": (
        "EV-channel.infochanged",
        change("channel.infochanged", "data", "channel", "name", MISSING, cause="r5"),
    ),
    "a channel that leaves out its call": (
        "EV-3",
        change("channel.infochanged", "data", "channel", "interactions", [], nth=2),
    ),
    "a command is opened that is open": (
        "EV-4",
        change("state.updated", "data", [{"name": "channel.notready", "type": "enable"}], cause="r5"),
    ),
    "an update tells another state": ("EV-5", change("state.updated", "state", {"loginstate": "INACTIVE"}, cause="r5")),
    "a key that has not changed": (
        "EV-8",
        change("interaction.datachanged", "data", "changed", ["order"], cause="r14"),
    ),
    "a target of another kind": ("TGT-1", change("interaction.started", "target", "s.c", cause="r10")),
    # Bindings
    "a message comes where the session was bound before": ("SVC-3", broken.elsewhere("a")),
    "a message comes where the session was never bound": ("SVC-3", broken.elsewhere("c")),
    "a message comes after the answer to unbindSession": ("SVC-3", broken.after_the_unbinding),
    "a reset goes back": ("LOSS-3", change("bindSession", "data", "seq", 3, nth=2)),
    "a binding is new that is not": ("SVC-5", change("bindSession", "data", "outcome", "NEW", nth=1)),
    "a resumption in another epoch": ("SVC-5", change("bindSession", "data", "epoch", 9, nth=1)),
}
"""By what was done to the log: the rule that it breaks."""


def test_a_real_servers_log_breaks_no_rule(recorded: Log) -> None:
    for text in (as_lines(recorded), as_har(recorded)):
        verdict = check_log(read_log(text))
        assert (verdict.violations, verdict.notes) == ([], [])
        assert (verdict.messages, verdict.sessions) == (len(recorded), 1)


@pytest.mark.parametrize("name", BROKEN)
def test_every_broken_rule_is_found(recorded: Log, name: str) -> None:
    rule, corrupt = BROKEN[name]
    log = copy.deepcopy(recorded)
    corrupt(log)
    assert log != recorded
    found = judged(log).violations
    assert found, "nothing was found"
    assert found[0].rule == rule, f"{found[0].rule} at {found[0].place}: {found[0].text}"
    assert rule in rules()
    assert len(found) <= 3, [(each.rule, each.place, each.text) for each in found]


def test_what_comes_twice_is_told_once(recorded: Log) -> None:
    log = copy.deepcopy(recorded)
    broken.a_response_twice(log)
    assert [each.rule for each in judged(log).violations] == ["ENV-11"]
    index = broken.at(log, "channel.ready", requestid="r5")
    asked = next(entry for entry in log if entry["direction"] == "out" and entry["message"].get("requestid") == "r5")
    for entry in (asked, log[index], log[index + 1]):
        del entry["message"]["requestid"]
    for entry in log:
        if entry["message"].get("cause") == "r5":
            del entry["message"]["cause"]
    assert [each.rule for each in judged(log).violations] == ["ENV-7"]


def test_a_violation_is_told_with_its_place_and_what_is_around(recorded: Log) -> None:
    log = copy.deepcopy(recorded)
    index = broken.at(log, "state.updated", cause="r5")
    broken.drop("state.updated", cause="r5")(log)
    (found, *_) = judged(log).violations
    line = next(n for n, entry in enumerate(log, 1) if n > index and entry["direction"] == "in")
    assert found.place == f"line {line}"
    assert found.session == broken.message(log, index - 1)["target"].split(".")[0]
    assert [each.place for each in found.around][:4] == [f"line {n}" for n in range(line - 3, line + 1)]


# Several sessions


def of_another_session(log: Log) -> Log:
    """The same again, in a session of another name."""
    id_ = broken.message(log, broken.at(log, "prepareSession"))["data"]["session"]["id"]
    other: Log = json.loads(json.dumps(log).replace(id_, "other"))
    return other


def at_once(log: Log, other: Log) -> Log:
    """On the same connections, a message of the one after each of the other."""
    return [entry for both in zip(log, other, strict=True) for entry in both]


def test_a_desktop_may_log_out_and_in_again(recorded: Log) -> None:
    verdict = judged(recorded + of_another_session(recorded))
    assert (verdict.violations, verdict.notes, verdict.sessions) == ([], [], 2)


def test_a_connection_may_have_several_sessions(recorded: Log) -> None:
    verdict = judged(at_once(recorded, of_another_session(recorded)))
    assert (verdict.violations, verdict.notes, verdict.sessions) == ([], [], 2)


def test_requestids_are_those_of_a_session(recorded: Log) -> None:
    other = of_another_session(recorded)
    change("channel.ready", "original", {}, requestid="r6")(other)
    for log in (recorded + other, at_once(recorded, other)):
        assert [(each.rule, each.session) for each in judged(log).violations] == [("ENV-10", "other")]


def test_what_was_not_tried_may_be_tried_again_under_its_requestid(recorded: Log) -> None:
    settled = broken.message(recorded, broken.at(recorded, "session.settle"))["requestid"]
    log = json.loads(json.dumps(recorded).replace(f'"{settled}"', '"r6"'))
    assert judged(log).violations == []
    change("channel.ready", "original", {}, requestid="r6")(log)
    assert [each.rule for each in judged(log).violations] == ["ENV-10"]


def test_what_had_no_answer_may_be_asked_again(recorded: Log) -> None:
    """A connection is lost with the answer to r18 on it: that comes on the next one, and again where it is asked."""
    log = copy.deepcopy(recorded)
    bind = next(index for index, entry in enumerate(log) if entry["connection"] == "b")
    seen = broken.message(log, bind)["data"]["resume"]["seq"]
    asked = next(entry for entry in log if entry["direction"] == "out" and entry["message"].get("requestid") == "r18")
    lost = [entry for entry in log[:bind] if entry["direction"] == "in" and entry["message"].get("seq", 0) > seen]
    assert lost[0]["message"]["requestid"] == "r18"
    asked_again, answered_again = {**asked, "connection": "b"}, {**lost[0], "connection": "b"}
    log.insert(bind + 2 + len(lost), answered_again)
    log.insert(bind + 1, asked_again)
    log = [entry for entry in log if entry not in lost]
    verdict = judged(log)
    assert (verdict.violations, verdict.notes) == ([], [])
    log.remove(asked_again)
    assert [each.rule for each in judged(log).violations] == ["ENV-11"]


@pytest.mark.parametrize("start", [20, 75, 110, 150])
def test_a_log_may_begin_amidst_several_sessions(recorded: Log, start: int) -> None:
    verdict = judged(at_once(recorded, of_another_session(recorded))[2 * start + 1 :])
    assert (verdict.violations, verdict.sessions) == ([], 2)


def test_what_has_no_target_belongs_where_its_number_is_due(recorded: Log) -> None:
    log = copy.deepcopy(recorded)
    index = broken.at(log, "channel.infochanged", cause="r5")
    del broken.message(log, index)["target"]
    other = of_another_session(recorded)
    session = broken.message(log, index + 1)["target"].split(".")[0]
    for beside in (log + other, other[:40] + log[:index] + other[40:] + log[index:]):
        found = judged(beside).violations
        assert (found[0].rule, {each.session for each in found}) == ("EV-1", {session})
        assert "ENV-7" not in {each.rule for each in found}
    found = judged(at_once(log, other)).violations  # it could be either's: that it is missing is told as well
    assert [(each.rule, each.session) for each in found] == [("EV-1", ""), ("ENV-7", session)]


# Several connections


def on_its_way(recorded: Log) -> tuple[Log, Log, int]:
    """The log without what comes again on the next connection; that, as it would come late; and where it may."""
    bind = next(index for index, entry in enumerate(recorded) if entry["connection"] == "b")
    seen = broken.message(recorded, bind)["data"]["resume"]["seq"]
    late = [entry for entry in recorded[:bind] if entry["direction"] == "in" and entry["message"].get("seq", 0) > seen]
    return [entry for entry in recorded if entry not in late], late, bind - len(late) + 2


def unbound(log: Log, connection: str) -> JsonObject:
    session = broken.message(log, broken.at(log, "bindSession"))["target"]
    notice = {"name": "session.unbound", "target": session, "data": {"message": "it is bound elsewhere"}}
    return {"connection": connection, "direction": "in", "message": notice}


def test_what_was_on_its_way_may_come_where_the_session_was_bound_before(recorded: Log) -> None:
    log, late, bound = on_its_way(recorded)
    for here in (bound, bound + 1, bound + len(late)):
        verdict = judged([*log[:here], *late, unbound(log, "a"), *log[here:]])
        assert (verdict.violations, verdict.notes) == ([], [])


def test_nothing_comes_where_it_was_said_that_the_session_is_bound_elsewhere(recorded: Log) -> None:
    log, late, bound = on_its_way(recorded)
    for here in (bound, bound - 1):  # the answer to the binding may come before the notice, and after it
        found = judged([*log[:here], unbound(log, "a"), *log[here:bound], *late, *log[bound:]]).violations
        assert [(each.rule, each.place) for each in found] == [("SVC-3", f"line {bound + 2}")]


def test_what_a_session_says_comes_on_one_connection(recorded: Log) -> None:
    index = broken.at(recorded, "interaction.ended", nth=-1)
    both = [*recorded[:index], {**recorded[index], "connection": "a"}, *recorded[index:]]
    assert [(each.rule, each.place) for each in judged(both).violations] == [("SVC-3", f"line {index + 1}")]


def test_a_session_may_come_back_to_a_connection(recorded: Log) -> None:
    """Of which both are taken away, by one that is not in the log."""
    log = copy.deepcopy(recorded)
    for entry in log:
        entry["connection"] = "a"
    bind = next(index for index, entry in enumerate(recorded) if entry["connection"] == "b")
    log.insert(bind, unbound(log, "a"))
    assert judged(log).violations == []
    index = broken.at(log, "interaction.ended", nth=-1)
    log.insert(index, unbound(log, "a"))
    assert [(each.rule, each.place) for each in judged(log).violations] == [("SVC-3", f"line {index + 2}")]


def test_what_comes_after_a_resumption_answers_what_was_asked_before(recorded: Log) -> None:
    """The desktop asks for something else, and then once more for what had no answer, before it has read anything."""
    log, late, bound = on_its_way(recorded)
    target = late[0]["message"]["target"]
    other = {"command": "channel.ready", "target": target, "requestid": "r99"}
    busy = {**other, "result": "failure", "failure": {"code": "OVERLOADED", "message": "later"}, "original": other}
    asked, *_ = [entry for entry in log if entry["message"].get("requestid") == "r18"]
    sent = [{**asked, "connection": "b", "message": said} for said in (other, asked["message"])]
    came = [{**late[0], "connection": "b", "message": said} for said in (busy, late[0]["message"])]
    after = bound + len(late)
    verdict = judged([*log[:bound], *sent, *log[bound:after], *came, *log[after:]])
    assert (verdict.violations, verdict.notes) == ([], [])


def test_the_same_may_be_asked_on_two_connections(recorded: Log) -> None:
    """Where the session is not bound it is refused; that is read late, when the session was RESET meanwhile."""
    ask = broken.message(recorded, broken.at(recorded, "channel.ready", requestid="r6"))["original"]
    refused = {**ask, "result": "failure", "failure": {"code": "NOT_BOUND", "message": "elsewhere"}, "original": ask}
    prepared = [{**entry, "connection": "c"} for entry in of_another_session(recorded)[:2]]
    asked = {"connection": "c", "direction": "out", "message": ask}
    verdict = judged([*prepared, asked, *recorded, {**asked, "direction": "in", "message": refused}])
    assert (verdict.violations, verdict.notes) == ([], [])


# Parts of a log


@pytest.mark.parametrize("start", [20, 60, 75, 95, 110, 130, 150])
def test_a_log_may_begin_and_end_anywhere(recorded: Log, start: int) -> None:
    for end in (start + 3, start + 20, len(recorded)):
        verdict = judged(recorded[start:end])
        assert verdict.violations == []
        assert verdict.notes


@pytest.mark.parametrize("what", ["session.initialized", "interaction.recording.start"])
def test_a_log_may_begin_with_the_end_of_a_start_and_with_what_is_answered_again(recorded: Log, what: str) -> None:
    verdict = judged(recorded[broken.at(recorded, what, nth=1) :])
    assert verdict.violations == []
    assert "the log begins at message" in verdict.notes[0]


@pytest.mark.parametrize("named", [True, False])
def test_what_was_asked_before_the_log_begins_is_answered_in_it(recorded: Log, named: bool) -> None:
    """A connection binds another session meanwhile, and something else is asked, and then the same."""
    log = copy.deepcopy(recorded)
    answer = broken.at(log, "channel.ready", requestid="r6")
    before, asked, same, *_ = log[answer - 3 :]
    assert broken.message(log, answer - 3)["command"] == same["message"]["command"] == "session.settle"
    if not named:
        for entry in (before, same, log[answer + 1]):
            del entry["message"]["requestid"]
        for entry in (before, log[answer + 1]):
            del entry["message"]["original"]["requestid"]
    verdict = judged([*of_another_session(recorded)[:4], asked, same, before, *log[answer:]])
    assert verdict.violations == []


def test_a_part_of_a_log_is_checked_as_far_as_it_goes(recorded: Log) -> None:
    log = copy.deepcopy(recorded)
    broken.drop("conversation.disposed", cause="r16")(log)
    start = broken.at(log, "interaction.setdata", requestid="r14")
    assert [each.rule for each in judged(log[start:]).violations] == ["CMD-conversation.release"]


def test_only_what_came_may_be_in_it(recorded: Log) -> None:
    came = [entry for entry in recorded if entry["direction"] == "in"]
    verdict = judged(came)
    assert verdict.violations == []
