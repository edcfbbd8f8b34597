"""Reports: numbered, taken in order, acknowledged; what is wrong with one is answered, and harms no other."""

from typing import Any

import pytest
import trio

from protocol.errors import Refused
from protocol.platform import ChannelReport, InteractionReport, ListDirectory, LogoutAgent, MessagePosted, StartAgent
from tests.engine.adapters.link.program import PHONE, Program, running, started

EVE = {"id": "eve", "name": "Eve", "role": "CUSTOMER"}
POST = {"endpoint": "chat", "interaction": "k3", "id": "1", "party": EVE, "text": "Hi", "time": "2026-11-21T09:30:05Z"}
CHAT = {
    "endpoint": "chat",
    "id": "k3",
    "contact": "k3",
    "type": "CHAT",
    "direction": "INBOUND",
    "state": "STARTED",
    "abilities": ["file", "url"],
}


async def test_reports_are_told_as_what_they_are_in_their_order() -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        await started(program, link, nursery)
        await program.report(1)
        await program.report(2, CHAT, kind="InteractionReport")
        await program.report(3, POST, kind="MessagePosted")
        told = await link.told.number(3)
    assert [(agent, type(report)) for agent, report in told] == [
        ("ada", ChannelReport),
        ("ada", InteractionReport),
        ("ada", MessagePosted),
    ]


async def test_reports_are_acknowledged_at_the_latest_after_sixteen() -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        await started(program, link, nursery)
        for seq in range(1, 34):
            await program.report(seq)
        assert [await program.call("ack"), await program.call("ack")] == [
            {"jsonrpc": "2.0", "method": "ack", "params": {"seq": seq}} for seq in (16, 32)
        ]


async def test_a_report_that_is_told_again_is_dropped_without_a_word() -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        await started(program, link, nursery)
        for seq in (1, 2, 1, 2, 3):
            await program.report(seq)
        await link.told.number(3)
        nursery.start_soon(link.adapter.perform, "ada", ListDirectory())
        await program.answer(await program.call("ListDirectory"), [])
        assert len(link.told.reports) == 3


async def test_a_report_that_is_missing_is_the_loss_of_the_platform() -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        await started(program, link, nursery)
        await program.report(1)
        await program.report(3)
        error = await program.error()
        assert error["data"] == {"code": "INVALID_REQUEST", "seq": 3}
        assert "report 3 came where 2 was due" in error["message"]
        code, reason = await program.closed()
        assert (code, "begin anew" in reason) == (1013, True)
        assert await link.lost() == "report 3 came where 2 was due"
    assert len(link.told.reports) == 1


BAD = [
    ("params.report.loginstate", {"report": {**PHONE, "loginstate": "ON"}}),
    ("params.report.loginstate", {"report": {**PHONE, "loginstate": None}}),
    ("params.report.endpoint: is required", {"report": {"type": "TELEPHONY"}}),
    ("params.report: expected an object", {"report": [PHONE]}),
    ("params.report: is required", {}),
    ("params.kind: expected one of", {"kind": "Post", "report": PHONE}),
    ("params.kind", {"kind": 7, "report": PHONE}),
    ("params.agent", {"agent": 7, "report": PHONE}),
    ("agentstate READY while INACTIVE", {"report": {**PHONE, "agentstate": "READY"}}),
    ("params.report.abilities: expected an array", {"kind": "InteractionReport", "report": {**CHAT, "abilities": {}}}),
    ("params.report.abilities", {"kind": "InteractionReport", "report": {**CHAT, "abilities": "file"}}),
    ("legs none", {"kind": "InteractionReport", "report": {**CHAT, "abilities": [], "type": "TELEPHONY"}}),
    ("is nobody whom StartAgent", {"agent": "bob", "report": PHONE}),
]


@pytest.mark.parametrize(("words", "params"), BAD, ids=[f"{n}" for n, _ in enumerate(BAD)])
async def test_a_report_that_cannot_be_taken_is_answered_and_its_number_counts(
    words: str, params: dict[str, Any]
) -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        await started(program, link, nursery)
        whole = {"seq": 1, "agent": "ada", "kind": "ChannelReport", **params}
        await program.send(method="report", params=whole)
        error = await program.error()
        assert words in error["message"]
        assert (error["code"], error["data"]["seq"]) == (-32602, 1)
        await program.report(2)
        await link.told.number(1)


@pytest.mark.parametrize("seq", [0, -1, None, "1", 1.5, True, 2**53])
async def test_a_report_without_a_number_is_answered(seq: Any) -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        await started(program, link, nursery)
        await program.report(seq)
        assert (await program.error())["code"] in (-32602, -32700)
        await program.report(1)
        await link.told.number(1)


async def test_nobody_is_reported_before_the_start_nor_after_the_logout() -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        await program.report(1)
        assert (await program.error())["data"]["code"] == "INVALID_TARGET"
        await started(program, link, nursery)
        await program.report(2)
        nursery.start_soon(link.adapter.perform, "ada", LogoutAgent())
        await program.answer(await program.call("LogoutAgent"))
        await program.report(3)
        assert (await program.error())["data"] == {"code": "INVALID_TARGET", "seq": 3}
        assert len(link.told.reports) == 1


async def test_an_agent_whose_start_is_refused_is_still_a_stranger_unless_started_before() -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:

        async def ask() -> None:
            with pytest.raises(Refused):
                await link.adapter.perform("ada", StartAgent(extension="9999"))

        nursery.start_soon(ask)
        await program.refuse(await program.call("StartAgent"), "CHANNEL_UNAVAILABLE")
        await program.report(1)
        assert (await program.error())["data"]["code"] == "INVALID_TARGET"
        await started(program, link, nursery)
        nursery.start_soon(ask)
        await program.refuse(await program.call("StartAgent"), "CHANNEL_UNAVAILABLE")
        await program.report(2)
        await link.told.number(1)
