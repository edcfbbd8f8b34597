"""What `ixp simulate` prints for people: tables for a terminal."""

from collections.abc import Iterable
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from protocol.strictjson import Json

_COUNTS: Final = {
    "offered": "offered",
    "answered": "answered",
    "abandoned": "abandoned",
    "turned_away": "turned\naway",
    "overflowed": "over-\nflowed",
    "failed": "failed",
    "live": "live",
}
"""The counts of a row, and how they are headed."""


def console() -> Console:
    return Console(highlight=False)


def day_report(state: Json) -> RenderableType:
    """What came of a day."""
    totals = state["totals"]
    return Group(
        _totals_table(totals),
        *_not_come(state),
        _said("occupancy", _percent(totals.get("occupancy"))),
        _said("agents did", ", ".join(f"{times} {what.replace('_', ' ')}" for what, times in totals["done"].items())),
        _said("dispositions", ", ".join(f"{times} {code}" for code, times in totals["dispositions"].items())),
    )


def _not_come(state: Json) -> list[RenderableType]:
    """Why there are fewer than were planned."""
    missing = state["contacts"] - state["totals"]["total"]["offered"]
    if missing <= 0:
        return []
    why = "the day was stopped" if state["status"] == "stopped" else "calls that agents had no time to make"
    return [Text(f"planned: {state['contacts']}, of which {missing} did not come: {why}")]


def _totals_table(totals: Json) -> Table:
    """The count of live contacts is left out when all are over."""
    counts = {name: head for name, head in _COUNTS.items() if name != "live" or totals["total"]["live"]}
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    table.add_column("", no_wrap=True)
    for head in (*counts.values(), "within\n20 s", "ASA", "AHT"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in (*totals["rows"], totals["total"]):
        table.add_row(
            row["sort"],
            *(str(row[name]) for name in counts),
            _percent(row.get("service_level")),
            _seconds(row.get("asa_s")),
            _seconds(row.get("aht_s")),
            style="bold" if row is totals["total"] else "",
        )
    return table


def overview(now: Json) -> RenderableType:
    """What there is at the simulator."""
    parts: list[RenderableType] = [
        _table(
            ("agent", "phone", "session", "logged in at"),
            (
                (agent["agent"], agent["extension"], "yes" if agent["session"] else "no", _channels(agent["channels"]))
                for agent in now["agents"]
                if agent["channels"] or agent["session"]
            ),
            "no agent is logged in",
        ),
        _table(
            ("queue", "number", "waiting", "longest"),
            (
                (queue["queue"], queue.get("number", ""), str(queue["waiting"]), _seconds(queue["longest_s"]))
                for queue in now["queues"]
            ),
            "there is no queue",
        ),
        _table(
            ("contact", "type", "customer", "since", "where"),
            (
                (each["contact"], each["type"], each["customer"], _seconds(each["since_s"]), _where(each))
                for each in now["contacts"]
            ),
            "no contact is there",
        ),
    ]
    if now["contacts_left_out"]:
        parts.append(Text(f"and {now['contacts_left_out']} more"))
    parts.append(
        _said("so far", ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in now["totals"].items()))
    )
    if "day" in now:
        parts.append(_said("running", now["day"]))
    return Group(*parts)


def _table(names: Iterable[str], rows: Iterable[tuple[str, ...]], nothing: str) -> RenderableType:
    table = Table(*names, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row))
    return table if table.row_count else Text(nothing)


def _channels(channels: Json) -> str:
    return ", ".join(f"{each['endpoint']} {_state(each)}" for each in channels)


def _state(channel: Json) -> str:
    """`READY`, `NOTREADY(LUNCH)`, with the interactions there."""
    state = str(channel["agentstate"])
    if "reason" in channel:
        state += f"({channel['reason']})"
    return f"{state} +{channel['interactions']}" if channel["interactions"] else state


def _where(contact: Json) -> str:
    waits = [f"waits in {contact['queue']}"] if "queue" in contact else []
    return ", ".join(
        [*waits, *(f"{visit['state']} at {visit.get('agent', visit['endpoint'])}" for visit in contact["agents"])]
    )


def _said(what: str, text: str) -> Text:
    return Text(f"{what}: {text or 'nothing'}")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} s"
