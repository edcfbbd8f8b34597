"""A CTI platform without connections or time: it answers the core's calls at once, and refuses what it is told to."""

from typing import Any

import attrs

from protocol import platform
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    ChannelReport,
    DirectoryEntry,
    GroupReport,
    PlatformCall,
    ReasonCode,
    Snapshot,
)
from protocol.states import AgentState, ChannelType, LoginState


def channel(endpoint: str, state: str = "INACTIVE", *, reason: str | None = None) -> ChannelReport:
    """A report in short: `state` is INACTIVE, UNAVAILABLE, or the agent state of a channel that is ACTIVE."""
    active = state in list(AgentState)
    return ChannelReport(
        endpoint=endpoint,
        type=ChannelType.TELEPHONY if endpoint.isdigit() else ChannelType(endpoint.split("-")[0].upper()),
        name=f"Line {endpoint}",
        loginstate=LoginState.ACTIVE if active else LoginState(state),
        agentstate=AgentState(state) if active else None,
        reason=reason,
    )


@attrs.define
class FakePlatform:
    """What it holds for one agent. `answer` does a call, or raises Refused and changes nothing."""

    channels: dict[str, ChannelReport] = attrs.field(factory=dict)
    """By endpoint, those that the agent has."""
    memberships: dict[str, tuple[str, ...]] = attrs.field(factory=dict)
    """The endpoints of every group that can be joined."""
    joined: list[str] = attrs.field(factory=list)
    listed: tuple[ReasonCode, ...] = (ReasonCode(code="1", name="Lunch"), ReasonCode(code="2", name="Meeting"))
    directory: tuple[DirectoryEntry, ...] = (DirectoryEntry(name="Front desk", number="9", type="internal"),)
    refuses: dict[tuple[str, str], FailureCode] = attrs.field(factory=dict)
    """By name of the call and endpoint (or "")."""
    calls: list[PlatformCall[Any]] = attrs.field(factory=list)

    def with_group(self, name: str, *reports: ChannelReport, joined: bool = True) -> "FakePlatform":
        self.memberships[name] = tuple(report.endpoint for report in reports)
        self.channels.update({report.endpoint: report for report in reports})
        self.joined += [name] if joined else []
        return self

    def with_channels(self, *reports: ChannelReport) -> "FakePlatform":
        self.channels.update({report.endpoint: report for report in reports})
        return self

    def answer(self, call: PlatformCall[Any]) -> Any:
        self.calls.append(call)
        endpoint = getattr(call, "endpoint", "")
        code = self.refuses.get((type(call).__name__, endpoint))
        if code is not None:
            raise Refused(code, f"the platform refuses {type(call).__name__}")
        match call:
            case platform.StartAgent():
                return self._snapshot()
            case platform.AddGroup(name=name):
                return self._group(name)
            case platform.AddChannel(type=kind):
                report = attrs.evolve(channel(endpoint), type=kind)
            case platform.ActivateChannel():
                report = self._at(endpoint, LoginState.ACTIVE, AgentState.NOTREADY)
            case platform.DeactivateChannel():
                report = self._at(endpoint, LoginState.INACTIVE, None)
            case platform.SetAgentState(agentstate=agentstate, reason=reason):
                report = self._at(endpoint, LoginState.ACTIVE, agentstate, reason)
            case platform.ListDirectory():
                return self.directory
            case platform.ListNotReadyReasons() | platform.ListLogoutReasons() | platform.ListDispositions():
                return self.listed
            case _:
                return None
        self.channels[endpoint] = report
        return report

    def _at(
        self, endpoint: str, loginstate: LoginState, agentstate: AgentState | None, reason: str | None = None
    ) -> ChannelReport:
        before = self.channels[endpoint]
        return attrs.evolve(before, loginstate=loginstate, agentstate=agentstate, reason=reason)

    def _group(self, name: str) -> GroupReport:
        return GroupReport(name=name, channels=tuple(self.channels[at] for at in self.memberships[name]))

    def _snapshot(self) -> Snapshot:
        grouped = {at for members in self.memberships.values() for at in members}
        return Snapshot(
            agent_name="Ann Example",
            groups=tuple(self._group(name) for name in self.joined),
            channels=tuple(report for at, report in self.channels.items() if at not in grouped),
        )
