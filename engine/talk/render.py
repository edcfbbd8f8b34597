"""Messages as one line each, and the session as a tree, for a terminal of 80 columns."""

from collections.abc import Mapping
from typing import Final

import msgspec
from rich.text import Text
from rich.tree import Tree

from engine.talk.view import JsonObject, Known, View, describe_state
from protocol.events import Switch
from protocol.strictjson import Json

_SEQ_WIDTH: Final = 4
_ARROW_WIDTH: Final = 6
_SIGNS: Final[Mapping[str, str]] = {Switch.ENABLE: "+", Switch.DISABLE: "-"}


def line_of(message: JsonObject, view: View) -> Text:
    """One message, short: its number, its request, what it is, about whom, in which state.

    Failures and questions are told in full, which takes more lines.
    """
    text = Text().append(f"{message.get('seq', ''):>{_SEQ_WIDTH}} ", "dim")
    arrow = f"<- {message['cause']}" if "cause" in message else message.get("requestid", "")
    text.append(f"{arrow:<{_ARROW_WIDTH}} ", "cyan")
    match message:
        case {"result": "success", "command": str(command)}:
            text.append("ok ", "bold green").append(command, "green")
            _append_target(text, message, view)
            _append(text, _compact(message["data"]) if "data" in message else "", "dim")
        case {"result": "failure", "failure": {"code": str(code), "message": str(told)}}:
            text.append("failed ", "bold red").append(str(message.get("command", "")), "red")
            _append_target(text, message, view)
            text.append(f"\n{'':{_SEQ_WIDTH}} {code}: {told}", "red")
        case {"result": str(result), "message": str(told)}:
            text.append(f"{result}: {told}", "yellow")
        case {"name": str(name)}:
            text.append(name, "bold")
            _append_target(text, message, view)
            _append(text, _told(name, message))
        case _:
            text.append(_compact(message))
    return text


def is_long(message: JsonObject) -> bool:
    """Is the message to be told in full, over as many lines as it takes?"""
    return message.get("result") in ("failure", "confirm") or message.get("name") in (
        "session.disposed",
        "session.unbound",
    )


def tree_of(view: View) -> Tree:
    """All that is known, each object below its owner, with its state and what is open to it."""
    branches: dict[str, Tree] = {}
    root = Tree("nothing is known yet")
    for known in view.objects.values():
        owner = branches.get(known.parent)
        branch = owner.add(_node(known)) if owner else Tree(_node(known))
        branches[known.target] = branch
        if owner is None:
            root = branch
    return root


def _node(known: Known) -> Text:
    text = Text(f"{known.kind} ").append(known.label, "bold")
    if known.id != known.label:
        text.append(f" {known.id}", "dim")
    _append(text, known.describe_state(), "cyan")
    open_now = ", ".join(sorted(name.partition(".")[2] for name in known.capabilities))
    return text.append(f"\nopen: {open_now or 'nothing'}", "dim")


def _told(name: str, message: JsonObject) -> str:
    """What an event says, in a few words."""
    match message.get("data"):
        case list(changes):
            return f"{describe_state(message.get('state', {}))} {_changes(changes)}".strip()
        case {"session": {"agent": {"id": agent, "name": person}}}:
            return f"{agent} {person}"
        case {"reasons": list(codes)} | {"dispositions": list(codes)}:
            return ", ".join(code["code"] for code in codes)
        case {"cause": cause, "message": told}:
            return f"{cause}: {told}"
        case {"message": str(told)}:
            return told
        case dict(data):
            info = data.get(name.partition(".")[0])
            return describe_state(info) if isinstance(info, dict) else _compact(data)
        case _:
            return ""


def _changes(changes: list[Json]) -> str:
    words = []
    for change in changes:
        match change:
            case {"name": str(name), "type": str(switch)}:
                words.append(_SIGNS.get(switch, "?") + name.partition(".")[2])
    return " ".join(words)


def _append_target(text: Text, message: JsonObject, view: View) -> None:
    if (target := message.get("target")) not in (None, view.session):
        _append(text, view.label(str(target)))


def _append(text: Text, what: str, style: str = "") -> None:
    if what:
        text.append(" ").append(what, style)


def _compact(value: Json) -> str:
    return msgspec.json.encode(value).decode()
