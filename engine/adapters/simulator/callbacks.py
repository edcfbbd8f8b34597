"""Callbacks: customers who want to be called. An agent takes one, dials by phone, and releases it when that is done."""

from typing import ClassVar

from engine.adapters.simulator.inputs import require
from engine.adapters.simulator.media import Media, WorkItem
from engine.adapters.simulator.transcript import Transcript
from protocol.platform import DataMap, Party
from protocol.states import ChannelType, PartyRole
from protocol.texts import Name


class Callbacks(Media[WorkItem]):
    """All callbacks."""

    kind: ClassVar[ChannelType] = ChannelType.CALLBACK

    def callback(self, queue: str, number: str, name: str, data: DataMap | None = None) -> str:
        """A customer wants to be called at `number`; the contact's id. The attached data begin with the number."""
        require(number=(number, Name))
        place = self._check_arrival(queue, name, data)
        contact = self._contacts.open(self.kind, name, self._timers.now, {"number": number, **(data or {})})
        self._enter(
            WorkItem(
                media=self,
                contact=contact,
                customer=Party(id=contact.id, name=name, role=PartyRole.CUSTOMER),
                queue=place,
                transcript=Transcript(self._settings.transcript, contact.id),
            )
        )
        return contact.id

    def withdraw(self, contact: str) -> None:
        """The customer need not be called any longer."""
        self._customer_gone(self._there(contact))
