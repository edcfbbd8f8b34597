"""Old names of what stands in `engine.adapters.contract`."""

from typing import Final

from tests.contracts.adapter import of_groups

PROMISES: Final = of_groups("telephony")
