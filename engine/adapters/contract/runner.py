"""Tries promises, one after the other, each on a bench of its own, and says what became of each."""

import contextlib
import enum
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Final

import attrs
import trio

from engine.adapters.contract.bench import Bench, OpenBench
from engine.adapters.contract.broken import BenchFailed, BrokenPromise, leaves, told
from engine.adapters.contract.connection import connected
from engine.adapters.contract.exchange import Entry, Exchange
from engine.adapters.contract.promise import Promise
from engine.adapters.contract.table import GROUPS, PROMISES
from protocol.platform import Feature

DEADLINE_S: Final = 60.0
"""How long one promise may take, unless somebody says otherwise."""


class Outcome(enum.StrEnum):
    """What became of a promise."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_APPLICABLE = "not applicable"
    """The adapter does not declare what it is about."""
    NOT_TRIED = "not tried"
    """The bench cannot have the platform do what it takes."""
    BENCH_FAILED = "bench failed"


@attrs.frozen(kw_only=True)
class Result:
    """`why`: what came instead, or what is missing. `exchange`: the latest that was asked and told.

    `missing`: the hooks for want of which it is not tried.
    """

    promise: Promise
    outcome: Outcome
    took_s: float = 0.0
    why: str | None = None
    exchange: tuple[Entry, ...] = ()
    missing: tuple[str, ...] = ()


class CannotStart(Exception):
    """Nothing can be tried; the message says why."""


def select(words: Sequence[str]) -> tuple[Promise, ...]:
    """The promises of these ids and groups; without any, all. Raises ValueError for a word that is neither."""
    wanted = {word.lower() for words_ in words for word in words_.replace(",", " ").split()}
    ids = {promise.id.lower() for promise in PROMISES}
    for word in sorted(wanted - ids - set(GROUPS)):
        raise ValueError(f"there is no promise or group {word}; groups are {', '.join(GROUPS)}; --list has the ids")
    return tuple(promise for promise in PROMISES if not wanted or {promise.id.lower(), promise.group} & wanted)


async def features_of(open_bench: OpenBench, *, deadline_s: float = DEADLINE_S) -> frozenset[Feature]:
    """What the adapter declares once it runs. Raises CannotStart."""
    features = None
    try:
        with trio.move_on_after(deadline_s):
            async with _opened(open_bench) as bench, connected(bench) as link:
                features = link.adapter.features
    except Exception as error:
        raise CannotStart(f"the adapter cannot be started: {told(error)}") from error
    if features is None:
        raise CannotStart(f"run has not called task_status.started() within {deadline_s:g} s")
    return features


async def try_promise(
    open_bench: OpenBench, promise: Promise, features: Collection[Feature], *, deadline_s: float = DEADLINE_S
) -> Result:
    """What becomes of the promise of an adapter that declares these features."""
    if why := promise.not_applicable(features):
        return Result(promise=promise, outcome=Outcome.NOT_APPLICABLE, why=why)
    exchange = Exchange()
    began = trio.current_time()
    outcome = Outcome.BROKEN
    untried, missing = None, tuple[str, ...]()
    try:
        with trio.move_on_after(deadline_s):
            async with _opened(open_bench) as bench:
                exchange = bench.exchange
                untried = promise.not_tried(bench)
                missing = promise.missing(bench)
                if untried is None:
                    await promise.keep(bench)
            outcome = Outcome.KEPT
    except Exception as error:
        failed = any(isinstance(leaf, BenchFailed) for leaf in leaves(error))
        outcome, why = Outcome.BENCH_FAILED if failed else Outcome.BROKEN, told(error)
    else:
        if outcome is Outcome.BROKEN:
            why = _hanging(exchange, deadline_s)
        elif untried is not None:
            return Result(promise=promise, outcome=Outcome.NOT_TRIED, why=untried, missing=missing)
    took_s = trio.current_time() - began
    entries = () if outcome is Outcome.KEPT else tuple(exchange)
    return Result(promise=promise, outcome=outcome, took_s=took_s, why=why, exchange=entries)


def status_of(results: Collection[Result]) -> int:
    """The exit status: 1 where a promise is broken, 2 where a bench has failed."""
    outcomes = {result.outcome for result in results}
    return 1 if Outcome.BROKEN in outcomes else 2 if Outcome.BENCH_FAILED in outcomes else 0


@contextlib.asynccontextmanager
async def _opened(open_bench: OpenBench) -> AsyncIterator[Bench]:
    async with contextlib.AsyncExitStack() as stack:
        opening = open_bench()
        if not hasattr(opening, "__aenter__"):
            raise BenchFailed(
                "open_bench has to be an async context manager: put @contextlib.asynccontextmanager above it"
            )
        try:
            bench = await stack.enter_async_context(opening)
        except BrokenPromise:
            raise  # of the adapter that puts the platform in order
        except Exception as error:
            raise BenchFailed(f"the bench cannot be opened: {told(error)}") from error
        if not isinstance(bench, Bench):
            raise BenchFailed(f"open_bench has to yield an engine.adapters.contract.bench.Bench, not {bench!r}")
        yield bench


def _hanging(exchange: Exchange, deadline_s: float) -> str:
    last = next(reversed(list(exchange)), None)
    if last is None:
        return (
            f"nothing was asked within {deadline_s:g} s: run has not called task_status.started(), or the bench hangs"
        )
    return f"not done within {deadline_s:g} s; the last thing was: {last.who} {last.what} {last.thing}"
