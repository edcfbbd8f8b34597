"""Whether a response fits what the client knows of the session: capabilities, targets, codes."""

from typing import Final, Protocol

from engine.conformance.broken import demand
from engine.conformance.forms import command_of
from engine.conformance.messages import JsonObject
from protocol.commands import Command
from protocol.errors import CHECK_ORDER, FailureCode

WHERE_BOUND: Final = ("OVERLOADED", "TIMEOUT")
"""What a failure without a number may say of a request to a session that the connection has bound."""
ANY_TIME: Final = (
    FailureCode.OVERLOADED,
    FailureCode.INTERNAL_ERROR,
    FailureCode.TIMEOUT,
    FailureCode.PLATFORM_UNAVAILABLE,
)
"""What may be said of a request before it is looked at, or after its session has come to harm."""


class Sees(Protocol):
    """What the judge wants to know of a client's view."""

    session: str
    started: bool
    initialized: bool

    def may(self, target: str, command: str) -> bool: ...
    def kind_of(self, target: str) -> str | None: ...
    def is_stranger(self, target: str) -> bool: ...


def judge(view: Sees, response: JsonObject) -> None:
    """Raises Broken."""
    command, target = command_of(response), response.get("target")
    if command is None or command.kind is None or not isinstance(target, str) or view.is_stranger(target):
        return
    if response["result"] == "success":
        _judge_success(view, command, target)
    else:
        _judge_failure(view, command, target, FailureCode(response["failure"]["code"]))


def _judge_success(view: Sees, command: Command, target: str) -> None:
    if command.name == "session.start":
        demand(not view.started, "O8", "the session was started twice")
        return
    demand(view.initialized, "O8", f"{command.name} succeeded before session.initialized")
    kind = view.kind_of(target)
    demand(kind == command.kind, "TGT-1", f"{command.name} succeeded for {target}, which is {kind or 'nothing'}")
    fine = view.may(target, command.name) or command.idempotent
    demand(fine, "CAP-2", f"{command.name} succeeded, and was not open to {target}")


def _judge_failure(view: Sees, command: Command, target: str, code: FailureCode) -> None:
    if code is FailureCode.NOT_STARTED:
        demand(not view.initialized, "F-NOT_STARTED", f"{command.name} failed so after session.initialized")
    if code is FailureCode.ALREADY_STARTED:
        demand(view.started, "F-ALREADY_STARTED", f"{command.name} failed so before the session was started")
    if not view.initialized or command.name == "session.start":
        return
    if view.kind_of(target) != command.kind:
        _demand_before(FailureCode.INVALID_TARGET, code, f"{command.name} for {target}, which is no {command.kind}")
        return
    if not view.may(target, command.name) and not command.idempotent:
        _demand_before(FailureCode.INVALID_STATE, code, f"{command.name}, which was not open to {target}")


def _demand_before(due: FailureCode, code: FailureCode, what: str) -> None:
    """The checks have an order: nothing may be found that comes after what must be found."""
    fine = code in ANY_TIME or CHECK_ORDER.index(code) <= CHECK_ORDER.index(due)
    demand(fine, f"F-{due}", f"{what}, failed with {code}, where {due} was due")
