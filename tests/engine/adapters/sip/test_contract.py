"""Real phones keep the promises of every adapter."""

from collections.abc import Callable

from tests.engine.adapters.sip.programs import needs

ADAPTER = "engine.adapters.sip:open_adapter"
BENCH = "engine.adapters.sip.bench:open_bench"


@needs("baresip")
def test_real_phones_keep_the_promises_of_every_adapter(adapter_promise: Callable[[], None]) -> None:
    adapter_promise()
