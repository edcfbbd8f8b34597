"""The shortest story that still breaks the rule: parts are left out for as long as it does (delta debugging)."""

from collections.abc import Awaitable, Callable, Sequence

from engine.conformance.deeds import Deed

Breaks = Callable[[Sequence[Deed]], Awaitable[bool]]
"""Does it, told again, break the same rule?"""


async def shortest(deeds: Sequence[Deed], breaks: Breaks) -> tuple[Deed, ...]:
    """Without any deed that it can do without. `deeds` break it."""
    kept = tuple(deeds)
    parts = 2
    while len(kept) > 1:
        size = -(-len(kept) // parts)
        for begin in range(0, len(kept), size):
            without = (*kept[:begin], *kept[begin + size :])
            if without and await breaks(without):
                kept, parts = without, max(2, parts - 1)
                break
        else:
            if size == 1:
                break
            parts = min(len(kept), 2 * parts)
    return kept
