"""Real phones for the tests: a platform of agents with baresip, and how to know that all is quiet at it."""

import os
import shutil
from collections.abc import Mapping
from typing import Any, Final

import attrs
import pytest
import trio

from engine.adapters.sip.adapter import Running, SipAdapter
from engine.adapters.sip.settings import SipSettings
from engine.adapters.sip.visits import PhoneCall
from engine.adapters.sip.words import CallState
from protocol.platform import AddChannel
from protocol.states import ChannelType
from tests.contracts.adapter import Driver

QUIET_S: Final = 10.0
_AGAIN_S: Final = 0.01


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skipped where a program is missing; where all must run, it fails instead."""
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(
        bool(missing) and os.environ.get("CI") != "true",
        reason=f"{', '.join(missing)} not installed (Debian: baresip-core, sip-tester)",
    )


def settings(agents: int = 3, **more: Any) -> SipSettings:
    table: dict[str, Any] = {
        "agents": [
            {"id": f"agent{number}", "name": f"Agent {number}", "extension": f"{4000 + number}"}
            for number in range(1, agents + 1)
        ],
        "groups": ["Sales"],
        "notready_reasons": [{"code": "lunch", "name": "Lunch"}],
        "logout_reasons": [{"code": "home", "name": "Home"}],
        "dispositions": [{"code": "sold", "name": "Sold"}],
        **more,
    }
    return _checked(table)


def _checked(table: Mapping[str, object]) -> SipSettings:
    from engine.adapters.spi import settings_of

    return settings_of(table, SipSettings)


async def settle(running: Running) -> None:
    """Wait until every phone has listed its calls, the model agrees, and both ends of each call between agents do."""
    with trio.fail_after(QUIET_S):
        agreed = 0
        while agreed < 2:
            for endpoint in running.floor.endpoints.values():
                async with running.hands.turn(endpoint) as turn:
                    await turn.look()
            agreed = agreed + 1 if all_agree(running) else 0
            await trio.sleep(_AGAIN_S)


def all_agree(running: Running) -> bool:
    ends: dict[str, list[PhoneCall]] = {}
    for endpoint in running.floor.endpoints.values():
        for call in endpoint.calls:
            if call.stands_in_for is not None:
                return False
            ends.setdefault(call.id, []).append(call)
    numbering = running.numbering
    for calls in ends.values():
        inside = any(numbering.endpoint_of(call.peer) is not None for call in calls)
        if inside and not _match([call.state for call in calls]):
            return False
    return True


def _match(states: list[CallState]) -> bool:
    if len(states) != 2:
        return False
    one, other = states
    if CallState.INCOMING in states:
        return (one if other is CallState.INCOMING else other) in (CallState.RINGING, CallState.EARLY)
    return one is other is CallState.ESTABLISHED


@attrs.define
class Platform:
    """The driver for the promises, and the adapter that it has made last."""

    settings: SipSettings
    made: list[SipAdapter] = attrs.field(factory=list)

    def make(self) -> SipAdapter:
        self.made.append(SipAdapter(self.settings))
        return self.made[-1]

    async def settle(self) -> None:
        running = self.made[-1].running
        if running is not None:
            await settle(running)

    def driver(self) -> Driver:
        return Driver(
            make=self.make,
            agents={
                agent.id: AddChannel(endpoint=agent.extension, type=ChannelType.TELEPHONY)
                for agent in self.settings.agents
            },
            unknown_agent="nobody",
            unknown_extension="9999",
            groups=("Sales",),
            unknown_group="Nowhere",
            settle=self.settle,
        )
