"""The calls of the switch as the events show them: who is in each, and in what state. Pure.

Several monitors tell of one event, and events may be repeated or lost: each sets a state, and none counts. A call that
a device begins while it holds another one is about the same contact as that one; so is what a transfer or a conference
makes of the two.
"""

import enum
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import attrs

from engine.adapters.csta.events import CallEvent, CallKind
from engine.adapters.csta.replies import CallSnapshot
from engine.adapters.csta.words import ConnectionState
from protocol.platform import DataMap, Member
from protocol.states import EndCause

TALKING: Final = (ConnectionState.CONNECTED, ConnectionState.HOLD)

FAILURES: Final[Mapping[str, EndCause]] = MappingProxyType(
    {
        "busy": EndCause.BUSY,
        "blocked": EndCause.BUSY,
        "callRejected": EndCause.BUSY,
        "doNotDisturb": EndCause.BUSY,
        "networkCongestion": EndCause.BUSY,
        "callNotAnswered": EndCause.NOANSWER,
        "noAnswer": EndCause.NOANSWER,
        "noAvailableAgents": EndCause.NOANSWER,
    }
)
"""By the cause in an event, why a call did not come about; all others are FAILED."""

USER_DATA: Final = "uui"
"""The key of the attached data that has what the switch calls user data."""

_MOST_LEFT: Final = 64


class How(enum.StrEnum):
    """How a party left a call."""

    CLEARED = "cleared"
    DIVERTED = "diverted"
    FAILED = "failed"
    TRANSFERRED = "transferred"
    VANISHED = "vanished"


@attrs.frozen
class Leaving:
    """How a party left a call, who saw to it, and the cause in the switch's word."""

    how: How
    by: str | None = None
    cause: str | None = None


@attrs.define(eq=False)
class Contact:
    """Whoever a call is about, through consults, transfers and conferences."""

    id: str
    data: DataMap = attrs.field(factory=dict)
    members: dict[str, Member] = attrs.field(factory=dict, repr=False)


@attrs.define(eq=False, kw_only=True)
class Call:
    """One call. `parties` are in the order of coming, by number; `left` says how those who left did so.

    `calling` began it. `dialled` is where it goes as long as nobody rings or answers there. `reached`: the far end
    rings, or more. `answered`: somebody has answered. `failure`: why it did not come about. `unseen` are the parties
    that are known by their number only: the switch may have another name for their line. `numbers` are those of
    parties whose line the switch has told of by another name.
    """

    id: str
    contact: Contact
    ucid: str | None = None
    parties: dict[str, ConnectionState] = attrs.field(factory=dict)
    left: dict[str, Leaving] = attrs.field(factory=dict)
    calling: str | None = None
    dialled: str | None = None
    reached: bool = False
    answered: bool = False
    failure: EndCause | None = None
    unseen: set[str] = attrs.field(factory=set)
    numbers: dict[str, str] = attrs.field(factory=dict)

    def put(self, device: str, state: ConnectionState) -> None:
        """A party is in this state, and in the call if it was not. Another one that was not there is at its end."""
        self.parties[device] = state
        self.left.pop(device, None)
        self.unseen.discard(device)

    def take_out(self, device: str, leaving: Leaving) -> None:
        """A party is not in the call any longer."""
        self.parties.pop(device, None)
        if device not in self.left and len(self.left) < _MOST_LEFT:
            self.left[device] = leaving

    def line_of(self, device: str) -> str:
        """The party that this is: the one whose line may have another name, where there is none of that name."""
        unseen = [each for each in self.parties if each in self.unseen]
        return unseen[0] if device not in self.parties and device not in self.left and len(unseen) == 1 else device

    def others(self, device: str) -> list[str]:
        """The numbers of those whom `device` has at the far end."""
        parties = [each for each, state in self.parties.items() if each != device and state is not ConnectionState.FAIL]
        there = list(dict.fromkeys(self.numbers.get(each, each) for each in parties))
        if self.dialled and self.dialled not in there and self.dialled != device:
            there.append(self.dialled)
        return there


