"""How long offers take, and a day from its begin to its end."""

import json

import pytest

from engine.bench.day import Settings, day, matched


def test_each_offer_belongs_to_the_first_hearing_behind_it() -> None:
    offers = [("ada", "T1", 10.0), ("bob", "T1", 10.5), ("ada", "T1", 20.0)]
    heard = [("ada", "T1", 20.3), ("bob", "T1", 10.7), ("ada", "T1", 10.1)]
    waits, unheard = matched(offers, heard)
    assert unheard == 0
    assert waits.within_ms(1) == pytest.approx(100, rel=0.01)
    assert waits.within_ms(50) == pytest.approx(200, rel=0.01)
    assert waits.most_ms == pytest.approx(300, rel=0.01)


def test_an_offer_that_nobody_heard_of_is_counted_and_has_no_wait() -> None:
    waits, unheard = matched([("ada", "T1", 10.0), ("ada", "T2", 11.0)], [("ada", "T2", 11.5), ("bob", "T1", 12.0)])
    assert unheard == 1
    assert waits.within_ms(1) == pytest.approx(500, rel=0.01)


@pytest.mark.parametrize("kind", ["calls", "chats"])
def test_agents_answer_what_comes(kind: str) -> None:
    settings = Settings(
        agents=4, kind=kind, minutes=1.0, speed=40.0, seed=3, contacts=6, durability="memory", processes=2
    )
    found = day(settings)
    figures, totals = found["figures"], found["totals"]
    assert [row["sort"] for row in totals["rows"] if row["sort"] in ("calls", "chats")] == [kind]
    assert figures["answered"] > 0
    assert figures["contacts"] == totals["total"]["offered"]
    assert figures["messages_per_s"] > 0
    assert 0 < figures["offer_p50_ms"] <= figures["offer_most_ms"]
    assert json.loads(json.dumps(found)) == found
