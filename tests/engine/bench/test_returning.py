"""Who comes back looks whether everything is there."""

from typing import Any

import pytest
import trio

from engine.bench.returning import NotResumed, Returning


def hear(nursery: trio.Nursery, *messages: dict[str, Any]) -> int:
    desktop = Returning(7, nursery, session="s7", seq=4)
    for message in messages:
        desktop.take(message)
    return desktop.seq


async def test_what_comes_is_counted(nursery: trio.Nursery) -> None:
    assert hear(nursery, {"name": "a", "seq": 5}, {"result": "success", "seq": 6}, {"name": "session.unbound"}) == 6


@pytest.mark.parametrize("seq", [4, 6])
async def test_what_is_lost_or_comes_twice_is_found(nursery: trio.Nursery, seq: int) -> None:
    with pytest.raises(NotResumed, match=r"agent7: behind message 4 came .*: one is lost, or is there twice"):
        hear(nursery, {"name": "a", "seq": seq})
