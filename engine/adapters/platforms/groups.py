"""Groups that several parts have as one: joined at all of them, and let go by all or by none."""

from collections.abc import Callable

import structlog

from engine.adapters.platforms.holdings import Agents
from engine.adapters.platforms.parts import Member, Members, unsupported
from engine.adapters.supervisor import away
from protocol.errors import Refused
from protocol.platform import AddGroup, Feature, GroupReport, RemoveGroup, Report
from protocol.states import ChannelType
from statemachines.actions.reconcile import NOT_HEARD
from statemachines.operation import platform_error

log = structlog.get_logger()


class Groups:
    """What agents have of them is in their holdings."""

    def __init__(self, members: Members, agents: Agents, on_report: Callable[[str, Report], None]) -> None:
        self._members = members
        self._agents = agents
        self._on_report = on_report

    async def add(self, agent: str, call: AddGroup) -> GroupReport:
        """At all parts that have it, as one group. One that is away joins it when it is back."""
        holdings, refusals, joined, away_now = self._agents[agent], list[Refused](), False, list[str]()
        for member in self._may_have(call.name):
            was_there = member.available
            try:
                group = await self._join(member, agent, call)
            except Refused as refusal:
                if was_there and refusal.code in NOT_HEARD:
                    raise  # it may have the group all the same: asked again, all say so
                refusals.append(refusal)
                if not was_there:
                    away_now.append(member.name)
            else:
                if self._members.is_plain:
                    return group
                joined = True
        if not joined:
            raise (refusals or [unsupported(f"the group {call.name}")])[0]
        for name in away_now:
            holdings.owe(name, call)
        return holdings.group(call.name)

    async def join_missed(self, agent: str, member: Member) -> None:
        """At a part that is back, what was joined without it. Raises Refused where that was not heard."""
        holdings = self._agents[agent]
        for call in holdings.owed(member.name):
            if not self._members.can(member, Feature.CHANNELGROUPS):
                return
            try:
                await self._join(member, agent, call)
            except Refused as refusal:
                if refusal.code in NOT_HEARD:
                    raise
            holdings.settle(member.name, call.name)

    async def remove(self, agent: str, call: RemoveGroup) -> None:
        """All parts, or none: what was left where another part refuses is joined again."""
        holdings = self._agents[agent]
        kinds = {channel.type for channel in holdings.group(call.name).channels}
        left: list[str] = []
        concerned = holdings.joined(call.name) or self._members.names
        if not all(self._members[name].available for name in concerned):
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
                await self._join_again(agent, AddGroup.with_kinds(call.name, kinds))
            raise refusal
        for name in left:
            holdings.leave_group(name, call.name)
        for name in self._members.names:
            holdings.settle(name, call.name)

    def _may_have(self, name: str) -> list[Member]:
        return [
            member
            for member in self._members
            if member.part.joins(name) and (self._members.can(member, Feature.CHANNELGROUPS) or member.unknown)
        ]

    async def _join(self, member: Member, agent: str, call: AddGroup) -> GroupReport:
        """At one part, with the kinds of channels that it is used for. Returns what the part says."""
        wanted = AddGroup(
            name=call.name,
            chat=call.chat and member.part.serves(ChannelType.CHAT),
            email=call.email and member.part.serves(ChannelType.EMAIL),
            callback=call.callback and member.part.serves(ChannelType.CALLBACK),
        )
        group = await member.ask(agent, wanted)
        if group.name != call.name and not self._members.is_plain:
            raise platform_error(f"asked for group {call.name}, it told of {group.name}")
        for endpoint in self._agents[agent].join(member.name, member.part.used_of_group(group)):
            log.error("endpoint_taken", adapter=member.name, agent=agent, endpoint=endpoint)
        return group

    async def _join_again(self, agent: str, call: AddGroup) -> None:
        """Channels that were let go for a moment may be something else than before."""
        try:
            group = await self.add(agent, call)
        except Refused as refusal:
            log.error("group_half_removed", group=call.name, agent=agent, code=refusal.code, why=refusal.message)  # noqa: TRY400 - no defect of ours
        else:
            for channel in group.channels:
                self._on_report(agent, channel)
