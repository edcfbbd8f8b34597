"""The one form in which HTTP says no: `{"failure":{"code","message"}}`. Source: specs/protocol.md, "Failure codes"."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import JSONResponse

from engine.security.lockout import Locked
from protocol.errors import FAILURES, FailureCode, Refused

SCHEME: Final = "Bearer"
UNAUTHORIZED: Final = 401
TOO_MANY_REQUESTS: Final = 429


def failure_response(
    code: FailureCode, message: str, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """`status` is for what HTTP tells apart and the table does not; otherwise the table of failure codes has it."""
    return JSONResponse(
        {"failure": {"code": code, "message": message}},
        status_code=FAILURES[code].http if status is None else status,
        headers=headers,
    )


def refusal_response(refusal: Refused) -> JSONResponse:
    """With the headers that say how to show who one is, or when to try again."""
    status, headers = FAILURES[refusal.code].http, {}
    if isinstance(refusal, Locked):
        status, headers = TOO_MANY_REQUESTS, {"Retry-After": str(refusal.retry_s)}
    elif status == UNAUTHORIZED:
        headers = {"WWW-Authenticate": SCHEME}
    return failure_response(refusal.code, refusal.message, status=status, headers=headers)
