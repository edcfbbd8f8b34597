"""The customers' side: each contact from when it comes until it is over, and the tally of how they ended."""

import enum
import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import attrs

from protocol.platform import DataMap
from protocol.states import ChannelType

if TYPE_CHECKING:
    from engine.adapters.simulator.visit import Visit

Data = Mapping[str, str | dict[str, str]]
"""Attached data, as it is given to begin with."""


class Outcome(enum.StrEnum):
    """How a contact ended. Each has exactly one.

    ANSWERED: somebody took it. ABANDONED: whoever began it gave up before. TURNED_AWAY: busy, rejected, unanswered or
    the queue full. OVERFLOWED: it waited too long, and no other queue takes what is left over. FAILED: it was
    dialled, and the other side was busy or did not answer.
    """

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    TURNED_AWAY = "turned_away"
    OVERFLOWED = "overflowed"
    FAILED = "failed"


@attrs.define
class Tally:
    """How many contacts have come, and how they ended: `offered` is the sum of all the others and of those there."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    turned_away: int = 0
    overflowed: int = 0
    failed: int = 0

    def count(self, outcome: Outcome) -> None:
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)

    @property
    def over(self) -> int:
        return self.answered + self.abandoned + self.turned_away + self.overflowed + self.failed


@attrs.define(eq=False)
class Contact:
    """One customer's contact, however many agents it passes through. `customer` is their number, address or name.

    `fate` is how it ends unless somebody answers it. `visits` are the interactions that agents have of it.
    """

    id: str
    kind: ChannelType
    customer: str
    came_at: float
    data: DataMap = attrs.field(factory=dict)
    answered: bool = False
    fate: Outcome = Outcome.ABANDONED
    outcome: Outcome | None = None
    visits: "list[Visit]" = attrs.field(factory=list, repr=False)

    def change_data(self, changes: Mapping[str, str | dict[str, str] | None]) -> None:
        """Set these keys; None removes one."""
        for key, value in changes.items():
            if value is None:
                self.data.pop(key, None)
            else:
                self.data[key] = dict(value) if isinstance(value, dict) else value


class Contacts:
    """The contacts that are there, with the tally, and the one source of ids: none is ever used twice."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._there: dict[str, Contact] = {}
        self._numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: itertools.count(1))

    def new_id(self, kind: str) -> str:
        return f"{kind}{next(self._numbers[kind])}"

    def open(self, kind: ChannelType, customer: str, now: float, data: Data | None = None) -> Contact:
        contact = Contact(self.new_id("contact"), kind, customer, now)
        contact.change_data(data or {})
        self._there[contact.id] = contact
        self.tally.offered += 1
        return contact

    def close(self, contact: Contact) -> None:
        """The customer's side is over: this settles how it ended. It stays for as long as agents wrap it up."""
        if contact.outcome is None:
            contact.outcome = Outcome.ANSWERED if contact.answered else contact.fate
            self.tally.count(contact.outcome)
        self.sweep(contact)

    def sweep(self, contact: Contact) -> None:
        """Forget it if nobody has anything to do with it any more."""
        if contact.outcome is not None and not contact.visits:
            self._there.pop(contact.id, None)

    def get(self, contact: str) -> Contact | None:
        return self._there.get(contact)

    def __iter__(self) -> Iterator[Contact]:
        return iter(tuple(self._there.values()))

    def __len__(self) -> int:
        return len(self._there)
