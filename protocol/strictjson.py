"""JSON text to values, strictly: what other parsers let pass differently is refused here.

Source: specs/protocol.md, "What is refused".
"""

import json
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
    keys = _inspect(value, DEPTH_LIMIT)
    # Each member has one colon outside strings, so as many colons as keys means that no key came twice.
    if text.count(b":") != keys:
        _refuse_duplicate_keys(text)
    return value


def _inspect(value: Json, depth: int) -> int:
    """Check limits below `value` and count its keys."""
    keys = 0
    match value:
        case str():
            if "\0" in value:
                raise NotJson("a text holds the NUL character; leave it out")
        case bool() | None | float():
            pass
        case int():
            if not -INTEGER_LIMIT <= value <= INTEGER_LIMIT:
                raise NotJson("an integer is beyond 2^53-1; send it as text")
        case dict():
            if depth == 0:
                raise NotJson(f"nested more than {DEPTH_LIMIT} deep; send flatter data")
            keys = len(value)
            for key, item in value.items():
                if "\0" in key:
                    raise NotJson("a key holds the NUL character; leave it out")
                keys += _inspect(item, depth - 1)
        case _:
            if depth == 0:
                raise NotJson(f"nested more than {DEPTH_LIMIT} deep; send flatter data")
            for item in value:
                keys += _inspect(item, depth - 1)
    return keys


def _refuse_duplicate_keys(text: bytes) -> None:
    def check(pairs: list[tuple[str, Json]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise NotJson(f"the key {key[:64]!r} comes twice in one object; send it once")
            seen.add(key)

    json.loads(text, object_pairs_hook=check)
