"""Inputs of the core as plain values and back, so that a journal can keep them and replay a session.

Plain values are what msgpack carries: text, numbers, booleans, None, lists, dicts. Each input is a pair of its name and
what it holds. What comes back is equal to what went in, so the core does the same with it again.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, cast

import attrs

from protocol.commands import Order, OrderAgentState, OrderLogout
from protocol.convert import WIRE
from protocol.errors import FailureCode
from protocol.events import SupervisorInfo
from protocol.ids import Target
from protocol.messages import BadRequest, Request
from protocol.platform import (
    CALLS,
    ChannelReport,
    Feature,
    InteractionReport,
    PartialSnapshot,
    Report,
)
from protocol.states import DisposalCause
from protocol.wire import read_request
from statemachines.effects import (
    Answered,
    CallRefused,
    DeadlineCame,
    DesktopBound,
    DesktopLost,
    End,
    Input,
    Ordered,
    PlatformReturned,
    Reported,
    RequestCame,
    Restarted,
)
from statemachines.posts import POSTS
from statemachines.settings import CoreSettings

Plain = Any
"""What msgpack carries."""

_BY_NAME: Final[Mapping[str, type[Any]]] = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            ChannelReport,
            InteractionReport,
            *POSTS,
            *(row.answer for row in CALLS.values() if row.answer is not type(None)),
            PartialSnapshot,
            OrderAgentState,
            OrderLogout,
        )
    }
)
"""What reports, answers and orders are made of. It names them in records, so a name stays what it is for ever."""


def pack(given: Input) -> Plain:
    """The input as plain values."""
    name = type(given).__name__
    return [name, _PACK[type(given)](given)]


def unpack(value: Plain) -> Input:
    """The input that `pack` was given. Raises ValueError when this is none that the present code knows."""
    try:
        name, held = value
        return _UNPACK[name](held)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"no input of the core: {type(error).__name__}: {error}") from error


# Requests


def _pack_request(given: RequestCame) -> Plain:
    request = given.request
    if isinstance(request, Request):
        return {"request": request.original}
    target = None if request.target is None else str(request.target)
    return {
        "bad": [request.code.value, request.message, request.name, target, request.requestid],
        "original": request.original,
    }


def _unpack_request(held: Plain) -> RequestCame:
    if "request" in held:
        return RequestCame(read_request(held["request"]))
    code, message, name, target, requestid = held["bad"]
    return RequestCame(
        BadRequest(
            code=FailureCode(code),
            message=message,
            original=held["original"],
            name=name,
            target=None if target is None else Target.parse(target),
            requestid=requestid,
        )
    )


# The platform's words


def _pack_word(word: object) -> Plain:
    """A report or an answer, or a tuple of them; of something else, which an adapter may say, what it is."""
    if word is None:
        return None
    if isinstance(word, tuple) and all(type(item).__name__ in _BY_NAME for item in word):
        return [_pack_word(item) for item in word]
    name = type(word).__name__
    if _BY_NAME.get(name) is type(word):
        return {name: WIRE.unstructure(word)}
    return {_NONSENSE: name}


_NONSENSE: Final = "nonsense"


def _unpack_word(held: Plain) -> Any:
    if held is None:
        return None
    if isinstance(held, list):
        return tuple(_unpack_word(item) for item in held)
    ((name, fields),) = held.items()
    if name == _NONSENSE:
        return type(fields, (), {})()
    return WIRE.structure(fields, _BY_NAME[name])


def _pack_order(given: Ordered) -> Plain:
    return [_pack_word(given.order), WIRE.unstructure(given.supervisor)]


def _unpack_order(held: Plain) -> Ordered:
    order, supervisor = held
    return Ordered(cast(Order, _unpack_word(order)), WIRE.structure(supervisor, SupervisorInfo))


# All inputs

_PACK: Final[Mapping[type[Any], Callable[[Any], Plain]]] = MappingProxyType(
    {
        RequestCame: _pack_request,
        Ordered: _pack_order,
        Answered: lambda given: _pack_word(given.answer),
        CallRefused: lambda given: [given.code.value, given.message],
        Reported: lambda given: _pack_word(given.report),
        DesktopBound: lambda given: given.reset,
        DesktopLost: lambda given: None,
        Restarted: lambda given: None if given.settings is None else attrs.asdict(given.settings),
        PlatformReturned: lambda given: sorted(feature.value for feature in given.features),
        End: lambda given: [given.cause.value, given.message],
        DeadlineCame: lambda given: None,
    }
)

_UNPACK: Final[Mapping[str, Callable[[Plain], Input]]] = MappingProxyType(
    {
        "RequestCame": _unpack_request,
        "Ordered": _unpack_order,
        "Answered": lambda held: Answered(_unpack_word(held)),
        "CallRefused": lambda held: CallRefused(FailureCode(held[0]), held[1]),
        "Reported": lambda held: Reported(cast(Report, _unpack_word(held))),
        "DesktopBound": DesktopBound,
        "DesktopLost": lambda held: DesktopLost(),
        "Restarted": lambda held: Restarted(None if held is None else CoreSettings(**held)),
        "PlatformReturned": lambda held: PlatformReturned(frozenset(map(Feature, held))),
        "End": lambda held: End(DisposalCause(held[0]), held[1]),
        "DeadlineCame": lambda held: DeadlineCame(),
    }
)
