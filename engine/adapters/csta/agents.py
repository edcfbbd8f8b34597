"""What agents ask for at channels, groups and lists. Each method gives what makes the answer, at the last moment."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from engine.adapters import refusals
from engine.adapters.csta import replies, requests
from engine.adapters.csta.desks import Chosen, Desk, Phone
from engine.adapters.csta.link import Unanswered
from engine.adapters.csta.watching import Watching
from engine.adapters.csta.words import LOGGED_OFF, LOGGED_ON, REQUESTED_STATES
from engine.adapters.csta.world import World
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    CHANNEL_FEATURES,
    ActivateChannel,
    AddChannel,
    AddGroup,
    ChannelReport,
    DeactivateChannel,
    DirectoryEntry,
    GroupReport,
    ListDirectory,
    ListDispositions,
    ListLogoutReasons,
    ListNotReadyReasons,
    LogoutAgent,
    PlatformCall,
    ReasonCode,
    RemoveChannel,
    RemoveGroup,
    SetAgentState,
    Snapshot,
    StartAgent,
)
from protocol.states import CONNECTION_LOST, AgentState, ChannelType

Rows = Mapping[type[PlatformCall[Any]], Callable[[Desk, Any], Awaitable[Callable[[], object]]]]
"""What carries out each call: a function of the desk and the call, which gives what makes the answer."""


class Agents:
    """The calls about agents, channels and groups."""

    def __init__(self, world: World, watching: Watching) -> None:
        self._world = world
        self._watching = watching
        self._settings = world.settings
        self.rows: Final[Rows] = MappingProxyType(
            {
                StartAgent: self.start_agent,
                LogoutAgent: self.logout_agent,
                AddChannel: self.add_channel,
                RemoveChannel: self.remove_channel,
                AddGroup: self.add_group,
                RemoveGroup: self.remove_group,
                ActivateChannel: self.activate_channel,
                DeactivateChannel: self.deactivate_channel,
                SetAgentState: self.set_agent_state,
                ListDirectory: self.list_directory,
                ListNotReadyReasons: self.list_not_ready_reasons,
                ListLogoutReasons: self.list_logout_reasons,
                ListDispositions: self.list_dispositions,
            }
        )

    # Beginning and ending

    async def start_agent(self, desk: Desk, call: StartAgent) -> Callable[[], Snapshot]:
        if call.extension is not None:
            phone = await self._free(desk, call.extension)
            desk.phone = call.extension
            self._attach(desk, phone)
        await self._find_login(desk)
        desk.watched = True

        def answer() -> Snapshot:
            for phone in desk.phones():
                self._world.telling.known(desk, phone)
            mine = [phone for phone in desk.phones() if desk.holds(phone)]
            return Snapshot(
                agent_name=desk.agent.name or desk.id,
                groups=tuple(desk.group_report(name) for name in desk.groups),
                channels=tuple(phone.seen_by(desk.agent) for phone in desk.channels.values()),
                interactions=tuple(visit.report() for phone in mine for visit in phone.line.visits.values()),
            )

        return answer

    async def _find_login(self, desk: Desk) -> None:
        """Who is logged in at the own phone has a channel there."""
        if any(desk.holds(phone) for phone in desk.phones()):
            return
        try:
            phone = await self._watching.watch(desk.agent.extension)
        except Refused as refused:
            if refused.code is FailureCode.CHANNEL_UNAVAILABLE:
                return  # the switch has no such phone; then the agent is not logged in there
            raise
        if desk.holds(phone):
            self._attach(desk, phone)
        await self._watching.let_go(phone)

    async def logout_agent(self, desk: Desk, call: LogoutAgent) -> Callable[[], None]:
        refusals.check_reason(
            "logout", call.reason, self._settings.logout_reasons, required=self._settings.logout_reason_required
        )
        phones = desk.phones()
        for phone in phones:
            if desk.holds(phone):
                await self._log_out(phone, call.reason)
        desk.watched = False
        for phone in phones:
            self._detach(desk, phone)
            for visit in [visit for visit in phone.line.visits.values() if visit.over]:
                self._world.complete(phone, visit)  # nobody is there to wrap it up
        desk.channels.clear()
        desk.groups.clear()
        desk.phone = desk.agent.extension
        for phone in phones:
            await self._watching.let_go(phone)
        return _nothing

    async def _log_out(self, phone: Phone, reason: str | None) -> None:
        with self._world.quiet(phone):
            await self._set(phone, requests.set_agent_state(phone.device, LOGGED_OFF, reason=reason))

    # Channels and groups

    def _attach(self, desk: Desk, phone: Phone) -> None:
        """Make it a standalone channel, unless the agent has it in one way or the other."""
        if desk.phone_at(phone.address) is None:
            desk.channels[phone.address] = phone
            phone.users[desk.id] = None

    def _detach(self, desk: Desk, phone: Phone) -> None:
        phone.users.pop(desk.id, None)
        self._world.telling.forget(desk, phone)

    async def add_channel(self, desk: Desk, call: AddChannel) -> Callable[[], ChannelReport]:
        feature = CHANNEL_FEATURES[call.type]
        if call.type is not ChannelType.TELEPHONY:
            raise Refused(FailureCode.UNSUPPORTED, f"a switch has no {feature} channels; do without")
        phone = desk.phone_at(call.endpoint)
        if phone is None:
            phone = await self._free(desk, call.endpoint)
            self._attach(desk, phone)
            self._world.tell(phone)
        return lambda: phone.seen_by(desk.agent)

    async def remove_channel(self, desk: Desk, call: RemoveChannel) -> Callable[[], None]:
        for name, members in desk.groups.items():
            if any(phone.address == call.endpoint for phone in members):
                raise refusals.in_a_group(call.endpoint, name)
        phone = desk.channels.get(call.endpoint)
        if phone is not None:
            await self._give_up(desk, [phone])
            desk.channels.pop(call.endpoint, None)
            self._detach(desk, phone)
            await self._watching.let_go(phone)
        return _nothing

    async def add_group(self, desk: Desk, call: AddGroup) -> Callable[[], GroupReport]:
        names = [group.name for group in self._settings.groups]
        allowed = names if desk.agent.groups is None else desk.agent.groups
        if call.name not in allowed:
            raise refusals.may_not_join(desk.id, call.name, allowed)
        if desk.phone_at(desk.phone) is None:
            phone = await self._free(desk, desk.phone)
            phone.users[desk.id] = None
            desk.groups[call.name] = (*desk.groups.get(call.name, ()), phone)
            self._world.tell(phone)
        desk.groups.setdefault(call.name, ())
        return lambda: desk.group_report(call.name)

    async def remove_group(self, desk: Desk, call: RemoveGroup) -> Callable[[], None]:
        members = list(desk.groups.get(call.name, ()))
        await self._give_up(desk, members)
        desk.groups.pop(call.name, None)
        for phone in members:
            self._detach(desk, phone)
            await self._watching.let_go(phone)
        return _nothing

    async def _give_up(self, desk: Desk, phones: list[Phone]) -> None:
        """Log out wherever the agent is logged in."""
        mine = [phone for phone in phones if desk.holds(phone)]
        for phone in mine:
            _refuse_keeping(phone)
        for phone in mine:
            await self._log_out(phone, None)

    # Logging in and out, agent states

    async def activate_channel(self, desk: Desk, call: ActivateChannel) -> Callable[[], ChannelReport]:
        phone = self._channel(desk, call.endpoint)
        if phone.login is None:
            login = requests.set_agent_state(
                phone.device,
                LOGGED_ON,
                login=desk.agent.login_id,
                password=desk.agent.password,
                skill=desk.agent.acd_group,
            )
            with self._world.quiet(phone):
                await self._set(phone, login)
        return lambda: phone.seen_by(desk.agent)

    async def deactivate_channel(self, desk: Desk, call: DeactivateChannel) -> Callable[[], ChannelReport]:
        phone = self._channel(desk, call.endpoint)
        await self._give_up(desk, [phone])
        return lambda: phone.seen_by(desk.agent)

    async def set_agent_state(self, desk: Desk, call: SetAgentState) -> Callable[[], ChannelReport]:
        phone = self._channel(desk, call.endpoint)
        if not desk.holds(phone):
            raise refusals.not_logged_in(desk.id, call.endpoint)
        reason = call.reason if call.agentstate is AgentState.NOTREADY else None
        if call.agentstate is AgentState.NOTREADY:
            refusals.check_reason(
                "not-ready",
                reason,
                self._settings.not_ready_reasons,
                required=self._settings.not_ready_reason_required,
            )
        chosen = Chosen(call.agentstate, reason)
        if phone.line.wraps_up:
            phone.after_work = chosen
            self._world.tell(phone)
        else:
            await self.choose(phone, chosen)
        return lambda: phone.seen_by(desk.agent)

    async def choose(self, phone: Phone, chosen: Chosen) -> None:
        """Have the switch put the agent there into this state, now or after the call."""
        sent = self._settings.connection_lost_reason if chosen.reason == CONNECTION_LOST else chosen.reason
        before = phone.asked, phone.sent
        phone.asked, phone.sent = chosen, sent
        try:
            with self._world.quiet(phone):
                await self._set(
                    phone, requests.set_agent_state(phone.device, REQUESTED_STATES[chosen.agentstate], reason=sent)
                )
        except Refused:
            phone.asked, phone.sent = before
            raise

    async def _set(self, phone: Phone, request: requests.Request) -> None:
        """Ask for an agent state, and take in what became of it."""
        unanswered: Unanswered | None = None
        pending: AgentState | None = None
        try:
            pending = await self._watching.ask(request, replies.pending_of)
        except Unanswered as error:
            unanswered = error
        await self._watching.look_at_agent(phone)
        if unanswered is not None:
            raise unanswered
        if pending is not None and phone.pending is None and phone.state not in (None, pending):
            phone.pending = pending

    # Lists

    async def list_directory(self, desk: Desk, call: ListDirectory) -> Callable[[], tuple[DirectoryEntry, ...]]:
        return lambda: self._settings.directory

    async def list_not_ready_reasons(
        self, desk: Desk, call: ListNotReadyReasons
    ) -> Callable[[], tuple[ReasonCode, ...]]:
        return lambda: self._settings.not_ready_reasons

    async def list_logout_reasons(self, desk: Desk, call: ListLogoutReasons) -> Callable[[], tuple[ReasonCode, ...]]:
        return lambda: self._settings.logout_reasons

    async def list_dispositions(self, desk: Desk, call: ListDispositions) -> Callable[[], tuple[ReasonCode, ...]]:
        self.phone_of(desk, call.endpoint)
        return lambda: self._settings.dispositions

    # Finding, and refusing

    @staticmethod
    def phone_of(desk: Desk, address: str) -> Phone:
        phone = desk.phone_at(address)
        if phone is None:
            raise refusals.no_channel(desk.id, address)
        return phone

    def _channel(self, desk: Desk, address: str) -> Phone:
        """A phone where the agent has a channel that no other agent keeps from it."""
        phone = self.phone_of(desk, address)
        self._refuse_taken(desk, phone)
        return phone

    async def _free(self, desk: Desk, address: str) -> Phone:
        """A phone, looked at, where nobody else is logged in."""
        phone = await self._watching.watch(address)
        if phone.login is not None and not desk.holds(phone):
            await self._watching.let_go(phone)
        self._refuse_taken(desk, phone)
        return phone

    @staticmethod
    def _refuse_taken(desk: Desk, phone: Phone) -> None:
        if phone.login is not None and not desk.holds(phone):
            raise refusals.taken(phone.address, f"somebody else, {phone.login},")


def _refuse_keeping(phone: Phone) -> None:
    for visit in phone.line.visits.values():
        raise refusals.still_used(phone.address, visit.id)


def _nothing() -> None:
    """The answer of calls that answer nothing."""
