"""An explanation for people and for programs."""

from datetime import UTC, datetime

import attrs
import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from engine.talk.words import printable
from engine.why.explain import Change, Explanation
from engine.why.rules import Fields


def render(explanation: Explanation) -> RenderableType:
    """For a terminal of 80 columns or more: one paragraph a change, oldest first."""
    head = Text.assemble((explanation.target, "bold"), f"  {explanation.kind}, now {_now(explanation)}")
    parts: list[RenderableType] = [head]
    if explanation.earlier:
        parts.append(Text(f"earlier changes that are not shown: {explanation.earlier}", "dim"))
    for change in explanation.changes:
        parts += [Text(), _headline(change), Padding(_details(change), (0, 0, 0, 2))]
    return Group(*parts)


def _now(explanation: Explanation) -> str:
    if explanation.now is None:
        return "not known: of the steps that are kept, none tells a change of its state"
    return _state(explanation.now)


def _headline(change: Change) -> Text:
    unknown = "(begins)" if change.begins else "(not known)"
    before = unknown if change.before is None else _state(change.before)
    return Text.assemble((_when(change.at_ms), "dim"), "  ", (f"{before} → {_state(change.after)}", "bold"))


def _details(change: Change) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    told = "none" if change.event is None else f"seq {change.seq}, {printable(change.event)}"
    table.add_row("message", Text(f"{told}, in step {change.step}"))
    if change.happening is not None:
        table.add_row("happening", Text(change.happening))
    for number, row in enumerate(_rules(change)):
        table.add_row("" if number else "rule", Text(row))
    since = "" if change.cause.step == change.step else f" (step {change.cause.step})"
    table.add_row("cause", Text(printable(change.cause.text) + since))
    return table


def _rules(change: Change) -> list[str]:
    if change.rules:
        return [f"{rule.table}: {rule.trigger}, {rule.source} → {rule.dest}" for rule in change.rules]
    if change.before is None:
        return ["it begins so" if change.begins else "not known: what was before is kept no longer"]
    return ["none of the tables: what goes with the state has changed, or it was removed"]


def _state(fields: Fields) -> str:
    """READY, or ACTIVE/NOTREADY (reason LUNCH); `removed` where there is nothing any more."""
    if not fields:
        return "removed"
    states = [str(fields[key]) for key in ("state", "loginstate", "agentstate") if key in fields]
    more = [
        f"{word} {printable(str(fields[key]))}"
        for key, word in (("reason", "reason"), ("pendingagentstate", "then"), ("recording", "recording"))
        if key in fields and fields[key] != "STOPPED"
    ]
    return "/".join(states) + (f" ({', '.join(more)})" if more else "")


def _when(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"


def as_json(explanation: Explanation) -> str:
    """One JSON object on one line; what has no value is left out."""
    shown = attrs.asdict(explanation, filter=lambda _, value: value is not None)
    now = {} if explanation.now is None else {"now": explanation.now}
    return msgspec.json.encode({**shown, **now}).decode()
