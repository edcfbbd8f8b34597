"""A captured log, held against the rules: every session in it by a client's view of its own.

A log may begin in mid-session and end anywhere. What cannot be judged for that is noted, and is no violation.
"""

from collections.abc import Callable
from typing import Final, TypeVar

import attrs

from engine.conformance.answers import Answers, begun
from engine.conformance.bindings import Bindings
from engine.conformance.broken import Broken, demand
from engine.conformance.forms import check_form
from engine.conformance.judge import WHERE_BOUND
from engine.conformance.logs import OUT, Exchange
from engine.conformance.messages import JsonObject
from engine.conformance.view import ClientView

T = TypeVar("T")

BEFORE, AFTER = 3, 1
"""How many messages around a violation are shown."""

SERVICE: Final = ("prepareSession", "bindSession", "unbindSession")
AT_THE_DOOR: Final = ("INVALID_REQUEST", "UNKNOWN_COMMAND", "NOT_BOUND", "OVERLOADED", "TIMEOUT")
"""What a failure without a number may say of a request to a session."""


@attrs.frozen(kw_only=True)
class Violation:
    rule: str
    place: str
    session: str
    text: str
    around: tuple[Exchange, ...]
    """The messages of the session, or of the connection, before and after; the one in question is among them."""


@attrs.define
class Verdict:
    violations: list[Violation] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)
    """What could not be judged, and why."""
    messages: int = 0
    sessions: int = 0
    connections: int = 0


def check_log(log: list[Exchange]) -> Verdict:
    checker = _Checker(log, Answers(begun(log)))
    for exchange in log:
        checker.take(exchange)
    checker.end()
    return checker.verdict


