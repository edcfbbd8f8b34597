"""The shortest story still breaks the rule, and nothing more can be left out."""

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from engine.conformance.deeds import Break, Deed
from engine.conformance.shrink import shortest

DEEDS = tuple(Break(number=number, missed=0) for number in range(1, 41))


@given(st.sets(st.sampled_from(DEEDS)))
async def test_what_is_needed_is_left_in_its_order(needed: set[Deed]) -> None:
    async def breaks(deeds: Sequence[Deed]) -> bool:
        return needed <= set(deeds)

    assert await shortest(DEEDS, breaks) == tuple(sorted(needed, key=DEEDS.index))


@given(st.integers(), st.integers(1, 40))
async def test_whatever_breaks_it_nothing_more_can_be_left_out(seed: int, length: int) -> None:
    async def breaks(deeds: Sequence[Deed]) -> bool:
        numbers = [deed.number for deed in deeds]
        return deeds == story or random.Random(f"{seed} {numbers}").random() < 0.3

    story = DEEDS[:length]
    kept = await shortest(story, breaks)
    assert await breaks(kept)
    assert not [place for place in range(len(kept)) if await breaks((*kept[:place], *kept[place + 1 :]))]


async def test_few_tellings_are_enough_for_a_story_of_forty() -> None:
    tellings = 0

    async def breaks(deeds: Sequence[Deed]) -> bool:
        nonlocal tellings
        tellings += 1
        return {DEEDS[7], DEEDS[20], DEEDS[39]} <= set(deeds)

    await shortest(DEEDS, breaks)
    assert tellings < 40
