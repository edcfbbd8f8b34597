"""A running adapter that may lose its platform, and an agent who is logged in there."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import attrs
import trio

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.broken import BrokenPromise
from engine.adapters.contract.connection import Connection, Recorder, perform, require_sound
from engine.adapters.contract.day import notready_reason
from protocol.platform import ActivateChannel, PlatformCall, SetAgentState, StartAgent
from protocol.states import AgentState


@attrs.frozen
class Line:
    """A running adapter that may lose its platform."""

    link: Connection
    ended: trio.Event


@contextlib.asynccontextmanager
async def running(bench: Bench) -> AsyncIterator[Line]:
    """Like `connected`, for adapters that are about to lose their platform: how run ends is looked at, not raised."""
    line = Line(Connection(bench.make(), Recorder(bench.exchange), bench), trio.Event())

    async def run(*, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 # the adapter does
        try:
            await line.link.adapter.run(line.link.sink, task_status=task_status)
        except Exception as error:
            bench.exchange.note("adapter", "ends", f"{type(error).__name__}: {error}")
            if not started:
                raise
        finally:
            line.ended.set()
            line.link.sink.wake()

    started = False
    async with trio.open_nursery() as nursery:
        await nursery.start(run)
        started = True
        yield line
        nursery.cancel_scope.cancel()
    require_sound(line.link.sink)


async def log_in(link: Connection, agent: str) -> None:
    own = link.bench.agents[agent]
    await link.ask_all(agent, StartAgent(), own, ActivateChannel(endpoint=own.endpoint))
    reason = await notready_reason(link, agent)
    await link.ask(agent, SetAgentState(endpoint=own.endpoint, agentstate=AgentState.NOTREADY, reason=reason))


async def require_failure(bench: Bench, line: Line, agent: str, call: PlatformCall[Any]) -> None:
    """The call must fail in time; with which exception is the adapter's own affair."""
    try:
        await perform(bench, line.link.adapter, agent, call)
    except BrokenPromise:
        raise
    except Exception:  # any one is taken as PLATFORM_ERROR
        return
    raise BrokenPromise(f"the platform crashed in the middle of {call}, which is answered as if it were done")
