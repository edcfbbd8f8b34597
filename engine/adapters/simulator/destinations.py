"""What can be dialled: a phone of the switch, a queue, or an outside number."""

import re
from typing import Final

from engine.adapters.simulator.agents import Agents
from engine.adapters.simulator.desk import Endpoint
from engine.adapters.simulator.routing import Routing
from engine.adapters.simulator.settings import OutsideNumber, SimulatedQueue, SimulatorSettings
from protocol.errors import FailureCode, Refused

Destination = Endpoint | SimulatedQueue | OutsideNumber

_INTERNATIONAL: Final = re.compile(r"\+[0-9]{3,20}")


class Destinations:
    """The numbering plan."""

    def __init__(self, settings: SimulatorSettings, agents: Agents, routing: Routing) -> None:
        self._numbers = {number.number: number for number in settings.numbers}
        self._agents = agents
        self._routing = routing

    def find(self, dialled: str, *, by: Endpoint | None = None) -> Destination:
        """Raises Refused where there is none, or it is the phone that dials itself."""
        phone = self._agents.find_phone(dialled)
        if phone is not None:
            if phone is by:
                raise Refused(
                    FailureCode.INVALID_DESTINATION, f"{dialled} is the phone that dials; dial another number"
                )
            return phone
        if found := self._routing.find(dialled) or self._numbers.get(dialled):
            return found
        if _INTERNATIONAL.fullmatch(dialled):
            return OutsideNumber(number=dialled)
        raise Refused(
            FailureCode.INVALID_DESTINATION,
            f"{dialled} is no extension, queue or outside number; outside numbers have + and 3 to 20 digits, others "
            "are added to simulator.numbers",
        )

    def free(self, dialled: str, *, by: Endpoint) -> Destination:
        """As `find`. Raises Refused if it is known to be busy, too."""
        destination = self.find(dialled, by=by)
        if self.busy(destination):
            raise Refused(FailureCode.DESTINATION_BUSY, f"{dialled} is busy; try again later, or dial another number")
        return destination

    def busy(self, destination: Destination) -> bool:
        """Outside, that is not known before it is tried."""
        match destination:
            case Endpoint():
                return not destination.room
            case SimulatedQueue():
                return self._routing.full(destination)
            case OutsideNumber():
                return False
