"""A message as it came, and without the secrets in it."""

import copy
from typing import Final

import attrs
import msgspec

from engine.talk.view import JsonObject
from protocol.strictjson import Json

_SECRETS: Final = (
    ("data", "resumetoken"),
    ("original", "data", "agent", "password"),
    ("original", "data", "supervisor", "password"),
    ("original", "data", "resume", "token"),
)
_HIDDEN: Final = "***"


@attrs.frozen
class Received:
    """One message, as it came and decoded."""

    text: str
    message: JsonObject

    @property
    def answers(self) -> bool:
        """Is it a response?"""
        return "result" in self.message

    def redacted(self) -> JsonObject:
        """The message without its secrets, for people's eyes and for logs."""
        message = copy.deepcopy(self.message)
        for *path, last in _SECRETS:
            holder: Json = message
            for key in path:
                holder = holder.get(key) if isinstance(holder, dict) else None
            if isinstance(holder, dict) and last in holder:
                holder[last] = _HIDDEN
        return message

    def shown(self) -> str:
        """The text exactly as it came, or, where it has secrets, without them."""
        redacted = self.redacted()
        return self.text if redacted == self.message else msgspec.json.encode(redacted).decode()
