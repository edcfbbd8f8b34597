"""The table of broken servers is sound, and the page says what it says."""

from collections.abc import Callable
from typing import cast

import pytest

from engine.conformance.relay import Link
from engine.conformance.rules import rules
from engine.conformance.scenario import scenarios
from tests.engine.conformance.mutant import Edit, Message, drop, earlier, event, later, repeat, says, swap
from tests.engine.conformance.mutants import MUTANTS
from tests.engine.conformance.mutants_page import PAGE, page


def test_the_page_is_what_the_table_says() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `python -m tests.engine.conformance.mutants_page`"


def test_each_has_a_name_of_its_own_and_names_rules_and_scenarios_that_there_are() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    known = {each.scenario for each in scenarios()}
    for mutant in MUTANTS:
        assert mutant.rules
        assert set(mutant.rules) <= rules().keys(), mutant
        assert mutant.scenarios
        assert set(mutant.scenarios) <= known, mutant


def test_most_sections_of_rules_have_one() -> None:
    broken = {rules()[id_].section for mutant in MUTANTS for id_ in mutant.rules}
    missing = {rule.section for rule in rules().values()} - broken
    assert missing == {"After a restart", "Journal"}, "these need more than a relay"


@pytest.mark.parametrize(
    ("make", "passed"),
    [
        (drop(event("b")), "a1 c2 d3"),
        (repeat(event("b")), "a1 b2 b3 c4 d5"),
        (swap(event("b")), "a1 c2 b3 d4"),
        (later(event("a"), event("c")), "b1 c2 a3 d4"),
        (earlier(event("c"), event("a")), "c1 a2 b3 d4"),
    ],
)
async def test_what_is_left_out_or_added_leaves_no_trace_in_the_numbers(make: Callable[[], Edit], passed: str) -> None:
    sent: list[Message] = [{"name": name, "target": "s", "seq": seq} for seq, name in enumerate("abcd", 1)]
    link = cast(Link, None)
    change = says(make)()(link)
    got = [each for message in sent for each in await change.from_server(message)]
    assert " ".join(f"{each['name']}{each['seq']}" for each in got) == passed


async def test_what_is_sent_again_keeps_its_number() -> None:
    change = says(drop(event("a")))()(cast(Link, None))
    sent: list[Message] = [{"name": name, "target": "s", "seq": seq} for seq, name in enumerate("abcd", 1)]
    got = [each for message in [*sent, sent[1]] for each in await change.from_server(message)]
    assert [each["seq"] for each in got] == [1, 2, 3, 1]
