"""All CTI platforms as one: telephony from one, media from another, and sessions need not know.

Each adapter is a part: what it serves is chosen by channel type and by group. Calls go to the part that has the
channel, and what concerns the agent as a whole goes to all. When a part is lost, its channels are told as UNAVAILABLE,
and the other parts go on; when it is back, every session asks how things stand.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar, cast

import attrs
import structlog
import trio

from engine.adapters.holdings import Holdings
from engine.adapters.spi import MakeAdapter
from engine.adapters.supervisor import Platform, away
from engine.config import PlatformSettings
from engine.observe import Metrics
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    CHANNEL_FEATURES,
    AddChannel,
    AddGroup,
    ChannelReport,
    Feature,
    GroupReport,
    InteractionCall,
    InteractionReport,
    ListDirectory,
    ListLogoutReasons,
    ListNotReadyReasons,
    LogoutAgent,
    PartialSnapshot,
    PlatformCall,
    RemoveChannel,
    RemoveGroup,
    Replied,
    Report,
    Snapshot,
    StartAgent,
    answers,
)
from protocol.states import ChannelType
from statemachines.actions.reconcile import NOT_HEARD
from statemachines.operation import platform_error

R = TypeVar("R")
log = structlog.get_logger()

STARTED_AT_ONCE: Final = 64
"""When a platform is back, so many agents are started there together."""
LISTS: Final[dict[type[PlatformCall[Any]], Feature]] = {
    ListDirectory: Feature.DIRECTORY,
    ListNotReadyReasons: Feature.NOTREADY_REASONS,
    ListLogoutReasons: Feature.LOGOUT_REASONS,
}
"""What every part with the feature is asked for, and is told as one list."""


@attrs.frozen(kw_only=True)
class Part:
    """One adapter, and what it is for: None is everything that it can do."""

    name: str
    make: MakeAdapter
    channels: frozenset[ChannelType] | None = None
    groups: frozenset[str] | None = None

    @property
    def for_all(self) -> bool:
        return self.channels is None and self.groups is None

    def serves(self, kind: ChannelType) -> bool:
        return self.channels is None or kind in self.channels

    def joins(self, group: str) -> bool:
        return self.groups is None or group in self.groups


@attrs.define(eq=False)
class _Member:
    part: Part
    platform: Platform
    to_log_out: set[str] = attrs.field(factory=set)
    """Agents who have no session any more, and may still be logged in there."""
    logging_out: dict[str, trio.Event] = attrs.field(factory=dict)
    """Those of them about whom it is being asked; set when that is done."""
    unable: set[ChannelType] = attrs.field(factory=set)
    """Of which types it is to have channels, and was found to have none."""

    @property
    def name(self) -> str:
        return self.part.name

    @property
    def unknown(self) -> bool:
        """Has it never been there? Then nobody knows what it can do."""
        return not (self.platform.available or self.platform.features)

    @property
    def features(self) -> frozenset[Feature]:
        """What it is used for, of what it can do."""
        unused = {feature for kind, feature in CHANNEL_FEATURES.items() if not self.part.serves(kind)}
        if self.part.groups == frozenset():
            unused.add(Feature.CHANNELGROUPS)
        return self.platform.features - unused

    async def ask(self, agent: str, call: PlatformCall[R]) -> R:
        answer = await self.platform.perform(agent, call)
        if not answers(call, answer):
            raise platform_error(f"{type(answer).__name__} in answer to {type(call).__name__}")
        return answer


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
        self._settings = settings
        self._on_report = on_report
        self._on_lost = on_lost
        self._on_back = on_back
        self._members = {part.name: self._member(part, metrics) for part in parts}
        self._agents: dict[str, Holdings] = {}
        self._starting = trio.CapacityLimiter(STARTED_AT_ONCE)
        self._leaving = trio.CapacityLimiter(STARTED_AT_ONCE)
        self._nursery: trio.Nursery
        self._holding: trio.CancelScope | None = None
        self._tried = False
        """Has each part come up once, or failed to?"""
        self._given_up = False

    def _member(self, part: Part, metrics: Metrics) -> _Member:
        return _Member(
            part,
            Platform(
                part.make,
                self._settings,
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
        return any(member.platform.available for member in self._members.values())

    @property
    def _is_plain(self) -> bool:
        """Is there one part, for everything? Then its word is passed on as it is, for the session to judge."""
        return len(self._members) == 1 and all(member.part.for_all for member in self._members.values())

    @property
    def away(self) -> list[str]:
        """The names of the parts that are not there."""
        return [member.name for member in self._members.values() if not member.platform.available]

    @property
    def given_up(self) -> bool:
        """Has no part been there for so long that sessions are not held any more?"""
        return self._given_up

    @property
    def features(self) -> frozenset[Feature]:
        """What the parts can do together, those too that are away for a while."""
        return frozenset().union(*(member.features for member in self._members.values()))

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep all adapters running until cancelled. Started when each has come up, or has failed to."""
        async with trio.open_nursery() as self._nursery:
            async with trio.open_nursery() as starting:
                for member in self._members.values():
                    starting.start_soon(self._nursery.start, member.platform.run)
            self._tried = True
            self._hold_if_none()  # sessions of a process before may wait for one
            task_status.started()

    # Calls

    async def perform(self, agent: str, call: PlatformCall[R], *, again: bool = False) -> R:
        """Ask the part that it concerns, or all. Raises Refused with a code that the table allows a platform.

        `again`: of a start, that the agent has one already: parts that were there all the time need not be asked.
        """
        if again and isinstance(call, StartAgent):
            return cast(R, await self._start(agent, call, again=True))
        do = cast(Callable[[str, PlatformCall[R]], Awaitable[R]], self._how(call))
        return await do(agent, call)

    def _how(self, call: PlatformCall[Any]) -> Callable[..., Awaitable[Any]]:
        match call:
            case StartAgent():
                return self._start
            case LogoutAgent():
                return self._log_out
            case AddChannel():
                return self._add_channel
            case AddGroup():
                return self._add_group
            case RemoveGroup():
                return self._remove_group
            case _ if type(call) in LISTS:
                return self._list
            case _:
                return self._at_channel

    async def _start(self, agent: str, call: StartAgent, *, again: bool = False) -> Snapshot:
        """Parts that are away are left as they were told; whoever is not known at one part may be at another."""
        there = [member for member in self._members.values() if member.platform.available]
        if not there:
            raise away()
        holdings = self._agents.get(agent) or Holdings(self._members)
        news = [member for member in there if not (again and member.name in holdings.heard)]
        refusals: list[Refused] = []
        async with self._turn_to_start():
            for member in news or there:
                member.to_log_out.discard(agent)
                if (leaving := member.logging_out.get(agent)) is not None:
                    await leaving.wait()  # else it might be done behind the start
                # From now on reports are noted: what comes in between is in the snapshot.
                self._agents[agent] = holdings
                try:
                    snapshot = await self._start_at(member, agent, call, again=again)
                except Refused as refusal:
                    if refusal.code in NOT_HEARD:
                        raise
                    holdings.leave(member.name)
                    refusals.append(refusal)
                else:
                    for endpoint in holdings.take_snapshot(member.name, _used_of(member.part, snapshot)):
                        log.error("endpoint_taken", adapter=member.name, agent=agent, endpoint=endpoint)
                    await self._join_owed(member, agent, holdings)
                holdings.heard.add(member.name)
        unheard = self._unheard(holdings, there)
        if not holdings.names:
            del self._agents[agent]
            raise away() if unheard else refusals[0]
        if self._is_plain:
            return snapshot
        whole = holdings.snapshot()
        return PartialSnapshot(**attrs.asdict(whole, recurse=False), unheard=unheard) if unheard else whole

    async def _start_at(self, member: _Member, agent: str, call: StartAgent, *, again: bool) -> Snapshot:
        """The extension is a matter of telephony. Who has lost theirs meanwhile has not lost the rest."""
        asked = call if Feature.TELEPHONY in member.features or len(self._members) == 1 else StartAgent()
        try:
            return await member.ask(agent, asked)
        except Refused as refusal:
            if not again or asked.extension is None or refusal.code in NOT_HEARD:
                raise
        return await member.ask(agent, StartAgent())

    async def _join_owed(self, member: _Member, agent: str, holdings: Holdings) -> None:
        """The groups that the agent has joined while it was away. Raises Refused where that was not heard."""
        for call in holdings.owed(member.name):
            if not self._can(member, Feature.CHANNELGROUPS):
                return
            try:
                await self._join_at(member, agent, call)
            except Refused as refusal:
                if refusal.code in NOT_HEARD:
                    raise
            holdings.settle(member.name, call.name)

    def _unheard(self, holdings: Holdings, there: Sequence[_Member]) -> tuple[ChannelType, ...]:
        """Of which types the agent may have channels at a part that was not there, and said nothing in this process."""
        mute = [each for each in self._members.values() if not (each in there or each.name in holdings.names)]
        return tuple(kind for kind in ChannelType if any(member.part.serves(kind) for member in mute))

    @asynccontextmanager
    async def _turn_to_start(self) -> AsyncIterator[None]:
        """Waiting counts as asking: a session that waits takes neither requests nor reports."""
        with trio.move_on_after(self._settings.call_timeout_s) as waiting:
            await self._starting.acquire()
        if waiting.cancelled_caught:
            raise Refused(FailureCode.TIMEOUT, "the CTI platform is slow to start so many agents; try again")
        try:
            yield
        finally:
            self._starting.release()

    async def _log_out(self, agent: str, call: LogoutAgent) -> None:
        """The part that knows reasons goes first, and may refuse; a part that is away is told when it is back."""
        concerned = self._concerned(self._of(agent))
        there = [member for member in concerned if member.platform.available]
        if not there:
            raise away()
        first = next((member for member in there if Feature.LOGOUT_REASONS in member.features), there[0])
        await first.ask(agent, call)
        for member in concerned:
            if member is not first:
                has_reasons = Feature.LOGOUT_REASONS in member.features
                await self._log_out_at(member, agent, call if has_reasons else LogoutAgent())
        self._agents.pop(agent, None)

    def _concerned(self, holdings: Holdings) -> list[_Member]:
        """Where the agent is logged in, or may be: nobody knows what one that is away has from a process before."""
        members = self._members.values()
        here = [member for member in members if member.name in holdings.names]
        return [member for member in members if not here or member in here or not member.platform.available]

    @staticmethod
    async def _log_out_at(member: _Member, agent: str, call: LogoutAgent) -> None:
        try:
            await member.ask(agent, call)
        except Refused as refusal:
            if not member.platform.available:
                member.to_log_out.add(agent)
                return
            log.warning("logout_refused", adapter=member.name, agent=agent, code=refusal.code, why=refusal.message)

    def forget(self, agent: str) -> None:
        """The agent has no session any more. Who is still logged in somewhere is logged out, now or when it is back."""
        holdings = self._agents.pop(agent, None)
        for member in [] if holdings is None else self._concerned(holdings):
            member.to_log_out.add(agent)
            self._nursery.start_soon(self._log_out_late, member, agent)

    async def _log_out_late(self, member: _Member, agent: str) -> None:
        """Unless there is a session again: then its start comes first."""
        async with self._leaving:
            if agent not in member.to_log_out or not member.platform.available:
                return
            member.to_log_out.discard(agent)
            done = member.logging_out[agent] = trio.Event()
            try:
                await self._log_out_at(member, agent, LogoutAgent())
            finally:
                del member.logging_out[agent]
                done.set()

    async def _add_channel(self, agent: str, call: AddChannel) -> ChannelReport:
        """The first part that has the endpoint."""
        holdings = self._of(agent)
        able = [member for member in self._members.values() if self._can(member, CHANNEL_FEATURES[call.type])]
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
        raise refusal or _unsupported(f"a channel of type {call.type}")

    async def _add_group(self, agent: str, call: AddGroup) -> GroupReport:
        """At all parts that have it, as one group. One that is away joins it when it is back."""
        able = [
            member
            for member in self._members.values()
            if member.part.joins(call.name) and (self._can(member, Feature.CHANNELGROUPS) or member.unknown)
        ]
        holdings, refusals, joined, away_now = self._of(agent), list[Refused](), False, list[str]()
        for member in able:
            was_there = member.platform.available
            try:
                group = await self._join_at(member, agent, call)
            except Refused as refusal:
                if was_there and refusal.code in NOT_HEARD:
                    raise  # it may have the group all the same: asked again, all say so
                refusals.append(refusal)
                if not was_there:
                    away_now.append(member.name)
            else:
                if self._is_plain:
                    return group
                joined = True
        if not joined:
            raise (refusals or [_unsupported(f"the group {call.name}")])[0]
        for name in away_now:
            holdings.owe(name, call)
        return holdings.group(call.name)

    async def _join_at(self, member: _Member, agent: str, call: AddGroup) -> GroupReport:
        """At one part, with the kinds of channels that it is used for. Returns what the part says."""
        wanted = AddGroup(
            name=call.name,
            chat=call.chat and member.part.serves(ChannelType.CHAT),
            email=call.email and member.part.serves(ChannelType.EMAIL),
            callback=call.callback and member.part.serves(ChannelType.CALLBACK),
        )
        group = await member.ask(agent, wanted)
        if group.name != call.name and not self._is_plain:
            raise platform_error(f"asked for group {call.name}, it told of {group.name}")
        for endpoint in self._of(agent).join(member.name, _used_of_group(member.part, group)):
            log.error("endpoint_taken", adapter=member.name, agent=agent, endpoint=endpoint)
        return group

    async def _remove_group(self, agent: str, call: RemoveGroup) -> None:
        """All parts, or none: what was left where another part refuses is joined again."""
        holdings = self._of(agent)
        kinds = {channel.type for channel in holdings.group(call.name).channels}
        again = AddGroup.with_kinds(call.name, kinds)
        left: list[str] = []
        concerned = holdings.joined(call.name) or tuple(self._members)
        if not all(self._members[name].platform.available for name in concerned):
            raise away()
        refusal: Refused | None = None
        for name in concerned:
            try:
                await self._members[name].ask(agent, call)
            except Refused as refused:
                refusal = refused
                break
            left.append(name)
        if refusal is not None:
            if left:
                await self._join_again(agent, again)
            raise refusal
        for name in left:
            holdings.leave_group(name, call.name)
        for name in self._members:
            holdings.settle(name, call.name)

    async def _join_again(self, agent: str, call: AddGroup) -> None:
        """Channels that were let go for a moment may be something else than before."""
        try:
            group = await self._add_group(agent, call)
        except Refused as refusal:
            log.error("group_half_removed", group=call.name, agent=agent, code=refusal.code, why=refusal.message)  # noqa: TRY400 - no defect of ours
        else:
            for channel in group.channels:
                self._on_report(agent, channel)

    async def _list(self, agent: str, call: PlatformCall[tuple[Any, ...]]) -> tuple[Any, ...]:
        """What the parts have that can be reached, each thing once."""
        able = [member for member in self._members.values() if self._can(member, LISTS[type(call)])]
        there = [member for member in able if member.platform.available]
        if not there:
            raise away() if able or not self.available else _unsupported("this list")
        found = [item for member in there for item in await member.ask(agent, call)]
        return tuple(dict.fromkeys(found))

    async def _at_channel(self, agent: str, call: PlatformCall[R]) -> R:
        endpoint: str = call.endpoint  # type: ignore[attr-defined]  # all calls that are left have one
        holdings = self._of(agent)
        name = holdings.at(endpoint)
        if name is None and len(self._members) > 1:
            if self.away:
                raise away()
            raise Refused(FailureCode.CHANNEL_UNAVAILABLE, f"no platform has a channel at {endpoint}; add it first")
        member = self._members[name] if name is not None else next(iter(self._members.values()))
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

    def _can(self, member: _Member, feature: Feature) -> bool:
        """A single part is asked in any case: it knows best why it cannot."""
        return feature in member.features or len(self._members) == 1

    def _of(self, agent: str) -> Holdings:
        return self._agents.setdefault(agent, Holdings(self._members))

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
        if self._tried and not self.available and self._holding is None:
            self._holding = trio.CancelScope()
            self._nursery.start_soon(self._hold, self._holding)

    async def _hold(self, scope: trio.CancelScope) -> None:
        with scope:
            await trio.sleep(self._settings.hold_s)
            log.error("sessions_not_held", after_s=self._settings.hold_s)
            self._given_up = True
            self._on_lost()

    def _up(self, name: str) -> None:
        member = self._members[name]
        _warn_of_types(member)
        if self._holding is not None:
            self._holding.cancel()
            self._holding = None
        self._given_up = False
        if self._tried:
            self._on_back()
        for agent in member.to_log_out:
            self._nursery.start_soon(self._log_out_late, member, agent)


