"""The shortest story that still breaks the rule: parts are left out for as long as it does (delta debugging)."""

from collections.abc import Awaitable, Callable, Sequence

from engine.conformance.deeds import Deed

Breaks = Callable[[Sequence[Deed]], Awaitable[bool]]
"""Does it, told again, break the same rule?"""


async def shortest(deeds: Sequence[Deed], breaks: Breaks) -> tuple[Deed, ...]:
    """Without any deed that it can do without. `deeds` break it."""
    kept = tuple(deeds)
    size = max(1, len(kept) // 2)
    while True:
        shorter = await _without(kept, size, breaks)
        if size == 1 and len(shorter) == len(kept):
            return kept
        kept, size = shorter, max(1, size // 2)


async def _without(deeds: tuple[Deed, ...], size: int, breaks: Breaks) -> tuple[Deed, ...]:
    """Without those runs of this size that it can do without, from the end on: what is last needs what came before."""
    kept = deeds
    for end in range(len(deeds), 0, -size):
        without = (*kept[: max(0, end - size)], *kept[end:])
        if await breaks(without):
            kept = without
    return kept
