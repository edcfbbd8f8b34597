"""When a command is sent, when it is done, and how long it took."""

import pytest

from engine.bench.desks import Asked, BadAnswer, Desk, read, spread


def desk() -> Desk:
    return Desk("s1", [Asked(b"a", 3), Asked(b"b", 1)])


def test_a_command_is_done_with_its_last_message() -> None:
    here = desk()
    assert [here.request(10.0), here.waiting] == [b"a", 3]
    assert [here.hear("success", 10.1), here.hear("", 10.2), here.hear("", 10.5)] == [None, None, 0.5]
    assert [here.request(11.0), here.hear("success", 11.5)] == [b"b", 0.5]
    assert here.request(12.0) == b"a"


def test_at_a_rate_the_wait_begins_when_it_was_due() -> None:
    """A server that is late with one is charged for those behind it."""
    here = desk()
    spread([here], 10.0, rate=1.0)
    here.request(10.0)
    assert not here.is_due(12.0), "it waits"
    took = [here.hear("", now) for now in (13.0, 13.0, 13.0)][-1]
    assert (took, here.due) == (3.0, 11.0)
    assert here.is_due(13.0)
    here.request(13.0)
    assert here.hear("", 13.1) == pytest.approx(2.1)


def test_desks_take_turns_where_there_is_a_rate() -> None:
    here = [desk() for _ in range(4)]
    spread(here, 10.0, rate=1.0)
    assert [each.due for each in here] == [10.0, 11.0, 12.0, 13.0]
    assert [each.is_due(10.0) for each in here] == [True, False, False, False]
    here[0].request(10.0)
    assert here[0].due == 14.0
    spread(here, 20.0, rate=None)
    assert [each.due for each in here] == [20.0] * 4


def test_a_failure_ends_the_load() -> None:
    with pytest.raises(BadAnswer, match="session s1 was answered failure; see that nobody else uses its agent"):
        desk().hear("failure", 1.0)


def test_of_a_message_no_more_is_read_than_matters() -> None:
    found = read('{"target": "s1.c1", "result": "success", "more": [1]}')
    assert (found.target, found.result, found.command) == ("s1.c1", "success", "")
