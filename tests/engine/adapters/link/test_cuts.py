"""A cut is mended in time, or the platform is lost; nothing is lost or done twice by a cut that is mended."""

from typing import Any

import pytest
import trio

from protocol.errors import FailureCode, Refused
from protocol.platform import ListDirectory, PlatformCall
from tests.engine.adapters.link.program import FEATURES, Program, Running, running, started
from tests.engine.adapters.link.raw import RawProgram


async def test_a_short_cut_is_mended_and_reports_go_on_where_they_were() -> None:
    async with running() as link, trio.open_nursery() as nursery:
        async with Program.up(link) as program:
            await started(program, link, nursery)
            for seq in (1, 2):
                await program.report(seq)
            await link.told.number(2)
            await program.cut()
        async with Program.at(link) as again:
            welcome = await again.hello(resume=program.link)
            assert (welcome["outcome"], welcome["link"], welcome["received"]) == ("RESUMED", program.link, 2)
            for seq in (2, 3):
                await again.report(seq)
            await link.told.number(3)
            nursery.start_soon(link.adapter.perform, "ada", ListDirectory())
            await again.answer(await again.call("ListDirectory"), [])
            assert not link.ended.is_set()
    assert len(link.told.reports) == 3


class Asking:
    """One call under way."""

    def __init__(self, link: Running, call: PlatformCall[Any]) -> None:
        self.done = trio.Event()
        self.answer: Any = None
        self._link = link
        self._call = call

    async def run(self) -> None:
        try:
            self.answer = await self._link.adapter.perform("ada", self._call)
        except Refused as refused:
            self.answer = refused.code
        self.done.set()

    async def answered(self) -> Any:
        with trio.fail_after(5):
            await self.done.wait()
        return self.answer


async def test_a_call_under_way_is_asked_again_with_the_same_id() -> None:
    async with running() as link, trio.open_nursery() as nursery:
        asking = Asking(link, ListDirectory())
        async with Program.up(link) as program:
            nursery.start_soon(asking.run)
            first = await program.call("ListDirectory")
            await program.cut()
        async with Program.at(link) as again:
            await again.hello(resume=program.link)
            second = await again.call("ListDirectory")
            assert (second["id"], second["params"]["call"]) == (first["id"], first["params"]["call"])
            assert second["params"]["within_s"] <= first["params"]["within_s"]
            await again.answer(second, [])
            assert await asking.answered() == ()


async def test_a_call_during_the_cut_is_asked_after_it_and_one_given_up_is_not() -> None:
    async with running() as link, trio.open_nursery() as nursery:
        async with Program.up(link) as program:
            await program.cut()
            await program.websocket.wait_closed()
        await link.silent()
        with trio.move_on_after(0.05):
            await link.adapter.perform("ada", ListDirectory())
        asking = Asking(link, ListDirectory())
        nursery.start_soon(asking.run)
        async with Program.at(link) as again:
            await again.hello(resume=program.link)
            call = await again.call("ListDirectory")
            assert call["id"] == 2
            await again.answer(call, [])
            assert await asking.answered() == ()


async def test_when_the_grace_is_over_the_platform_is_lost_and_calls_fail() -> None:
    async with running(grace_s=0.1) as link, trio.open_nursery() as nursery:
        asking = Asking(link, ListDirectory())
        async with Program.up(link) as program:
            nursery.start_soon(asking.run)
            await program.call("ListDirectory")
            await program.cut()
        assert await link.lost() == "the link was not mended within 0.1 s"
        assert await asking.answered() == FailureCode.PLATFORM_UNAVAILABLE
        with pytest.raises(Refused):
            await link.adapter.perform("ada", ListDirectory())


async def test_a_mended_cut_is_forgotten_and_the_next_one_has_its_own_grace() -> None:
    async with running(grace_s=0.4) as link:
        async with Program.up(link) as program:
            await program.cut()
        await link.silent()
        async with Program.at(link) as again:
            await again.hello(resume=program.link)
            await trio.sleep(0.3)
            await again.cut()
        await link.silent()
        await trio.sleep(0.2)
        async with Program.at(link) as again:
            assert (await again.hello(resume=program.link))["outcome"] == "RESUMED"
            assert not link.ended.is_set()


@pytest.mark.parametrize("hello", [{}, {"resume": "another"}, {"features": list(FEATURES[:1])}])
async def test_a_program_that_begins_anew_after_a_cut_loses_the_platform_at_once(hello: dict[str, Any]) -> None:
    async with running() as link:
        async with Program.up(link) as program:
            await program.cut()
            await program.websocket.wait_closed()
        await link.silent()
        async with Program.at(link) as again:
            known = {"resume": program.link} if "features" in hello else {}
            refused = await again.greet(**known, **hello)
            assert refused["error"]["data"] == {"code": "NOT_ACCEPTING"}
            assert (await again.closed())[0] == 1013
        assert await link.lost() == "test switch has begun anew"


async def test_a_second_program_is_refused_and_the_first_one_goes_on() -> None:
    async with running() as link, Program.up(link) as program, trio.open_nursery() as nursery:
        async with Program.at(link) as other:
            refused = await other.greet(name="other switch")
            assert refused["error"]["data"] == {"code": "NOT_ACCEPTING"}
            assert "another program" in refused["error"]["message"]
            assert (await other.closed())[0] == 1013
        await started(program, link, nursery)
        assert not link.ended.is_set()


async def test_the_program_itself_replaces_a_connection_that_is_half_open() -> None:
    async with running() as link, trio.open_nursery() as nursery, RawProgram.at(link) as silent:
        await silent.hello()
        await link.wait_up()
        name = (await silent.read())["result"]["link"]
        async with Program.at(link) as again:
            assert (await again.hello(resume=name))["outcome"] == "RESUMED"
            await silent.wait_end()
            await started(again, link, nursery)
            assert not link.ended.is_set()


async def test_a_connection_that_answers_no_ping_is_cut_and_the_platform_lost_after_the_grace() -> None:
    async with running(ping_every_s=0.05, pong_within_s=0.1, grace_s=0.1) as link, RawProgram.at(link) as silent:
        await silent.hello()
        await link.wait_up()
        assert await link.lost() == "the link was not mended within 0.1 s"


async def test_a_connection_that_answers_pings_is_not_cut() -> None:
    async with running(ping_every_s=0.05, pong_within_s=0.2, grace_s=0.01) as link, Program.up(link):
        await trio.sleep(0.5)
        assert not link.ended.is_set()


async def test_who_takes_nothing_is_cut() -> None:
    async with running(outbox_bytes=20_000, grace_s=0.05) as link, RawProgram.at(link) as lazy:
        await lazy.hello()
        await link.wait_up()
        async with trio.open_nursery() as nursery:
            for _ in range(200):
                nursery.start_soon(Asking(link, ListDirectory()).run)
            assert "not mended" in await link.lost()


async def test_a_processor_that_stops_says_so() -> None:
    async with running() as link, Program.at(link) as program:
        await program.hello()
        await link.wait_up()
        link.stop()
        assert await program.closed() == (1001, "stopping")
