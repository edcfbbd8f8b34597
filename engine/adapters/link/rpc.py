"""JSON-RPC 2.0: frames to messages and back. What is wrong with a frame has a code, and words that say what to do."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs
import msgspec

from protocol.convert import describe
from protocol.errors import FailureCode
from protocol.strictjson import INTEGER_LIMIT, Json, NotJson, parse_json

VERSION: Final = "2.0"
ID_CHARS: Final = 128

NOT_JSON: Final = -32700
INVALID_REQUEST: Final = -32600
NO_METHOD: Final = -32601
INVALID_PARAMS: Final = -32602
REFUSED: Final = -32000
"""A call, or a hello, is refused; `data.code` says why."""

CODES: Final[Mapping[int, FailureCode]] = MappingProxyType(
    {
        NOT_JSON: FailureCode.INVALID_REQUEST,
        INVALID_REQUEST: FailureCode.INVALID_REQUEST,
        NO_METHOD: FailureCode.UNKNOWN_COMMAND,
        INVALID_PARAMS: FailureCode.INVALID_REQUEST,
    }
)
"""The failure code that goes with each code of JSON-RPC's own."""

Id = str | int


class BadMessage(ValueError):
    """The peer's message cannot be taken. `id` is that of the request, where it is one.

    `close`, where set, is the code and the reason with which the connection ends once the peer has been answered.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        id: Id | None = None,  # noqa: A002 - the word of JSON-RPC
        failure: FailureCode | None = None,
        close: tuple[int, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.id = id
        self.failure = failure or CODES[code]
        self.close = close

    def text(self, **more: Json) -> bytes:
        """The error to send. `more` tells what it is about."""
        return error(self.id, self.code, str(self), self.failure, **more)


@attrs.frozen(kw_only=True)
class Request:
    id: Id
    method: str
    params: Json


@attrs.frozen(kw_only=True)
class Notification:
    method: str
    params: Json


@attrs.frozen(kw_only=True)
class Error:
    code: int
    message: str
    failure: str | None
    """The text of `data.code`."""


@attrs.frozen(kw_only=True)
class Answer:
    id: int
    result: Json = None
    error: Error | None = None


def read(text: bytes) -> Request | Notification | Answer:
    """One message. Raises BadMessage."""
    try:
        value = parse_json(text)
    except NotJson as problem:
        raise BadMessage(NOT_JSON, str(problem)) from None
    if not isinstance(value, dict):
        raise BadMessage(INVALID_REQUEST, f"a frame is one JSON-RPC object, got {describe(value)}")
    if value.get("jsonrpc") != VERSION:
        raise BadMessage(INVALID_REQUEST, f'jsonrpc: send "{VERSION}"')
    return _read_call(value) if "method" in value else _read_answer(value)


def _read_call(value: dict[str, Json]) -> Request | Notification:
    method, params = value["method"], value.get("params", {})
    if "id" not in value:
        if not isinstance(method, str):
            raise BadMessage(INVALID_REQUEST, f"method: expected text, got {describe(method)}")
        return Notification(method=method, params=params)
    known = value["id"]
    if not _is_id(known):
        raise BadMessage(INVALID_REQUEST, f"id: expected a whole number, or text of 1 to {ID_CHARS} characters")
    if not isinstance(method, str):
        raise BadMessage(INVALID_REQUEST, f"method: expected text, got {describe(method)}", id=known)
    return Request(id=known, method=method, params=params)


def _is_id(value: Json) -> bool:
    return type(value) is int or (isinstance(value, str) and 1 <= len(value) <= ID_CHARS)


def _read_answer(value: dict[str, Json]) -> Answer:
    known = value.get("id")
    if type(known) is not int or not 1 <= known <= INTEGER_LIMIT:
        raise BadMessage(INVALID_REQUEST, "id: expected that of the call that is answered")
    if ("result" in value) == ("error" in value):
        raise BadMessage(INVALID_REQUEST, f"an answer has a result or an error; this one, to {known}, has both or none")
    if "result" in value:
        return Answer(id=known, result=value["result"])
    return Answer(id=known, error=_read_error(value["error"], known))


def _read_error(value: Json, known: int) -> Error:
    match value:
        case {"code": int(code), "message": str(message)} if not isinstance(code, bool):
            data = value.get("data")
            failure = data.get("code") if isinstance(data, dict) else None
            return Error(code=code, message=message, failure=failure if isinstance(failure, str) else None)
        case _:
            raise BadMessage(
                INVALID_REQUEST, f"error: expected an object with a whole number code and a text message, to {known}"
            )


def request(id: int, method: str, params: Json) -> bytes:  # noqa: A002
    return _encode(id=id, method=method, params=params)


def notification(method: str, params: Json) -> bytes:
    return _encode(method=method, params=params)


def result(id: Id, value: Json) -> bytes:  # noqa: A002
    return _encode(id=id, result=value)


def error(id: Id | None, code: int, message: str, failure: FailureCode, **more: Json) -> bytes:  # noqa: A002
    return _encode(id=id, error={"code": code, "message": message, "data": {"code": failure, **more}})


def _encode(**members: Any) -> bytes:
    return msgspec.json.encode({"jsonrpc": VERSION, **members})
