"""Contacts that were sent on: the call that comes from the same address is the same contact, for a while. Pure."""

from typing import Final

import attrs

from engine.adapters.sip.desks import Endpoint
from engine.adapters.sip.visits import Contact, Leg
from engine.adapters.sip.words import bare

_HANDED_S: Final = 120.0


@attrs.frozen(eq=False, kw_only=True)
class Handover:
    """The call from `peer` to `endpoint` is this contact. With `leg`, it takes that leg over."""

    peer: str
    endpoint: Endpoint
    contact: Contact
    leg: Leg | None
    until: float


class Handovers:
    """Those that are expected."""

    def __init__(self) -> None:
        self._expected: Final[list[Handover]] = []

    def expect(self, leg: Leg, endpoint: Endpoint, now: float, *, takes_over: Leg | None = None) -> None:
        """The far end of `leg` is about to be sent to this phone, where it takes a leg over or is offered."""
        self._expected.append(
            Handover(
                peer=bare(leg.call.peer),
                endpoint=endpoint,
                contact=leg.visit.contact,
                leg=takes_over,
                until=now + _HANDED_S,
            )
        )

    def give_up(self, leg: Leg, endpoint: Endpoint) -> None:
        """It is not sent there after all."""
        contact = leg.visit.contact
        self._expected[:] = [
            each for each in self._expected if not (each.endpoint is endpoint and each.contact is contact)
        ]

    def find(self, endpoint: Endpoint, peer: str, now: float) -> Handover | None:
        self._expected[:] = [each for each in self._expected if each.until > now]
        return next((each for each in self._expected if each.endpoint is endpoint and each.peer == bare(peer)), None)

    def done(self, handover: Handover) -> None:
        self._expected.remove(handover)
