"""What the data of commands is made of: the base, and the parts that several commands share."""

import attrs

from protocol.texts import Name, ObjectId


@attrs.frozen(kw_only=True)
class CommandData:
    """Base of all command data."""


@attrs.frozen(kw_only=True)
class NoData(CommandData):
    """The command takes no properties."""


@attrs.frozen(kw_only=True)
class Reason:
    """A code of the platform's list."""

    code: Name


@attrs.frozen(kw_only=True)
class ObjectRef:
    id: ObjectId
