"""What goes wrong with a request, on demand."""

import enum

import attrs


class FaultKind(enum.StrEnum):
    """What goes wrong.

    REFUSED: a negative answer, nothing is done. SILENT: no answer, nothing is done. UNANSWERED: no answer, though it
    is done. LATE: it is done, and answered after `delay_s`. NONSENSE: it is done, and the answer is no XML. EMPTY: it
    is done, and the answer says nothing. CUT: it is done, and the connection breaks. NO_FRAME: the connection goes on
    with what is no frame. CRASH: nothing is done, all connections break, and no new ones are taken. NO_EVENTS: it is
    done and answered, and nothing is told of it. EVENTS_FIRST: what comes of it is told before the answer. TWICE: it is
    answered twice.
    """

    REFUSED = "refused"
    SILENT = "silent"
    UNANSWERED = "unanswered"
    LATE = "late"
    NONSENSE = "nonsense"
    EMPTY = "empty"
    CUT = "cut"
    NO_FRAME = "no_frame"
    NO_EVENTS = "no_events"
    EVENTS_FIRST = "events_first"
    TWICE = "twice"
    CRASH = "crash"


@attrs.define
class Fault:
    """It strikes the next `times` requests of that name. `category` and `value` are the error of REFUSED."""

    request: str
    kind: FaultKind
    times: int = 1
    category: str = "operation"
    value: str = "generic"
    delay_s: float = 0.2


class Faults:
    """Those that are still to strike."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def strike(self, request: str) -> Fault | None:
        for fault in self._waiting:
            if fault.request == request:
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None
