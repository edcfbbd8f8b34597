"""The calls of the simulated switch, as CSTA sees calls: connections between calls and devices. Pure.

Devices are given by their numbers; parties outside are devices, too. Whatever happens is told to `emit`, once, with the
devices whose monitors have to hear of it. A refused request has changed nothing.
"""

import itertools
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import attrs

from engine.adapters.csta.words import ConnectionState, connection_node, device_id, device_node, group, leaf
from engine.adapters.csta.xml import Node
from engine.dmcc_simulator.settings import JoinKeeps, SwitchSettings

S = ConnectionState

Later = Callable[[float, Callable[[], None]], Callable[[], None]]
"""Do something after so many seconds; what it returns forgets that."""

_OUTSIDE: Final = re.compile(r"\+[0-9]{3,20}")
_INSIDE: Final = (S.ALERTING, S.CONNECTED, S.HOLD, S.INITIATED, S.FAIL)


class SwitchRefusal(Exception):
    """A request is refused, with an error of CSTA: its category and value."""

    def __init__(self, category: str, value: str) -> None:
        super().__init__(f"{category}/{value}")
        self.category = category
        self.value = value


def invalid(value: str) -> SwitchRefusal:
    return SwitchRefusal("operation", value)


def wrong_state(value: str = "invalidObjectState") -> SwitchRefusal:
    return SwitchRefusal("stateIncompatibility", value)


@attrs.frozen
class Happening:
    """An event: its name and what it says, and by device whose monitors hear of it, the state there."""

    name: str
    body: tuple[Node, ...]
    local: Mapping[str, ConnectionState]
    cause: str
    ucid: str


@attrs.define(eq=False)
class SwitchCall:
    """A call. `connections` are its parties; `forget` stops what is due for one that rings."""

    id: str
    ucid: str
    calling: str
    called: str
    user_data: str | None = None
    connections: dict[str, ConnectionState] = attrs.field(factory=dict)
    forget: dict[str, Callable[[], None]] = attrs.field(factory=dict, repr=False)


