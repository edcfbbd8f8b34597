"""JSON text to values, strictly: what other parsers let pass differently is refused here.

Source: specs/protocol.md, "What is refused".
"""

import json
import re
from typing import Any, Final

import msgspec

Json = Any
"""What a JSON text decodes to: dict, list, str, int, float, bool or None."""

DEPTH_LIMIT: Final = 16
INTEGER_LIMIT: Final = 2**53 - 1
"""JavaScript clients lose integers beyond this, so none goes in or out."""


class NotJson(ValueError):
    """The text is no JSON that we take; the message says why and what to do."""


def parse_json(text: bytes) -> Json:
    """Decode strictly. Raises NotJson.

    Refused beside bad syntax: bad UTF-8, byte-order marks, lone surrogates, NaN and infinities (all by msgspec),
    duplicate keys, nesting beyond DEPTH_LIMIT, integers beyond INTEGER_LIMIT, and NUL characters.
    """
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotJson(f"not valid JSON: {error}") from None
    except RecursionError:
        raise NotJson(f"nested more than {DEPTH_LIMIT} deep; send flatter data") from None
    keys = _count_keys(value, DEPTH_LIMIT) if type(value) in _CONTAINERS else 0
    if _SUSPICIOUS.search(text):
        _check_leaves(value)
    # Each member has one colon outside strings, so as many colons as keys means that no key came twice.
    if text.count(b":") != keys:
        _refuse_duplicate_keys(text)
    return value


_CONTAINERS: Final = frozenset({dict, list})
_SUSPICIOUS: Final = re.compile(rb"\\u0000|[0-9]{16}")
"""Where a text has neither, it has no NUL, which can only come escaped, and no integer beyond the limit."""


def _count_keys(value: Json, depth: int) -> int:
    """Of all objects from this object or array on. Raises NotJson where they are nested deeper than `depth`."""
    if depth == 0:
        raise NotJson(f"nested more than {DEPTH_LIMIT} deep; send flatter data")
    keys, items = (len(value), value.values()) if type(value) is dict else (0, value)
    for item in items:
        if type(item) in _CONTAINERS:
            keys += _count_keys(item, depth - 1)
    return keys


def _check_leaves(value: Json) -> None:
    match value:
        case str() if "\0" in value:
            raise NotJson("a text holds the NUL character; leave it out")
        case int() if not -INTEGER_LIMIT <= value <= INTEGER_LIMIT:
            raise NotJson("an integer is beyond 2^53-1; send it as text")
        case dict():
            for key, item in value.items():
                if "\0" in key:
                    raise NotJson("a key holds the NUL character; leave it out")
                _check_leaves(item)
        case list():
            for item in value:
                _check_leaves(item)


def _refuse_duplicate_keys(text: bytes) -> None:
    def check(pairs: list[tuple[str, Json]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise NotJson(f"the key {key[:64]!r} comes twice in one object; send it once")
            seen.add(key)

    json.loads(text, object_pairs_hook=check)
