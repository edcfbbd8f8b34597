"""The envelope: requests in; successes, failures, confirmations and events out.

Source: specs/protocol.md, "Envelope".
"""

import attrs

from protocol.commands import Command, CommandData
from protocol.errors import FailureCode
from protocol.events import By, CapabilityChange, EventData, IdInfo, StateInfo
from protocol.ids import Target
from protocol.results import ResultData
from protocol.strictjson import Json


@attrs.frozen(kw_only=True)
class Request:
    """A request that is well-formed: known command, data of the command's class, target that parses.

    `name` is the command exactly as received; `original` the whole message as received.
    """

    name: str
    command: Command
    target: Target | None
    data: CommandData
    requestid: str | None
    original: dict[str, Json] = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class BadRequest:
    """A message that is no request; `code` is INVALID_REQUEST or UNKNOWN_COMMAND.

    What could be read of it is kept, so that the answer reaches the session that it was meant for.
    """

    code: FailureCode
    message: str
    original: Json = attrs.field(repr=False)
    name: str | None = None
    target: Target | None = None
    requestid: str | None = None


@attrs.frozen(kw_only=True)
class Success:
    """`data` is an echo (a dict, as received), the data of the command's own, both joined, or None."""

    command: str
    target: str | None
    data: ResultData | dict[str, Json] | None = None
    requestid: str | None = None


@attrs.frozen(kw_only=True)
class FailureInfo:
    """`channel` names the culprit of an all-channel operation; `context` is a stack trace, in debug mode."""

    code: FailureCode
    message: str
    channel: IdInfo | None = None
    context: str | None = None


@attrs.frozen(kw_only=True)
class Failure:
    failure: FailureInfo
    original: Json = attrs.field(repr=False)
    command: str | None = None
    target: str | None = None
    requestid: str | None = None


@attrs.frozen(kw_only=True)
class Confirm:
    """Only from prepareSession: the agent has a session; repeat with `override` true to end it."""

    command: str
    message: str
    original: Json = attrs.field(repr=False)
    requestid: str | None = None


@attrs.frozen(kw_only=True)
class Event:
    """`cause` is the requestid of the request whose secondary event this is; `state` goes with state.updated; `by` is
    there where a supervisor brought it about."""

    name: str
    target: str
    data: EventData | tuple[CapabilityChange, ...]
    state: StateInfo | None = None
    cause: str | None = None
    by: By | None = None


Message = Success | Failure | Confirm | Event
