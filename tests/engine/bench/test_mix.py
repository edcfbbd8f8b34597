"""What sessions do, in which order, and how a mix is written."""

from collections import Counter
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bench.mix import MOST, PIECES, READY, NoMix, asks, messages_of, read_mix

MIXES = st.dictionaries(st.sampled_from(list(PIECES)), st.integers(1, 12), min_size=1)


def commands(mix: dict[str, int], place: int = 0) -> list[str]:
    return [msgspec.json.decode(each.text)["command"] for each in asks(mix, "s1", place)]


def test_without_a_mix_a_channel_goes_ready_and_not_ready() -> None:
    first, second = asks(READY, "s1", 5)
    assert msgspec.json.decode(first.text) == {"command": "channel.ready", "target": "s1.c1", "data": {}}
    assert msgspec.json.decode(second.text)["command"] == "channel.notready"
    assert (first.answers, second.answers) == (3, 3)


def test_how_many_messages_a_command_is() -> None:
    assert messages_of(READY) == 4
    assert messages_of({"ready": 1, "directory": 1}) == 3
    assert messages_of({"ready": 2, "directory": 1, "reasons": 1}) == pytest.approx((2 * 4 + 2 + 3) / 4)


@given(MIXES, st.integers(0, 50))
def test_each_comes_as_often_as_its_weight_says_and_steps_take_turns(mix: dict[str, int], place: int) -> None:
    found = commands(mix, place)
    counts = Counter(found)
    by_piece = {name: sum(counts[step.command] for step in PIECES[name].steps) for name in mix}
    total = sum(mix.values())
    assert all(by_piece[name] * total == mix[name] * len(found) for name in mix)
    turns = [command for command in found * 2 if command.startswith("channel.") and command.endswith("ready")]
    assert turns[:1] in ([], ["channel.ready"])
    assert all(one != other for one, other in pairwise(turns)), "never twice ready, over the end of the cycle too"


def test_sessions_do_not_all_do_the_same_at_once() -> None:
    first = Counter(commands({"ready": 3, "directory": 1}, place)[0] for place in range(8))
    assert first == {"channel.ready": 6, "session.request.getdirectory": 2}


def test_what_is_rare_is_spread() -> None:
    found = commands({"ready": 8, "reasons": 2})
    places = [place for place, command in enumerate(found * 2) if "reasons" in command]
    assert places[1] - places[0] == 5


def test_a_mix_is_read() -> None:
    assert read_mix("ready=8, directory=1,reasons=1") == {"ready": 8, "directory": 1, "reasons": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "there is no piece without a name; take some of ready, directory"),
        ("redy=1", "there is no redy; take some of ready, "),
        ("ready=1,ready=2", "ready is there twice; give it once"),
        ("ready", "ready has no weight; write ready= and a whole number from 1 to 1,000"),
        ("ready=0", "ready=0 has no weight"),
        ("ready=-1", "ready=-1 has no weight"),
        (f"ready={MOST + 1}", "has no weight"),
    ],
)
def test_what_is_no_mix_says_how_to_write_one(text: str, says: str) -> None:
    with pytest.raises(NoMix) as refused:
        read_mix(text)
    assert says in str(refused.value)