class Calls:
    """All calls that are known. What an event does to them is a method by its kind."""

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}
        self._rows: Final = {
            CallKind.INITIATED: self._initiated,
            CallKind.ORIGINATED: self._originated,
            CallKind.DELIVERED: self._delivered,
            CallKind.QUEUED: self._reached,
            CallKind.NETWORK_REACHED: self._reached,
            CallKind.ESTABLISHED: self._established,
            CallKind.HELD: self._held,
            CallKind.RETRIEVED: self._retrieved,
            CallKind.DIVERTED: self._diverted,
            CallKind.FAILED: self._failed,
            CallKind.CLEARED: self._cleared,
            CallKind.CALL_CLEARED: self._call_cleared,
        }

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(tuple(self._calls.values()))

    def get(self, call: str) -> Call | None:
        return self._calls.get(call)

    def of(self, device: str) -> list[Call]:
        """The calls that this device is in, in the order of coming."""
        return [call for call in self._calls.values() if device in call.parties]

    def forget(self, call: Call) -> None:
        if self._calls.get(call.id) is call:
            del self._calls[call.id]

    # Events

    def apply(self, event: CallEvent, at: str | None) -> list[Call]:
        """Take in what happened, told of by the monitor of the device `at`. Returns the calls that it was about.

        A call that another has taken the place of is among them, and nobody is in it any longer.
        """
        if event.kind in (CallKind.TRANSFERRED, CallKind.CONFERENCED):
            return self._join(event)
        known = self._calls.get(event.subject.call)
        gone = event.kind in (CallKind.CLEARED, CallKind.CALL_CLEARED, CallKind.DIVERTED, CallKind.FAILED)
        if known is None and (gone or not event.subject.device):
            return []
        call = known or self._begin(event)
        self._learn(call, event)
        self._rows[event.kind](call, event)
        if at is not None:
            self._set_local(call, at, event)
        return [call]

    def _begin(self, event: CallEvent) -> Call:
        calling = event.calling or (event.subject.device if event.kind in _BEGINNINGS else None)
        return self._open(event.subject.call, calling, event.ucid)

    def _open(self, id_: str, calling: str | None, ucid: str | None) -> Call:
        contact = self._contact_of(calling) or Contact(ucid or id_)
        call = self._calls[id_] = Call(id=id_, contact=contact, ucid=ucid, calling=calling)
        return call

    def _contact_of(self, calling: str | None) -> Contact | None:
        """Of the call that whoever begins another one holds meanwhile."""
        for call in reversed(self._calls.values()):
            if calling is not None and call.parties.get(calling) is ConnectionState.HOLD:
                return call.contact
        return None

    @staticmethod
    def _learn(call: Call, event: CallEvent) -> None:
        call.ucid = call.ucid or event.ucid
        call.calling = call.calling or event.calling
        if event.user_data is not None:
            call.contact.data[USER_DATA] = event.user_data

    @staticmethod
    def _set_local(call: Call, at: str, event: CallEvent) -> None:
        """What the event says of the monitored device's own connection; it mends what a lost event left undone."""
        own = call.parties.get(at)
        if event.local is None or event.local is own:
            return
        if event.local is not ConnectionState.NULL:
            call.put(at, event.local)
        elif own is not None:
            call.take_out(at, Leaving(How.CLEARED, event.actor, event.cause))

    def _initiated(self, call: Call, event: CallEvent) -> None:
        if event.subject.device not in call.parties:
            call.put(event.subject.device, ConnectionState.INITIATED)

    def _originated(self, call: Call, event: CallEvent) -> None:
        if call.parties.get(event.subject.device) in (None, ConnectionState.INITIATED):
            call.put(event.subject.device, ConnectionState.CONNECTED)
        if not call.reached:
            call.dialled = event.called

    def _delivered(self, call: Call, event: CallEvent) -> None:
        self._add_calling(call)
        if call.parties.get(event.subject.device) not in TALKING:
            call.put(event.subject.device, ConnectionState.ALERTING)
        self._name(call, event)
        call.reached, call.dialled = True, None

    @staticmethod
    def _reached(call: Call, event: CallEvent) -> None:
        call.reached = True
        call.dialled = call.dialled or event.called

    def _established(self, call: Call, event: CallEvent) -> None:
        self._add_calling(call)
        device = event.subject.device
        called = event.called
        if called is not None and called != device and call.parties.get(called) is ConnectionState.ALERTING:
            call.take_out(called, Leaving(How.DIVERTED))  # a group, of which somebody has answered
        if call.parties.get(device) is not ConnectionState.HOLD:
            call.put(device, ConnectionState.CONNECTED)
        self._name(call, event)
        call.reached = call.answered = True
        call.dialled = None

    @staticmethod
    def _add_calling(call: Call) -> None:
        calling = call.calling
        if calling is None or calling in call.left:
            return
        if call.parties.get(calling) in (None, ConnectionState.INITIATED):
            if calling not in call.parties:
                call.unseen.add(calling)
            rest = {device: state for device, state in call.parties.items() if device != calling}
            call.parties = {calling: ConnectionState.CONNECTED, **rest}

    @staticmethod
    def _name(call: Call, event: CallEvent) -> None:
        """Whoever rings or answers on a trunk has a number, too."""
        if event.actor is not None and event.actor not in (event.subject.device, *call.parties):
            call.numbers[event.subject.device] = event.actor

    def _held(self, call: Call, event: CallEvent) -> None:
        self._now(call, event, ConnectionState.HOLD)

    def _retrieved(self, call: Call, event: CallEvent) -> None:
        self._now(call, event, ConnectionState.CONNECTED)

    @staticmethod
    def _now(call: Call, event: CallEvent, state: ConnectionState) -> None:
        """A party that is in the call is in this state."""
        device = call.line_of(event.subject.device)
        if device != event.subject.device:
            call.parties[device] = state
        else:
            call.put(device, state)

    def _diverted(self, call: Call, event: CallEvent) -> None:
        call.take_out(event.subject.device, Leaving(How.DIVERTED, event.actor, event.cause))

    def _failed(self, call: Call, event: CallEvent) -> None:
        """Whoever dialled hears a tone; the far end is not in the call."""
        call.failure = FAILURES.get(event.cause or "", EndCause.FAILED)
        call.dialled = None
        failed = event.subject.device
        if failed == call.calling:
            call.put(failed, ConnectionState.FAIL)
        else:
            call.take_out(failed, Leaving(How.FAILED, event.actor, event.cause))

    def _cleared(self, call: Call, event: CallEvent) -> None:
        call.take_out(call.line_of(event.subject.device), Leaving(How.CLEARED, event.actor, event.cause))
        if not call.parties:
            self.forget(call)

    def _call_cleared(self, call: Call, event: CallEvent) -> None:
        for device in tuple(call.parties):
            call.take_out(device, Leaving(How.CLEARED, event.actor, event.cause))
        self.forget(call)

    # Two calls become one

    def _join(self, event: CallEvent) -> list[Call]:
        """A transfer, or a conference. A single step has no second call."""
        first = self._calls.get(event.subject.call)
        second = self._calls.get(event.second.call) if event.second is not None else None
        old = [call for call in (first, second) if call is not None]
        if not old:
            return []
        new_id = next((each.call for each in event.joined), old[0].id)
        new = self._calls.get(new_id)
        if new is None:
            new = self._open(new_id, None, event.ucid)
        contact = old[0].contact
        parties = {device: state for call in old for device, state in call.parties.items()}
        if event.joined and len(old) == 1:
            # What the other call was is not known; who came with it is.
            parties |= {each.device: ConnectionState.CONNECTED for each in event.joined if each.device not in parties}
        if new not in old:
            parties = {**new.parties, **parties}
        self._leave_old(event, old, new)
        new.contact = contact
        new.parties = {device: state for device, state in parties.items() if device != self._leaver(event)}
        for call in old:
            contact.data.update({**call.contact.data, **contact.data})
            new.calling = new.calling or call.calling
            new.unseen |= call.unseen
            new.numbers |= call.numbers
            new.answered |= call.answered
            new.reached |= call.reached
        if event.kind is CallKind.CONFERENCED and event.actor in new.parties:
            new.parties[event.actor] = ConnectionState.CONNECTED
        return [new, *(call for call in old if call is not new)]

    @staticmethod
    def _leaver(event: CallEvent) -> str | None:
        return (event.actor or event.subject.device) if event.kind is CallKind.TRANSFERRED else None

    def _leave_old(self, event: CallEvent, old: list[Call], new: Call) -> None:
        leaver = self._leaver(event)
        for call in old:
            if leaver is not None and leaver in call.parties:
                call.take_out(leaver, Leaving(How.TRANSFERRED, leaver))
            if call is not new:
                self.forget(call)
                call.parties = {}

    # Snapshots

    def set(self, call: str, at: str, own: ConnectionState, snapshot: CallSnapshot | None) -> Call:
        """How a call stands now, by a snapshot at the device `at`, whatever was thought of it before."""
        known = self._calls.get(call)
        if known is None:
            calling = snapshot.calling if snapshot else None
            known = self._open(call, calling, snapshot.ucid if snapshot else None)
        if snapshot is not None:
            self._set_parties(known, at, snapshot)
        known.put(at, own)
        return known

    def _set_parties(self, call: Call, at: str, snapshot: CallSnapshot) -> None:
        there = dict(snapshot.parties)
        for device in tuple(call.parties):
            if device not in there and device != at:
                call.take_out(device, Leaving(How.VANISHED))
        for device, state in there.items():
            call.put(device, state)
        call.ucid = call.ucid or snapshot.ucid
        call.calling = call.calling or snapshot.calling
        others = [state for device, state in there.items() if device != call.calling]
        call.answered |= any(state in TALKING for state in others)
        call.reached |= any(state in (*TALKING, ConnectionState.ALERTING) for state in others)
        call.dialled = None if call.reached else snapshot.called
        if snapshot.user_data is not None:
            call.contact.data.setdefault(USER_DATA, snapshot.user_data)

    def vanish(self, call: Call, device: str) -> None:
        """The device is not in this call, and nobody has told that it left."""
        call.take_out(device, Leaving(How.VANISHED))
        if not call.parties:
            self.forget(call)


_BEGINNINGS: Final = (CallKind.INITIATED, CallKind.ORIGINATED)