class Exchange:
    """All calls of the switch."""

    def __init__(self, settings: SwitchSettings, emit: Callable[[Happening], None], later: Later) -> None:
        self.settings: Final = settings
        self.calls: Final[dict[str, SwitchCall]] = {}
        self.digits: Final[dict[str, str]] = {}
        """What was dialled in each call, by its id."""
        self.on_phone: Callable[[str], None] = lambda device: None
        """Called when the phone's calls have changed."""
        self._emit_ = emit
        self._later = later
        self._ids = itertools.count(1)

    # What can be asked for

    def make(self, device: str, number: str, user_data: str | None = None) -> SwitchCall:
        self._require_station(device, "invalidCallingDeviceID")
        if any(call.connections[device] is not S.HOLD for call in self.of(device)):
            raise wrong_state()
        self._require_destination(number, by=device)
        return self._originate(device, number, user_data)

    def answer(self, device: str, call_id: str) -> None:
        call = self._connection(device, call_id, S.ALERTING, "noCallToAnswer")
        if any(other.connections[device] is S.CONNECTED for other in self.of(device)):
            raise wrong_state()
        self._answer(call, device)

    def hold(self, device: str, call_id: str) -> None:
        self._hold(self._connection(device, call_id, S.CONNECTED, "noActiveCall"), device)

    def retrieve(self, device: str, call_id: str) -> None:
        call = self._connection(device, call_id, S.HOLD, "noHeldCall")
        if any(other.connections[device] is not S.HOLD for other in self.of(device)):
            raise wrong_state()
        self._retrieve(call, device)

    def consult(self, device: str, call_id: str, number: str) -> SwitchCall:
        call = self._connection(device, call_id, S.CONNECTED, "noActiveCall")
        self._require_destination(number, by=device)
        self._hold(call, device)
        return self._originate(device, number, None)

    def alternate(self, device: str, held: str, active: str) -> None:
        of_held, of_active = self._two(device, held, active)
        self._hold(of_active, device)
        self._retrieve(of_held, device)

    def reconnect(self, device: str, held: str, active: str) -> None:
        of_held = self._connection(device, held, S.HOLD, "noHeldCall")
        others = [call.id for call in self.of(device) if call.connections[device] is not S.HOLD]
        if others != [active]:
            raise wrong_state("noActiveCall")
        self.clear(device, active)
        self._retrieve(of_held, device)

    def transfer(self, device: str, held: str, active: str) -> SwitchCall:
        of_held, of_active = self._two(device, held, active)
        return self._join("TransferedEvent", "transfer", device, of_held, of_active, stays=False)

    def conference(self, device: str, held: str, active: str) -> SwitchCall:
        of_held, of_active = self._two(device, held, active)
        return self._join("ConferencedEvent", "conference", device, of_held, of_active, stays=True)

    def transfer_single(self, device: str, call_id: str, number: str) -> SwitchCall:
        call = self._talking(device, call_id)
        self._require_free(number, by=device)
        told = tuple(call.connections)
        del call.connections[device]
        body = (
            connection_node("primaryOldCall", call.id, self._id(device)),
            self._party("transferringDevice", device),
            self._party("transferredToDevice", number),
            self._list("transferredConnections", call),
        )
        self._tell("TransferedEvent", call, *body, to=told, cause="singleStepTransfer")
        self.on_phone(device)
        self._reach(call, number)
        return call

    def conference_single(self, device: str, call_id: str, number: str) -> SwitchCall:
        call = self._talking(device, call_id)
        self._require_free(number, by=device)
        self._reach(call, number)
        return call

    def deflect(self, device: str, call_id: str, number: str) -> None:
        call = self._connection(device, call_id, S.ALERTING, "noCallToAnswer")
        self._require_destination(number, by=device)
        told = tuple(call.connections)
        self._take_out(call, device)
        body = (
            connection_node("connection", call.id, self._id(device)),
            self._party("divertingDevice", device),
            self._party("newDestination", number),
        )
        self._tell("DivertedEvent", call, *body, to=told, cause="redirected")
        self.on_phone(device)
        self._reach(call, number)

    def clear(self, device: str, call_id: str) -> None:
        call = self.calls.get(call_id)
        if call is None or device not in call.connections:
            raise invalid("invalidConnectionID")
        ringing = call.connections[device] is S.ALERTING
        self._drop(call, device, by=device)
        if ringing and not self._talk(call):
            self._fail(call, device, "busy")
        else:
            self._settle(call, by=device)

    def send_digits(self, device: str, call_id: str, digits: str) -> None:
        self._connection(device, call_id, S.CONNECTED, "noActiveCall")
        self.digits[call_id] = self.digits.get(call_id, "") + digits

    # What is done outside

    def call_in(self, number: str, to: str, user_data: str | None = None) -> SwitchCall:
        """Somebody outside calls a phone. Raises SwitchRefusal if that is busy, or none."""
        if self.is_station(number):
            raise invalid("invalidCallingDeviceID")
        self._require_free(to, by=number)
        call = self._open(number, to, user_data)
        call.connections[number] = S.CONNECTED
        self._reach(call, to)
        return call

    # What can be looked at

    def of(self, device: str) -> list[SwitchCall]:
        return [call for call in self.calls.values() if device in call.connections]

    def is_station(self, number: str) -> bool:
        return number in self.settings.stations

    # Steps

    def _open(self, calling: str, called: str, user_data: str | None) -> SwitchCall:
        number = next(self._ids)
        call = SwitchCall(str(number), f"0000100{number:013d}", calling, called, user_data)
        self.calls[call.id] = call
        return call

    def _originate(self, device: str, number: str, user_data: str | None) -> SwitchCall:
        call = self._open(device, number, user_data)
        call.connections[device] = S.INITIATED
        initiated = connection_node("initiatedConnection", call.id, self._id(device))
        self._tell("ServiceInitiatedEvent", call, initiated, self._party("initiatingDevice", device), cause="newCall")
        call.connections[device] = S.CONNECTED
        originated = connection_node("originatedConnection", call.id, self._id(device))
        self._tell("OriginatedEvent", call, originated, *self._ends(call), cause="newCall")
        self.on_phone(device)
        self._reach(call, number)
        return call

    def _reach(self, call: SwitchCall, number: str) -> None:
        """Have somebody rung, as one more party."""
        if number in self.settings.busy or (self.is_station(number) and self.of(number)):
            self._fail(call, number, "busy")
            return
        call.connections[number] = S.ALERTING
        body = (
            connection_node("connection", call.id, self._id(number)),
            self._party("alertingDevice", number),
            *self._ends(call),
        )
        self._tell("DeliveredEvent", call, *body, cause="newCall")
        if self.is_station(number) or number in self.settings.silent:
            call.forget[number] = self._later(self.settings.ring_s, lambda: self._unanswered(call, number))
        else:
            call.forget[number] = self._later(self.settings.outside_answer_s, lambda: self._answer(call, number))
        self.on_phone(number)

    def _answer(self, call: SwitchCall, device: str) -> None:
        self._forget(call, device)
        call.connections[device] = S.CONNECTED
        body = (
            connection_node("establishedConnection", call.id, self._id(device)),
            self._party("answeringDevice", device),
            *self._ends(call),
        )
        self._tell("EstablishedEvent", call, *body, cause="newCall")
        for each in tuple(call.connections):
            self.on_phone(each)

    def _unanswered(self, call: SwitchCall, device: str) -> None:
        self._drop(call, device, by=None, cause="callNotAnswered")
        if not self._talk(call):
            self._fail(call, device, "callNotAnswered")

    def _fail(self, call: SwitchCall, device: str, cause: str) -> None:
        """Who is rung does not come to it. Whoever waits for it alone hears a tone, or hangs up."""
        waiting = [each for each, state in call.connections.items() if state in (S.CONNECTED, S.HOLD)]
        failed = connection_node("failedConnection", call.id, self._id(device))
        self._tell("FailedEvent", call, failed, self._party("failingDevice", device), *self._ends(call), cause=cause)
        if len(waiting) > 1 or len(call.connections) > 1:
            return
        if not any(self.is_station(each) for each in waiting):
            self._settle(call, by=None)
            return
        (device,) = waiting
        call.forget[device] = self._later(self.settings.tone_s, lambda: self._hang_up(call, device))

    def _hang_up(self, call: SwitchCall, device: str) -> None:
        if self.calls.get(call.id) is call and device in call.connections:
            self.clear(device, call.id)

    def _hold(self, call: SwitchCall, device: str) -> None:
        call.connections[device] = S.HOLD
        held = connection_node("heldConnection", call.id, self._id(device))
        self._tell("HeldEvent", call, held, self._party("holdingDevice", device), cause="normal")

    def _retrieve(self, call: SwitchCall, device: str) -> None:
        call.connections[device] = S.CONNECTED
        retrieved = connection_node("retrievedConnection", call.id, self._id(device))
        self._tell("RetrievedEvent", call, retrieved, self._party("retrievingDevice", device), cause="normal")

    def _drop(self, call: SwitchCall, device: str, *, by: str | None, cause: str = "normalClearing") -> None:
        told = tuple(call.connections)
        self._take_out(call, device)
        body = (
            connection_node("droppedConnection", call.id, self._id(device)),
            *((self._party("releasingDevice", by),) if by is not None else ()),
        )
        self._tell("ConnectionClearedEvent", call, *body, to=told, cause=cause)
        self.on_phone(device)

    def _settle(self, call: SwitchCall, *, by: str | None) -> None:
        """Who is left by all others is not in a call any longer."""
        stations = any(self.is_station(each) for each in call.connections)
        if len(call.connections) > 1 and self._talk_at_all(call) and stations:
            return
        for device in tuple(call.connections):
            self._drop(call, device, by=by)
        self.calls.pop(call.id, None)

    @staticmethod
    def _talk(call: SwitchCall) -> bool:
        """Are two or more in it, who have answered?"""
        return sum(state in (S.CONNECTED, S.HOLD) for state in call.connections.values()) > 1

    @staticmethod
    def _talk_at_all(call: SwitchCall) -> bool:
        return any(state in (S.CONNECTED, S.HOLD) for state in call.connections.values())

    def _join(
        self, name: str, word: str, device: str, held: SwitchCall, active: SwitchCall, *, stays: bool
    ) -> SwitchCall:
        told = tuple({**held.connections, **active.connections})
        parties = {each: state for call in (held, active) for each, state in call.connections.items() if each != device}
        if stays:
            parties = {device: S.CONNECTED, **parties}
        old = (held.id, active.id)
        new = self._joined(held, active)
        for other in (held, active):
            if other is not new:
                self._ring_on(other, new, parties)
                other.connections = {}
                self.calls.pop(other.id, None)
        new.connections = parties
        new.user_data = held.user_data or active.user_data
        actor = "transferringDevice" if word == "transfer" else "conferencingDevice"
        connections = "transferredConnections" if word == "transfer" else "conferenceConnections"
        body = (
            connection_node("primaryOldCall", old[0], self._id(device)),
            connection_node("secondaryOldCall", old[1], self._id(device)),
            self._party(actor, device),
            self._list(connections, new),
        )
        self._tell(name, new, *body, to=told, cause=word)
        self.on_phone(device)
        self._settle(new, by=None)
        return new

    def _ring_on(self, old: SwitchCall, new: SwitchCall, parties: Mapping[str, ConnectionState]) -> None:
        """Who rings for a call that is no more rings for the new one."""
        for device, forget in old.forget.items():
            forget()
            if parties.get(device) is S.ALERTING:
                new.forget[device] = self._later(self.settings.ring_s, partial(self._unanswered, new, device))

    def _joined(self, held: SwitchCall, active: SwitchCall) -> SwitchCall:
        match self.settings.join_keeps:
            case JoinKeeps.HELD:
                return held
            case JoinKeeps.ACTIVE:
                return active
            case JoinKeeps.NEITHER:
                return self._open(held.calling, held.called, None)

    def _take_out(self, call: SwitchCall, device: str) -> None:
        self._forget(call, device)
        call.connections.pop(device, None)
        if not call.connections:
            self.calls.pop(call.id, None)

    @staticmethod
    def _forget(call: SwitchCall, device: str) -> None:
        forget = call.forget.pop(device, None)
        if forget is not None:
            forget()

    # Refusing

    def _require_station(self, device: str, value: str) -> None:
        if not self.is_station(device):
            raise invalid(value)

    def _require_destination(self, number: str, *, by: str) -> None:
        known = self.is_station(number) or _OUTSIDE.fullmatch(number) is not None
        if not known or number == by:
            raise invalid("invalidDestination")

    def _require_free(self, number: str, *, by: str) -> None:
        self._require_destination(number, by=by)
        if number in self.settings.busy or (self.is_station(number) and self.of(number)):
            raise SwitchRefusal("systemResourceAvailability", "resourceBusy")

    def _connection(self, device: str, call_id: str, state: ConnectionState, otherwise: str) -> SwitchCall:
        call = self.calls.get(call_id)
        if call is None or device not in call.connections:
            raise invalid("invalidConnectionID")
        if call.connections[device] is not state:
            raise wrong_state(otherwise)
        return call

    def _talking(self, device: str, call_id: str) -> SwitchCall:
        call = self.calls.get(call_id)
        if call is None or device not in call.connections:
            raise invalid("invalidConnectionID")
        if call.connections[device] not in (S.CONNECTED, S.HOLD):
            raise wrong_state("noActiveCall")
        return call

    def _two(self, device: str, held: str, active: str) -> tuple[SwitchCall, SwitchCall]:
        return (
            self._connection(device, held, S.HOLD, "noHeldCall"),
            self._connection(device, active, S.CONNECTED, "noActiveCall"),
        )

    # Telling

    def _id(self, device: str) -> str:
        return device_id(device, self.settings.switch_name)

    def _party(self, name: str, device: str) -> Node:
        return group(name, device_node("deviceIdentifier", self._id(device)))

    def _ends(self, call: SwitchCall) -> tuple[Node, Node]:
        return self._party("callingDevice", call.calling), self._party("calledDevice", call.called)

    def _list(self, name: str, call: SwitchCall) -> Node:
        items = (
            group("connectionListItem", connection_node("newConnection", call.id, self._id(each)))
            for each in call.connections
        )
        return group(name, *items)

    def _tell(self, name: str, call: SwitchCall, *body: Node, cause: str, to: tuple[str, ...] | None = None) -> None:
        devices = tuple(call.connections) if to is None else to
        local = {device: call.connections.get(device, S.NULL) for device in devices if self.is_station(device)}
        data = (group("userData", leaf("string", call.user_data)),) if call.user_data else ()
        self._emit_(Happening(name, (*body, *data), local, cause, call.ucid))
