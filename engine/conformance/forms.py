"""The form of each message that a server sends, by the classes of `protocol`. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from engine.conformance.broken import Broken, demand
from engine.conformance.messages import JsonObject
from protocol.commands import COMMANDS, PROPERTY_ALIASES, Command, Success, find_command
from protocol.convert import NO_ALIASES, structure
from protocol.errors import FailureCode
from protocol.events import EVENTS, By, IdInfo, StateInfo
from protocol.ids import ObjectKind, Target
from protocol.results import RESULTS

DEPTHS: Final = {
    ObjectKind.SESSION: (1,),
    ObjectKind.CHANNELGROUP: (2,),
    ObjectKind.CHANNEL: (2, 3),
    ObjectKind.INTERACTION: (3, 4),
    ObjectKind.CONVERSATION: (4, 5),
}
"""How many parts the target of an object has."""

WITHOUT_TARGET: Final = ("prepareSession", "supervisor.login", "supervisor.logout", "supervisor.list")


def check_form(message: Any) -> None:
    """Is it a message at all, with all that it must hold? Raises Broken."""
    if not isinstance(message, dict):
        raise Broken("ENV-1", f"{message!r} is no JSON object")
    name = message.get("name")
    if name is not None:
        _check_event(str(name), message)
    else:
        _check_response(message)
    for field in ("seq", "requestid", "cause", "context"):
        demand(message.get(field, "") is not None, "ENV-9", f"{field} is null, and should be left out")


def command_of(message: JsonObject) -> Command | None:
    """The row of the command that a response answers; None where it is none that there is."""
    name = message.get("command")
    return find_command(name) if isinstance(name, str) else None


# Responses


def _check_response(message: JsonObject) -> None:
    match message.get("result"):
        case "success":
            _check_success(message)
        case "failure":
            _check_failure(message)
        case "confirm":
            fine = message.get("command") == "prepareSession" and isinstance(message.get("message"), str)
            demand(fine and "original" in message, "ENV-6", f"{message} is no confirm of prepareSession")
        case other:
            raise Broken("ENV-1", f"a message without name, and with the result {other!r}")


def _check_success(message: JsonObject) -> None:
    command = command_of(message)
    if command is None:
        raise Broken("ENV-4", f"a success of {message.get('command')!r}, which is no command")
    if command.name not in WITHOUT_TARGET:
        _check_target(message, "ENV-4", command.kind)
    # What supervisors are told has no rules of its own.
    rule = "ENV-4" if command.name.startswith("supervisor.") else f"CMD-{command.name}"
    data = message.get("data")
    match command.success:
        case Success.NONE:
            demand("data" not in message, rule, f"a success of {command.name} has no data, this one {data!r}")
        case Success.EMPTY:
            demand(data == {}, rule, f"the data of a success of {command.name} are empty, these are {data!r}")
        case Success.ECHO:
            _structured(data, command.data, rule, "data", PROPERTY_ALIASES.get(command.data, NO_ALIASES))
        case _:
            _structured(data, RESULTS[command.name], rule, "data")


def _check_failure(message: JsonObject) -> None:
    info = message.get("failure")
    if not isinstance(info, dict):
        raise Broken("ENV-5", "a failure without `failure`")
    code = info.get("code")
    demand(code in FailureCode.__members__, "ENV-5", f"{code!r} is no failure code")
    text = info.get("message")
    demand(isinstance(text, str) and text, "ENV-5", f"a failure says what was wrong in words, this one {text!r}")
    demand("original" in message, "ENV-5", "a failure holds the request as original")
    if "channel" in info:
        _structured(info["channel"], IdInfo, "ENV-5", "failure.channel")


# Events


def _check_event(name: str, event: JsonObject) -> None:
    demand("result" not in event and "command" not in event, "EV-1", f"{name} has properties of a response")
    row = EVENTS.get(name)
    if row is None:
        raise Broken("EV-1", f"there is no event {name}")
    rule = f"EV-{name}" if name in SESSION_EVENTS else "EV-1"
    _check_target(event, "EV-1", row.kind)
    demand("data" in event, rule, f"{name} without data")
    _structured(event["data"], row.data, rule, "data")
    if name == "state.updated":
        known = ObjectKind.__members__.values()
        for change in event["data"]:
            fine = change["name"] in COMMANDS and change["name"].split(".")[0] in known
            demand(fine, "CAP-3", f"{change['name']} is the canonical name of no command")
        _structured(event.get("state"), StateInfo, "EV-5", "state")
    else:
        demand("state" not in event, "EV-5", f"{name} has a state beside its data")
    if "by" in event:
        _structured(event["by"], By, "EV-7", "by")
        demand("cause" not in event, "EV-7", f"{name} has a cause and was brought about by a supervisor")


SESSION_EVENTS: Final = tuple(name for name in EVENTS if not name.startswith("supervisor."))
"""Those that tell of a session: each has a rule of its own for its data."""


# Parts of both


def _check_target(message: JsonObject, rule: str, kind: ObjectKind | None) -> None:
    target = message.get("target")
    try:
        parts = Target.parse(target).segments if isinstance(target, str) else ()
    except ValueError:
        parts = ()
    demand(parts, rule, f"{target!r} is no target")
    if kind is not None:
        depths = DEPTHS[kind]
        demand(len(parts) in depths, "TGT-1", f"{target} is not the way to a {kind} ({message.get('name')})")


def _structured(data: Any, kind: Any, rule: str, at: str, aliases: Mapping[str, str] = NO_ALIASES) -> None:
    try:
        structure(data, kind, aliases, at=at)
    except ValueError as error:
        raise Broken(rule, str(error)) from None
