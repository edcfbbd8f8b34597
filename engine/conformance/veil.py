"""What nobody should read in a report: passwords, and the tokens by which a session can be taken."""

import re
from collections.abc import Mapping
from typing import Any, Final

SECRETS: Final = frozenset({"password", "resumetoken", "token"})
"""Properties of messages."""
VEIL: Final = "…"
_WORDS: Final = frozenset({"$absent", "$any", "$number", "$text"})
"""Words of patterns, which are nobody's secret."""

_IN_TEXT: Final = re.compile(
    rf"""(?<!\\)(\\*["'])({"|".join(sorted(SECRETS))})\1(\s*:\s*)(\\*["']).*?(?:(?<!\\)\4|\Z)""", re.DOTALL
)
"""A secret where its message is a text: JSON, also within a text of JSON, or as Python writes it; it may be cut off."""


def veiled(value: Any) -> Any:
    """A copy in which no secret can be read."""
    if isinstance(value, Mapping):
        return {printable(str(key)): _veiled_under(key, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [veiled(item) for item in value]
    return veiled_text(value) if isinstance(value, str) else value


def veiled_text(text: str) -> str:
    """What may be a message, or a part of one."""
    return printable(_IN_TEXT.sub(rf"\1\2\1\3\4{VEIL}\4", text))


def printable(text: str) -> str:
    """With escapes for what no file and no terminal takes: a server may send lone surrogates."""
    return text.encode("utf-8", "backslashreplace").decode()


def _veiled_under(key: str, value: Any) -> Any:
    secret = key in SECRETS and isinstance(value, str) and value not in _WORDS
    return VEIL if secret else veiled(value)


def shown(value: Any, path: str) -> str:
    """A value that stands at the end of this path, as it may be shown."""
    key = path.rpartition(".")[2]
    return repr(_veiled_under(key, value))
