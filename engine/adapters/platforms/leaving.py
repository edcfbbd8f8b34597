"""How agents are logged out: at all parts, and where one is away, as soon as it is back."""

import structlog
import trio

from engine.adapters.platforms.holdings import Holdings
from engine.adapters.platforms.parts import AT_ONCE, Member, Members
from engine.adapters.supervisor import away
from protocol.errors import Refused
from protocol.platform import Feature, LogoutAgent

log = structlog.get_logger()


class Leaving:
    """Knows who has no session any more, and may still be logged in somewhere."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._due: dict[str, set[str]] = {name: set() for name in members.names}
        """By part, the agents who may still be logged in there."""
        self._under_way: dict[tuple[str, str], trio.Event] = {}
        """By part and agent, what is being asked; set when that is done."""
        self._at_once = trio.CapacityLimiter(AT_ONCE)

    async def log_out(self, agent: str, call: LogoutAgent, holdings: Holdings) -> None:
        """The part that knows reasons goes first, and may refuse; a part that is away is told when it is back."""
        concerned = self._concerned(holdings)
        there = [member for member in concerned if member.available]
        if not there:
            raise away()
        first = next((member for member in there if Feature.LOGOUT_REASONS in member.features), there[0])
        await first.ask(agent, call)
        for member in concerned:
            if member is not first:
                has_reasons = Feature.LOGOUT_REASONS in member.features
                await self._log_out_at(member, agent, call if has_reasons else LogoutAgent())

    def log_out_later(self, agent: str, holdings: Holdings, nursery: trio.Nursery) -> None:
        """Nobody waits for it: now where the part is there, else when it is back."""
        for member in self._concerned(holdings):
            self._due[member.name].add(agent)
            nursery.start_soon(self._make_up_for, member, agent)

    def is_back(self, member: Member, nursery: trio.Nursery) -> None:
        for agent in self._due[member.name]:
            nursery.start_soon(self._make_up_for, member, agent)

    async def stays(self, agent: str, member: Member) -> None:
        """There is a session again: return when nothing can come behind its start there."""
        self._due[member.name].discard(agent)
        if (under_way := self._under_way.get((member.name, agent))) is not None:
            await under_way.wait()

    def _concerned(self, holdings: Holdings) -> list[Member]:
        """Where the agent is logged in, or may be: nobody knows what one that is away has from a process before."""
        here = [member for member in self._members if member.name in holdings.names]
        return [member for member in self._members if not here or member in here or not member.available]

    async def _log_out_at(self, member: Member, agent: str, call: LogoutAgent) -> None:
        try:
            await member.ask(agent, call)
        except Refused as refusal:
            if not member.available:
                self._due[member.name].add(agent)
                return
            log.warning("logout_refused", adapter=member.name, agent=agent, code=refusal.code, why=refusal.message)

    async def _make_up_for(self, member: Member, agent: str) -> None:
        """Unless there is a session again: then its start comes first."""
        due = self._due[member.name]
        async with self._at_once:
            if agent not in due or not member.available:
                return
            due.discard(agent)
            done = self._under_way[member.name, agent] = trio.Event()
            try:
                await self._log_out_at(member, agent, LogoutAgent())
            finally:
                del self._under_way[member.name, agent]
                done.set()
