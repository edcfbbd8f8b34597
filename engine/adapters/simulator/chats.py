"""Chats: what customers and agents do in them. How they come to agents and go stands in `media`."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final

import attrs

from engine.adapters.simulator.customer_script import NEEDS, Script
from engine.adapters.simulator.customers import Customer, Page
from engine.adapters.simulator.desk import Endpoint
from engine.adapters.simulator.inputs import require
from engine.adapters.simulator.media import Media, WorkItem
from engine.adapters.simulator.routing import Entry
from engine.adapters.simulator.transcript import Transcript
from engine.adapters.simulator.visit import Visit
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    DataMap,
    FilePosted,
    FormSubmitted,
    InteractionCall,
    MessagePosted,
    Party,
    PartyChanged,
    PushUrl,
    RequestScreenshot,
    ScreenshotAnswered,
    SendFile,
    SendMessage,
    SendSignal,
    SetTyping,
    ShowForm,
    SignalReceived,
    TypingChanged,
)
from protocol.states import Ability, ChannelType, PartyRole
from protocol.texts import Count, Name, Text, Url

CALL_NEEDS: Final[Mapping[type[InteractionCall[Any]], Ability]] = MappingProxyType(
    {
        SendFile: Ability.FILE,
        PushUrl: Ability.URL,
        ShowForm: Ability.FORM,
        RequestScreenshot: Ability.SCREENSHOT,
        SendSignal: Ability.SIGNAL,
    }
)
"""What the customer's side must be able to do for a call."""


@attrs.define(eq=False, kw_only=True)
class Chat(WorkItem):
    """One chat. `typing`: the customer is, as the agent knows it. A supervisor may look on."""

    page: Page
    script: Customer = attrs.field(init=False)
    typing: bool = False
    supervisor: Party | None = None

    def waits(self) -> None:
        self.page.agent_left()
        self.script.handed_on()

    def taken(self) -> None:
        self.page.taken = True
        self.script.handed_on()

    def over(self) -> None:
        self.script.over()


