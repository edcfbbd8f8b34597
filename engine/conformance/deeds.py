"""What an explorer does next: chosen by chance, among what is announced as open most of the time.

A deed names its objects by kind and by the order of their coming, so that a story can be told again in another session,
whose ids are others.
"""

import functools
import random
from collections.abc import Container, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import attrs

from engine.conformance.data import read_yaml
from engine.conformance.desk import Session
from engine.conformance.matching import filled
from protocol.commands import COMMANDS
from protocol.ids import ObjectKind

CLOSED_ONE_IN: Final = 6
"""So often something is asked that is not announced as open."""
PLATFORM_ONE_IN: Final = 6
"""So often something happens at the platform, where there is a driver."""
BREAK_ONE_IN: Final = 25
"""So often the connection is lost."""
NEVER: Final = frozenset({"session.start", "session.logout"})
"""Asked only as what they are: they begin and end a story."""


@attrs.frozen
class Request:
    """`object`: how many of its kind came before it. `choice` is the place of its data in requests.yaml."""

    command: str
    object: int
    choice: int
    child: int


@attrs.frozen
class Happening:
    """Something at the platform, done by the driver. `of`: it is about the latest one that was made of these."""

    deed: str
    using: tuple[tuple[str, Any], ...]
    of: str | None = None


@attrs.frozen
class Break:
    """The connection is lost, and the session resumed by another."""


Deed = Request | Happening | Break


@functools.cache
def choices() -> Mapping[str, Sequence[Any]]:
    """What may be asked with each command; nothing, where it is not there."""
    data: Mapping[str, Sequence[Any]] = read_yaml("requests.yaml")
    return data


COMMANDS_OF: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        kind.value: tuple(name for name, row in COMMANDS.items() if row.kind is kind and name not in NEVER)
        for kind in ObjectKind
    }
)

HAPPENINGS: Final = (
    Happening("call", (("to", "$extension"), ("from", "+15550123"), ("data", {"topic": "invoice"}))),
    Happening("hangup", (), of="call"),
    Happening("chat", (("queue", "$queue"), ("name", "Grace Hopper"))),
    Happening("say", (("text", "Hello"),), of="chat"),
    Happening("leave", (), of="chat"),
    *(
        Happening("phone", (("extension", "$extension"), ("action", action)))
        for action in ("answer", "reject", "hold", "retrieve", "hangup")
    ),
    *(
        Happening("phone", (("extension", "$extension"), ("action", "state"), ("value", state)))
        for state in ("READY", "NOTREADY")
    ),
)
"""What may happen at the platform."""


@attrs.define
class Objects:
    """The objects of a story by kind, in the order of their coming; those that have gone stay."""

    _targets: dict[str, list[str]] = attrs.field(factory=dict)

    def look(self, session: Session) -> None:
        """Take up what has come."""
        for target, known in session.view.objects.items():
            of_kind = self._targets.setdefault(known.kind, [])
            if target not in of_kind:
                of_kind.append(target)

    def target(self, session: Session, kind: str, number: int) -> str | None:
        if kind == "session":
            return session.id
        of_kind = self._targets.get(kind, [])
        return of_kind[number] if number < len(of_kind) else None

    def place(self, target: str, kind: str) -> int:
        return self._targets.get(kind, []).index(target) if kind != "session" else 0


def choose(chance: random.Random, session: Session, objects: Objects, can: Container[str]) -> Deed:
    """The next deed. `can`: what the driver can do."""
    happenings = [each for each in HAPPENINGS if each.deed in can]
    if happenings and chance.randrange(PLATFORM_ONE_IN) == 0:
        return chance.choice(happenings)
    if chance.randrange(BREAK_ONE_IN) == 0:
        return Break()
    kinds = {session.id: "session"} | {target: known.kind for target, known in session.view.objects.items()}
    asked = [(target, command) for target, kind in kinds.items() for command in COMMANDS_OF[kind]]
    opened = [(target, command) for target, command in asked if session.view.may(target, command)]
    among = asked if not opened or chance.randrange(CLOSED_ONE_IN) == 0 else opened
    target, command = chance.choice(among)
    return Request(
        command=command,
        object=objects.place(target, kinds[target]),
        choice=chance.randrange(len(choices().get(command, [None]))),
        child=chance.randrange(8),
    )


def data_of(request: Request, session: Session, target: str, names: Mapping[str, Any]) -> Any:
    """The request's data, of which none is None."""
    pattern = choices().get(request.command, [None])[request.choice]
    below = [known.id for each, known in session.view.objects.items() if each.rpartition(".")[0] == target]
    child = below[request.child % len(below)] if below else "conformance-nobody"
    return filled(pattern, {**names, "child": child})
