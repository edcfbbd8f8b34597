"""The control over HTTP: a route for each operation, behind the key of an operator."""

from collections.abc import Mapping, Sequence
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from engine.http.failures import failure_response, refusal_response
from engine.simulation.access import Access
from engine.simulation.bodies import read, write
from engine.simulation.operations import OPERATIONS, ROOT, Operation, Stage
from protocol.errors import FailureCode, Refused
from protocol.strictjson import parse_json

log = structlog.get_logger(__name__)

JSON_TYPE: Final = "application/json"
_UNSUPPORTED_MEDIA_TYPE: Final = 415


def control_routes(stage: Stage, access: Access) -> Sequence[BaseRoute]:
    """For `engine.http.app.make_app`: one route for each path, whatever methods it has."""
    paths: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS:
        paths.setdefault(ROOT + operation.path, {})[operation.method] = operation
    return [_route(path, operations, stage, access) for path, operations in paths.items()]


def _route(path: str, operations: Mapping[str, Operation], stage: Stage, access: Access) -> Route:
    async def answer(request: Request) -> Response:
        operation = operations["GET" if request.method == "HEAD" else request.method]
        try:
            operator = await _let_in(request, access, operation)
            body = None if operation.takes is None else read(await _json(request), operation.takes)
            done = operation.do(stage, request.path_params, body)
        except _WrongType:
            message = f"the body is {request.headers.get('content-type')}; send Content-Type: {JSON_TYPE}"
            return failure_response(FailureCode.INVALID_REQUEST, message, status=_UNSUPPORTED_MEDIA_TYPE)
        except ValueError as error:
            return failure_response(FailureCode.INVALID_REQUEST, str(error))
        except Refused as refused:
            return refusal_response(refused)
        if operation.method != "GET":
            log.info("simulator_operation", operation=operation.name, operator=operator, at=request.path_params)
        return Response(status_code=204) if done is None else JSONResponse(write(done), status_code=operation.status)

    return Route(path, answer, methods=list(operations))


async def _let_in(request: Request, access: Access, operation: Operation) -> str:
    """The operator's id. Raises Refused."""
    try:
        return await access.check(request, asked=f"simulator {operation.name}")
    except Refused as refused:
        log.warning("simulator_access_refused", code=refused.code, operation=operation.name, client=request.client)
        raise


class _WrongType(Exception):
    """The body is said to be something else than JSON."""


async def _json(request: Request) -> object:
    """The body; none is as good as an empty object."""
    body = await request.body()
    if not body:
        return {}
    # A page can have a browser send other types anywhere, unasked.
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON_TYPE:
        raise _WrongType
    return parse_json(body)
