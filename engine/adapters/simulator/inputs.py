"""What people and scripts put into the switch must be such as the wire lets in: the kinds of `protocol.texts`."""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, get_args

import attrs
import msgspec

from protocol.errors import FailureCode, Refused
from protocol.texts import DataMap

_UNSENDABLE: Final = re.compile("[\0\ud800-\udfff]")
_WORDS: Final[Mapping[object, str]] = MappingProxyType(
    {bool: "true or false", dict[str, str]: "texts by name", DataMap: "text, or texts by name, for each key"}
)


def problem(value: object, kind: Any) -> str | None:
    """What keeps `value` from being a `kind`, or a `kind | None`, that can be sent; None if nothing does."""
    if type(None) in get_args(kind):
        return None if value is None else problem(value, get_args(kind)[0])
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError:
        described = (item.description for item in getattr(kind, "__metadata__", ()))
        return f"expected {next(described, None) or _WORDS[kind]}"
    if any(_UNSENDABLE.search(text) for text in _texts(value)):
        return "holds NUL or a lone surrogate; leave it out"
    return None


def require(**inputs: tuple[object, Any]) -> None:
    """Each input is a value and the kind that it must be. Raises Refused, naming the first that is not."""
    for name, (value, kind) in inputs.items():
        if found := problem(value, kind):
            raise Refused(FailureCode.INVALID_REQUEST, f"{name.rstrip('_')}: {found}")


def fits(kind: Any) -> Callable[[object, "attrs.Attribute[Any]", object], None]:
    """An attrs validator. Raises ValueError."""

    def check(_: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
        if found := problem(value, kind):
            raise ValueError(f"{attribute.name}: {found}")

    return check


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, item in value.items():
                yield from (*_texts(key), *_texts(item))
        case _:
            return
