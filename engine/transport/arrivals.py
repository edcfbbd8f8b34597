"""The requests of one connection from their arrival on: those that it answers itself are counted and timed here.

What goes to a session is counted by the session, from the same moment.
"""

from typing import Final

import trio

from engine.observe import Metrics, Traces
from engine.observe.traces import Arrival
from protocol.commands import COMMANDS
from protocol.messages import BadRequest, Request

SERVICE: Final = (COMMANDS["prepareSession"], COMMANDS["bindSession"])
"""The commands that the connection answers itself."""


_NOT_FOLLOWED: Final[tuple[float, Arrival | None]] = (0.0, None)


class Arrivals:
    def __init__(self, metrics: Metrics, traces: Traces) -> None:
        self._metrics = metrics
        self._traces = traces
        self._open: dict[int, tuple[float, Arrival | None]] = {}
        """By the identity of the request, which is kept by whoever answers it."""

    def came(self, request: Request | BadRequest, now: float) -> None:
        self._open[id(request)] = now, self._traces.came(request)

    def of(self, request: Request | BadRequest) -> Arrival | None:
        return self._open.get(id(request), _NOT_FOLLOWED)[1]

    def handed_on(self, request: Request | BadRequest) -> None:
        """A session answers it."""
        self._open.pop(id(request), None)

    def answered(self, request: Request | BadRequest, result: str) -> None:
        came, arrival = self._open.pop(id(request), _NOT_FOLLOWED)
        if isinstance(request, Request) and request.command in SERVICE:
            self._metrics.command_done(request.command.name, result, trio.current_time() - came)
        if arrival is not None:
            arrival.answered(result)
