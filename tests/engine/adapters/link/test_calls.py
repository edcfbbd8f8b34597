"""Calls: asked with what the program needs, answered, refused, given up."""

import json
from typing import Any

import pytest
import trio
import trio.testing
from websockets.frames import Opcode

from protocol.errors import FailureCode, Refused
from protocol.platform import (
    ChangeData,
    ChannelReport,
    DirectoryEntry,
    ListDirectory,
    LogoutAgent,
    Snapshot,
    StartAgent,
)
from protocol.states import ChannelType, LoginState
from tests.blackbox.raw import frame
from tests.engine.adapters.link.program import FEATURES, PHONE, Program, Running, running, started
from tests.engine.adapters.link.raw import RawProgram


async def test_the_program_says_what_the_platform_can_do() -> None:
    async with running() as link, Program.at(link) as program:
        assert link.adapter.features == frozenset()
        welcome = await program.hello()
        await link.wait_up()
        assert link.adapter.features == frozenset(FEATURES)
        assert (welcome["outcome"], welcome["received"], welcome["protocol"]) == ("NEW", 0, 1)
        assert program.websocket.subprotocol == "adapter-link.v1"


async def test_a_call_is_asked_and_answered_by_its_class() -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        answers: list[Any] = []

        async def ask() -> None:
            with trio.fail_after(4):
                answers.append(await link.adapter.perform("ada", StartAgent(extension="4001")))

        nursery.start_soon(ask)
        call = await program.call("StartAgent")
        assert call["params"]["agent"] == "ada"
        assert call["params"]["call"] == {"extension": "4001"}
        assert 3 < call["params"]["within_s"] <= 4
        assert call["params"]["settled"] == call["id"] - 1
        await program.answer(call, {"agent_name": "Ada", "channels": [PHONE]})
    phone = ChannelReport(endpoint="4001", type=ChannelType.TELEPHONY, name="Phone", loginstate=LoginState.INACTIVE)
    assert answers == [Snapshot(agent_name="Ada", channels=(phone,))]


async def test_a_call_says_whose_answers_may_be_forgotten() -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        asked = []
        for agent in ("ada", "bob", "cyd"):
            nursery.start_soon(link.adapter.perform, agent, ListDirectory())
            asked.append(await program.call("ListDirectory"))
            if agent == "ada":
                await program.answer(asked[0], [])
                await trio.testing.wait_all_tasks_blocked(0.02)
        assert [call["params"]["settled"] for call in asked] == [0, 1, 1]
        for call in asked[1:]:
            await program.answer(call, [])


async def test_lists_and_nothing_are_answers_as_well() -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        answers: list[Any] = []

        async def ask() -> None:
            answers.append(await link.adapter.perform("ada", ListDirectory()))
            answers.append(await link.adapter.perform("ada", LogoutAgent()))

        nursery.start_soon(ask)
        entry = {"name": "Desk", "number": "1", "type": "internal"}
        await program.answer(await program.call("ListDirectory"), [entry])
        await program.answer(await program.call("LogoutAgent"), None)
    assert answers == [(DirectoryEntry(name="Desk", number="1", type="internal"),), None]


async def test_a_null_in_attached_data_removes_a_key_and_is_sent() -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        call = ChangeData(endpoint="4001", interaction="i1", changes={"gone": None, "map": {"a": "b"}})

        async def ask() -> None:
            with pytest.raises(Refused):
                await link.adapter.perform("ada", call)

        nursery.start_soon(ask)
        asked = await program.call("ChangeData")
        assert asked["params"]["call"]["changes"] == {"gone": None, "map": {"a": "b"}}
        await program.refuse(asked, "INVALID_TARGET")


REFUSALS = [
    ({"code": -32000, "message": "busy", "data": {"code": "DESTINATION_BUSY"}}, FailureCode.DESTINATION_BUSY, "busy"),
    ({"code": -32601, "message": "cannot"}, FailureCode.UNSUPPORTED, "cannot"),
    ({"code": 7, "message": "odd"}, FailureCode.PLATFORM_ERROR, "odd"),
    ({"code": -32000, "message": "odd", "data": {"code": "NO_SUCH_CODE"}}, FailureCode.PLATFORM_ERROR, "odd"),
    ({"code": -32000, "message": "odd", "data": "text"}, FailureCode.PLATFORM_ERROR, "odd"),
    ({"code": -32000, "message": "", "data": {"code": "NO_ANSWER"}}, FailureCode.NO_ANSWER, "without a word"),
]


