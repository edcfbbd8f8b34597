"""Real phones keep the promises of every adapter."""

from collections.abc import Awaitable, Callable

import pytest

from tests.contracts import adapter, contacts
from tests.contracts.adapter import Driver
from tests.engine.adapters.sip.floor import Platform, needs, settings


@needs("baresip")
@pytest.mark.parametrize("promise", [*adapter.PROMISES, *contacts.PROMISES], ids=lambda promise: promise.__name__)
async def test_real_phones_keep_the_promises_of_every_adapter(promise: Callable[[Driver], Awaitable[None]]) -> None:
    await promise(Platform(settings()).driver())
