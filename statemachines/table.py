"""Transitions as data: frozen rows, made into one machine per table. The only importer of `transitions`.

The machine judges the rows when they are made. An item is moved along the rows themselves, by state and trigger, in a
hundredth of the time that the machine takes; a property test holds both to the same answers. No work hides in
callbacks.
"""

import enum
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import attrs
from transitions import Machine

S = TypeVar("S", bound=enum.StrEnum)

Guard = Callable[[Any], bool]


@attrs.frozen
class Row(Generic[S]):
    """From `source`, `trigger` leads to `dest`, provided that `guard` (a named pure function) holds."""

    trigger: str
    source: S
    dest: S
    guard: Guard | None = None


class NotAllowedNow(Exception):
    """No row is open to the trigger in the present state; the state is as it was."""


@attrs.frozen
class Table(Generic[S]):
    """One life, as rows. `attribute` is where an item keeps its state; `final` names the states without a way out.

    A life begins in `initial`, or in one of `also_initial`.
    """

    title: str
    states: type[S]
    initial: S
    final: frozenset[S]
    rows: tuple[Row[S], ...]
    attribute: str
    also_initial: tuple[S, ...]
    machine: Machine = attrs.field(repr=False, eq=False)
    by_trigger: Mapping[tuple[S, str], tuple[Row[S], ...]] = attrs.field(repr=False, eq=False)
    """The rows by state and trigger, in the order in which they are tried."""

    @property
    def triggers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.trigger for row in self.rows))


def build(
    title: str,
    initial: S,
    rows: Iterable[Row[S]],
    *,
    also_initial: tuple[S, ...] = (),
    final: Iterable[S] = (),
    attribute: str = "state",
) -> Table[S]:
    """Make a table and its machine. No model is registered, so nothing is kept of items that are gone."""
    rows = tuple(rows)
    states = type(initial)
    machine = Machine(
        model=None,
        states=states,
        initial=initial,
        auto_transitions=False,
        model_attribute=attribute,
        transitions=[
            {"trigger": row.trigger, "source": row.source, "dest": row.dest, "conditions": row.guard} for row in rows
        ],
    )
    by_trigger: dict[tuple[S, str], tuple[Row[S], ...]] = {}
    for row in rows:
        key = (row.source, row.trigger)
        by_trigger[key] = (*by_trigger.get(key, ()), row)
    return Table(
        title, states, initial, frozenset(final), rows, attribute, also_initial, machine, MappingProxyType(by_trigger)
    )


def fire(table: Table[S], item: object, trigger: str) -> None:
    """Move `item` along the open row of `trigger`. Raises NotAllowedNow, and then nothing has moved."""
    state = getattr(item, table.attribute)
    rows = table.by_trigger.get((state, trigger), ())
    for row in rows:
        if row.guard is None or row.guard(item):
            setattr(item, table.attribute, row.dest)
            return
    if trigger not in table.triggers:
        raise KeyError(f"{table.title}: there is no trigger {trigger}")
    why = f"{trigger} in {state} is held back by its guard" if rows else f"no {trigger} in {state}"
    raise NotAllowedNow(f"{table.title}: {why}")


def reachable(table: Table[S]) -> frozenset[S]:
    """The states that the rows lead to from the initial ones."""
    found = {table.initial, *table.also_initial}
    while more := {row.dest for row in table.rows if row.source in found} - found:
        found |= more
    return frozenset(found)
