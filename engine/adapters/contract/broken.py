"""How a promise is found broken: one sentence, which the runner shows with what was asked and told before it."""

import traceback
from types import FrameType
from typing import Final

import attrs

from engine.observe.tracebacks import place_of
from protocol.errors import Refused

SENTENCES: Final = 3
"""How many of the things that went wrong at once are told."""
_NOT_THEIRS: Final = ("engine.adapters.contract.", "trio.", "outcome.")
RAISED: Final = "raised "
"""So the sentence begins where the adapter has let an exception out."""


class BrokenPromise(AssertionError):
    """The adapter has not done what the contract says; the message says what it did instead."""


class BenchFailed(Exception):
    """The bench, not the adapter, did something else than it was asked for."""


def require(kept: object, otherwise: str) -> None:
    """Raises BrokenPromise with this sentence, unless what was promised is so. Unlike assert, under `-O` as well."""
    if not kept:
        raise BrokenPromise(otherwise)


def leaves(error: BaseException) -> list[BaseException]:
    """What has gone wrong, out of the groups that nurseries make of it."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for part in error.exceptions for leaf in leaves(part)]
    return [error]


def told(error: BaseException) -> str:
    """What went wrong: of the bench before of the adapter, and broken promises before what followed from them."""
    found = leaves(error)
    for kind in (BenchFailed, BrokenPromise):
        if of_kind := [leaf for leaf in found if isinstance(leaf, kind)]:
            found = list(of_kind)
            break
    return "; and ".join(dict.fromkeys(sentence(leaf) for leaf in found[:SENTENCES]))


def sentence(error: BaseException) -> str:
    """What to tell of it: of a broken promise what it says, of anything else where it came from."""
    if isinstance(error, BrokenPromise | BenchFailed):
        return str(error)
    if isinstance(error, Refused):
        return f"refused with {error.code}, though there was no reason to: {error.message}"
    return f"{RAISED}{words_of(error)} ({_place(error)})"


def words_of(error: BaseException) -> str:
    """Its kind and what it says. What attrs adds for programs, where a value is of another type, is left out."""
    of_attrs = len(error.args) > 1 and isinstance(error.args[1], attrs.Attribute)
    return f"{type(error).__name__}: {(error.args[0] if of_attrs else str(error)) or 'without a word'}"


def _place(error: BaseException) -> str:
    """The innermost line of the adapter's package; that of a library, which it called, would tell nobody what to mend.

    The adapter's is the first code that is neither the suite's nor trio's.
    """
    modules = [_module(frame) for frame, _ in traceback.walk_tb(error.__traceback__)]
    theirs = next((module for module in modules if not module.startswith(_NOT_THEIRS)), "")
    return place_of(error, theirs.partition(".")[0])


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
