"""A platform that cannot be made anew is put in order between two promises, by the adapter itself."""

import contextlib
from collections.abc import Iterator
from typing import Any

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.broken import BrokenPromise, told
from engine.adapters.contract.connection import Connection, connected, perform
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
    """End what the promise before has left, and log out whom it has left.

    What fails is left as it is: that an adapter cannot do it yet is for the promises to find. Raises BrokenPromise when
    the adapter cannot be started, or does not answer.
    """
    try:
        async with connected(bench) as link:
            await _tidy(bench, link)
    except Exception as error:
        raise BrokenPromise(told(error)) from error


async def _tidy(bench: Bench, link: Connection) -> None:
    for ending in (_hang_up, _complete):
        for agent in bench.agents:
            with _if_it_can():
                for report in (await _ask(link, agent, StartAgent())).interactions:
                    await ending(link, agent, report)
        await bench.settle()
    for agent in bench.agents:
        with _if_it_can():
            await _ask(link, agent, LogoutAgent(reason=await _reason(link, agent)))


@contextlib.contextmanager
def _if_it_can() -> Iterator[None]:
    try:
        yield
    except BrokenPromise:
        raise
    except Exception:  # noqa: S110 # see tidy_up
        pass


async def _ask(link: Connection, agent: str, call: PlatformCall[Any]) -> Any:
    """Whatever it is answered with."""
    return await perform(link.bench, link.adapter, agent, call)


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
    with _if_it_can():
        await _ask(link, agent, call)


async def _reason(link: Connection, agent: str) -> str | None:
    if Feature.LOGOUT_REASONS not in link.adapter.features:
        return None
    return next((reason.code for reason in await _ask(link, agent, ListLogoutReasons())), None)
