"""Whatever comes from a program gets a clear answer, and takes nothing down but that connection."""

import contextlib
import json
from typing import Any

import pytest
import trio
import trio.testing
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Opcode

from protocol.platform import ListDirectory
from tests.blackbox.raw import declaring, frame
from tests.engine.adapters.link.program import PATIENCE_S, Program, Running, running, started
from tests.engine.adapters.link.raw import RawProgram


async def still_serves(link: Running, program: Program, nursery: trio.Nursery) -> None:
    nursery.start_soon(link.adapter.perform, "ada", ListDirectory())
    await program.answer(await program.call("ListDirectory"), [])
    assert not link.ended.is_set()


def rpc(**members: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", **members})


BAD: list[tuple[str, int, str]] = [
    ("", -32700, "not valid JSON"),
    ("{", -32700, "not valid JSON"),
    ('{"jsonrpc":"2.0","method":"report","method":"report"}', -32700, "comes twice"),
    ("[" * 40 + "]" * 40, -32700, "nested more than 16"),
    ('{"jsonrpc":"2.0","id":99999999999999999999}', -32700, "2^53"),
    ('{"jsonrpc":"2.0","method":"a\\u0000b"}', -32700, "NUL"),
    ('{"jsonrpc":"2.0","method":"a\\ud800"}', -32700, "not valid JSON"),
    ("[]", -32600, "one JSON-RPC object, got an array"),
    ("null", -32600, "got null"),
    ('"text"', -32600, "got text"),
    ("{}", -32600, "jsonrpc"),
    ('{"jsonrpc":2.0,"method":"report"}', -32600, "jsonrpc"),
    (rpc(), -32600, "id: expected that of the call"),
    (rpc(id=None, result=[]), -32600, "id: expected that of the call"),
    (rpc(id="1", result=[]), -32600, "id: expected that of the call"),
    (rpc(id=True, result=[]), -32600, "id: expected that of the call"),
    (rpc(id=77, result=[]), -32600, "no call has had the id 77"),
    (rpc(id=1), -32600, "a result or an error"),
    (rpc(id=1, result=None, error={}), -32600, "both or none"),
    (rpc(id=1, error="no"), -32600, "error: expected an object"),
    (rpc(id=1, error={"code": "X", "message": "no"}), -32600, "error: expected an object"),
    (rpc(id=1, error={"code": True, "message": "no"}), -32600, "error: expected an object"),
    (rpc(method=7), -32600, "method: expected text, got a number"),
    (rpc(id={}, method="hello"), -32600, "id: expected a whole number"),
    (rpc(id=None, method="hello"), -32600, "id: expected a whole number"),
    (rpc(id="x" * 129, method="hello"), -32600, "id: expected a whole number"),
    (rpc(method="hello"), -32601, "no notification 'hello'"),
    (rpc(method="x" * 999), -32601, f"no notification '{'x' * 64}'"),
    (rpc(method="report"), -32602, "params.seq: is required"),
    (rpc(method="report", params=[1]), -32602, "params: expected an object"),
    (rpc(method="report", params=None), -32602, "params: expected an object"),
]


@pytest.mark.parametrize(("text", "code", "words"), BAD, ids=[f"{n}" for n, _ in enumerate(BAD)])
async def test_bad_frames_are_answered_and_the_link_goes_on(text: str, code: int, words: str) -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        await program.websocket.send(text)
        error = await program.error()
        assert (error["code"], words in error["message"]) == (code, True), error
        await still_serves(link, program, nursery)


REQUESTS: list[tuple[dict[str, Any], int, str]] = [
    ({"method": "hello", "params": {}}, -32600, "one hello is enough"),
    ({"method": "StartAgent"}, -32601, "no request 'StartAgent'"),
    ({"method": []}, -32600, "method: expected text"),
]


@pytest.mark.parametrize(("request_", "code", "words"), REQUESTS)
async def test_bad_requests_are_answered_by_their_id(request_: dict[str, Any], code: int, words: str) -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        for known in (7, "seven"):
            await program.send(id=known, **request_)
            answer = await program.read()
            assert (answer["id"], answer["error"]["code"]) == (known, code)
            assert words in answer["error"]["message"]
        await still_serves(link, program, nursery)


HELLOS: list[tuple[dict[str, Any], str]] = [
    ({"protocol": "1"}, "params.protocol"),
    ({"protocol": 0}, "params.protocol"),
    ({"features": "telephony"}, "params.features: expected an array"),
    ({"features": ["flying"]}, "params.features[0]: expected one of telephony"),
    ({"features": None}, "params.features"),
    ({"name": ""}, "params.name"),
    ({"name": None}, "params.name"),
    ({"resume": None}, "params.resume"),
    ({"resume": 5}, "params.resume"),
]


@pytest.mark.parametrize(("params", "words"), HELLOS)
async def test_a_bad_hello_is_answered_and_may_be_mended(params: dict[str, Any], words: str) -> None:
    async with running() as link, Program.at(link) as program:
        answer = await program.greet(**params)
        assert (answer["error"]["code"], words in answer["error"]["message"]) == (-32602, True), answer
        assert not link.up.is_set()
        assert (await program.hello())["outcome"] == "NEW"


async def test_a_protocol_that_is_not_spoken_is_refused() -> None:
    async with running() as link, Program.at(link) as program:
        answer = await program.greet(protocol=2)
        assert answer["error"]["data"] == {"code": "UNSUPPORTED"}
        assert await program.closed() == (1008, "this processor speaks protocol 1")
        async with Program.up(link):
            pass


async def test_nothing_is_taken_before_hello() -> None:
    async with running() as link, Program.at(link) as program:
        await program.report(1)
        assert (await program.error())["message"] == "send hello first"
        await program.send(id=1, result=None)
        assert (await program.error())["message"] == "send hello first"
        assert (await program.hello())["received"] == 0


async def test_who_says_no_hello_is_closed() -> None:
    async with running(hello_s=0.1) as link, Program.at(link) as program:
        assert await program.closed() == (1008, "no hello within 0.1 s")


# What cuts the connection


async def test_binary_frames_cut() -> None:
    async with running() as link, Program.up(link) as program:
        await program.websocket.send(b"\0\1")
        assert (await program.closed())[0] == 1003


async def test_ten_bad_messages_in_a_row_cut_but_not_with_good_ones_between() -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        await started(program, link, nursery)
        for seq in range(1, 4):
            for _ in range(9):
                await program.websocket.send("no")
                await program.error()
            await program.report(seq)
        await link.told.number(3)
        for _ in range(10):
            await program.websocket.send("no")
            await program.error()
        assert await program.closed() == (1008, "10 messages in a row could not be taken")
        assert not link.ended.is_set()


async def test_a_message_that_is_too_long_cuts() -> None:
    async with running(message_bytes=2048) as link, Program.up(link) as program:
        await program.websocket.send(rpc(method="report", params={"text": "x" * 3000}))
        assert (await program.closed())[0] == 1009


async def test_a_message_of_few_characters_and_many_bytes_is_answered() -> None:
    async with running(message_bytes=2048) as link, Program.up(link) as program:
        await program.websocket.send(rpc(method="x") + " " * 10)
        await program.error()
        await program.websocket.send('{"jsonrpc":"2.0","method":"' + "ä" * 1500 + '"}')
        assert "may have 2048 bytes" in (await program.error())["message"]


async def test_a_flood_of_messages_is_told_and_cut_and_the_program_may_come_back() -> None:
    async with running(messages_per_s=50) as link, trio.open_nursery() as nursery:
        async with Program.up(link) as program:
            await started(program, link, nursery)
            with contextlib.suppress(ConnectionClosed):
                for seq in range(1, 200):
                    await program.report(seq)
            message = await program.read()
            while message.get("method") == "ack":
                message = await program.read()
            assert message["error"]["data"] == {"code": "OVERLOADED"}
            assert await program.closed() == (1008, "at most 50 messages a second")
        async with Program.at(link) as again:
            received = (await again.hello(resume=program.link))["received"]
            assert 40 <= received < 200
            assert received == len(link.told.reports)
            await again.report(received + 1)
            await link.told.number(received + 1)


async def test_a_flood_of_pings_cuts() -> None:
    async with running() as link, RawProgram.at(link) as program:
        await program.hello()
        await program.send(frame(Opcode.PING, b"") * 100)
        assert await program.close_code() == 1008


async def test_text_that_is_no_utf8_cuts() -> None:
    async with running() as link, RawProgram.at(link) as program:
        await program.hello()
        await program.text(b"\xff\xfe")
        assert await program.close_code() == 1007


@pytest.mark.parametrize(
    "data", [frame(Opcode.TEXT, b"{}", masked=False), frame(3, b""), frame(Opcode.TEXT, b"{}", rsv=1)]
)
async def test_what_is_no_websocket_cuts(data: bytes) -> None:
    async with running() as link, RawProgram.at(link) as program:
        await program.hello()
        await program.send(data)
        assert await program.close_code() == 1002


async def test_endless_fragments_cut() -> None:
    async with running(message_bytes=1024) as link, RawProgram.at(link) as program:
        await program.hello()
        await program.send(frame(Opcode.TEXT, b"", fin=False))
        await program.send(frame(Opcode.CONT, b"", fin=False) * 20_000)
        assert await program.close_code() == 1009


async def test_a_frame_that_promises_too_much_cuts() -> None:
    async with running(message_bytes=1024) as link, RawProgram.at(link) as program:
        await program.hello()
        await program.send(declaring(Opcode.TEXT, 2**40) + b"x" * 100_000)
        assert await program.close_code() == 1009


# Who may not come in


@pytest.mark.parametrize(
    ("token", "path", "status"), [("wrong", "/adapter", 401), ("", "/adapter", 401), (None, "/", 404)]
)
async def test_a_wrong_token_or_path_is_refused_by_http(token: str | None, path: str, status: int) -> None:
    async with running() as link:
        with pytest.raises(InvalidStatus) as refused:
            async with Program.at(link, path=path, **({} if token is None else {"token": token})):
                pass
        assert refused.value.response.status_code == status
        assert not link.up.is_set()
        async with Program.up(link):
            pass


@pytest.mark.parametrize(
    "headers", ["", "Authorization: Basic {}\r\n", "Authorization: Bearer {0}\r\nAuthorization: Bearer {0}\r\n"]
)
async def test_no_token_or_two_are_none(headers: str) -> None:
    async with running() as link:
        assert b" 401 " in (await link.handshake(headers)).partition(b"\r\n")[0]


async def test_strangers_are_bounded_and_make_room_again() -> None:
    async with running() as link, trio.open_nursery() as nursery:
        strangers = [await trio.open_tcp_stream("127.0.0.1", link.port) for _ in range(16)]
        async with await trio.open_tcp_stream("127.0.0.1", link.port) as late:
            with trio.fail_after(link.adapter._settings.hello_s / 2):
                assert await late.receive_some() == b""
        for stranger in strangers:
            await trio.aclose_forcefully(stranger)
        await trio.testing.wait_all_tasks_blocked(0.05)
        async with Program.up(link) as program:
            await started(program, link, nursery)


async def test_strangers_who_say_nothing_are_closed() -> None:
    async with running(hello_s=0.1) as link, await trio.open_tcp_stream("127.0.0.1", link.port) as stranger:
        with trio.fail_after(PATIENCE_S):
            assert await stranger.receive_some() == b""
