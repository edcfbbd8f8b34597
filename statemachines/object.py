"""What all objects of a session share, and what those of all sessions do."""

from collections.abc import Hashable
from functools import lru_cache
from typing import Any, TypeVar

import attrs

from protocol.ids import ObjectKind, Target

N = TypeVar("N", bound=Hashable)


@lru_cache(maxsize=4096)
def _first_of_its_kind(names: Any) -> Any:
    return names


def shared(names: frozenset[N]) -> frozenset[N]:
    """One set for all that are equal: there are many sessions, and most may do the same."""
    one: frozenset[N] = _first_of_its_kind(names)
    return one


@attrs.define(kw_only=True, eq=False)
class Object:
    """What all objects share. `announced` are the capabilities that the client was last told of."""

    target: Target
    announced: frozenset[str] = frozenset()
    kind: ObjectKind = attrs.field(init=False)

    @property
    def id(self) -> str:
        return self.target.segments[-1]
