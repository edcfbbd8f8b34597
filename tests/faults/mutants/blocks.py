"""A server whose adapter, where it hangs, has everybody wait with it for a while."""

import time
from typing import Any

from engine.adapters.simulator.faults import Faults
from engine.adapters.simulator.settings import Fault, FaultKind
from engine.cli import main
from protocol.platform import PlatformCall

BLOCKED_S = 2.5

strike = Faults.strike


def strike_all(self: Faults, agent: str, call: PlatformCall[Any]) -> Fault | None:
    struck = strike(self, agent, call)
    if struck is not None and struck.kind is FaultKind.HANG:
        time.sleep(BLOCKED_S)
    return struck


Faults.strike = strike_all  # type: ignore[method-assign] - that is the mutation

if __name__ == "__main__":
    main()
