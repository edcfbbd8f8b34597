"""What the values of an adapter must be. An adapter that says something else gets the error, not the session."""

from typing import Any

import attrs

from protocol.strictjson import INTEGER_LIMIT


def plain_text(_: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    """Text that can be sent: JSON and UTF-8 have no lone surrogates, and NUL is refused on the wire."""
    if not isinstance(value, str):
        raise TypeError(f"{attribute.name} must be text, not {value!r}")
    if "\0" in value or not _encodable(value):
        raise ValueError(f"{attribute.name} holds NUL or a lone surrogate: {value!r}")


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def one(kind: type) -> Any:
    return attrs.validators.instance_of(kind)


def one_or_none(kind: type) -> Any:
    return attrs.validators.optional(attrs.validators.instance_of(kind))


optional_text = attrs.validators.optional(plain_text)


def tuple_of(kind: type) -> Any:
    return attrs.validators.deep_iterable(attrs.validators.instance_of(kind), attrs.validators.instance_of(tuple))


def set_of(kind: type) -> Any:
    return attrs.validators.deep_iterable(attrs.validators.instance_of(kind), attrs.validators.instance_of(frozenset))


text_map = attrs.validators.deep_mapping(plain_text, plain_text, attrs.validators.instance_of(dict))


def data_map(instance: Any, attribute: "attrs.Attribute[Any]", value: object) -> None:
    """Attached data: text, or one level of a map of texts, by key."""
    if not isinstance(value, dict):
        raise TypeError(f"{attribute.name} must be a dict, not {value!r}")
    for key, item in value.items():
        plain_text(instance, attribute, key)
        (text_map if isinstance(item, dict) else plain_text)(instance, attribute, item)


def optional_number(_: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise TypeError(f"{attribute.name} must be a number, not {value!r}")


def optional_count(_: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    """A whole number that every client can hold."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{attribute.name} must be a whole number, not {value!r}")
    if not 0 <= value <= INTEGER_LIMIT:
        raise ValueError(f"{attribute.name} must be from 0 to {INTEGER_LIMIT}, not {value}")


def own_copy(value: Any) -> Any:
    """A map, and the maps in it, as they are now: what the adapter does to its own later changes no report."""
    return {key: own_copy(item) for key, item in value.items()} if isinstance(value, dict) else value
