"""Which fault strikes which call: the settings' faults, and how often each has been met."""

from collections.abc import Iterable
from typing import Any

import attrs

from engine.adapters.simulator.settings import Fault
from protocol.platform import PlatformCall


@attrs.define
class _Armed:
    fault: Fault
    met: int = 0

    def concerns(self, agent: str, call: PlatformCall[Any]) -> bool:
        fault = self.fault
        return (
            fault.call == type(call).__name__
            and fault.agent in (None, agent)
            and fault.endpoint in (None, getattr(call, "endpoint", None))
        )


class Faults:
    """The faults of one platform, as they are used up."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._armed = [_Armed(fault) for fault in faults]

    def arm(self, fault: Fault) -> None:
        """One more, from now on, before those that are there."""
        self._armed.insert(0, _Armed(fault))

    def strike(self, agent: str, call: PlatformCall[Any]) -> Fault | None:
        """What goes wrong with this call, if anything; counts it for the faults that it concerns."""
        for armed in self._armed:
            if armed.concerns(agent, call) and armed.met < armed.fault.skip + armed.fault.times:
                armed.met += 1
                if armed.met > armed.fault.skip:
                    return armed.fault
        return None
