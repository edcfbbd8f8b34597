"""The one form in which HTTP says no: `{"failure":{"code","message"}}`. Source: specs/protocol.md, "Failure codes"."""

from collections.abc import Mapping

from starlette.responses import JSONResponse

from protocol.errors import FAILURES, FailureCode


def failure_response(
    code: FailureCode, message: str, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """`status` is for what HTTP tells apart and the table does not; otherwise the table of failure codes has it."""
    return JSONResponse(
        {"failure": {"code": code, "message": message}},
        status_code=FAILURES[code].http if status is None else status,
        headers=headers,
    )
