"""The pytest plugin, which every pytest finds once the processor is installed. A test file of two lines is enough:

    ADAPTER = "my_package.adapter:open_adapter"
    def test_contract(adapter_promise): adapter_promise()

It is one test for every promise, by its id. What is not applicable, or cannot be tried with the bench, is skipped.
The bench is found as `ixp adapter check` finds it; another one is given by a fixture `adapter_bench`, which returns
what `open_bench` is: a function that returns an async context manager of a Bench.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from engine.adapters.contract.bench import OpenBench
    from engine.adapters.contract.promise import Promise
    from protocol.platform import Feature

# What the suite is made of is imported where it is used: pytest loads this module in every project.

FIXTURE: Final = "adapter_promise"
_features: "pytest.StashKey[dict[OpenBench, frozenset[Feature]]]" = pytest.StashKey()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for every promise."""
    if FIXTURE in metafunc.fixturenames:
        from engine.adapters.contract.table import PROMISES

        metafunc.parametrize(FIXTURE, PROMISES, ids=[promise.id for promise in PROMISES], indirect=True)


@pytest.fixture
def adapter_bench(request: pytest.FixtureRequest) -> "OpenBench":
    """How the bench is opened: that of the adapter which the module names as ADAPTER, with BENCH if it names one."""
    from engine.adapters.contract.find import find_bench

    name = getattr(request.module, "ADAPTER", None)
    if not isinstance(name, str):
        pytest.fail(
            f'{request.path.name} names no adapter: write ADAPTER = "my_package.adapter:open_adapter" in it, '
            "or a fixture adapter_bench that returns its open_bench",
            pytrace=False,
        )
    try:
        return find_bench(name, getattr(request.module, "BENCH", None), request.path.parent)
    except ValueError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def adapter_promise(request: pytest.FixtureRequest, adapter_bench: "OpenBench") -> Callable[[], None]:
    """Tries one promise: fails where it is broken, without a stack trace, and skips where it cannot be tried."""
    return partial(_try, request, adapter_bench, request.param)


def _try(request: pytest.FixtureRequest, open_bench: "OpenBench", promise: "Promise") -> None:
    import trio

    from engine.adapters.contract.runner import CannotStart, Outcome, features_of, try_promise
    from engine.adapters.contract.show import broken
    from engine.adapters.contract.watch import Deaf, interrupting

    known = request.config.stash.setdefault(_features, {})
    try:
        if open_bench not in known:
            with interrupting("the start"):
                known[open_bench] = trio.run(features_of, open_bench)
        with interrupting(promise.id):
            result = trio.run(try_promise, open_bench, promise, known[open_bench])
    except (CannotStart, Deaf) as error:
        pytest.fail(str(error), pytrace=False)
    if result.outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_TRIED):
        pytest.skip(f"{result.outcome}: {result.why}")
    if result.outcome is not Outcome.KEPT:
        pytest.fail(f"{promise.id} is broken\n{broken(result)}", pytrace=False)
