"""What a message is to the kit: the JSON that came, and no class, for it may be anything."""

from typing import Any

JsonObject = dict[str, Any]


def code_of(message: JsonObject) -> Any:
    """The code of a failure; None of anything else."""
    return message.get("failure", {}).get("code")
