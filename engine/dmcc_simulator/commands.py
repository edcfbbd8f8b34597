"""What can be typed to a running simulator: one command a line, and one line of answer."""

import shlex
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from engine.adapters.csta.words import ConnectionState
from engine.dmcc_simulator.exchange import SwitchRefusal
from engine.dmcc_simulator.faults import Fault, FaultKind
from engine.dmcc_simulator.server import DmccSimulator

HELP: Final = (
    "call FROM TO [DATA] · hangup CALL · answer PHONE · release PHONE · dial PHONE NUMBER · "
    "state PHONE ready|notReady [REASON] · fault REQUEST KIND [TIMES] · lose-monitor PHONE · "
    "cut · end-sessions · calls · help"
)

_MOST_TIMES: Final = 1_000_000


class Commands:
    """The commands, by their first word."""

    def __init__(self, simulator: DmccSimulator) -> None:
        self._simulator = simulator
        self._exchange = simulator.exchange
        self._rows: Final[Mapping[str, Callable[..., str]]] = MappingProxyType(
            {
                "call": self._call,
                "hangup": self._hangup,
                "answer": self._answer,
                "release": self._release,
                "dial": self._dial,
                "state": self._state,
                "fault": self._fault,
                "lose-monitor": self._lose_monitor,
                "cut": self._cut,
                "end-sessions": self._end_sessions,
                "calls": self._calls,
                "help": lambda: HELP,
            }
        )

    def do(self, line: str) -> str:
        """What came of it; what is wrong with the line is an answer, too."""
        try:
            word, *details = shlex.split(line, comments=True) or [""]
        except ValueError as error:
            return f"error: {error}; close the quotation"
        if not word:
            return ""
        row = self._rows.get(word)
        if row is None:
            return f"error: there is no command {word}; {HELP}"
        try:
            return row(*details)
        except SwitchRefusal as refusal:
            return f"error: the switch refuses it: {refusal}"
        except TypeError:
            return f"error: {word} takes other words; {HELP}"
        except ValueError as error:
            return f"error: {error}"

    def _call(self, number: str, to: str, data: str | None = None) -> str:
        return f"call {self._exchange.call_in(number, to, data).id}"

    def _hangup(self, call: str) -> str:
        """The first party that is outside hangs up."""
        there = self._exchange.calls.get(call)
        outside = [each for each in (there.connections if there else ()) if not self._exchange.is_station(each)]
        if not outside:
            raise ValueError(f"there is nobody outside in a call {call}; calls lists those that there are")
        self._exchange.clear(outside[0], call)
        return "done"

    def _phone(self, number: str) -> str:
        if not self._exchange.is_station(number):
            phones = self._exchange.settings.stations
            raise ValueError(f"there is no phone {number}; take one from {phones[0]} to {phones[-1]}")
        return number

    def _answer(self, phone: str) -> str:
        ringing = [
            call
            for call in self._exchange.of(self._phone(phone))
            if call.connections[phone] is ConnectionState.ALERTING
        ]
        if not ringing:
            raise ValueError(f"no call rings at {phone}; make one: call +15550100 {phone}")
        self._exchange.answer(phone, ringing[-1].id)
        return "done"

    def _release(self, phone: str) -> str:
        calls = self._exchange.of(self._phone(phone))
        if not calls:
            raise ValueError(f"there is no call at {phone}; calls lists those that there are")
        self._exchange.clear(phone, calls[-1].id)
        return "done"

    def _dial(self, phone: str, number: str) -> str:
        return f"call {self._exchange.make(phone, number).id}"

    def _state(self, phone: str, state: str, reason: str | None = None) -> str:
        self._simulator.logins.set_state(phone, state, reason, may_wait=False)
        return "done"

    def _fault(self, request: str, kind: str, times: str = "1") -> str:
        names = self._simulator.services.names
        if request not in names:
            raise ValueError(f"no request is named {request}; take one of {', '.join(sorted(names))}")
        if kind not in set(FaultKind):
            raise ValueError(f"{kind} is no kind of fault; take one of {', '.join(FaultKind)}")
        if not times.isdecimal() or not 0 < int(times) <= _MOST_TIMES:
            raise ValueError(f"{times} is no number of times; take one from 1 to {_MOST_TIMES}")
        self._simulator.faults.add(Fault(request, FaultKind(kind), int(times)))
        return "done"

    def _lose_monitor(self, phone: str) -> str:
        if not self._simulator.lose_monitors(self._phone(phone)):
            raise ValueError(f"nobody looks at {phone}; have an agent start a session and add it as a channel first")
        return "done"

    def _cut(self) -> str:
        self._simulator.cut_links()
        return "done"

    def _end_sessions(self) -> str:
        self._simulator.end_sessions()
        return "done"

    def _calls(self) -> str:
        calls = self._exchange.calls.values()
        return "; ".join(
            f"{call.id}: {', '.join(f'{device} {state}' for device, state in call.connections.items())}"
            for call in calls
        )
