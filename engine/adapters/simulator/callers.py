"""Callers from outside: they call a phone or a queue, wait as long as they like, talk, and hang up."""

import attrs

from engine.adapters.simulator.calls import Calls
from engine.adapters.simulator.contact import Contact, Contacts, Outcome
from engine.adapters.simulator.desk import Endpoint
from engine.adapters.simulator.destinations import Destination, Destinations
from engine.adapters.simulator.inputs import fits, require
from engine.adapters.simulator.legs import latest_digits
from engine.adapters.simulator.settings import OutsideNumber, Seconds, SimulatorSettings, SomeSeconds
from engine.adapters.simulator.timers import Timers
from engine.adapters.simulator.visit import Visits
from protocol.errors import FailureCode, Refused
from protocol.platform import DataMap
from protocol.states import ChannelType, EndCause
from protocol.texts import DataMap as DataInput
from protocol.texts import Digits, Name


@attrs.frozen(kw_only=True)
class CallScript:
    """What a caller is going to do.

    Hangs up unanswered after `patience_s` (left out, that of the settings), and after having talked for `talks_s`
    (left out, never). `name` is shown to the agents beside the number.
    """

    name: Name | None = attrs.field(default=None, validator=fits(Name | None))
    patience_s: SomeSeconds | None = attrs.field(default=None, validator=fits(SomeSeconds | None))
    talks_s: Seconds | None = attrs.field(default=None, validator=fits(Seconds | None))


class Callers:
    """What can be done on the callers' side."""

    def __init__(
        self,
        settings: SimulatorSettings,
        timers: Timers,
        contacts: Contacts,
        visits: Visits,
        calls: Calls,
        destinations: Destinations,
    ) -> None:
        self._settings = settings
        self._timers = timers
        self._contacts = contacts
        self._visits = visits
        self._calls = calls
        self._destinations = destinations

    def call(self, to: str, from_: str, data: DataMap, script: CallScript | None) -> str:
        """Somebody calls a phone or a queue; returns the contact. Who finds it busy is turned away at once."""
        require(from_=(from_, Name), data=(data, DataInput))
        script = script or CallScript()
        destination = self._destinations.find(to)
        if isinstance(destination, OutsideNumber):
            raise Refused(
                FailureCode.INVALID_DESTINATION, f"{to} is not at this switch; call one of its phones or queues"
            )
        contact = self._contacts.open(ChannelType.TELEPHONY, from_, self._timers.now, data)
        if self._is_open(destination):
            patience_s = self._settings.patience_s if script.patience_s is None else script.patience_s
            call = self._calls.come_in(contact, script.name, patience_s, script.talks_s)
            self._calls.reach(call, destination)
        else:
            contact.fate = Outcome.TURNED_AWAY
            self._contacts.close(contact)
        return contact.id

    def _is_open(self, destination: Destination) -> bool:
        """A phone at which nobody is logged in is busy to callers, unless it answers by itself."""
        if isinstance(destination, Endpoint) and destination.holder is None and destination.automatic is None:
            return False
        return not self._destinations.busy(destination)

    def hangup(self, contact: str) -> None:
        """The customer hangs up; where that side has left already, the call is over for all."""
        there = self._contact(contact)
        for call in self._calls.of(there):
            for party in call.outside:
                if party.is_customer:
                    self._calls.hang_up(party)
                    return
        while calls := self._calls.of(there):
            self._calls.cut(calls[0], EndCause.FAILED)

    def digits(self, contact: str, digits: str) -> None:
        """The customer dials these during the call; agents have the latest in the attached data, under `digits`."""
        require(digits=(digits, Digits))
        there = self._contact(contact)
        before = there.data.get("digits", "")
        there.change_data({"digits": latest_digits((before if isinstance(before, str) else "") + digits)})
        self._visits.tell_data(there)

    def _contact(self, contact: str) -> Contact:
        there = self._contacts.get(contact)
        if there is None or not self._calls.of(there):
            raise Refused(
                FailureCode.INVALID_TARGET, f"there is no call {contact}, or it is over; take the id that call gave"
            )
        return there
