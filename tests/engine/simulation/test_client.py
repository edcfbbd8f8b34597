"""The client of the control: what it sends, and what it says when nothing, or something else, answers."""

import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
import trio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from engine.simulation.client import Client, ControlError
from tests.engine.http.helpers import served

ANSWERS: dict[str, Response] = {
    "/simulator/html": PlainTextResponse("<html>", 200),
    "/simulator/other": JSONResponse({"error": "no"}, 404),
    "/simulator/list": JSONResponse(["no"], 500),
    "/simulator/nothing": Response(status_code=204),
    "/simulator/refused": JSONResponse({"failure": {"code": "INVALID_STATE", "message": "not now; wait"}}, 409),
    "/simulator/secret": JSONResponse({"failure": {"code": "AUTH_FAILED", "message": "no such key; add one"}}, 401),
}


async def answer(request: Request) -> Response:
    return ANSWERS.get(request.url.path) or JSONResponse(
        {
            "method": request.method,
            "path": request.scope["raw_path"].decode(),
            "body": json.loads(await request.body() or b"null"),
            "authorization": request.headers.get("authorization"),
        }
    )


@pytest.fixture
async def url() -> AsyncIterator[str]:
    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "DELETE"])])
    async with served(app) as here:
        yield here.url


async def ask(url: str, do: Callable[[Client], Any], key: str | None = None) -> Any:
    return await trio.to_thread.run_sync(lambda: do(Client(url, key)))


async def said(url: str, do: Callable[[Client], Any]) -> str:
    with pytest.raises(ControlError) as error:
        await ask(url, do)
    return str(error.value)


async def test_requests_are_as_they_should_be(url: str) -> None:
    assert await ask(url, lambda client: client.get()) == {
        "method": "GET",
        "path": "/simulator",
        "body": None,
        "authorization": None,
    }
    posted = await ask(url, lambda client: client.post("calls", "a/b c", "hangup", to="1", data={}, script=None), "key")
    assert posted == {
        "method": "POST",
        "path": "/simulator/calls/a%2Fb%20c/hangup",
        "body": {"to": "1", "data": {}},
        "authorization": "Bearer key",
    }
    assert (await ask(url, lambda client: client.delete("days", "day1")))["method"] == "DELETE"
    assert (await ask(f"{url}/", lambda client: client.get("x")))["path"] == "/simulator/x"


async def test_one_client_may_ask_often(url: str) -> None:
    def often(client: Client) -> list[Any]:
        return [client.get("x")["method"] for _ in range(3)]

    assert await ask(url, often) == ["GET"] * 3


async def test_an_empty_answer_is_none(url: str) -> None:
    assert await ask(url, lambda client: client.post("nothing")) is None


async def test_proxies_are_passed_by(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await ask(url, lambda client: client.get()))["method"] == "GET"


async def test_a_refusal_says_what_the_server_says(url: str) -> None:
    assert await said(url, lambda client: client.post("refused")) == "INVALID_STATE: not now; wait"
    assert await said(url, lambda client: client.get("secret")) == (
        "AUTH_FAILED: no such key; add one; give the key with --key or IXP_OPERATOR_KEY"
    )


@pytest.mark.parametrize("path", ["html", "other", "list"])
async def test_another_server_is_told_apart(url: str, path: str) -> None:
    told = await said(url, lambda client: client.get(path))
    assert told.startswith(f"what answers at {url} is no interaction processor (HTTP ")
    assert "--url" in told


async def test_no_server() -> None:
    told = await said("http://127.0.0.1:1", lambda client: client.get())
    assert told.startswith("no server answers at http://127.0.0.1:1 (")
    assert "start it with `ixp serve`, or give --url" in told


async def test_a_server_that_speaks_no_http() -> None:
    async def babble(stream: trio.SocketStream) -> None:
        await stream.send_all(b"what?\r\n\r\n")
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        (listener,) = await nursery.start(partial(trio.serve_tcp, babble, 0, host="127.0.0.1"))
        port = listener.socket.getsockname()[1]
        told = await said(f"http://127.0.0.1:{port}", lambda client: client.get())
        assert told.startswith("no server answers at ")
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    "wrong",
    ["", "127.0.0.1:8080", "ws://127.0.0.1:8080", "http://", "http://x:y", "http://x/simulator", "http://x:99999"],
)
def test_what_is_no_url(wrong: str) -> None:
    with pytest.raises(ControlError, match=r"is no server's URL; give one such as http://127.0.0.1:8080"):
        Client(wrong)


@pytest.mark.parametrize("key", ["clé", "a\nb", "key\x00", "\ud800"])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(ControlError, match=r"the key has characters that no key has"):
        Client("http://127.0.0.1:8080", key)
