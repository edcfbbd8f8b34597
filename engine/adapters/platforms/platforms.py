"""Where each call goes, and what becomes of what parts tell. Starts, groups and logouts have modules of their own."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

import trio

from engine.adapters.platforms.groups import Groups
from engine.adapters.platforms.holdings import Agents, Holdings
from engine.adapters.platforms.leaving import Leaving
from engine.adapters.platforms.parts import Member, Members, Part, unsupported
from engine.adapters.platforms.patience import Patience
from engine.adapters.platforms.starting import Starting
from engine.adapters.supervisor import GivenUp, Platform, away
from engine.config import PlatformSettings
from engine.observe import Metrics
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    CHANNEL_FEATURES,
    AddChannel,
    AddGroup,
    ChannelReport,
    Feature,
    InteractionCall,
    InteractionReport,
    ListDirectory,
    ListLogoutReasons,
    ListNotReadyReasons,
    LogoutAgent,
    PlatformCall,
    RemoveChannel,
    RemoveGroup,
    Replied,
    Report,
    StartAgent,
)

R = TypeVar("R")

LISTS: Final[dict[type[PlatformCall[Any]], Feature]] = {
    ListDirectory: Feature.DIRECTORY,
    ListNotReadyReasons: Feature.NOTREADY_REASONS,
    ListLogoutReasons: Feature.LOGOUT_REASONS,
}
"""What every part with the feature is asked for, and is told as one list."""


class Platforms:
    """The CTI platform as sessions see it. `run` is its task."""

    def __init__(
        self,
        parts: Sequence[Part],
        settings: PlatformSettings,
        metrics: Metrics,
        *,
        on_report: Callable[[str, Report], None],
        on_lost: Callable[[], None],
        on_back: Callable[[], None],
    ) -> None:
        """`on_lost`: no part has been there for so long that sessions need not be held any more. `on_back`: a part is
        there again, and sessions have to ask how things stand."""
        self._on_report = on_report
        self._on_back = on_back
        self._members = members = Members(self._member(part, settings, metrics) for part in parts)
        self._agents: Agents = defaultdict(lambda: Holdings(members.names))
        self._leaving = Leaving(members)
        self._groups = Groups(members, self._agents, on_report)
        self._starting = Starting(
            members, self._agents, self._groups, self._leaving, patience_s=settings.call_timeout_s
        )
        self._patience = Patience(settings.hold_s, on_lost)
        self._ways: Mapping[type[PlatformCall[Any]], Callable[..., Awaitable[Any]]] = {
            StartAgent: self._starting.start,
            LogoutAgent: self._log_out,
            AddChannel: self._add_channel,
            AddGroup: self._groups.add,
            RemoveGroup: self._groups.remove,
            **dict.fromkeys(LISTS, self._list),
        }
        """Those that are not for the part that has a channel."""
        self._under_way: dict[int, trio.CancelScope] = {}
        """Of those, by the identity of the call: they may wait for more than one part."""
        self._nursery: trio.Nursery
        self._tried = False
        """Has each part come up once, or failed to?"""

    def _member(self, part: Part, settings: PlatformSettings, metrics: Metrics) -> Member:
        return Member(
            part,
            Platform(
                part.make,
                settings,
                metrics,
                name=part.name,
                on_report=lambda agent, report: self._report(part, agent, report),
                on_lost=lambda: self._lost(part.name),
                on_up=lambda: self._up(part.name),
            ),
        )

    @property
    def available(self) -> bool:
        """Is any part there?"""
        return bool(self._members.there)

    @property
    def away(self) -> list[str]:
        """The names of the parts that are not there."""
        return [member.name for member in self._members if not member.available]

    @property
    def given_up(self) -> bool:
        """Has no part been there for so long that sessions are not held any more?"""
        return self._patience.over

    @property
    def features(self) -> frozenset[Feature]:
        """What the parts can do together, those too that are away for a while."""
        return self._members.features

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep all adapters running until cancelled. Started when each has come up, or has failed to."""
        async with trio.open_nursery() as self._nursery:
            async with trio.open_nursery() as starting:
                for member in self._members:
                    starting.start_soon(self._nursery.start, member.platform.run)
            self._tried = True
            self._hold_if_none()  # sessions of a process before may wait for one
            task_status.started()

    # Calls

    async def perform(self, agent: str, call: PlatformCall[R], *, again: bool = False) -> R:
        """Ask the part that it concerns, or all. Raises Refused with a code that the table allows a platform, GivenUp.

        `again`: of a start, that the agent has one already: parts that were there all the time need not be asked.
        """
        do = self._ways.get(type(call))
        if do is None:
            return await self._at_channel(agent, call)
        with trio.CancelScope() as scope:
            self._under_way[id(call)] = scope
            try:
                if isinstance(call, StartAgent):
                    return cast(R, await self._starting.start(agent, call, again=again))
                return cast(R, await do(agent, call))
            finally:
                del self._under_way[id(call)]
        raise GivenUp

    def give_up(self, call: PlatformCall[Any]) -> None:
        """This very call is waited for no longer: whoever asked gets GivenUp, unless it is answered first."""
        if (scope := self._under_way.get(id(call))) is not None:
            scope.cancel()
        for member in self._members:
            member.platform.give_up(call)

    async def _log_out(self, agent: str, call: LogoutAgent) -> None:
        await self._leaving.log_out(agent, call, self._agents[agent])
        self._agents.pop(agent, None)

    def forget(self, agent: str) -> None:
        """The agent has no session any more. Who is still logged in somewhere is logged out, now or when it is back."""
        holdings = self._agents.pop(agent, None)
        if holdings is not None:
            self._leaving.log_out_later(agent, holdings, self._nursery)

    async def _add_channel(self, agent: str, call: AddChannel) -> ChannelReport:
        """The part that has the endpoint already, else the first that says it has."""
        holdings = self._agents[agent]
        able = [member for member in self._members if self._members.can(member, CHANNEL_FEATURES[call.type])]
        if (holder := holdings.at(call.endpoint)) is not None:
            able = [member for member in able if member.name == holder]
            if not able:
                raise Refused(FailureCode.CHANNEL_UNAVAILABLE, f"another platform has a channel at {call.endpoint}")
        refusal: Refused | None = None
        for member in able:
            try:
                report = await member.ask(agent, call)
            except Refused as refused:
                if refused.code is not FailureCode.CHANNEL_UNAVAILABLE:
                    raise
                refusal = refusal or refused
            else:
                if report.endpoint == call.endpoint:
                    holdings.add(member.name, report)
                return report
        raise refusal or unsupported(f"a channel of type {call.type}")

    async def _list(self, agent: str, call: PlatformCall[tuple[Any, ...]]) -> tuple[Any, ...]:
        """What the parts have that can be reached, each thing once."""
        able = [member for member in self._members if self._members.can(member, LISTS[type(call)])]
        there = [member for member in able if member.available]
        if not there:
            raise away() if able or not self.available else unsupported("this list")
        found = [item for member in there for item in await member.ask(agent, call)]
        return tuple(dict.fromkeys(found))

    async def _at_channel(self, agent: str, call: PlatformCall[R]) -> R:
        endpoint: str = call.endpoint  # type: ignore[attr-defined]  # all calls that are left have one
        holdings = self._agents[agent]
        member = self._holder(holdings.at(endpoint), endpoint)
        try:
            answer = await member.ask(agent, call)
        except Refused as refusal:
            if refusal.code is FailureCode.INVALID_TARGET and isinstance(call, InteractionCall):
                holdings.remove_interaction(endpoint, call.interaction)  # for the session it is over
            raise
        match answer:
            case ChannelReport() | InteractionReport():
                holdings.note(member.name, answer)
            case Replied():
                holdings.note(member.name, answer.interaction)
            case _ if isinstance(call, RemoveChannel):
                holdings.remove(endpoint)
        return answer

    def _holder(self, name: str | None, endpoint: str) -> Member:
        """The part of this name. Where none is known to have the endpoint, a single one is asked all the same."""
        if name is not None:
            return self._members[name]
        if len(self._members) == 1:
            return next(iter(self._members))
        if self.away:
            raise away()
        raise Refused(FailureCode.CHANNEL_UNAVAILABLE, f"no platform has a channel at {endpoint}; add it first")

    # What parts tell

    def _report(self, part: Part, agent: str, report: Report) -> None:
        if isinstance(report, ChannelReport | InteractionReport) and not part.serves(report.type):
            return
        holdings = self._agents.get(agent)
        if holdings is None or holdings.note(part.name, report):
            self._on_report(agent, report)

    def _lost(self, name: str) -> None:
        for agent, holdings in tuple(self._agents.items()):
            for report in tuple(holdings.lose(name)):
                self._on_report(agent, report)
        self._hold_if_none()

    def _hold_if_none(self) -> None:
        if self._tried and not self.available:
            self._patience.begin(self._nursery)

    def _up(self, name: str) -> None:
        member = self._members[name]
        member.warn_of_types()
        self._patience.end()
        if self._tried:
            self._on_back()
        self._leaving.is_back(member, self._nursery)
