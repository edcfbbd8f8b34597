"""How agents are started: at all parts when a session begins, and later at the one that is back."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import attrs
import structlog
import trio

from engine.adapters.platforms.groups import Groups
from engine.adapters.platforms.holdings import Agents, Holdings
from engine.adapters.platforms.leaving import Leaving
from engine.adapters.platforms.parts import AT_ONCE, Member, Members
from engine.adapters.supervisor import away
from protocol.errors import FailureCode, Refused
from protocol.platform import Feature, PartialSnapshot, Snapshot, StartAgent
from protocol.states import ChannelType
from statemachines.actions.reconcile import NOT_HEARD

log = structlog.get_logger()


class Starting:
    """What agents have from then on is in their holdings."""

    def __init__(
        self, members: Members, agents: Agents, groups: Groups, leaving: Leaving, *, patience_s: float
    ) -> None:
        """`patience_s`: how long an agent waits for a place among those who are started."""
        self._members = members
        self._agents = agents
        self._groups = groups
        self._leaving = leaving
        self._patience_s = patience_s
        self._at_once = trio.CapacityLimiter(AT_ONCE)

    async def start(self, agent: str, call: StartAgent, *, again: bool) -> Snapshot:
        """Parts that are away are left as they were told; whoever is not known at one part may be at another.

        `again`: the agent has a session. What a part has said since it came up is not asked for again, unless that is
        so of all: then the session has lost something by itself.
        """
        refusals: list[Refused] = []
        async with self._turn():
            there = self._members.there  # others than before the waiting, maybe
            if not there:
                raise away()
            holdings = self._agents.get(agent) or Holdings(self._members.names)
            news = [member for member in there if not (again and member.name in holdings.heard)]
            for member in news or there:
                await self._leaving.stays(agent, member)
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
                    for endpoint in holdings.take_snapshot(member.name, member.part.used_of(snapshot)):
                        log.error("endpoint_taken", adapter=member.name, agent=agent, endpoint=endpoint)
                    await self._groups.join_missed(agent, member)
                holdings.heard.add(member.name)
        unheard = self._unheard(holdings, there)
        if not holdings.names:
            del self._agents[agent]
            raise away() if unheard else refusals[0]
        if self._members.is_plain:
            return snapshot
        whole = holdings.snapshot()
        return PartialSnapshot(**attrs.asdict(whole, recurse=False), unheard=unheard) if unheard else whole

    async def _start_at(self, member: Member, agent: str, call: StartAgent, *, again: bool) -> Snapshot:
        """The extension is a matter of telephony. Who has lost theirs meanwhile has not lost the rest."""
        asked = call if Feature.TELEPHONY in member.features or len(self._members) == 1 else StartAgent()
        try:
            return await member.ask(agent, asked)
        except Refused as refusal:
            if not again or asked.extension is None or refusal.code in NOT_HEARD:
                raise
        return await member.ask(agent, StartAgent())

    def _unheard(self, holdings: Holdings, there: Sequence[Member]) -> tuple[ChannelType, ...]:
        """Of which types the agent may have channels at a part that was not there, and said nothing in this process."""
        mute = [member for member in self._members if not (member in there or member.name in holdings.names)]
        return tuple(kind for kind in ChannelType if any(member.part.serves(kind) for member in mute))

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Waiting counts as asking: a session that waits takes neither requests nor reports."""
        with trio.move_on_after(self._patience_s) as waiting:
            await self._at_once.acquire()
        if waiting.cancelled_caught:
            raise Refused(FailureCode.TIMEOUT, "the CTI platform is slow to start so many agents; try again")
        try:
            yield
        finally:
            self._at_once.release()
