"""Which object a line is about: the one it names, or the one that a person means who names none.

A name is a path, an id, a label, or what an object goes by: a number or a name of somebody in it, its queue. The name
of a channel or an interaction stands for the newest interaction or conversation in it as well, and the name of a
conversation for its interaction.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import attrs

from engine.talk.lines import ShorthandError
from engine.talk.verbs import TAKEN_BY
from engine.talk.view import Known, View
from engine.talk.words import CONTACTS, contact, customer, person
from protocol.ids import ObjectKind
from protocol.states import ChannelType

OVER: Final = "the session is over; quit, and run `ixp talk` again"

_CONTACT_KINDS: Final = (ObjectKind.INTERACTION, ObjectKind.CONVERSATION)

_TO_GET_ONE: Final = {
    ObjectKind.SESSION: "run `ixp talk` again",
    ObjectKind.CHANNELGROUP: "add one with session.addchannelgroup",
    ObjectKind.CHANNEL: "add one with session.addchannel",
    ObjectKind.INTERACTION: "wait for one, or dial",
    ObjectKind.CONVERSATION: "wait for one, or dial",
}


@attrs.frozen
class Wanted:
    """What one command wants: an object of this kind, to which it is open if possible."""

    command: str
    kind: ObjectKind

    def may_be(self, known: Known) -> bool:
        """Is it something that can take the command, if not now?"""
        types = TAKEN_BY.get(self.command)
        return known.kind is self.kind and (types is None or known.info.get("modeltype", types[0]) in types)

    @property
    def words(self) -> str:
        """As what has no name: `a channel`, `an email`."""
        types = TAKEN_BY.get(self.command)
        return _a(self.kind) if types is None else " or ".join(_a(CONTACTS[each]) for each in types)


@attrs.frozen
class _Found:
    """What a name, or none, can stand for. `by_place`: it named their owner, so the newest of them is meant."""

    objects: list[Known] = attrs.field(factory=list)
    by_place: bool = False


def choose(view: View, said: str, name: str | None, wanted: Sequence[Wanted]) -> tuple[Wanted, Known]:
    """The command that is meant by the word `said`, and the object that it is about.

    The first command that is open to anything is meant, and if none is, the first that there is an object for, which
    the server will refuse in its own words. Of several objects that fit, the one in focus is meant. Raises
    ShorthandError, with what to write, where that leaves none or several.
    """
    found = [_find(view, name, each.kind) for each in wanted]
    for is_open in (True, False):
        for each, candidates in zip(wanted, found, strict=True):
            fitting = [
                known
                for known in candidates.objects
                if each.command in known.capabilities or (not is_open and (name is not None or each.may_be(known)))
            ]
            if fitting:
                groups = _open_groups(view, wanted) if name is None else []
                return each, _one_of(view, fitting, said if name is None else name, candidates, groups)
    raise ShorthandError(_nothing(view, said, name, wanted))


def find_all(view: View, name: str, kind: ObjectKind) -> list[Known]:
    """The objects of a kind that the name can stand for."""
    return _find(view, name, kind).objects


def find_any(view: View, name: str) -> Known:
    """The one object of whatever kind that is called `name`, for `$NAME`. Raises ShorthandError."""
    found = _find(view, name, None)
    if not found.objects:
        names = ", ".join(f"${known.label}" for known in view.objects.values())
        raise ShorthandError(f"nothing here is called {name!r}; write one of {names}, or $$ for a dollar sign")
    return _one_of(view, found.objects, name, found)


def describe(known: Known) -> str:
    """An object as something to choose: `@4001`, `@i1 (call from 4002)`."""
    match known.kind:
        case ObjectKind.INTERACTION:
            return f"@{known.label} ({contact(known.info, known.people)})"
        case ObjectKind.CONVERSATION if who := customer(known.people):
            return f"@{known.label} ({person(who)})"
        case _:
            return f"@{quoted(known.label)}"


def quoted(name: str) -> str:
    """A name as it must be typed: in quotes when it has spaces."""
    return f'"{name}"' if " " in name else name


def _find(view: View, name: str | None, kind: ObjectKind | None) -> _Found:
    if name is None:
        return _Found(view.of_kind(kind) if kind else [])
    for called in _called(view, name):
        fitting = [known for known in called if kind in (None, known.kind)]
        if fitting:
            return _Found(fitting)
        related = [
            known for known in view.objects.values() if known.kind is kind and any(_related(known, c) for c in called)
        ]
        if related:
            return _Found(related, by_place=True)
    return _Found()


def _called(view: View, name: str) -> Iterable[list[Known]]:
    """Those with this path; those with this id; those with this label; those that go by this name."""
    known = list(view.objects.values())
    for attribute in ("target", "id", "label"):
        yield [each for each in known if getattr(each, attribute) == name]
    yield [each for each in known if name in view.names(each.target)]


def _related(known: Known, named: Known) -> bool:
    """May the name of `named` stand for `known` as well?"""
    if known.kind not in _CONTACT_KINDS or named.kind is ObjectKind.SESSION:
        return False
    return known.lies_below(named.target) or named.lies_below(known.target)


def _open_groups(view: View, wanted: Sequence[Wanted]) -> list[Known]:
    """The groups that the word could be about as well, when it is said of channels."""
    commands = [each.command for each in wanted if each.kind is ObjectKind.CHANNELGROUP]
    groups = view.of_kind(ObjectKind.CHANNELGROUP)
    return [known for known in groups if any(command in known.capabilities for command in commands)]


def _one_of(view: View, fitting: list[Known], said: str, found: _Found, groups: Sequence[Known] = ()) -> Known:
    if len(fitting) == 1:
        return fitting[0]
    focused = [known for known in fitting if view.in_focus(known)]
    if len(focused) == 1:
        return focused[0]
    if found.by_place:
        return fitting[-1]
    if len({known.label for known in fitting}) < len(fitting):
        paths = ", ".join(known.target for known in fitting)
        raise ShorthandError(f"{said} names several objects; write one of the paths {paths}")
    whole = [known for known in groups if known not in fitting]
    or_all = f"; or, for all of a group, {_listed(whole)}" if whole else ""
    raise ShorthandError(f"{said} could mean several; write one of {_listed(fitting)}{or_all}")


def _nothing(view: View, said: str, name: str | None, wanted: Sequence[Wanted]) -> str:
    if view.is_over:
        return OVER
    kinds = tuple(dict.fromkeys(each.kind for each in wanted))
    if name is None:
        words = dict.fromkeys(each.words for each in wanted)
        return f"{said} wants {' or '.join(words)}, and there is none; {_to_get_one(wanted[0])}"
    fitting = [known for kind in kinds for known in view.of_kind(kind)]
    instead = f"write one of {_listed(fitting)}" if fitting else f"there is no {' or '.join(kinds)} yet"
    for called in _called(view, name):
        if called:
            return f"{name} is {_a(called[0].kind)}, not {' or '.join(map(_a, kinds))}; {instead}"
    return f"nothing here is called {name!r}; {instead}"


def _listed(fitting: list[Known]) -> str:
    return ", ".join(describe(known) for known in fitting)


def _to_get_one(wanted: Wanted) -> str:
    types = TAKEN_BY.get(wanted.command)
    return "wait for one" if types and ChannelType.TELEPHONY not in types else _TO_GET_ONE[wanted.kind]


def _a(what: str) -> str:
    return f"an {what}" if what[0] in "ei" else f"a {what}"
