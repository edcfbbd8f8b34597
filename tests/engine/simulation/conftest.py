"""The demo's control, which needs no key."""

from collections.abc import AsyncIterator, Iterator

import pytest
from structlog.testing import capture_logs

from tests.engine.simulation.stage import Controlled, controlled


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Unless it is configured, the log goes to standard output, which is the command line's here."""
    with capture_logs():
        yield


@pytest.fixture
async def control() -> AsyncIterator[Controlled]:
    async with controlled(demo=True) as control:
        yield control
