"""Transitions as data: frozen rows, made into one machine per table. The only importer of `transitions`.

`transitions` answers a refused trigger with an exception of its own and a refused guard with False; `fire` turns
both into NotAllowedNow, and no work hides in callbacks. A plain dict derived from the same rows serves readers
that want speed or no library; a property test holds both to the same answers.
"""

import enum
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

import attrs
from transitions import Machine, MachineError

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

    def as_dict(self) -> Mapping[tuple[S, str], tuple[Row[S], ...]]:
        """The rows by (state, trigger), in the order in which they are tried."""
        found: dict[tuple[S, str], tuple[Row[S], ...]] = {}
        for row in self.rows:
            key = (row.source, row.trigger)
            found[key] = (*found.get(key, ()), row)
        return found

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
    return Table(title, states, initial, frozenset(final), rows, attribute, also_initial, machine)


def fire(table: Table[S], item: object, trigger: str) -> None:
    """Move `item` along the open row of `trigger`. Raises NotAllowedNow, and then nothing has moved."""
    state = getattr(item, table.attribute)
    try:
        moved = table.machine.events[trigger].trigger(item, item)  # the second one is for the guard
    except MachineError:
        raise NotAllowedNow(f"{table.title}: no {trigger} in {state}") from None
    if not moved:
        raise NotAllowedNow(f"{table.title}: {trigger} in {state} is held back by its guard")


def reachable(table: Table[S]) -> frozenset[S]:
    """The states that the rows lead to from the initial ones."""
    found = {table.initial, *table.also_initial}
    while more := {row.dest for row in table.rows if row.source in found} - found:
        found |= more
    return frozenset(found)
