"""A platform that cannot be made anew is put in order between two promises, by the adapter itself."""

import contextlib
from typing import Any

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.connection import Connection, connected
from protocol.errors import Refused
from protocol.platform import (
    OVER,
    CompleteInteraction,
    Feature,
    InteractionReport,
    ListLogoutReasons,
    LogoutAgent,
    PlatformCall,
    RejectInteraction,
    ReleaseInteraction,
    ReleaseLeg,
    StartAgent,
)
from protocol.states import ChannelType, InteractionState


async def tidy_up(bench: Bench) -> None:
    """End what the promise before has left, and log out whom it has left. What is refused is left as it is."""
    async with connected(bench) as link:
        for ending in (_hang_up, _complete):
            for agent in bench.agents:
                with contextlib.suppress(Refused):
                    for report in (await link.ask(agent, StartAgent())).interactions:
                        await ending(link, agent, report)
            await bench.settle()
        for agent in bench.agents:
            with contextlib.suppress(Refused):
                await link.ask(agent, LogoutAgent(reason=await _reason(link, agent)))


async def _hang_up(link: Connection, agent: str, report: InteractionReport) -> None:
    where = {"endpoint": report.endpoint, "interaction": report.id}
    if report.type is ChannelType.TELEPHONY:
        for leg in reversed(report.legs):
            await _try(link, agent, ReleaseLeg(**where, leg=leg.id))
    elif report.state is InteractionState.ALERTING:
        await _try(link, agent, RejectInteraction(**where))
    elif report.state not in OVER:
        await _try(link, agent, ReleaseInteraction(**where))


async def _complete(link: Connection, agent: str, report: InteractionReport) -> None:
    if report.state is InteractionState.ENDED:
        call = CompleteInteraction(endpoint=report.endpoint, interaction=report.id, timed_out=True)
        await _try(link, agent, call)


async def _try(link: Connection, agent: str, call: PlatformCall[Any]) -> None:
    with contextlib.suppress(Refused):
        await link.ask(agent, call)


async def _reason(link: Connection, agent: str) -> str | None:
    if Feature.LOGOUT_REASONS not in link.adapter.features:
        return None
    return next((reason.code for reason in await link.ask(agent, ListLogoutReasons())), None)