def _warn_of_types(member: _Member) -> None:
    """Once for each type that it is to have channels of, and cannot: nobody would be told why there are none."""
    for kind in sorted(member.part.channels or ()):
        if CHANNEL_FEATURES[kind] not in member.platform.features and kind not in member.unable:
            member.unable.add(kind)
            remedy = "take it out of the adapter's channels in [[adapters]], or name an adapter that can do it"
            log.warning("channel_type_not_possible", adapter=member.name, type=kind.value, remedy=remedy)


def _unsupported(what: str) -> Refused:
    return Refused(FailureCode.UNSUPPORTED, f"no CTI platform here has {what}")


def _used_of(part: Part, snapshot: Snapshot) -> Snapshot:
    """Without what the part is not used for."""
    if part.for_all:
        return snapshot
    return Snapshot(
        agent_name=snapshot.agent_name,
        groups=tuple(_used_of_group(part, group) for group in snapshot.groups if part.joins(group.name)),
        channels=tuple(channel for channel in snapshot.channels if part.serves(channel.type)),
        interactions=tuple(each for each in snapshot.interactions if part.serves(each.type)),
    )


def _used_of_group(part: Part, group: GroupReport) -> GroupReport:
    return attrs.evolve(group, channels=tuple(channel for channel in group.channels if part.serves(channel.type)))
