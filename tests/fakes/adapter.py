"""An adapter whose answers a test decides, call by call."""

from collections.abc import Awaitable, Callable
from typing import Any

import trio

from engine.adapters.spi import Sink
from protocol.platform import (
    ActivateChannel,
    AddChannel,
    AddGroup,
    ChannelReport,
    DeactivateChannel,
    Feature,
    GroupReport,
    ListDirectory,
    ListDispositions,
    ListLogoutReasons,
    ListNotReadyReasons,
    PlatformCall,
    SetAgentState,
    Snapshot,
    StartAgent,
)
from protocol.states import AgentState, ChannelType, LoginState

Answer = Callable[[str, PlatformCall[Any]], Awaitable[Any]]


def channel(
    endpoint: str, loginstate: LoginState = LoginState.INACTIVE, agentstate: AgentState | None = None, **more: Any
) -> ChannelReport:
    """A telephony channel's report in few words."""
    return ChannelReport(
        endpoint=endpoint,
        type=ChannelType.TELEPHONY,
        name=endpoint,
        loginstate=loginstate,
        agentstate=agentstate,
        **more,
    )


def agreeable(call: PlatformCall[Any]) -> Any:
    """The answer of a platform that does whatever it is asked."""
    match call:
        case StartAgent():
            return Snapshot(agent_name="Ada")
        case AddChannel(endpoint=endpoint, type=kind):
            return ChannelReport(endpoint=endpoint, type=kind, name=endpoint, loginstate=LoginState.INACTIVE)
        case AddGroup(name=name):
            return GroupReport(name=name, channels=(channel(f"{name}-1"), channel(f"{name}-2")))
        case ActivateChannel(endpoint=endpoint):
            return channel(endpoint, LoginState.ACTIVE, AgentState.NOTREADY)
        case DeactivateChannel(endpoint=endpoint):
            return channel(endpoint)
        case SetAgentState(endpoint=endpoint, agentstate=wanted, reason=reason):
            return channel(endpoint, LoginState.ACTIVE, wanted, reason=reason)
        case ListDirectory() | ListDispositions() | ListLogoutReasons() | ListNotReadyReasons():
            return ()
        case _:
            return None


def slowly(seconds: float) -> Answer:
    """A platform that does whatever it is asked, in so much time."""

    async def answer(_: str, call: PlatformCall[Any]) -> Any:
        await trio.sleep(seconds)
        return agreeable(call)

    return answer


class FakeAdapter:
    """Agreeable, until `answer` is set to something else."""

    features = frozenset(Feature) - {Feature.DIAL}

    def __init__(self) -> None:
        self.calls: list[tuple[str, PlatformCall[Any]]] = []
        self.answer: Answer | None = None
        self.sink: Sink | None = None
        self.fall = trio.Event()
        """Set it, and the platform is lost …"""
        self.comes_back = True
        """… for good, unless this is so."""

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:
        self.sink = sink
        if not self.comes_back:
            raise ConnectionError("no switch at that address")
        task_status.started()
        await self.fall.wait()
        self.fall = trio.Event()
        raise ConnectionError("the switch is gone")

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        await trio.lowlevel.checkpoint()
        self.calls.append((agent, call))
        if self.answer is not None:
            return await self.answer(agent, call)
        return agreeable(call)
