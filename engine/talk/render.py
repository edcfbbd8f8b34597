"""Messages as a line each, and the session as a tree, for a terminal. What is too long is wrapped, never cut."""

from typing import Final

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from engine.talk.told import answered, compact, refusal, told
from engine.talk.view import JsonObject, Known, View
from engine.talk.words import contact, duration, pairs, person, printable
from protocol.ids import ObjectKind

_SEQ_WIDTH: Final = 4
_ARROW_WIDTH: Final = 6
_TRANSCRIPT: Final = "interaction.message.added"
"""What people say is shown without the event's name, as a transcript has it."""


def line_of(message: JsonObject, view: View) -> Table:
    """One message, after `view` has taken it: its number, its request, what it is, about whom, what it says."""
    line = Table.grid(padding=(0, 1))
    line.add_column(min_width=_SEQ_WIDTH, justify="right", no_wrap=True, style="dim")
    line.add_column(min_width=_ARROW_WIDTH, no_wrap=True, style="cyan")
    line.add_column(overflow="fold")
    arrow = f"<- {message['cause']}" if "cause" in message else message.get("requestid", "")
    line.add_row(Text(str(message.get("seq", ""))), Text(printable(str(arrow))), _content(message, view))
    return line


def _content(message: JsonObject, view: View) -> Text:
    text = Text()
    match message:
        case {"result": "success", "command": str(command)}:
            text.append("ok ", "bold green").append(command, "green")
            _append(text, _label(message, view))
            _append(text, answered(message.get("data")), "dim")
        case {"result": "failure", "failure": dict(failure)}:
            text.append("failed ", "bold red").append(str(message.get("command", "")), "red")
            _append(text, _label(message, view))
            text.append(f"\n{printable(refusal(failure))}", "red")
        case {"result": str(result), "message": str(said)}:
            text.append(f"{result}: {printable(said)}", "yellow")
        case {"name": str(name)}:
            if name != _TRANSCRIPT:
                text.append(name, "bold")
            _append(text, _label(message, view))
            _append(text, told(message, view))
        case _:
            text.append(printable(compact(message)))
    return text


def _label(message: JsonObject, view: View) -> str:
    target = message.get("target")
    return "" if target in (None, view.session) else view.label(str(target))


def _append(text: Text, what: str, style: str = "") -> None:
    if what:
        space = " " if len(text) and not what.startswith("\n") else ""
        text.append(space).append(printable(what), style)


def tree_of(view: View, now: float) -> Tree:
    """All that is known, each object below its owner, with its state and what is open to it."""
    branches: dict[str, Tree] = {}
    root = Tree("nothing is known yet")
    for known in view.objects.values():
        owner = branches.get(known.parent)
        branch = owner.add(_node(view, known, now)) if owner else Tree(_node(view, known, now))
        branches[known.target] = branch
        if owner is None:
            root = branch
    return root


def _node(view: View, known: Known, now: float) -> Text:
    text = Text(f"{known.kind} ").append(printable(known.label), "bold")
    if known.id != known.label:
        text.append(f" {known.id}", "dim")
    match known.kind:
        case ObjectKind.INTERACTION:
            _append(text, contact(known.info, known.people))
        case ObjectKind.CONVERSATION:
            _append(text, str(known.info.get("type", "")))
            _append(text, ", ".join(map(person, known.people.values())))
    _append(text, known.describe_state(), "cyan")
    since = known.entered.get(str(known.state.get("state")))
    _append(text, f"for {duration(now - since)}" if since is not None else "", "cyan")
    if known.kind is ObjectKind.CONVERSATION and view.in_focus(known):
        _append(text, "in focus", "cyan")
    _append(text, f"\n{pairs(known.data)}" if known.data else "")
    open_now = ", ".join(sorted(name.partition(".")[2] for name in known.capabilities))
    return text.append(f"\nopen: {open_now or 'nothing'}", "dim")
