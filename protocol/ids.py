"""Ids, and the dotted ownership path that addresses an object.

Source: specs/protocol.md, "Objects and targets".
"""

import enum
import re
from typing import Final, NewType

import attrs

SessionId = NewType("SessionId", str)
ChannelGroupId = NewType("ChannelGroupId", str)
ChannelId = NewType("ChannelId", str)
InteractionId = NewType("InteractionId", str)
ConversationId = NewType("ConversationId", str)

ID_PATTERN: Final = "[A-Za-z0-9_-]+"
END: Final = r"$(?!\n)"
"""The end of a text, in Python and in JavaScript alike: a bare $ also matches before a last newline in Python."""
TARGET_PATTERN: Final = rf"^{ID_PATTERN}(?:\.{ID_PATTERN}){{0,4}}{END}"
TARGET_CHARS: Final = 512
_TARGET: Final = re.compile(TARGET_PATTERN)


class ObjectKind(enum.StrEnum):
    """What a target can name; the prefix of every command and event name is one of these."""

    SESSION = "session"
    CHANNELGROUP = "channelgroup"
    CHANNEL = "channel"
    INTERACTION = "interaction"
    CONVERSATION = "conversation"


@attrs.frozen
class Target:
    """The path from a session to one of its objects: `<session>[.<channelgroup>][.<channel>]…`."""

    segments: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Read the dotted form. Raises ValueError when `text` is not one to five ids joined by dots."""
        if len(text) > TARGET_CHARS or not _TARGET.fullmatch(text):
            raise ValueError("a target is one to five ids of letters, digits, _ and - joined by dots")
        return cls(tuple(text.split(".")))

    @property
    def session(self) -> SessionId:
        return SessionId(self.segments[0])

    def child(self, segment: str) -> "Target":
        return Target((*self.segments, segment))

    def __str__(self) -> str:
        return ".".join(self.segments)
