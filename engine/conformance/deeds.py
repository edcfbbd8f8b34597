"""What an explorer does next: chosen by chance, among what is announced as open most of the time.

A deed names objects by the deed that brought them about, so that a story can be told again in another session, whose
ids are others, and with deeds left out.
"""

import functools
import random
from collections.abc import Container, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import attrs

from engine.conformance.data import read_yaml
from engine.conformance.desk import Session
from protocol.commands import COMMANDS
from protocol.ids import ObjectKind

CLOSED_ONE_IN: Final = 6
"""So often something is asked that is not announced as open."""
PLATFORM_ONE_IN: Final = 6
"""So often something happens at the platform, where there is a driver."""
BREAK_ONE_IN: Final = 25
"""So often the connection is lost."""
MISSED: Final = 4
"""A desktop that comes back may have missed fewer than so many messages."""
NEVER: Final = frozenset({"session.start", "session.logout"})
"""They begin and end a story."""


@attrs.frozen
class Ref:
    """An object: the one at this place among those of its kind that came with the deed of this number."""

    kind: str
    deed: int
    place: int


@attrs.frozen(kw_only=True)
class Request:
    """`at` is the session without a Ref. `choice` is the place of its data in requests.yaml, `child` their `$child`."""

    number: int
    command: str
    at: Ref | None
    choice: int = 0
    child: Ref | None = None


@attrs.frozen(kw_only=True)
class Happening:
    """Something at the platform, done by the driver. `of`: the number of the deed that made what it is about."""

    number: int
    deed: str
    using: Mapping[str, Any] = attrs.field(hash=False)
    of: int | None = None


@attrs.frozen(kw_only=True)
class Break:
    """The connection is lost, and the session resumed by another. `missed`: so many messages are sent again."""

    number: int
    missed: int


@attrs.frozen(kw_only=True)
class Pause:
    """Until something comes by itself, or it has been waited for long enough."""

    number: int


Deed = Request | Happening | Break | Pause


@functools.cache
def choices() -> Mapping[str, Sequence[Any]]:
    """What may be asked with each command; nothing, where it is not there."""
    data: Mapping[str, Sequence[Any]] = read_yaml("requests.yaml")
    return data


def data_choices(command: str) -> Sequence[Any]:
    """At least one; None is no data."""
    return choices().get(command, [None])


COMMANDS_OF: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        kind.value: tuple(name for name, row in COMMANDS.items() if row.kind is kind and name not in NEVER)
        for kind in ObjectKind
    }
)

CALL: Final = {"to": "$extension", "from": "+15550123", "data": {"topic": "invoice"}}
CHAT: Final = {"queue": "$queue", "name": "Grace Hopper"}
HAPPENINGS: Final[Sequence[tuple[str, Mapping[str, Any]]]] = (
    ("call", CALL),
    ("hangup", {"call": "$made"}),
    ("chat", CHAT),
    ("say", {"chat": "$made", "text": "Hello"}),
    ("leave", {"chat": "$made"}),
    *(
        ("phone", {"extension": "$extension", "action": action})
        for action in ("answer", "reject", "hold", "retrieve", "hangup")
    ),
    *(("phone", {"extension": "$extension", "action": "state", "value": state}) for state in ("READY", "NOTREADY")),
)
"""What may happen at the platform: deeds of the driver, and what they use. `$made` is what another deed made."""


def made_by(using: Mapping[str, Any]) -> str | None:
    """The deed that makes what something that happens is about."""
    return next((name for name, value in using.items() if value == "$made"), None)


@attrs.define
class Story:
    """What has come of the deeds so far. Objects that have gone stay."""

    made: dict[int, tuple[str, Any]] = attrs.field(factory=dict)
    """What the driver made: the deed, and the id, by the number of the deed."""
    _targets: dict[Ref, str] = attrs.field(factory=dict)
    _refs: dict[str, Ref] = attrs.field(factory=dict)

    def look(self, session: Session, number: int) -> None:
        """Take up the objects that have come with this deed."""
        for target, known in session.view.objects.items():
            if target not in self._refs:
                place = sum(ref.kind == known.kind and ref.deed == number for ref in self._targets)
                ref = self._refs[target] = Ref(known.kind, number, place)
                self._targets[ref] = target

    def target(self, ref: Ref | None) -> str | None:
        return self._targets.get(ref) if ref is not None else None

    def ref(self, target: str) -> Ref | None:
        return self._refs.get(target)


@attrs.frozen
class Chooser:
    """Chooses deeds by chance. `can`: what the driver can do."""

    chance: random.Random
    can: Container[str]

    def choose(self, number: int, session: Session, story: Story) -> Deed:
        """The next deed, which has this number."""
        happenings = [each for each in HAPPENINGS if each[0] in self.can and _possible(each[1], story)]
        if happenings and self.chance.randrange(PLATFORM_ONE_IN) == 0:
            return self._happening(number, *self.chance.choice(happenings), story)
        if self.chance.randrange(BREAK_ONE_IN) == 0:
            return Break(number=number, missed=self.chance.randrange(MISSED))
        kinds = {session.id: "session"} | {target: known.kind for target, known in session.view.objects.items()}
        asked = [(target, command) for target, kind in kinds.items() for command in COMMANDS_OF[kind]]
        opened = [(target, command) for target, command in asked if session.view.may(target, command)]
        among = asked if not opened or self.chance.randrange(CLOSED_ONE_IN) == 0 else opened
        # Kind by kind: a call that lasts a moment is as likely to be asked as the session, which is always there.
        kind = self.chance.choice(sorted({kinds[target] for target, _ in among}))
        target, command = self.chance.choice([each for each in among if kinds[each[0]] == kind])
        return self._request(number, target, command, session, story)

    def _happening(self, number: int, deed: str, using: Mapping[str, Any], story: Story) -> Happening:
        made = made_by(using)
        of = self.chance.choice(_of(made, story)) if made is not None else None
        return Happening(number=number, deed=deed, using=using, of=of)

    def _request(self, number: int, target: str, command: str, session: Session, story: Story) -> Request:
        children = [each for each in session.view.objects if each.rpartition(".")[0] == target]
        return Request(
            number=number,
            command=command,
            at=story.ref(target),
            choice=self.chance.randrange(len(data_choices(command))),
            child=story.ref(self.chance.choice(children)) if children else None,
        )


def _of(made: str, story: Story) -> Sequence[int]:
    return [number for number, (deed, _) in story.made.items() if deed == made]


def _possible(using: Mapping[str, Any], story: Story) -> bool:
    made = made_by(using)
    return made is None or bool(_of(made, story))
