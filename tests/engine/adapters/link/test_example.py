"""The example program: over a line that is cut again and again nothing is lost, and nothing is done twice."""

import subprocess
from functools import partial
from pathlib import Path

import pytest
import trio

from engine.adapters.contract.connection import Recorder
from engine.adapters.link import open_adapter
from protocol.platform import (
    AcceptInteraction,
    ActivateChannel,
    AddChannel,
    Dial,
    HoldLeg,
    InteractionReport,
    ReleaseLeg,
    RetrieveLeg,
    StartAgent,
)
from protocol.states import ChannelType
from tests.engine.adapters.link.line import CutLine
from tests.engine.adapters.link.program import TOKEN, settings
from tests.engine.adapters.link.test_promises import NODE, SWITCH, needs_node, tiny_switch
from tests.ports import free_port

CALLS = 8


@needs_node
@pytest.mark.parametrize("seed", [1, 2])
async def test_cuts_lose_nothing_and_do_nothing_twice(seed: int) -> None:
    port = free_port()
    adapter = open_adapter(settings(port), Path())()
    sink = Recorder()
    line = CutLine(port, seed, at_most=5_000)
    with trio.fail_after(40):
        async with trio.open_nursery() as nursery:
            line_port = await nursery.start(line.run)
            async with tiny_switch(line_port):
                await nursery.start(adapter.run, sink)
                for agent, phone in (("ada", "4001"), ("bob", "4002")):
                    await adapter.perform(agent, StartAgent())
                    await adapter.perform(agent, AddChannel(endpoint=phone, type=ChannelType.TELEPHONY))
                    await adapter.perform(agent, ActivateChannel(endpoint=phone))
                for number in range(1, CALLS + 1):
                    call = await adapter.perform("ada", Dial(endpoint="4001", destination="4002"))
                    assert call.id == f"c{number}"  # a call that was dialled twice would have taken a number
                    await adapter.perform("bob", AcceptInteraction(endpoint="4002", interaction=call.id))
                    for do in (HoldLeg, RetrieveLeg, ReleaseLeg):
                        await adapter.perform("ada", do(endpoint="4001", interaction=call.id, leg=call.id))
                nursery.cancel_scope.cancel()
    assert line.cuts > 5
    states = [
        (agent, report.id, report.state, report.legs[0].state if report.legs else report.cause)
        for agent, report in sink.told
        if isinstance(report, InteractionReport)
    ]
    expected = [
        step
        for number in range(1, CALLS + 1)
        for step in (
            ("bob", f"c{number}", "ALERTING", "ALERTING"),
            ("ada", f"c{number}", "DIALING", "DIALING"),
            ("ada", f"c{number}", "STARTED", "CONNECTED"),
            ("bob", f"c{number}", "STARTED", "CONNECTED"),
            ("ada", f"c{number}", "STARTED", "HELD"),
            ("ada", f"c{number}", "STARTED", "CONNECTED"),
            ("bob", f"c{number}", "COMPLETED", "REMOTE"),
            ("ada", f"c{number}", "COMPLETED", "RELEASED"),
        )
    ]
    assert states == expected


@needs_node
@pytest.mark.parametrize("arguments", [[], ["ws://127.0.0.1:1/adapter"], ["http://127.0.0.1:1/adapter", TOKEN]])
def test_it_says_how_it_is_used(arguments: list[str]) -> None:
    assert NODE is not None
    done = subprocess.run([NODE, str(SWITCH), *arguments], capture_output=True, check=False, timeout=20)
    assert (done.returncode, b"usage: node tiny-switch.mjs" in done.stderr) == (2, True)


async def said_again(url: str, words: str) -> None:
    """It says this, with what to do, and after it has tried again once more."""
    process = await trio.lowlevel.open_process([str(NODE), str(SWITCH), url, TOKEN], stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = ""
    try:
        while said.count(words) < 2:
            more = await process.stderr.receive_some()
            assert more, said
            said += more.decode()
    finally:
        process.kill()
        with trio.move_on_after(5, shield=True):
            await process.wait()
            await process.stderr.aclose()


@needs_node
@pytest.mark.parametrize(
    ("path", "wrong", "words"),
    [
        ("/adapter", {"token_hash": "0" * 64}, "refused with 401: this is not the token of the link; give the program"),
        ("/elsewhere", {}, "refused with 404: there is no link here; have the program connect to ws://127.0.0.1:"),
    ],
)
async def test_it_passes_on_why_it_is_refused_and_goes_on_trying(path: str, wrong: dict[str, str], words: str) -> None:
    port = free_port()
    adapter = open_adapter(settings(port, **wrong), Path())()
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(adapter.run, Recorder())
            await said_again(f"ws://127.0.0.1:{port}{path}", words)
            nursery.cancel_scope.cancel()


@needs_node
async def test_it_says_what_to_do_when_nobody_is_there() -> None:
    url = f"ws://127.0.0.1:{free_port()}/adapter"
    with trio.fail_after(20):
        await said_again(url, f"ECONNREFUSED {url[5:-8]}): start `ixp serve` or `ixp adapter check` with the link, or")


@needs_node
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "refused with 401: give me the TOKEN whose SHA-256 is"),
        (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "refused with 404: give me the URL of the link, with"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "refused with 200: correct the URL, what is there is"),
        (b"HTTP/1.1 101 Well\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "no WebSocket; correct the URL"),
    ],
)
async def test_it_says_what_to_do_when_somebody_else_answers(answer: bytes, words: str) -> None:
    async def serve(stream: trio.SocketStream) -> None:
        asked = b""
        while b"\r\n\r\n" not in asked:
            asked += await stream.receive_some()
        await stream.send_all(answer)
        await stream.aclose()

    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            (listener,) = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
            await said_again(f"ws://127.0.0.1:{listener.socket.getsockname()[1]}/adapter", words)
            nursery.cancel_scope.cancel()


@needs_node
async def test_it_says_what_to_do_about_a_processor_of_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.adapters.link.adapter.VERSION", 2)
    port = free_port()
    words = "this processor speaks protocol 2; I speak protocol 1; take the tiny-switch.mjs that came with"
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(open_adapter(settings(port), Path())().run, Recorder())
            await said_again(f"ws://127.0.0.1:{port}/adapter", words)
            nursery.cancel_scope.cancel()
