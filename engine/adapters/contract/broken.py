"""How a promise is found broken: one sentence, which the runner shows with what was asked and told before it."""

from typing import Final

from protocol.errors import Refused

SENTENCES: Final = 3
"""How many of the things that went wrong at once are told."""


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
    return f"raised {type(error).__name__}: {str(error) or 'without a word'} ({_place(error)})"


def _place(error: BaseException) -> str:
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    if at is None:
        return "nowhere"
    code = at.tb_frame.f_code
    return f"{code.co_filename}:{at.tb_lineno}, in {code.co_name}"
