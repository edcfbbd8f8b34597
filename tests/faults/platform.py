"""A CTI platform that outlives the server: the exchange of the load tool, with what tests want to do to it.

`python -m tests.faults.platform AGENTS` runs it, and prints its port.
"""

import sys
from collections import Counter
from typing import Any, Final

import attrs
import trio

from engine.adapters.simulator.settings import SimulatorSettings, demo_settings
from engine.bench import exchange
from engine.bench.exchange_adapter import ExchangeAdapter
from engine.simulation.overview import overview
from protocol.platform import Dial, PlatformCall

__all__ = ["TICKET", "ExchangeAdapter", "ExchangeProcess", "settings"]

TICKET: Final = "ticket"
"""A key of attached data: a dialled call is to be made once for each."""


def settings(agents: int) -> SimulatorSettings:
    demo = demo_settings()
    numbers = range(1, agents + 1)
    return attrs.evolve(
        demo,
        agents=tuple(
            attrs.evolve(demo.agents[0], id=f"agent{n}", name=None, extension=str(40_000 + n)) for n in numbers
        ),
        directory=(),
    )


class Exchange(exchange.Exchange):
    """The switch; it may keep calls waiting, and counts what is dialled."""

    def __init__(self, agents: int) -> None:
        super().__init__(settings(agents))
        self.dialled: Counter[str] = Counter()
        self.may_answer = trio.Event()
        """Calls are carried out when it is set."""
        self.may_answer.set()

    def control(self, what: str, *given: Any) -> Any:
        match what:
            case "hold":
                self.may_answer = trio.Event()
                return None
            case "go on":
                self.may_answer.set()
                return None
            case "states" if given:
                logins = self.switch.agents.desks[given[0]].logins
                return {address: at.now and at.now.agentstate.value for address, at in logins.items()}
            case "call":
                return self.switch.call(*given)
            case "hangup" | "phone" as act:
                return getattr(self.switch, act)(*given)
            case "states":
                seen = overview(self.switch, None)
                return {each.agent: each.channels[0].agentstate for each in seen.agents if each.channels}
            case "contacts":
                return [each.contact for each in overview(self.switch, None).contacts]
            case "dialled twice":
                return {ticket: count for ticket, count in self.dialled.items() if count > 1}
            case "tickets":
                return list(self.dialled)
            case "dialled":
                return sum(self.dialled.values())
            case _:
                raise ValueError(what)

    async def admit(self, call: PlatformCall[Any]) -> None:
        if isinstance(call, Dial) and isinstance(ticket := call.extensions.get(TICKET), str):
            self.dialled[ticket] += 1
        await self.may_answer.wait()


class ExchangeProcess(exchange.ExchangeProcess):
    module = "tests.faults.platform"


if __name__ == "__main__":
    exchange.run(Exchange(int(sys.argv[1])))
