"""The switch itself, a small contact centre in memory. Synchronous; what time it is, it is told.

It outlives the adapters that are connected to it, as a real switch does. What is done to it comes from an adapter
(`perform`), from the phones (`phone`), or from customers; whoever did it, every change goes to all adapters that are
connected. A refused call has changed nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar, cast

import attrs

from engine.adapters.simulator.agents import Agents
from engine.adapters.simulator.callbacks import Callbacks
from engine.adapters.simulator.callcontrol import CallControl
from engine.adapters.simulator.callers import Callers, CallScript
from engine.adapters.simulator.calls import Calls
from engine.adapters.simulator.chats import Chats
from engine.adapters.simulator.contact import Contacts, Data, Tally
from engine.adapters.simulator.customer_script import Script
from engine.adapters.simulator.customers import Page
from engine.adapters.simulator.desk import Desk
from engine.adapters.simulator.destinations import Destinations
from engine.adapters.simulator.emails import Emails, Sent
from engine.adapters.simulator.faults import Faults
from engine.adapters.simulator.news import Line, News
from engine.adapters.simulator.phones import Phones
from engine.adapters.simulator.routing import Routing
from engine.adapters.simulator.settings import SimulatorSettings, check
from engine.adapters.simulator.timers import Timers
from engine.adapters.simulator.visit import Visits
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    ActivateChannel,
    AddChannel,
    AddGroup,
    AlternateLegs,
    BlindConference,
    BlindTransfer,
    ChangeData,
    ConferenceConsult,
    DeactivateChannel,
    Dial,
    Feature,
    HoldLeg,
    InteractionCall,
    ListDirectory,
    ListDispositions,
    ListLogoutReasons,
    ListNotReadyReasons,
    LogoutAgent,
    PlatformCall,
    RejectInteraction,
    RemoveChannel,
    RemoveGroup,
    RetrieveLeg,
    SendDigits,
    SetAgentState,
    SetRecording,
    StartAgent,
    StartConsult,
    TransferConsult,
    TransferInteraction,
)
from protocol.states import Ability, ChannelType

R = TypeVar("R")

FEATURE_OF: Final[Mapping[type[PlatformCall[Any]], Feature]] = {
    AddGroup: Feature.CHANNELGROUPS,
    RemoveGroup: Feature.CHANNELGROUPS,
    ListDirectory: Feature.DIRECTORY,
    ListNotReadyReasons: Feature.NOTREADY_REASONS,
    ListLogoutReasons: Feature.LOGOUT_REASONS,
    ListDispositions: Feature.DISPOSITIONS,
    Dial: Feature.DIAL,
    RejectInteraction: Feature.REJECT,
    ChangeData: Feature.INTERACTION_DATA,
    SetRecording: Feature.RECORDING,
    HoldLeg: Feature.HOLD,
    RetrieveLeg: Feature.HOLD,
    StartConsult: Feature.CONSULT,
    AlternateLegs: Feature.CONSULT,
    TransferConsult: Feature.CONSULT,
    ConferenceConsult: Feature.CONFERENCE,
    BlindConference: Feature.CONFERENCE,
    BlindTransfer: Feature.BLIND_TRANSFER,
    SendDigits: Feature.DTMF,
    TransferInteraction: Feature.MEDIA_TRANSFER,
}
"""The feature without which the switch refuses a call, whatever it says."""


@attrs.frozen
class _Operation:
    """Around whatever is done to the switch now."""

    begin: Callable[[], None]
    end: Callable[[], None]

    def __enter__(self) -> None:
        self.begin()

    def __exit__(self, *_: object) -> None:
        self.end()


class Switch:
    """One simulated switch. Raises ValueError when the settings do not fit together."""

    def __init__(self, settings: SimulatorSettings) -> None:
        check(settings)
        self.settings: Final = settings
        self.features: Final = settings.declared()
        self.faults: Final = Faults(settings.faults)
        self._clock: Callable[[], float] | None = None
        self._on_earlier: Callable[[], None] = lambda: None
        self._awaited_at = 0.0
        news = News()
        timers = Timers(after_each=news.tell)
        contacts = Contacts()
        agents = Agents(settings, timers, news)
        visits = Visits(settings, timers, news, contacts, agents.desks)
        routing = Routing(settings, timers, news, visits, agents.desks)
        news.marked = routing.look_soon
        destinations = Destinations(settings, agents, routing)
        calls = Calls(settings, timers, news, contacts, visits, routing, agents)
        control = CallControl(news, calls, agents, destinations)
        calls.medium = control
        self.timers: Final = timers
        self.contacts: Final = contacts
        self.agents: Final = agents
        self.routing: Final = routing
        self._news = news
        self._visits = visits
        self._calls = calls
        self._callers = Callers(settings, timers, contacts, visits, calls, destinations)
        self._chats = Chats(settings, timers, news, contacts, visits, routing, agents)
        self._emails = Emails(settings, timers, news, contacts, visits, routing, agents)
        self._callbacks = Callbacks(settings, timers, news, contacts, visits, routing, agents)
        self._phones = Phones(timers, news, agents, calls, destinations)
        self._rows: Final[Mapping[type[PlatformCall[Any]], Callable[[Desk, Any], object]]] = {
            StartAgent: agents.start_agent,
            LogoutAgent: agents.logout_agent,
            AddChannel: agents.add_channel,
            RemoveChannel: agents.remove_channel,
            AddGroup: agents.add_group,
            RemoveGroup: agents.remove_group,
            ActivateChannel: agents.activate_channel,
            DeactivateChannel: agents.deactivate_channel,
            SetAgentState: agents.set_agent_state,
            ListDirectory: lambda desk, call: settings.directory,
            ListNotReadyReasons: lambda desk, call: settings.not_ready_reasons,
            ListLogoutReasons: lambda desk, call: settings.logout_reasons,
            ListDispositions: agents.list_dispositions,
            Dial: control.dial,
        }
        self._operation: Final = _Operation(self.catch_up, self._end_operation)
        news.tell()

    # Adapters

    def connect(self, line: Line) -> None:
        self._news.connect(line)

    def disconnect(self, line: Line) -> None:
        self._news.disconnect(line)

    def forsake(self, agents: Iterable[str]) -> None:
        """The sessions of these agents are gone without a word, as when a line breaks. What the agents have goes on."""
        for agent in agents:
            self.agents.desk(agent).watched = False

    def lose(self) -> None:
        """Break all connections. The switch itself goes on."""
        self._news.lose()

    def perform(self, agent: str, call: PlatformCall[R]) -> R:
        """Do what the call says. Raises Refused, and then nothing has changed."""
        with self._operation:
            feature = FEATURE_OF.get(type(call))
            if feature is not None:
                self.agents.require(feature)
            desk = self.agents.desk(agent)
            if isinstance(call, InteractionCall):
                return cast(R, self._perform_at_interaction(desk, call))
            return cast(R, self._rows[type(call)](desk, call))

    def _perform_at_interaction(self, desk: Desk, call: InteractionCall[Any]) -> object:
        visit = self.agents.visit(desk, call.endpoint, call.interaction)
        row = visit.medium.rows.get(type(call)) or self._visits.rows.get(type(call))
        if row is None:
            raise Refused(
                FailureCode.UNSUPPORTED,
                f"{visit.contact.kind} interactions have no {type(call).__name__}; do without",
            )
        return row(visit, call)

    # Time

    def follow(self, clock: Callable[[], float], *, on_earlier: Callable[[], None], epoch: float) -> None:
        """From now on the time is read from `clock`, in seconds, and `epoch` is the time of the world when it was 0.

        `on_earlier` is called whenever something is due earlier than what `next_at` said last.
        """
        self._clock, self._on_earlier, self.timers.epoch = clock, on_earlier, epoch

    def catch_up(self) -> None:
        """Do what is due by the clock."""
        if self._clock is not None:
            self.advance(self._clock())

    def advance(self, now: float) -> None:
        """Do what is due up to `now`."""
        self.timers.advance(now)

    def next_at(self) -> float:
        """When something is due; infinity when nothing is."""
        self._awaited_at = self.timers.next_at()
        return self._awaited_at

    def _end_operation(self) -> None:
        """All that has changed is told."""
        self._news.tell()
        if self.timers.next_at() < self._awaited_at:
            self._on_earlier()

    # Callers

    def call(self, to: str, from_: str, data: Data | None = None, script: CallScript | None = None) -> str:
        """Somebody calls a phone or a queue; returns the contact's id."""
        with self._operation:
            self.agents.require(Feature.TELEPHONY)
            return self._callers.call(to, from_, dict(data or {}), script)

    def hangup(self, contact: str) -> None:
        """The customer hangs up; where that side has left already, the call is over for all."""
        with self._operation:
            self._callers.hangup(contact)

    def caller_digits(self, contact: str, digits: str) -> None:
        """The customer dials these during the call; they come as attached data."""
        with self._operation:
            self._callers.digits(contact, digits)

    # Customers who write

    def chat(
        self,
        queue: str,
        name: str,
        data: Data | None = None,
        script: Script | None = None,
        abilities: Iterable[Ability] | None = None,
    ) -> str:
        """A customer wants to chat; returns the contact's id. `abilities` left out are all."""
        with self._operation:
            return self._chats.chat(queue, name, dict(data or {}), script, abilities)

    def customer_message(self, contact: str, text: str) -> None:
        with self._operation:
            self._chats.message(contact, text)

    def customer_typing(self, contact: str, on: bool) -> None:
        with self._operation:
            self._chats.typing(contact, on)

    def customer_file(
        self, contact: str, name: str, url: str, content_type: str | None = None, size: int | None = None
    ) -> None:
        """The customer puts in a file that lies at `url`. `size` in bytes."""
        with self._operation:
            self._chats.file(contact, name, url, content_type, size)

    def customer_form(self, contact: str, form: str, values: dict[str, str]) -> None:
        """The customer fills in the form that an agent has shown."""
        with self._operation:
            self._chats.form(contact, form, values)

    def customer_screenshot(self, contact: str, accepted: bool, url: str | None = None) -> None:
        """The customer lets the agent have the picture at `url`, or refuses."""
        with self._operation:
            self._chats.screenshot(contact, accepted, url)

    def customer_signal(self, contact: str, name: str, data: dict[str, str] | None = None) -> None:
        """Something from the customer's application to the agent's."""
        with self._operation:
            self._chats.signal(contact, name, data)

    def customer_leaves(self, contact: str) -> None:
        """The customer ends the chat."""
        with self._operation:
            self._chats.leaves(contact)

    def customer_page(self, contact: str) -> Page:
        """What the customer's side of a chat shows now."""
        return self._chats.page(contact)

    def supervisor_joins(self, contact: str, name: str) -> None:
        """A supervisor looks on at a chat."""
        with self._operation:
            self._chats.supervisor_joins(contact, name)

    def supervisor_leaves(self, contact: str) -> None:
        with self._operation:
            self._chats.supervisor_leaves(contact)

    def email(self, queue: str, from_: str, subject: str, text: str, data: Data | None = None) -> str:
        """An email comes in; returns the contact's id."""
        with self._operation:
            return self._emails.email(queue, from_, subject, text, dict(data or {}))

    def email_follows(self, contact: str, text: str) -> None:
        """The customer writes once more before the email is answered."""
        with self._operation:
            self._emails.follows(contact, text)

    @property
    def emails_sent(self) -> tuple[Sent, ...]:
        """The latest emails that went out."""
        return self._emails.sent

    def callback(self, queue: str, number: str, name: str, data: Data | None = None) -> str:
        """A customer wants to be called back; returns the contact's id."""
        with self._operation:
            return self._callbacks.callback(queue, number, name, dict(data or {}))

    def customer_withdraws(self, contact: str) -> None:
        """The customer no longer needs an answer to the email, or to be called back."""
        with self._operation:
            there = self.contacts.get(contact)
            if there is not None and there.kind is ChannelType.CALLBACK:
                self._callbacks.withdraw(contact)
            else:
                self._emails.withdraw(contact)

    # Phones

    def phone(self, extension: str, action: str, **details: Any) -> None:
        """Somebody does something at a phone: a method of `Phones`, by its name, with its arguments."""
        with self._operation:
            self._phones.act(extension, action, details)

    def hold_release(self, endpoint: str, *, held: bool = True) -> None:
        """From now on the switch refuses to let go of this endpoint; with `held=False`, no longer."""
        self.agents.endpoint(endpoint).stuck = held

    # What can be looked at

    @property
    def tally(self) -> Tally:
        """How many contacts came, and how they ended."""
        return attrs.evolve(self.contacts.tally)

    def live_objects(self) -> int:
        """Contacts, what they are made of, interactions, places in queues, and timers: 0 when all is over."""
        return sum(
            (
                len(self.contacts),
                self._calls.live(),
                len(self.agents.all_visits()),
                len(self.routing),
                self._chats.live(),
                self._emails.live(),
                self._callbacks.live(),
                len(self.timers),
            )
        )