@attrs.define(eq=False)
class Chats(Media[Chat]):
    """All chats."""

    kind: ClassVar[ChannelType] = ChannelType.CHAT

    def _rows(self) -> dict[type[Any], Callable[[Any, Any], object]]:
        return super()._rows() | {
            SendMessage: self._send_message,
            SetTyping: self._set_typing,
            SendFile: self._send_file,
            PushUrl: self._push_url,
            ShowForm: self._show_form,
            RequestScreenshot: self._request_screenshot,
            SendSignal: self._send_signal,
        }

    # What customers do. Raises Refused.

    def chat(
        self,
        queue: str,
        name: str,
        data: DataMap | None = None,
        script: Script | None = None,
        abilities: Iterable[Ability] | None = None,
    ) -> str:
        """A customer of this name wants to chat; the contact's id. `abilities` left out are all."""
        place = self._check_arrival(queue, name, data)
        able = frozenset(Ability if abilities is None else abilities)
        script = script or Script()
        for step in script.steps:
            if (need := NEEDS.get(type(step))) and need not in able:
                raise Refused(
                    FailureCode.UNSUPPORTED,
                    f"the script has {type(step).__name__}, and the customer's side no {need}; "
                    "add it to abilities, or leave the step out",
                )
        contact = self._contacts.open(self.kind, name, self._timers.now, data)
        chat = Chat(
            media=self,
            contact=contact,
            customer=Party(id=contact.id, name=name, role=PartyRole.CUSTOMER),
            queue=place,
            transcript=Transcript(self._settings.transcript, contact.id),
            abilities=able,
            page=Page(),
        )
        chat.script = Customer(script, self._settings.patience_s, contact.id, chat.page, self, self._timers)
        if self._enter(chat):
            chat.script.begin()
        return contact.id

    def page(self, contact: str) -> Page:
        """What the customer's side shows now."""
        return attrs.evolve(self._there(contact).page)

    def message(self, contact: str, text: str) -> None:
        chat = self._there(contact)
        require(text=(text, Text))
        self._customer_types(chat, False)
        self._customer_writes(chat, text)
        chat.script.stirred()

    def typing(self, contact: str, on: bool) -> None:
        chat = self._there(contact)
        require(on=(on, bool))
        self._customer_types(chat, on)
        chat.script.stirred()

    def file(self, contact: str, name: str, url: str, content_type: str | None = None, size: int | None = None) -> None:
        """The customer puts in a file that lies at `url`. `size` in bytes."""
        chat = self._there(contact)
        require(name=(name, Name), url=(url, Url), content_type=(content_type, Name | None), size=(size, Count | None))
        self._require_ability(chat, Ability.FILE)
        self._add_file(chat, chat.customer, name=name, url=url, type=content_type, size=size)
        chat.script.stirred()

    def form(self, contact: str, form: str, values: dict[str, str]) -> None:
        """The customer fills in the form that is shown."""
        chat = self._there(contact)
        require(form=(form, Name), values=(values, dict[str, str]))
        if chat.page.form is None or chat.page.form.form != form:
            raise Refused(FailureCode.INVALID_STATE, f"{contact} is shown no form {form}; wait until an agent shows it")
        chat.page.form = None
        self._post(chat, FormSubmitted, form=form, values=dict(values))
        chat.script.stirred()

    def screenshot(self, contact: str, accepted: bool, url: str | None = None) -> None:
        """The customer lets the agent have the picture at `url`, or refuses."""
        chat = self._there(contact)
        require(accepted=(accepted, bool), url=(url, Url | None))
        if not chat.page.screenshot_asked:
            raise Refused(
                FailureCode.INVALID_STATE, f"{contact} was not asked for a screenshot; wait until an agent asks"
            )
        chat.page.screenshot_asked = False
        self._post(chat, ScreenshotAnswered, accepted=accepted, url=url if accepted else None)
        chat.script.stirred()

    def signal(self, contact: str, name: str, data: dict[str, str] | None = None) -> None:
        """Something from the customer's application to the agent's, asked for or not."""
        chat = self._there(contact)
        require(name=(name, Name), data=(data or {}, dict[str, str]))
        self._require_ability(chat, Ability.SIGNAL)
        if not chat.page.taken:
            raise Refused(FailureCode.INVALID_STATE, f"nobody has chat {contact} now; wait until an agent takes it")
        chat.page.signal = None
        self._post(chat, SignalReceived, name=name, data=dict(data or {}))
        chat.script.stirred()

    def leaves(self, contact: str) -> None:
        """The customer ends the chat."""
        self._customer_gone(self._there(contact))

    # Supervisors

    def supervisor_joins(self, contact: str, name: str) -> None:
        """A supervisor looks on; one at a time."""
        chat = self._there(contact)
        require(name=(name, Name))
        if chat.supervisor is not None:
            raise Refused(
                FailureCode.INVALID_STATE,
                f"{chat.supervisor.name} looks on at {contact} already; have them leave first",
            )
        chat.supervisor = Party(id=f"supervisor-{name}", name=name, role=PartyRole.SUPERVISOR)
        self._post(chat, PartyChanged, party=chat.supervisor, joined=True)

    def supervisor_leaves(self, contact: str) -> None:
        chat = self._there(contact)
        if chat.supervisor is None:
            raise Refused(FailureCode.INVALID_STATE, f"nobody looks on at {contact}; have somebody join first")
        self._post(chat, PartyChanged, party=chat.supervisor, joined=False)
        chat.supervisor = None

    # What the agent who has it next is to see

    def offer(self, item: Chat, endpoint: Endpoint, entry: Entry | None) -> None:
        item.typing = False
        super().offer(item, endpoint, entry)
        if item.supervisor is not None:
            self._post(item, PartyChanged, party=item.supervisor, joined=True)

    # Calls

    def _able(self, visit: Visit, call: InteractionCall[Any], what: str) -> Chat:
        """The chat that a call for the customer's side is about, if that side can do it."""
        chat = self._started(visit, what)
        self._require_ability(chat, CALL_NEEDS[type(call)])
        return chat

    def _send_message(self, visit: Visit, call: SendMessage) -> MessagePosted:
        chat = self._started(visit, "be written to")
        posted = self._agent_writes(visit, chat, call.text)
        chat.page.agent_typing = False
        chat.page.unread += 1
        chat.script.stirred()
        return posted

    def _set_typing(self, visit: Visit, call: SetTyping) -> None:
        chat = self._started(visit, "be written to")
        chat.page.agent_typing = call.typing
        chat.script.stirred()

    def _send_file(self, visit: Visit, call: SendFile) -> None:
        """The customer's side has it at once."""
        chat = self._able(visit, call, "be sent a file")
        self._add_file(chat, self._party(visit), name=call.name, url=call.url, type=call.type, size=call.size)
        chat.script.stirred()

    def _push_url(self, visit: Visit, call: PushUrl) -> None:
        chat = self._able(visit, call, "be shown a page")
        chat.page.url = call
        chat.script.stirred()

    def _show_form(self, visit: Visit, call: ShowForm) -> None:
        chat = self._able(visit, call, "be shown a form")
        chat.page.form = call
        chat.script.stirred()

    def _request_screenshot(self, visit: Visit, call: RequestScreenshot) -> None:
        chat = self._able(visit, call, "be asked for a screenshot")
        chat.page.screenshot_asked = True
        chat.script.stirred()

    def _send_signal(self, visit: Visit, call: SendSignal) -> None:
        chat = self._able(visit, call, "be sent a signal")
        chat.page.signal = call
        chat.script.stirred()

    # Steps

    @staticmethod
    def _require_ability(chat: Chat, ability: Ability) -> None:
        if ability not in chat.abilities:
            raise Refused(
                FailureCode.UNSUPPORTED, f"the customer's side of {chat.contact.id} has no {ability}; do without"
            )

    def _customer_types(self, chat: Chat, on: bool) -> None:
        if chat.typing is not on:
            chat.typing = on
            self._post(chat, TypingChanged, typing=on)

    def _add_file(self, chat: Chat, party: Party, *, name: str, url: str, type: str | None, size: int | None) -> None:  # noqa: A002
        """The agent who has the chat is told of the file; whoever has it later finds it in the transcript."""
        line = self._message(party, f"{name}: {url}")
        chat.transcript.add(line)
        self._post(chat, FilePosted, id=line.id, party=party, name=name, url=url, type=type, size=size)
