"""What becomes of a promise, and how it is said."""

import re

import pytest

from engine.adapters.contract import calls, telephony
from engine.adapters.contract.bench import HOOKS, OpenBench
from engine.adapters.contract.runner import (
    CannotStart,
    Outcome,
    Result,
    features_of,
    select,
    status_of,
    try_promise,
)
from engine.adapters.contract.table import GROUPS, PROMISES, by_function
from protocol.platform import Feature
from tests.engine.adapters.contract import tiny

ALL = frozenset(Feature)
HOLD = by_function(telephony.hold_and_retrieve_do_what_they_say)
CUSTOMER = by_function(telephony.a_customer_s_call_is_told_from_its_offer_to_its_end)
FIRST = PROMISES[0]


async def test_what_an_adapter_does_not_declare_is_not_applicable(autojump_clock: object) -> None:
    features = await features_of(tiny.plain)
    assert features == {Feature.TELEPHONY}
    result = await try_promise(tiny.plain, HOLD, features)
    assert (result.outcome, result.why) == (Outcome.NOT_APPLICABLE, "needs feature dial, hold")


async def test_what_the_bench_cannot_do_is_not_tried(autojump_clock: object) -> None:
    result = await try_promise(tiny.plain, CUSTOMER, ALL)
    assert (result.outcome, result.why) == (
        Outcome.NOT_TRIED,
        "the bench lacks the hooks customer_calls, customer_hangs_up",
    )


async def test_a_bench_without_hooks_keeps_what_is_left(autojump_clock: object) -> None:
    features = await features_of(tiny.plain)
    results = [await try_promise(tiny.plain, promise, features) for promise in PROMISES]
    kept = [result.promise.group for result in results if result.outcome is Outcome.KEPT]
    assert kept.count("life") == 4
    assert kept.count("calls") == 10
    assert status_of(results) == 0
    assert {result.outcome for result in results} == {Outcome.KEPT, Outcome.NOT_APPLICABLE, Outcome.NOT_TRIED}


async def test_an_exception_is_told_with_its_place(autojump_clock: object) -> None:
    result = await try_promise(tiny.raising, HOLD, ALL)
    assert result.outcome is Outcome.BROKEN
    assert "raised KeyError: 'a line too many'" in str(result.why)
    assert "tiny.py:" in str(result.why)
    assert [entry.what for entry in result.exchange[-2:]] == ["asks", "gets"]


async def test_a_value_of_another_type_is_told_in_one_sentence_with_the_adapter_s_own_line(
    autojump_clock: object,
) -> None:
    result = await try_promise(tiny.writing_enums_as_text, HOLD, ALL)
    words = "TypeError: 'loginstate' must be <enum 'LoginState'> (got 'INACTIVE' that is a <class 'str'>)."
    assert re.fullmatch(rf"raised {re.escape(words)} \(\S+/tiny.py:\d+, in perform\)", str(result.why))
    assert result.exchange[-1].thing == words


async def test_what_is_told_and_is_no_report_is_shown(autojump_clock: object) -> None:
    result = await try_promise(tiny.telling_anything, by_function(calls.every_call_is_answered_by_its_type), ALL)
    assert "agent1 is told {'endpoint': '4001'}, which is no report; tell a ChannelReport" in str(result.why)


async def test_a_call_that_hangs_is_named(autojump_clock: object) -> None:
    result = await try_promise(tiny.hanging, HOLD, ALL)
    assert result.outcome is Outcome.BROKEN
    assert "AddChannel(endpoint='4001'" in str(result.why)
    assert "is not answered within 10 s" in str(result.why)


async def test_a_promise_has_a_deadline(autojump_clock: object) -> None:
    result = await try_promise(tiny.hanging, HOLD, ALL, deadline_s=2.0)
    assert result.outcome is Outcome.BROKEN
    assert "not done within 2 s; the last thing was: agent1 asks AddChannel(" in str(result.why)
    assert result.took_s == pytest.approx(2.0)


async def test_an_adapter_that_never_starts_is_told(autojump_clock: object) -> None:
    with pytest.raises(CannotStart, match=r"has not called task_status.started\(\) within 60 s"):
        await features_of(tiny.never_starting)
    result = await try_promise(tiny.never_starting, PROMISES[1], ALL)
    assert "has not called task_status.started()" in str(result.why)


@pytest.mark.parametrize(
    ("bench", "words"),
    [
        (tiny.not_connecting, "nobody listens at 127.0.0.1:1"),
        (tiny.no_platform, "the bench cannot be opened: raised ConnectionRefusedError: the platform of the test"),
        (tiny.two_agents, "agents: 2 of the 3 that are needed; add the others"),
    ],
)
async def test_what_cannot_start_says_why(bench: OpenBench, words: str, autojump_clock: object) -> None:
    with pytest.raises(CannotStart) as raised:
        await features_of(bench)
    assert words in str(raised.value)


@pytest.mark.parametrize("bench", [tiny.no_platform, tiny.wrong_hook])
async def test_the_bench_is_not_the_adapter(bench: OpenBench, autojump_clock: object) -> None:
    result = await try_promise(bench, CUSTOMER, ALL)
    assert result.outcome is Outcome.BENCH_FAILED
    assert status_of([result]) == 2


async def test_a_hook_that_fails_is_named(autojump_clock: object) -> None:
    result = await try_promise(tiny.wrong_hook, CUSTOMER, ALL)
    assert result.why == "customer_calls of the bench raised RuntimeError: cannot call 4001"


def test_the_status_is_the_worst() -> None:
    kept = Result(promise=FIRST, outcome=Outcome.KEPT)
    failed = Result(promise=FIRST, outcome=Outcome.BENCH_FAILED)
    broken = Result(promise=FIRST, outcome=Outcome.BROKEN)
    assert [status_of(results) for results in ([], [kept], [kept, failed], [kept, failed, broken])] == [0, 0, 2, 1]


def test_promises_are_selected_by_id_and_group() -> None:
    assert select(()) == PROMISES
    assert [promise.id for promise in select(["ac-life-2"])] == ["AC-LIFE-2"]
    assert {promise.group for promise in select(["life, FAULTS", "media"])} == {"life", "faults", "media"}
    with pytest.raises(ValueError, match="there is no promise or group phones; groups are life, calls"):
        select(["life,phones"])


def test_ids_are_unique_and_grouped() -> None:
    assert len({promise.id for promise in PROMISES}) == len(PROMISES)
    assert GROUPS == ("life", "calls", "reports", "telephony", "media", "faults")
    assert [promise.group for promise in PROMISES] == sorted((p.group for p in PROMISES), key=GROUPS.index)


def test_hooks_are_those_of_the_bench() -> None:
    maps = {"chats", "mailboxes"}
    assert {hook for promise in PROMISES for hook in promise.hooks} - maps == set(HOOKS)
