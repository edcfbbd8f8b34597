"""The example program: over a line that is cut again and again nothing is lost, and nothing is done twice."""

import subprocess
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
from tests.engine.adapters.link.program import TOKEN, free_port, settings
from tests.engine.adapters.link.test_promises import NODE, SWITCH, needs_node, tiny_switch

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
def test_it_says_how_it_is_used() -> None:
    assert NODE is not None
    done = subprocess.run([NODE, str(SWITCH)], capture_output=True, check=False, timeout=20)
    assert (done.returncode, b"usage: node tiny-switch.mjs" in done.stderr) == (2, True)


@needs_node
async def test_it_tells_a_wrong_token_and_goes_on_trying() -> None:
    port = free_port()
    adapter = open_adapter(settings(port, token_hash="0" * 64), Path())()
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(adapter.run, Recorder())
            command = [str(NODE), str(SWITCH), f"ws://127.0.0.1:{port}/adapter", TOKEN]
            process = await trio.lowlevel.open_process(command, stderr=subprocess.PIPE)
            assert process.stderr is not None
            said = b""
            try:
                while said.count(b"refused with 401") < 2:
                    said += await process.stderr.receive_some()
            finally:
                process.kill()
                with trio.move_on_after(5, shield=True):
                    await process.wait()
                    await process.stderr.aclose()
            nursery.cancel_scope.cancel()
