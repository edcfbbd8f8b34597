"""What a scenario expects, held against what came. Pure.

A pattern is a JSON value. An object fits one that has at least its properties; everything else has to be equal. In
texts `$name` stands for what is known under this name; where nothing is, a text that is `$name` alone takes what is
there, and the name is known from then on. `$name+1` and `$name-1` are numbers that far from a known one. These words
mean something else:

    $any        whatever is there                   $absent     nothing is there
    $text       a text that is not empty            $number     a number
    {$has: [patterns]}    a list in which each of these fits something
    {$not: pattern}       anything that does not fit
    {$one_of: [patterns]} what fits one of these
    {$length: number}     a text or a list that is as long
    {$contains: text}     a text with this in it
"""

import re
from collections.abc import Callable, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, Final

from engine.conformance.veil import shown

Names = MutableMapping[str, Any]
"""What is known by name."""

_NAME: Final = re.compile(r"\$([a-z][a-z0-9_]*)")
_FAR: Final = re.compile(r"\$([a-z][a-z0-9_]*)([+-]\d+)")
_MISSING: Final = object()

WORDS: Final[Mapping[str, Callable[[Any], bool]]] = MappingProxyType(
    {
        "any": lambda value: value is not _MISSING,
        "absent": lambda value: value is _MISSING,
        "text": lambda value: isinstance(value, str) and value != "",
        "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    }
)


class UnknownName(ValueError):
    """A scenario uses a name that stands for nothing yet."""


def names_in(pattern: Any) -> set[str]:
    """All that it refers to, or takes."""
    if isinstance(pattern, str):
        return set(_NAME.findall(pattern)) - WORDS.keys()
    if isinstance(pattern, Mapping):
        return {name for key, value in pattern.items() for part in (key, value) for name in names_in(part)} - {
            key.removeprefix("$") for key in _KEYS
        }
    if isinstance(pattern, list):
        return {name for item in pattern for name in names_in(item)}
    return set()


def unknown_words(pattern: Any) -> set[str]:
    """What stands as a word in it, and is none."""
    if isinstance(pattern, Mapping):
        own = {key for key in pattern if _NAME.fullmatch(str(key)) and key not in _KEYS}
        return own.union(*map(unknown_words, pattern.values()))
    if isinstance(pattern, list | tuple):
        return set().union(*map(unknown_words, pattern))
    return set()


def filled(value: Any, names: Mapping[str, Any]) -> Any:
    """The value with all names replaced. A text that is a name alone becomes what it stands for, of whatever type.

    A property whose value stands for None is left out: that is how what there is not is given. Raises UnknownName.
    """
    if isinstance(value, str):
        if far := _FAR.fullmatch(value):
            return int(_known(far[1], names)) + int(far[2])
        whole = _NAME.fullmatch(value)
        return _known(whole[1], names) if whole else _NAME.sub(lambda found: str(_known(found[1], names)), value)
    if isinstance(value, Mapping):
        items = {key: filled(item, names) for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not None or value[key] is None}
    if isinstance(value, list):
        return [filled(item, names) for item in value]
    return value


def _known(name: str, names: Mapping[str, Any]) -> Any:
    if name not in names:
        raise UnknownName(f"${name} stands for nothing here; known are {', '.join(sorted(names)) or 'no names'}")
    return names[name]


def misfit(pattern: Any, value: Any, names: Names, path: str = "") -> str | None:
    """Where and how the value differs from the pattern, or None. Names that are taken are added to `names`."""
    here = path or "it"
    if isinstance(pattern, str):
        return _misfit_text(pattern, value, names, here)
    if value is _MISSING:
        return f"{here}: is missing"
    if isinstance(pattern, Mapping):
        return _misfit_object(pattern, value, names, path)
    if isinstance(pattern, list):
        return _misfit_list(pattern, value, names, path)
    if type(pattern) is not type(value) or pattern != value:
        return f"{here}: expected {shown(pattern, here)}, got {shown(value, here)}"
    return None


def _misfit_text(pattern: str, value: Any, names: Names, here: str) -> str | None:
    whole = _NAME.fullmatch(pattern)
    if whole and whole[1] in WORDS:
        if WORDS[whole[1]](value):
            return None
        return f"{here}: expected {pattern}, got {'nothing' if value is _MISSING else shown(value, here)}"
    if value is _MISSING:
        return f"{here}: is missing"
    if whole and whole[1] not in names:
        names[whole[1]] = value
        return None
    expected = filled(pattern, names)
    return None if expected == value else f"{here}: expected {shown(expected, here)}, got {shown(value, here)}"


def _misfit_object(pattern: Mapping[str, Any], value: Any, names: Names, path: str) -> str | None:
    here = path or "it"
    for key, look in _KEYS.items():
        if key in pattern:
            return look(pattern[key], value, names, path)
    if not isinstance(value, Mapping):
        return f"{here}: expected an object, got {shown(value, here)}"
    for key, wanted in pattern.items():
        if found := misfit(wanted, value.get(key, _MISSING), names, f"{path}.{key}" if path else key):
            return found
    return None


def _misfit_not(pattern: Any, value: Any, names: Names, path: str) -> str | None:
    here = path or "it"
    return f"{here}: must not be {shown(value, here)}" if _fits(pattern, value, dict(names), path) else None


def _misfit_one_of(patterns: list[Any], value: Any, names: Names, path: str) -> str | None:
    here = path or "it"
    fits = any(_fits(each, value, names, path) for each in patterns)
    return None if fits else f"{here}: expected one of {patterns!r}, got {shown(value, here)}"


def _misfit_length(wanted: int, value: Any, _: Names, path: str) -> str | None:
    length = len(value) if isinstance(value, str | list) else None
    return None if length == wanted else f"{path or 'it'}: expected a length of {wanted}, got {length}"


def _misfit_contains(pattern: str, value: Any, names: Names, path: str) -> str | None:
    here, wanted = path or "it", filled(pattern, names)
    fits = isinstance(value, str) and wanted in value
    return None if fits else f"{here}: expected {wanted!r} within it, got {shown(value, here)}"


def _misfit_has(patterns: list[Any], value: Any, names: Names, path: str) -> str | None:
    here = path or "it"
    if not isinstance(value, list):
        return f"{here}: expected a list, got {shown(value, here)}"
    for wanted in patterns:
        if not any(_fits(wanted, item, names, path) for item in value):
            return f"{here}: expected {filled_as_far(wanted, names)!r} among {shown(value, here)}"
    return None


_KEYS: Final[Mapping[str, Callable[[Any, Any, Names, str], str | None]]] = MappingProxyType(
    {
        "$not": _misfit_not,
        "$one_of": _misfit_one_of,
        "$length": _misfit_length,
        "$contains": _misfit_contains,
        "$has": _misfit_has,
    }
)
"""The words that stand as the property of an object, by what looks whether a value fits what they have."""


def _fits(pattern: Any, value: Any, names: Names, path: str) -> bool:
    """Does it? What does not fit takes no names."""
    taken = dict(names)
    fits = misfit(pattern, value, taken, path) is None
    if fits:
        names.update(taken)
    return fits


def _misfit_list(pattern: list[Any], value: Any, names: Names, path: str) -> str | None:
    here = path or "it"
    if not isinstance(value, list):
        return f"{here}: expected a list, got {shown(value, here)}"
    if len(value) != len(pattern):
        return f"{here}: expected {len(pattern)} items, got {len(value)}: {shown(value, here)}"
    for place, (wanted, item) in enumerate(zip(pattern, value, strict=True)):
        if found := misfit(wanted, item, names, f"{path}[{place}]"):
            return found
    return None


def filled_as_far(pattern: Any, names: Mapping[str, Any]) -> Any:
    """As `filled`, with the names left that stand for nothing: to be shown."""
    if isinstance(pattern, str):
        if (far := _FAR.fullmatch(pattern)) and far[1] in names:
            return filled(pattern, names)
        whole = _NAME.fullmatch(pattern)
        if whole:
            return names.get(whole[1], pattern)
        return _NAME.sub(lambda found: str(names.get(found[1], found[0])), pattern)
    if isinstance(pattern, Mapping):
        return {key: filled_as_far(item, names) for key, item in pattern.items()}
    if isinstance(pattern, list):
        return [filled_as_far(item, names) for item in pattern]
    return pattern
