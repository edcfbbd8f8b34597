"""The one converter between plain JSON values and the message classes. Nothing is coerced on the way in.

"5" is no number, null is no way to leave a property out, and a text is no array of its letters. Unknown properties
are ignored.
"""

import enum
import functools
import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeVar, Union, cast, get_args, get_origin

import attrs
import cattrs
import msgspec
from cattrs import BaseConverter
from cattrs.cols import homogenous_tuple_structure_factory, mapping_structure_factory
from cattrs.dispatch import StructureHook
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn
from cattrs.preconf.msgspec import MsgspecJsonConverter, make_converter

from protocol.strictjson import Json

T = TypeVar("T")

HookFactory = Callable[[Any, BaseConverter], StructureHook]


def describe(value: object) -> str:
    words: Mapping[type, str] = {
        str: "text",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        list: "an array",
        dict: "an object",
        type(None): "null",
    }
    return words.get(type(value), "something else")


class _Unfit(ValueError):
    """A value does not fit its field; the message is for the peer."""


def _got(value: object, kind: Any) -> str:
    """What came instead. A text is not told back, for it may be a secret; a number is, where one is asked for."""
    base = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if isinstance(value, str) and kind is not str:
        return ""
    if base in (int, float) and isinstance(value, int | float) and not isinstance(value, bool):
        return f", got {value}"
    return f", got {describe(value)}"


def _leaf_hook(kind: Any, expected: str) -> StructureHook:
    """Structure a leaf by msgspec's strict conversion, which checks bounds and patterns and coerces nothing."""

    def structure(value: object, _: object = None) -> Any:
        try:
            return msgspec.convert(value, kind, strict=True)
        except msgspec.ValidationError:
            raise _Unfit(f"expected {expected}{_got(value, kind)}") from None

    return structure


LEAVES: Final[Mapping[type, str]] = types.MappingProxyType(
    {str: "text", bool: "true or false", int: "a whole number", float: "a number", types.NoneType: "null"}
)
_UNION_WORDS: Final[Mapping[type, str]] = types.MappingProxyType({**LEAVES, dict: "an object"})


@functools.cache
def _hook_of_plain(kind: type) -> StructureHook:
    expected = LEAVES.get(kind)
    if expected is None:
        expected = f"one of {', '.join(each.value for each in cast(type[enum.StrEnum], kind))}"
    return _leaf_hook(kind, expected)


def _plain(value: object, kind: type) -> Any:
    """Structure a leaf, or an enum, which comes here as the kind of leaf that its members are."""
    return _hook_of_plain(kind)(value, kind)


def _has_origin(origin: Any) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is origin


def _annotated_hook(kind: Any, _: BaseConverter) -> StructureHook:
    meta = next(item for item in get_args(kind) if isinstance(item, msgspec.Meta))
    return _leaf_hook(kind, meta.description or "another value")


def _optional_hook(kind: Any, converter: BaseConverter) -> StructureHook:
    """`X | None` is a property that may be left out; sent, it must be an X."""
    (inner,) = (arg for arg in get_args(kind) if arg is not types.NoneType)
    hook = converter.get_structure_hook(inner)

    def structure_inner(value: object, _: object) -> Any:
        return hook(value, inner)

    return structure_inner


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def _is_optional(kind: Any) -> bool:
    return _is_union(kind) and types.NoneType in get_args(kind) and len(get_args(kind)) == 2


def _union_hook(kind: Any, converter: BaseConverter) -> StructureHook:
    """A union of plain things, such as a text, an object of texts or null: the value's own kind says which is meant."""
    members = {get_origin(member) or member: member for member in get_args(kind)}
    hooks = {given: (converter.get_structure_hook(member), member) for given, member in members.items()}
    *most, last = (_UNION_WORDS[given] for given in members)
    expected = f"{', '.join(most)} or {last}"

    def structure(value: object, _: object) -> Any:
        if type(value) not in hooks:
            raise _Unfit(f"expected {expected}, got {describe(value)}")
        hook, member = hooks[type(value)]
        return hook(value, member)

    return structure


