"""What all objects of a session share."""

import attrs

from protocol.ids import ObjectKind, Target


@attrs.define(kw_only=True, eq=False)
class Object:
    """What all objects share. `announced` are the capabilities that the client was last told of."""

    target: Target
    announced: frozenset[str] = frozenset()
    kind: ObjectKind = attrs.field(init=False)

    @property
    def id(self) -> str:
        return self.target.segments[-1]
