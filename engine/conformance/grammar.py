"""The grammar of secondary events: reading it, and following it event by event. specs/conformance/blocks.yaml uses it.

All ways in which the events so far can be read are followed at once, so nothing has to be guessed. An object at hand
is bound to its kind, and with it all that it belongs to; so `state.updated channel` means the one channel in question.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

KINDS: Final = ("session", "channelgroup", "channel", "interaction", "conversation")
"""From the outermost to the innermost."""


@attrs.frozen
class Item:
    """Base of all items."""


Items = tuple[Item, ...]


@attrs.frozen
class Event(Item):
    name: str
    kind: str


@attrs.frozen
class Maybe(Item):
    items: Items


@attrs.frozen
class Many(Item):
    items: Items


@attrs.frozen
class OneOf(Item):
    choices: tuple[Items, ...]


@attrs.frozen
class Each(Item):
    kind: str
    owner: str | None
    items: Items


@attrs.frozen
class InGroup(Item):
    items: Items


class BadGrammar(ValueError):
    """The file of the grammar is wrong; the message says where."""


_EVENT: Final = re.compile(rf"([a-z.]+\.[a-z]+) ({'|'.join(KINDS)})")
_EACH: Final = re.compile(rf"each ({'|'.join(KINDS)})(?: of ({'|'.join(KINDS)}))?")


def read_items(listed: Iterable[Any], parts: Mapping[str, Any]) -> Items:
    """Raises BadGrammar."""
    return tuple(item for each in listed for item in _read(each, parts))


def _read(given: Any, parts: Mapping[str, Any]) -> Items:
    if isinstance(given, str):
        event = _EVENT.fullmatch(given)
        if event:
            return (Event(*event.groups()),)
        if given not in parts:
            raise BadGrammar(f"{given!r} is neither an event with its object nor a part")
        return read_items(parts[given], parts)
    ((word, inner),) = given.items()
    if word == "one of":
        return (OneOf(tuple(_read(each, parts) for each in inner)),)
    items = read_items(inner, parts)
    simple = {"maybe": Maybe, "many": Many, "in a group": InGroup}
    if word in simple:
        return (simple[word](items),)
    each = _EACH.fullmatch(word)
    if not each:
        raise BadGrammar(f"{word!r} is no word of the grammar")
    return (Each(each[1], each[2], items),)


# Objects at hand


Bound = Mapping[str, str | None]
"""By kind, the target at hand; None where there is none, as the group of a channel without one."""


def owners(kind: str, target: str) -> dict[str, str | None] | None:
    """The object and all that it belongs to, by kind; None where an object of this kind has no such target."""
    parts = target.split(".")
    depth = KINDS.index(kind)
    if kind in ("session", "channelgroup"):
        lengths = {each: n for n, each in enumerate(KINDS[: depth + 1], 1)}
        fits = len(parts) == depth + 1
    else:
        grouped = len(parts) == depth + 1
        lengths = {each: n + grouped for n, each in enumerate(KINDS[2 : depth + 1], 2)} | {"session": 1}
        lengths["channelgroup"] = 2 if grouped else 0
        fits = len(parts) in (depth, depth + 1)
    if not fits:
        return None
    return {each: ".".join(parts[:length]) if length else None for each, length in lengths.items()}


def _bind(bound: Bound, kind: str, target: str) -> Bound | None:
    """With this object at hand as well; None where it does not go with the others."""
    found = owners(kind, target)
    if found is None or any(bound.get(each, here) != here for each, here in found.items()):
        return None
    return {**bound, **found}


# Following


@attrs.frozen
class _Done(Item):
    """One object of an `each` is through. `outer`: what was at hand before, of its kind and within it."""

    each: Each
    outer: Bound
    used: frozenset[str]


@attrs.frozen
class _Fresh(Item):
    """An object of this kind comes to hand, and none of those used."""

    each: Each
    used: frozenset[str]


@attrs.frozen
class _Again(Item):
    each: Each
    used: frozenset[str]


@attrs.frozen
class Way:
    """One way to read the events so far: what may come next, and the objects at hand."""

    todo: Items
    bound: Mapping[str, str | None]
    fresh: tuple[_Fresh, ...] = ()
    """What is asked of objects that are not bound yet."""

    @property
    def complete(self) -> bool:
        """May it end here?"""
        return any(next_way is None for next_way in _heads(self))

    def after(self, name: str, target: str) -> Iterator["Way"]:
        """The ways to go on with this event."""
        for head in _heads(self):
            if head is None or head[0].name != name:
                continue
            event, way = head
            bound = _bind(way.bound, event.kind, target)
            if bound is not None and all(_may_be(fresh, bound) for fresh in way.fresh):
                waiting = tuple(fresh for fresh in way.fresh if fresh.each.kind not in bound)
                yield Way(way.todo, bound, waiting)

    def expected(self) -> set[str]:
        """What may come next, in words."""
        return {f"{head[0].name} {head[1].bound.get(head[0].kind) or head[0].kind}" for head in _heads(self) if head}


def _may_be(fresh: _Fresh, bound: Bound) -> bool:
    target = bound.get(fresh.each.kind)
    if target is None:
        return True
    owner = fresh.each.owner
    return target not in fresh.used and (owner is None or bound.get(owner) == target.rpartition(".")[0])


def _heads(way: Way) -> Iterator[tuple[Event, Way] | None]:
    """The events that may come next, each with what is left to do after it; None where all may end."""
    if not way.todo:
        yield None
        return
    first, rest = way.todo[0], way.todo[1:]

    def go(todo: Items, bound: Bound = way.bound, fresh: tuple[_Fresh, ...] = way.fresh) -> Iterator[Any]:
        return _heads(Way(todo, bound, fresh))

    match first:
        case Event():
            yield first, Way(rest, way.bound, way.fresh)
        case Maybe(items):
            yield from go((*items, *rest))
            yield from go(rest)
        case Many(items):
            yield from go((*items, first, *rest))
            yield from go(rest)
        case OneOf(choices):
            for items in choices:
                yield from go((*items, *rest))
        case InGroup(items):
            yield from go((*items, *rest) if way.bound.get("channelgroup") else rest)
        case Each():
            yield from go((_Again(first, frozenset()), *rest))
        case _Again(each, used):
            within = KINDS[KINDS.index(each.kind) :]
            inner = {kind: target for kind, target in way.bound.items() if kind not in within}
            outer = {kind: target for kind, target in way.bound.items() if kind in within}
            todo = (*each.items, _Done(each, outer, used), *rest)
            yield from go(todo, inner, (*way.fresh, _Fresh(each, used)))
            yield from go(rest)
        case _Done(each, outer, used):
            within = KINDS[KINDS.index(each.kind) :]
            bound = {kind: target for kind, target in way.bound.items() if kind not in within} | dict(outer)
            target = way.bound.get(each.kind)
            yield from go((_Again(each, used | {target} if target else used), *rest), bound)