@pytest.mark.parametrize(("error", "code", "words"), REFUSALS)
async def test_an_error_refuses_the_call(error: dict[str, Any], code: FailureCode, words: str) -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        assert await refused(link, program, nursery, error=error) == code
        assert words in link.why


async def refused(link: Running, program: Program, nursery: trio.Nursery, **answer: Any) -> FailureCode:
    """The code with which a call is refused that the program answers so; its words are kept in `link.why`."""
    found: list[Refused] = []
    done = trio.Event()

    async def ask() -> None:
        try:
            await link.adapter.perform("ada", ListDirectory())
        except Refused as refusal:
            found.append(refusal)
        done.set()

    nursery.start_soon(ask)
    call = await program.call("ListDirectory")
    await program.send(id=call["id"], **answer)
    with trio.fail_after(5):
        await done.wait()
    link.why = found[0].message
    return found[0].code


@pytest.mark.parametrize("result", [None, {}, [{"name": "Desk"}], [{"name": "D", "number": 1, "type": "x"}], "text"])
async def test_an_answer_of_another_form_is_a_failure_of_the_platform(result: Any) -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        assert await refused(link, program, nursery, result=result) == FailureCode.PLATFORM_ERROR
        error = await program.error()
        assert error["code"] == -32602
        assert "result" in error["message"]
        assert error["data"] == {"code": "INVALID_REQUEST", "call": 1}
        assert await refused(link, program, nursery, error=REFUSALS[0][0]) == FailureCode.DESTINATION_BUSY


async def test_a_call_that_is_given_up_is_cancelled_and_its_late_answer_is_no_matter() -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        async with trio.open_nursery() as asking:
            asking.start_soon(link.adapter.perform, "ada", ListDirectory())
            await program.call("ListDirectory")
            asking.cancel_scope.cancel()
        cancelled = await program.call("cancel")
        assert cancelled["params"] == {"id": 1}
        await program.send(id=1, result=[])
        await started(program, link, nursery)
        assert link.adapter.features


async def test_beyond_the_bound_calls_wait_for_their_turn() -> None:
    async with running(calls_at_once=1) as link, Program.up(link) as program, trio.open_nursery() as nursery:
        for agent in ("ada", "bob"):
            nursery.start_soon(link.adapter.perform, agent, ListDirectory())
        first = await program.call("ListDirectory")
        with trio.move_on_after(0.1) as early:
            await program.read()
        assert early.cancelled_caught
        await program.answer(first, [])
        second = await program.call("ListDirectory")
        assert {first["params"]["agent"], second["params"]["agent"]} == {"ada", "bob"}
        await program.answer(second, [])


async def test_what_is_read_after_an_answer_is_told_after_the_answer_is_taken() -> None:
    """Or the core would take it for older than the answer, and drop it. All three come in one piece."""
    order: list[str] = []
    async with running() as link, RawProgram.at(link) as program, trio.open_nursery() as nursery:
        told = link.told.report

        def note(agent: str, report: Any) -> None:
            order.append("report")
            told(agent, report)

        link.told.report = note  # type: ignore[method-assign] - to see when

        async def ask() -> None:
            await link.adapter.perform("ada", ListDirectory())
            order.append("answer")

        await program.hello()
        await link.wait_up()
        nursery.start_soon(link.adapter.perform, "ada", StartAgent())
        await program.send(answer(await program.call("StartAgent"), {"agent_name": "Ada"}))
        for number in range(1, 31):
            nursery.start_soon(ask)
            call = await program.call("ListDirectory")
            await program.send(report(2 * number - 1) + answer(call, []) + report(2 * number))
            await link.told.number(2 * number)
    assert order == ["report", "answer", "report"] * 30


def answer(call: dict[str, Any], result: Any) -> bytes:
    return text_frame({"id": call["id"], "result": result})


def report(seq: int) -> bytes:
    return text_frame(
        {"method": "report", "params": {"seq": seq, "agent": "ada", "kind": "ChannelReport", "report": PHONE}}
    )


def text_frame(message: dict[str, Any]) -> bytes:
    return frame(Opcode.TEXT, json.dumps({"jsonrpc": "2.0", **message}).encode())


async def test_without_a_program_a_call_is_refused() -> None:
    async with running() as link:
        with pytest.raises(Refused) as refusal:
            await link.adapter.perform("ada", StartAgent())
        assert refusal.value.code is FailureCode.PLATFORM_UNAVAILABLE
