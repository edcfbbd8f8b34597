"""Emails: they come, are answered, and with the answer are done. How they come to agents and go stands in `media`."""

from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar, Final

import attrs

from engine.adapters.simulator.inputs import require
from engine.adapters.simulator.media import Media, WorkItem
from engine.adapters.simulator.transcript import Transcript
from engine.adapters.simulator.visit import Visit
from protocol.platform import Attachment, DataMap, MessagePosted, Party, Replied, ReplyEmail, SendMessage
from protocol.states import ChannelType, PartyRole
from protocol.texts import Name, Note, Text

SENT_KEPT: Final = 100
"""How many of the emails that went out can be looked at."""


@attrs.frozen(kw_only=True)
class Sent:
    """An email that went out to a customer."""

    contact: str
    to: str
    subject: str
    text: str
    attachments: tuple[Attachment, ...] = ()


@attrs.define(eq=False, kw_only=True)
class Email(WorkItem):
    """One email. Its text is the first message of the transcript; its subject is in the attached data as well."""

    subject: str


@attrs.define(eq=False)
class Emails(Media[Email]):
    """All emails, and the latest that went out."""

    kind: ClassVar[ChannelType] = ChannelType.EMAIL

    _sent: deque[Sent] = attrs.field(init=False, factory=lambda: deque(maxlen=SENT_KEPT))

    def _rows(self) -> dict[type[Any], Callable[[Any, Any], object]]:
        return super()._rows() | {SendMessage: self._send_message, ReplyEmail: self._reply}

    @property
    def sent(self) -> tuple[Sent, ...]:
        return tuple(self._sent)

    # What customers do. Raises Refused.

    def email(self, queue: str, from_: str, subject: str, text: str, data: DataMap | None = None) -> str:
        """An email comes in; the contact's id. The attached data begin with `from` and `subject`."""
        require(from_=(from_, Name), subject=(subject, Note), text=(text, Text))
        place = self._check_arrival(queue, from_, data)
        contact = self._contacts.open(
            self.kind, from_, self._timers.now, {"from": from_, "subject": subject, **(data or {})}
        )
        email = Email(
            media=self,
            contact=contact,
            customer=Party(id=contact.id, name=from_, role=PartyRole.CUSTOMER),
            queue=place,
            transcript=Transcript(self._settings.transcript, contact.id),
            subject=subject,
        )
        email.transcript.add(self._message(email.customer, text))
        self._enter(email)
        return contact.id

    def follows(self, contact: str, text: str) -> None:
        """The customer writes once more before the email is answered."""
        email = self._there(contact)
        require(text=(text, Text))
        self._customer_writes(email, text)

    def withdraw(self, contact: str) -> None:
        """The email needs no answer any longer."""
        self._customer_gone(self._there(contact))

    # Calls

    def _send_message(self, visit: Visit, call: SendMessage) -> MessagePosted:
        """Write to the customer, and keep the email."""
        return self._send(visit, self._started(visit, "be written to"), call.text)

    def _reply(self, visit: Visit, call: ReplyEmail) -> Replied:
        email = self._started(visit, "be answered")
        posted = self._send(visit, email, call.text, call.subject, call.attachments)
        self._end(visit, email)
        return Replied(message=posted, interaction=self._news.answer(visit))

    def _send(
        self,
        visit: Visit,
        email: Email,
        text: str,
        subject: str | None = None,
        attachments: tuple[Attachment, ...] = (),
    ) -> MessagePosted:
        posted = self._agent_writes(visit, email, text)
        self._sent.append(
            Sent(
                contact=email.contact.id,
                to=email.customer.name,
                subject=email.subject if subject is None else subject,
                text=text,
                attachments=attachments,
            )
        )
        return posted
