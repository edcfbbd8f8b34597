"""Stands before the application: no body too large, too slow or of doubtful length gets past it.

The server below caps the headers and times their arrival, but neither caps nor times a body, and of a request that
gives its length twice, by Content-Length and by chunks, it believes the chunks. A proxy in front may believe the
other, and then the two disagree where the next request begins: such a request is refused, and its connection closed.
"""

import re
from collections.abc import Callable
from typing import Final

import structlog
import trio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.http.failures import failure_response
from protocol.errors import FailureCode

log = structlog.get_logger(__name__)

BODY_BYTES: Final = 64 * 1024
BODY_S: Final = 10.0
SETTLE_S: Final = 0.1
"""How long a refusal waits for the request to end: what comes after it while the answer goes out would cut that off."""
LINGER_S: Final = 1.0
"""How long a refused client may go on sending. Closed at once, it would get a reset, and might never see the answer."""

_LENGTH: Final = re.compile(rb"[0-9]{1,18}")


class _Unfit(Exception):
    """The request must not reach the application."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Guard:
    """ASGI middleware. The application is called when the whole body is here, and gets it in one piece.

    `refused` is told the failure code of each request that is turned away.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        refused: Callable[[FailureCode], None],
        body_bytes: int = BODY_BYTES,
        body_s: float = BODY_S,
    ) -> None:
        self._app = app
        self._refused = refused
        self._body_bytes = body_bytes
        self._body_s = body_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            self._check_length(scope)
            body = await self._read(receive)
        except _Unfit as unfit:
            await self._refuse(unfit, scope, receive, send)
            return
        if body is not None:
            await self._app(scope, _replay(body, receive), send)

    def _check_length(self, scope: Scope) -> None:
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        chunked = any(name == b"transfer-encoding" for name, _ in scope["headers"])
        if lengths and chunked:
            raise _Unfit(400, "the request has both Content-Length and Transfer-Encoding; send one of them")
        if len(set(lengths)) > 1:
            raise _Unfit(400, "the request has several Content-Length headers that differ; send one")
        if lengths and not _LENGTH.fullmatch(lengths[0]):
            raise _Unfit(400, "Content-Length is no number of bytes; send decimal digits alone")
        if lengths:
            self._check_size(int(lengths[0]))

    def _check_size(self, size: int) -> None:
        if size > self._body_bytes:
            raise _Unfit(413, f"the body is larger than the {self._body_bytes} bytes that are taken; send less at once")

    async def _read(self, receive: Receive) -> bytes | None:
        """The whole body, or None when the client went away before it had sent it."""
        body = bytearray()
        with trio.move_on_after(self._body_s):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                body += message.get("body", b"")
                self._check_size(len(body))
                if not message.get("more_body", False):
                    return bytes(body)
        raise _Unfit(408, f"the body was not complete within {self._body_s:g} s; send it again, faster")

    async def _refuse(self, unfit: _Unfit, scope: Scope, receive: Receive, send: Send) -> None:
        code = FailureCode.INVALID_REQUEST
        self._refused(code)
        log.info("http_request_refused", status=unfit.status, why=unfit.message, client=scope.get("client"))
        # HTTP/2 has no such header; there the end of the stream says the same.
        headers = {"Connection": "close"} if scope["http_version"].startswith("1") else None
        response = failure_response(code, unfit.message, status=unfit.status, headers=headers)
        ended = await _reaches_end(receive, within_s=SETTLE_S)
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        await send({"type": "http.response.body", "body": response.body, "more_body": True})
        if not ended:
            await _reaches_end(receive, within_s=LINGER_S)
        await send({"type": "http.response.body", "body": b""})


async def _reaches_end(receive: Receive, *, within_s: float) -> bool:
    """Throw away what still comes of a body. Did it end in time?"""
    with trio.move_on_after(within_s):
        while (await receive()).get("more_body", False):
            pass
        return True
    return False


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body whole, then whatever else comes: the disconnect."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
