"""The HTTP application: health, metrics, and whatever routes the composition adds, behind the guard."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from engine.http.failures import failure_response, refusal_response
from engine.http.guard import Guard
from engine.observe import Metrics
from protocol.errors import FailureCode, Refused

SERVICE: Final = "interaction-processor"


class Health(Protocol):
    """Who knows whether the processor may be sent work."""

    def unready_reasons(self) -> list[str]:
        """Sentences that say why not; empty when ready."""
        ...


def make_app(
    health: Health,
    metrics: Metrics,
    *,
    routes: Sequence[BaseRoute] = (),
    may_read_metrics: Callable[[Request], Awaitable[object]] | None = None,
) -> ASGIApp:
    """Everything that answers on the HTTP port. `routes` are the composition's own, beside health and metrics.

    `may_read_metrics` raises Refused; None: everybody may.
    """

    async def index(_: Request) -> Response:
        return JSONResponse(
            {"service": SERVICE, "paths": [route.path for route in app.routes if hasattr(route, "path")]}
        )

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        if reasons := health.unready_reasons():
            return JSONResponse({"status": "not ready", "reasons": reasons}, status_code=503)
        return JSONResponse({"status": "ready"})

    async def expose(request: Request) -> Response:
        if may_read_metrics is not None:
            try:
                await may_read_metrics(request)
            except Refused as refusal:
                return refusal_response(refusal)
        text, media_type = metrics.exposition(request.headers.get("accept", ""))
        return Response(text, media_type=media_type)

    app = Starlette(
        routes=[
            Route("/", index),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", expose),
            *routes,
        ],
        exception_handlers={HTTPException: _refused_by_http, Exception: _defect},
    )
    return Guard(app, refused=metrics.request_refused)


def _refused_by_http(request: Request, error: Any) -> Response:
    """What the framework refuses: no such path, no such method, or what a route raises of that kind."""
    match error.status_code:
        case 404:
            code, message = (
                FailureCode.INVALID_TARGET,
                f"there is nothing at {request.url.path}; see GET / for what there is",
            )
        case 405:
            code = FailureCode.INVALID_REQUEST
            message = f"{request.url.path} does not take {request.method}; use {error.headers['Allow']}"
        case _:
            code, message = FailureCode.INVALID_REQUEST, error.detail
    return failure_response(code, message, status=error.status_code, headers=error.headers)


def _defect(_: Request, __: Exception) -> Response:
    """The exception goes on to the server after this, which logs it; the client learns nothing of the inside."""
    return failure_response(FailureCode.INTERNAL_ERROR, "the processor has a defect; its log says more")
