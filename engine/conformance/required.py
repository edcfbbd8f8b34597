"""What servers may ask for beside what the protocol does, and what they need not have."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from engine.conformance.messages import JsonObject
from protocol.commands import find_command

REQUIRED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "session.logout": ("reason", "logout_reason"),
        "channel.notready": ("reason", "notready_reason"),
        "channelgroup.notready": ("reason", "notready_reason"),
        "interaction.complete": ("disposition", "disposition"),
    }
)
"""Commands for which a platform may require a code: the property, and the name by which the code is given."""


BY_PASSWORD: Final = "by_password"  # noqa: S105 - a name
"""The name that is there where agents show who they are by a password, and not by the handshake alone."""
CODES: Final = frozenset(name for _, name in REQUIRED.values())


def required_of(command: str) -> str | None:
    """The name by which the code is given that may be required for it."""
    return REQUIRED[command][1] if command in REQUIRED else None


def with_required(request: JsonObject, names: Mapping[str, Any]) -> JsonObject:
    """With the code that was given for such requests, unless the request has data of its own."""
    name = required_of(request["command"])
    if name is None or "data" in request or names.get(name) is None:
        return request
    return with_code(request, names[name])


def with_code(request: JsonObject, code: str) -> JsonObject:
    """With this code, which its platform requires."""
    return {**request, "data": {REQUIRED[request["command"]][0]: {"code": code}}}


OF_THE_CUSTOMERS_SIDE: Final = frozenset(
    {
        "interaction.file.send",
        "interaction.url.push",
        "interaction.form.show",
        "interaction.screenshot.request",
        "interaction.signal.send",
    }
)
"""Commands that need a customer's side which can do it."""


def optional(command: str) -> bool:
    """May a server lack it? A channel's type may be one that the platform has not."""
    row = find_command(command)
    if row is None:
        return False
    return row.feature is not None or row.name in OF_THE_CUSTOMERS_SIDE or row.name == "session.addchannel"