def _set_factory(kind: Any, converter: BaseConverter) -> StructureHook:
    (item,) = get_args(kind)
    listed: Any = types.GenericAlias(tuple, (item, ...))
    hook = homogenous_tuple_structure_factory(listed, converter)

    def structure(value: object, _: object) -> Any:
        return frozenset(hook(value, listed))

    return structure


def _checked(factory: Callable[[Any, Any], Any], container: type, expected: str) -> HookFactory:
    """What `factory` makes, for values of `container` alone: a text is no array of its letters."""

    def make(kind: Any, converter: BaseConverter) -> StructureHook:
        hook = factory(kind, converter)

        def structure(value: object, _: object) -> Any:
            if not isinstance(value, container):
                raise _Unfit(f"expected {expected}, got {describe(value)}")
            return hook(value, kind)

        return structure

    return make


def make_strict_converter(*, refuse_unknown: bool = False) -> MsgspecJsonConverter:
    """A converter that coerces nothing. The wire ignores unknown properties; files that people write refuse them."""

    def make_object_hook(kind: Any, converter: BaseConverter) -> StructureHook:
        return make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=refuse_unknown)

    converter = make_converter(detailed_validation=True)
    for leaf in LEAVES:
        converter.register_structure_hook(leaf, _plain)
    for predicate, factory in (  # of several that fit, the last is taken
        (_has_origin(Annotated), _annotated_hook),
        (_is_union, _union_hook),
        (_is_optional, _optional_hook),
        (_has_origin(tuple), _checked(homogenous_tuple_structure_factory, list, "an array")),
        (_has_origin(frozenset), _checked(_set_factory, list, "an array")),
        (_has_origin(dict), _checked(mapping_structure_factory, dict, "an object")),
        (attrs.has, _checked(make_object_hook, dict, "an object")),
    ):
        converter.register_structure_hook_factory(predicate, factory)
    # A None is a property that is not there; it never goes out as null.
    converter.register_unstructure_hook_factory(
        attrs.has,
        lambda kind, conv: make_dict_unstructure_fn(kind, conv, _cattrs_omit_if_default=True),
    )
    return converter


WIRE: Final = make_strict_converter()

NO_ALIASES: Final[Mapping[str, str]] = types.MappingProxyType({})


_REQUIRED: Final = "is required"
_HAS_NO: Final = "has no"


def _explain(error: BaseException) -> str:
    match error:
        case KeyError():
            return _REQUIRED
        case ValueError():
            return str(error)
        case cattrs.ForbiddenExtraKeysError():
            known = ", ".join(field.name for field in attrs.fields(error.cl)) or "nothing"
            return f"{_HAS_NO} {', '.join(sorted(error.extra_fields))}; it may hold {known}"
        case _:
            return "is not of the expected form"


def structure(
    data: Json,
    kind: type[T],
    aliases: Mapping[str, str] = NO_ALIASES,
    *,
    at: str = "data",
    converter: BaseConverter = WIRE,
) -> T:
    """Make a `kind` of `data`. Raises ValueError with the path, below `at`, of the first field that is wrong."""
    for alias, name in aliases.items():
        if isinstance(data, dict) and alias in data and name not in data:
            data = {**data, name: data[alias]}
    try:
        return converter.structure(data, kind)
    except (cattrs.BaseValidationError, _Unfit) as error:
        # NUL, which no key can hold, marks where the explanation ends and cattrs' own " @ " and path begin.
        first, *others = cattrs.transform_error(error, at, format_exception=lambda exc, _: f"{_explain(exc)}\0")
        text, _, path = first.partition("\0 @ ")
        if text == _REQUIRED:  # often because its name was written in another way
            around = f"\0 @ {path.rpartition('.')[0]}"
            strange = [each.removesuffix(around) for each in others if each.endswith(around)]
            text += "".join(f"; the object around it {each}" for each in strange if each.startswith(_HAS_NO))
        raise ValueError(f"{path}: {text}") from None
