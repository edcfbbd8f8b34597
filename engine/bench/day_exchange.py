"""An exchange that plays busy days: `python -m engine.bench.day_exchange AGENTS KIND`.

Its control begins a day, tells how far it is, and hands over when each agent was offered which contact.
"""

import sys
import time
from typing import Any

import attrs

from engine.adapters.simulator.clock import Clock
from engine.adapters.simulator.day_plan import TICKET
from engine.adapters.simulator.settings import FEATURES
from engine.bench.day_kinds import KINDS
from engine.bench.exchange import Exchange, ExchangeProcess, run, settings
from engine.simulation.bodies import NewDay, write
from engine.simulation.days import Days
from protocol.platform import CHANNEL_FEATURES, InteractionReport, Report
from protocol.states import InteractionState


class DayExchange(Exchange):
    def __init__(self, agents: int, kind: str) -> None:
        others = {feature for media, feature in CHANNEL_FEATURES.items() if media not in KINDS[kind]}
        super().__init__(attrs.evolve(settings(agents), features=tuple(sorted(FEATURES - others))))
        self._clock = Clock(self.switch)
        self._days = Days(self.switch, self._clock)
        self._offers: list[tuple[str, str, float]] = []
        """Agent, ticket, and when, by the clock of the machine."""
        self._ringing: set[tuple[str, str]] = set()
        """Agents and interactions that they have been told of."""

    async def keep_time(self) -> None:
        await self._clock.run()

    def reported(self, agent: str, report: Report) -> None:
        if not isinstance(report, InteractionReport):
            return
        key, ticket = (agent, report.id), report.data.get(TICKET)
        if report.state is not InteractionState.ALERTING:
            self._ringing.discard(key)
        elif key not in self._ringing and isinstance(ticket, str):
            self._ringing.add(key)
            self._offers.append((agent, ticket, time.monotonic()))

    def control(self, what: str, *given: Any) -> Any:
        match what, given:
            case "begin", [dict(wish)]:
                return self._days.begin(NewDay(**wish))
            case "state", [str(day)]:
                return write(self._days.state(day))
            case "offers", []:
                return self._offers
            case _:
                return super().control(what, *given)


class DayProcess(ExchangeProcess):
    module = "engine.bench.day_exchange"


if __name__ == "__main__":
    run(DayExchange(int(sys.argv[1]), sys.argv[2]))