@attrs.define
class _Checker:
    log: list[Exchange]
    _answers: Answers
    verdict: Verdict = attrs.field(factory=Verdict)
    _views: dict[str, ClientView] = attrs.field(factory=dict)
    _prepared: set[str] = attrs.field(factory=set)
    """Sessions of which the log has the beginning."""
    _bindings: Bindings = attrs.field(factory=Bindings)
    _sessions: dict[int, str] = attrs.field(factory=dict)
    """By the number of the exchange, the session that it belongs to."""
    _heard_on: dict[str, str] = attrs.field(factory=dict)
    """By session, the connection on which it was bound, or told of, last."""
    _broken: list[tuple[Exchange, Broken]] = attrs.field(factory=list)

    def take(self, exchange: Exchange) -> None:
        self.verdict.messages += 1
        if exchange.direction == OUT:
            self._sessions[exchange.order] = exchange.session
            self._answers.asked(exchange)
            return
        if exchange.problem is not None:
            self._broken.append((exchange, Broken("ENV-1", exchange.problem)))
            return
        message, session = exchange.message, exchange.session
        if not session and isinstance(message, dict) and "seq" in message:
            session = self._whose_turn(exchange)
        self._sessions[exchange.order] = session
        try:
            check_form(message)
        except Broken as broken:
            self._broken.append((exchange, broken))
            self._answers.forget(exchange)
            if isinstance(message, dict) and message.get("command") == "bindSession":
                self._bindings.forget(session)
            if session in self._views:
                self._views[session].forgive(message, broken)
            return
        if "seq" in message and session:
            if self._tried(exchange, lambda exchange: self._bindings.comes_here(exchange, session)):
                self._numbered(exchange, session)
            return
        request = self._tried(exchange, self._answers.answered) if "result" in message else None
        if "seq" not in message:
            self._tried(exchange, lambda exchange: self._outside(exchange, request))

    def _tried(self, exchange: Exchange, check: Callable[[Exchange], T]) -> T | None:
        """What it finds broken is noted."""
        try:
            return check(exchange)
        except Broken as broken:
            self._broken.append((exchange, broken))
            return None

    def end(self) -> None:
        self.verdict.sessions = len(self._views)
        self.verdict.connections = len({exchange.connection for exchange in self.log})
        for session, view in self._views.items():
            try:
                view.check_settled()
            except Broken as broken:
                self._note(f"the log ends before all of session {session} was told: {broken.text}")
        if self._answers.waiting:
            asked = self._answers.waiting[0]
            count = len(self._answers.waiting)
            self._note(f"{count} of the requests have no response in the log; the first is at {asked.place}")
        self.verdict.violations = [self._violation(exchange, broken) for exchange, broken in self._broken]

    # Messages of a session

    def _numbered(self, exchange: Exchange, session: str) -> None:
        self._heard_on[session] = exchange.connection
        view, message = self._view(session, exchange), exchange.message
        if view.numbers.unknown and "result" in message and "requestid" in message:
            self._answers.forget(exchange)  # it may be one that came before, and was asked for again
            return
        if "result" in message:
            self._response(view, exchange)
        try:
            view.take(message)
        except Broken as broken:
            self._broken.append((exchange, broken))
            view.forgive(message, broken)
        if view.over:
            self._bindings.forget(session)

    def _response(self, view: ClientView, exchange: Exchange) -> None:
        """What comes again answers whoever asks again; to whom resumes, it is no answer."""
        seq = exchange.message["seq"]
        if not isinstance(seq, int) or seq > view.seq:
            self._tried(exchange, self._answers.answered)
        elif not view.numbers.resending and "requestid" in exchange.message:
            self._tried(exchange, self._answers.repeated)
        if seq == view.seq + 1:
            self._settle(view, exchange)

    def _settle(self, view: ClientView, exchange: Exchange) -> None:
        """What was due before this response and has not come is told first; the response counts all the same."""
        while True:
            try:
                view.check_settled()
            except Broken as broken:
                self._broken.append((exchange, broken))
                view.forgive({}, broken)
            else:
                return

    def _view(self, session: str, exchange: Exchange) -> ClientView:
        if session not in self._views:
            seq = exchange.message["seq"]
            midway = seq != 1 and session not in self._prepared
            self._views[session] = ClientView(session, midway=midway)
            if midway:
                self._note(f"the log begins at message {seq} of session {session}; what was told before is not known")
        return self._views[session]

    def _whose_turn(self, exchange: Exchange) -> str:
        """What has no target that can be read belongs to the one session in which its number is due."""
        here = [view for view in self._views.values() if self._heard_on.get(view.session) == exchange.connection]
        due = [view.session for view in here if not view.over and exchange.message["seq"] == view.seq + 1]
        return due[0] if len(due) == 1 else ""

    # Messages beside any session

    def _outside(self, exchange: Exchange, request: Exchange | None) -> None:
        """Raises Broken."""
        message = exchange.message
        name, command = str(message.get("name", "")), str(message.get("command", ""))
        here = self._bindings.has(exchange.connection, exchange.session)
        self._bindings.learn(exchange)
        if name:
            fine = name == "session.unbound" or name.startswith("supervisor.")
            demand(fine, "ENV-8", f"{name} without a number")
        elif message["result"] == "success" and command == "prepareSession":
            self._prepared.add(message["data"]["session"]["id"])
        elif message["result"] == "success" and command == "bindSession":
            self._heard_on[message["target"]] = exchange.connection
            self._bound(message["target"], message["data"], request)
        elif command not in SERVICE and not command.startswith("supervisor."):
            code = message.get("failure", {}).get("code", message["result"])
            fine = code in (WHERE_BOUND if here else AT_THE_DOOR)
            demand(fine, "ENV-8", f"the {code} of {command} without a number")

    def _bound(self, session: str, data: JsonObject, request: Exchange | None) -> None:
        """Raises Broken."""
        demand(data["session"]["id"] == session, "CMD-bindSession", f"bound is {data['session']['id']}, not {session}")
        view, seq = self._views.get(session), data["seq"]
        match data["outcome"]:
            case "NEW":
                known = self._views.setdefault(session, ClientView(session))
                known.resumed(None)  # if it is not new, nobody knows what comes
                demand(seq == 0 and known.seq == 0, "SVC-5", f"the binding is NEW, and seq {seq}")
            case "RESET":
                known = self._views.setdefault(session, ClientView(session))
                fine = seq >= known.seq
                known.start_anew(seq)
                if request is not None:
                    self._answers.lost(session, request)
                demand(fine, "LOSS-3", f"the binding is RESET at {seq}, and a later message came before")
            case _:
                known = view or self._views.setdefault(session, ClientView(session, midway=True))
                if view is None:
                    self._note(f"the log begins with the resumption of session {session}; what it had is not known")
                self._resumed(known, data, request.message if request else {})

    @staticmethod
    def _resumed(view: ClientView, data: JsonObject, request: JsonObject) -> None:
        """Raises Broken."""
        match request:
            case {"data": {"resume": {"seq": int(after), "epoch": int(epoch)}}}:
                view.resumed(after if after <= data["seq"] else None)
                what = f"the binding is RESUMED in epoch {data['epoch']} at {data['seq']}"
                fine = epoch == data["epoch"] and after <= data["seq"]
                demand(fine, "SVC-5", f"{what}, where epoch {epoch} and message {after} were known")
            case _:
                view.resumed(None)

    # Telling

    def _note(self, text: str) -> None:
        self.verdict.notes.append(text)

    def _violation(self, exchange: Exchange, broken: Broken) -> Violation:
        session = self._sessions.get(exchange.order, "")
        beside = [each for each in self.log if self._is_beside(each, exchange, session)]
        here = beside.index(exchange)
        around = tuple(beside[max(0, here - BEFORE) : here + AFTER + 1])
        return Violation(rule=broken.rule, place=exchange.place, session=session, text=broken.text, around=around)

    def _is_beside(self, each: Exchange, exchange: Exchange, session: str) -> bool:
        if each is exchange:
            return True
        return self._sessions.get(each.order) == session if session else each.connection == exchange.connection
