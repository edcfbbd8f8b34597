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
        except (KeyError, ValueError) as error:
            return f"error: {error}; {HELP}"

    def _call(self, number: str, to: str, data: str | None = None) -> str:
        return f"call {self._exchange.call_in(number, to, data).id}"

    def _hangup(self, call: str) -> str:
        """The first party that is outside hangs up."""
        there = self._exchange.calls.get(call)
        outside = [each for each in (there.connections if there else ()) if not self._exchange.is_station(each)]
        if not outside:
            raise ValueError(f"there is nobody outside in a call {call}")
        self._exchange.clear(outside[0], call)
        return "done"

    def _latest(self, phone: str, *states: ConnectionState) -> str:
        calls = [call for call in self._exchange.of(phone) if not states or call.connections[phone] in states]
        if not calls:
            raise ValueError(f"there is no such call at {phone}")
        return calls[-1].id

    def _answer(self, phone: str) -> str:
        self._exchange.answer(phone, self._latest(phone, ConnectionState.ALERTING))
        return "done"

    def _release(self, phone: str) -> str:
        self._exchange.clear(phone, self._latest(phone))
        return "done"

    def _dial(self, phone: str, number: str) -> str:
        return f"call {self._exchange.make(phone, number).id}"

    def _state(self, phone: str, state: str, reason: str | None = None) -> str:
        self._simulator.logins.set_state(phone, state, reason, may_wait=False)
        return "done"

    def _fault(self, request: str, kind: str, times: str = "1") -> str:
        self._simulator.faults.add(Fault(request, FaultKind(kind), int(times)))
        return "done"

    def _lose_monitor(self, phone: str) -> str:
        self._simulator.lose_monitors(phone)
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
