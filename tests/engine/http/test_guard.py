"""Bodies that are too large, too slow or of doubtful length never reach the application."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx2
import pytest
import trio
import trio.testing
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from engine.http import guard
from engine.http.guard import BODY_BYTES, BODY_S, Guard
from protocol.errors import FailureCode
from tests.engine.http.helpers import exchange, open_client, read_until, served

CAP = 100


class Echo:
    """Answers with the body; `bodies` are those that it got."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.refused: list[FailureCode] = []
        self.app = Starlette(routes=[Route("/", self._echo, methods=["GET", "POST"])])

    async def _echo(self, request: Request) -> PlainTextResponse:
        self.bodies.append(await request.body())
        return PlainTextResponse(self.bodies[-1])

    def guarded(self, *, body_bytes: int = CAP, body_s: float = BODY_S) -> Guard:
        return Guard(self.app, refused=self.refused.append, body_bytes=body_bytes, body_s=body_s)


def post(*headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join(("POST / HTTP/1.1", "Host: x", *headers, "", "")).encode() + body


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


def read_refusal(answer: bytes) -> tuple[int, str]:
    """Status and message of the one refusal that `answer` consists of."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *headers = head.decode().lower().split("\r\n")
    assert "connection: close" in headers
    assert "content-type: application/json" in headers
    assert f"content-length: {len(body)}" in headers
    failure = json.loads(body)["failure"]
    assert failure["code"] == "INVALID_REQUEST"
    return int(status.split()[1]), failure["message"]


# Over sockets


async def test_what_is_right_gets_through_whole() -> None:
    echo = Echo()
    async with served(echo.guarded()) as here, httpx2.AsyncClient() as client:
        await client.get(here.url)
        await client.post(here.url, content=b"x" * CAP)
        answer = await client.post(here.url, content=_pieces(b"a" * 50, b"", b"b" * 50))
    assert answer.content == b"a" * 50 + b"b" * 50
    assert echo.bodies == [b"", b"x" * CAP, b"a" * 50 + b"b" * 50]
    assert echo.refused == []


async def _pieces(*pieces: bytes) -> Any:
    for piece in pieces:
        yield piece


async def test_a_body_announced_too_large_is_refused_unread() -> None:
    echo = Echo()
    async with served(echo.guarded()) as here, await open_client(here.port) as client:
        await client.send_all(post(f"Content-Length: {CAP + 1}"))
        got = await read_until(client, b"}}")  # though nothing of the body was sent
    assert read_refusal(got) == (413, "the body is larger than the 100 bytes that are taken; send less at once")
    assert echo.bodies == []
    assert echo.refused == [FailureCode.INVALID_REQUEST]


async def test_chunks_that_grow_too_large_are_refused() -> None:
    echo = Echo()
    async with served(echo.guarded()) as here:
        answer = await exchange(here.port, post("Transfer-Encoding: chunked", body=chunked(b"x" * 60, b"x" * 41)))
    assert read_refusal(answer)[0] == 413
    assert echo.bodies == []


@pytest.mark.parametrize("form", ["by length", "by chunks"])
async def test_a_client_that_sends_all_before_it_reads_sees_the_refusal(form: str) -> None:
    echo = Echo()
    large = b"x" * 8 * 1024 * 1024
    sent = (
        post(f"Content-Length: {len(large)}", body=large)
        if form == "by length"
        else post("Transfer-Encoding: chunked", body=chunked(*[large[:65536]] * 128))
    )
    async with served(echo.guarded(body_bytes=BODY_BYTES)) as here, httpx2.AsyncClient() as client:
        assert read_refusal(await exchange(here.port, sent))[0] == 413
        content = large if form == "by length" else _pieces(*[large[:65536]] * 128)
        assert (await client.post(here.url, content=content)).status_code == 413
    assert echo.bodies == []


async def test_a_refused_client_is_not_listened_to_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "LINGER_S", 0.1)
    async with served(Echo().guarded()) as here:
        answer = await exchange(here.port, post("Content-Length: 1000000"))  # neither sends on nor closes
    assert read_refusal(answer)[0] == 413


async def test_length_and_chunks_together_are_refused_and_the_connection_closed() -> None:
    echo = Echo()
    smuggled = post("Content-Length: 3", body=b"abc")
    async with served(echo.guarded()) as here:
        for headers in (
            ("Content-Length: 4", "Transfer-Encoding: chunked"),
            ("Transfer-Encoding: chunked", "Content-Length: 4"),
            ("transfer-encoding: CHUNKED", "content-length: 0"),
        ):
            answer = await exchange(here.port, post(*headers, body=chunked(b"x") + smuggled))
            assert read_refusal(answer) == (
                400,
                "the request has both Content-Length and Transfer-Encoding; send one of them",
            )
    assert echo.bodies == []
    assert echo.refused == [FailureCode.INVALID_REQUEST] * 3


@pytest.mark.parametrize("length", ["-1", "+5", "0x10", "1e3", "5 5", "", "9" * 30, "3, 4"])
async def test_a_length_that_is_none_ends_in_400_and_a_close(length: str) -> None:
    echo = Echo()
    async with served(echo.guarded()) as here:
        answer = await exchange(here.port, post(f"Content-Length: {length}", body=b"hello"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert echo.bodies == []


async def test_several_requests_on_one_connection_are_told_apart() -> None:
    echo = Echo()
    async with served(echo.guarded()) as here:
        await exchange(
            here.port,
            post("Content-Length: 3", body=b"abc")
            + post("Transfer-Encoding: chunked", body=chunked(b"de"))
            + post("Content-Length: 1", "Connection: close", body=b"f"),
        )
    assert echo.bodies == [b"abc", b"de", b"f"]


async def test_a_trickling_body_is_given_up_as_a_whole() -> None:
    echo = Echo()
    async with served(echo.guarded(body_s=0.3)) as here, await open_client(here.port) as client:
        await client.send_all(post("Content-Length: 50"))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_trickle, client)  # never silent as long as the whole may take
            got = await read_until(client, b"}}")
            nursery.cancel_scope.cancel()
    assert read_refusal(got) == (408, "the body was not complete within 0.3 s; send it again, faster")
    assert echo.bodies == []


async def _trickle(client: trio.SocketStream) -> None:
    while True:
        await client.send_all(b"x")
        await trio.sleep(0.05)


async def test_a_client_that_leaves_before_its_body_is_complete_is_forgotten() -> None:
    echo = Echo()
    with capture_logs() as logs:
        async with served(echo.guarded()) as here:
            async with await open_client(here.port) as client:
                await client.send_all(post("Content-Length: 50", body=b"half"))
                await trio.testing.wait_all_tasks_blocked()
            here.shutdown.set()
            await here.ended.wait()
    assert echo.bodies == []
    assert echo.refused == []
    assert logs == []


async def test_the_application_learns_that_the_client_left_after_its_body() -> None:
    waiting, told = trio.Event(), trio.Event()

    async def wait_for_disconnect(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        assert await request.body() == b"abc"
        waiting.set()
        assert (await receive())["type"] == "http.disconnect"
        told.set()

    app = Guard(wait_for_disconnect, refused=lambda _: None)
    async with served(app) as here:
        async with await open_client(here.port) as client:
            await client.send_all(post("Content-Length: 3", body=b"abc"))
            await waiting.wait()
        await told.wait()


async def test_a_refusal_is_logged_with_its_reason() -> None:
    with capture_logs() as logs:
        async with served(Echo().guarded()) as here:
            await exchange(here.port, post("Transfer-Encoding: chunked", body=chunked(b"x" * 101)))
    (log,) = logs
    assert (log["event"], log["status"], log["client"][0]) == ("http_request_refused", 413, "127.0.0.1")


# Without a server, which refuses some of this by itself


async def ask(
    app: Guard, receive: Callable[[], Any], *headers: tuple[bytes, bytes], version: str = "1.1"
) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Status, headers and JSON of the answer."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "http_version": version, "headers": list(headers)}
    await app(scope, receive, send)
    start, *rest = sent
    assert not rest[-1].get("more_body", False)
    body = b"".join(message["body"] for message in rest)
    return start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, json.loads(body)


async def whole_body() -> Message:
    return {"type": "http.request", "body": b"abc"}


@pytest.mark.parametrize("length", [b"-1", b"+5", b" 5", b"0x10", b"1_0", b"", b"9" * 19, b"9" * 5000, "٣".encode()])
async def test_only_decimal_digits_are_a_length(length: bytes) -> None:
    status, _, answer = await ask(Echo().guarded(), whole_body, (b"content-length", length))
    assert (status, answer["failure"]) == (
        400,
        {"code": "INVALID_REQUEST", "message": "Content-Length is no number of bytes; send decimal digits alone"},
    )


async def test_lengths_that_differ_are_refused() -> None:
    status, _, answer = await ask(Echo().guarded(), whole_body, (b"content-length", b"3"), (b"content-length", b"4"))
    assert status == 400
    assert "several Content-Length" in answer["failure"]["message"]


async def test_a_huge_length_is_too_large_and_not_unparsable() -> None:
    status, _, _ = await ask(Echo().guarded(), whole_body, (b"content-length", b"9" * 18))
    assert status == 413


async def test_http_2_is_not_told_to_close_its_connection() -> None:
    _, headers, _ = await ask(Echo().guarded(), whole_body, (b"content-length", b"101"), version="2")
    assert "connection" not in headers


async def test_the_standard_deadline_is_for_the_whole_body(autojump_clock: trio.testing.MockClock) -> None:
    begun = trio.current_time()

    async def receive_slowly() -> Message:
        await trio.sleep(3)
        return {"type": "http.request", "body": b"x", "more_body": True}

    status, _, _ = await ask(Echo().guarded(body_bytes=BODY_BYTES), receive_slowly)
    assert status == 408
    assert trio.current_time() - begun == BODY_S + guard.SETTLE_S + guard.LINGER_S


async def test_what_is_no_http_request_passes() -> None:
    seen: list[str] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    await Guard(note, refused=lambda _: None)({"type": "lifespan"}, whole_body, partial(trio.sleep, 0))
    assert seen == ["lifespan"]
