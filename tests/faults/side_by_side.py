"""Shares of one piece of work in processes of their own, each with a seed of its own."""

import multiprocessing
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

import attrs

T = TypeVar("T")
Share = TypeVar("Share")


@attrs.frozen
class _Told:
    """What a share came to, or how it failed: not every exception finds its way between processes."""

    result: object
    failure: str = ""


def side_by_side(do: Callable[[Share], T], shares: Sequence[Share]) -> list[T]:
    """Do all at once; a single one is done here. Raises AssertionError with all that is known of one that failed."""
    if len(shares) == 1:
        return [do(shares[0])]
    with ProcessPoolExecutor(len(shares), multiprocessing.get_context("spawn")) as pool:
        told = list(pool.map(_told, [do] * len(shares), shares))
    for share, each in zip(shares, told, strict=True):
        assert not each.failure, f"{share}:\n{each.failure}"
    return [each.result for each in told]  # type: ignore[misc] - as `do` has made it


def _told(do: Callable[[Share], T], share: Share) -> _Told:
    try:
        return _Told(do(share))
    except Exception:
        return _Told(None, traceback.format_exc())
