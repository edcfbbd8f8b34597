"""Phones die, connections to them break, and hands at them do as they like: agents are told what is so afterwards."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import attrs
import pytest
import trio

from engine.adapters.sip.bench import running_phones, settings, settle
from engine.adapters.sip.cable import Cables
from engine.adapters.sip.desks import Endpoint
from engine.adapters.sip.phone import Phone
from engine.adapters.sip.process import PhonePorts, Process, find_modules, find_program, free_port, write_config
from engine.adapters.sip.settings import SipAgent, SipSettings
from protocol.errors import FailureCode, Refused
from protocol.platform import Dial, HoldLeg, ReleaseLeg, StartAgent
from protocol.states import ConversationState, ConversationType, Direction, EndCause, InteractionState
from tests.engine.adapters.sip.agents import Agent, agents_at, quiet
from tests.engine.adapters.sip.programs import needs
from tests.engine.adapters.sip.wire import party

pytestmark = needs("baresip")

PATIENCE_S: Final = 8.0


def phone_of(agent: Agent) -> Phone:
    return agent.running.hands.phone(endpoint_of(agent))


def nothing(_: str) -> None:
    pass


def endpoint_of(agent: Agent) -> Endpoint:
    return agent.running.floor.endpoints[agent.endpoint]


async def test_a_connection_that_another_client_takes_is_made_again_and_nothing_is_lost(tmp_path: Path) -> None:
    async with (
        foreign_phone(tmp_path, "ann") as (sip, control),
        agents_at(attached(sip, control, "ann")) as (agent,),
        party() as carl,
    ):
        await carl.call(agent.uri)
        it = await agent.talks()
        down = phone_of(agent).down
        with trio.fail_after(PATIENCE_S):
            async with await trio.open_tcp_stream("127.0.0.1", control):
                await down.wait()
                await phone_of(agent).up.wait()
        held = await agent.about(it, HoldLeg, leg=it.legs[0].id)
        assert held.legs[0].state is ConversationState.HELD
        await carl.hears(lambda sip: sip.method == "INVITE")
        await carl.hang_up()
        assert (await agent.ended(it)).cause is EndCause.REMOTE


async def test_what_happens_while_the_connection_is_lost_is_found_out(tmp_path: Path) -> None:
    async with (
        foreign_phone(tmp_path, "ann") as (sip, control),
        party() as carl,
        party("dora") as dora,
        trio.open_nursery() as nursery,
    ):
        cables = Cables(nursery)
        async with agents_at(attached(sip, control, "ann"), cables.connect) as (agent,):
            await carl.call(agent.uri)
            it = await agent.talks()
            cables.cut()
            with trio.fail_after(PATIENCE_S):
                await phone_of(agent).down.wait()
            with pytest.raises(Refused) as refused:
                await agent.about(it, HoldLeg, leg=it.legs[0].id)
            assert refused.value.code is FailureCode.PLATFORM_UNAVAILABLE
            await carl.hang_up()
            await dora.call(agent.uri)
            assert agent.latest(it).cause is None
            cables.mend()
            assert (await agent.ended(it)).cause is EndCause.FAILED  # who ended it nobody knows
            offered = await agent.offered()
            assert [member.address for member in offered.legs[0].members] == ["dora"]
            assert (await agent.talks()).state is InteractionState.STARTED
            await dora.hears_media()
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("sure", [True, False], ids=["and rings", "and is answered by nobody yet"])
async def test_a_call_whose_dialling_was_not_answered_is_told_of_once(sure: bool) -> None:
    """Of a call that rings it is known that it was dialled; of another one, once the phone is connected anew."""
    async with trio.open_nursery() as nursery, party() as carl:
        carl.answer = None if sure else 0
        cables = Cables(nursery, lose_reply_to="dial")
        async with agents_at(settings(1, command_s=0.3), cables.connect) as (agent,):
            dial = Dial(endpoint=agent.endpoint, destination=carl.uri)
            down = phone_of(agent).down
            if sure:
                assert (await agent.ask(dial)).state is InteractionState.DIALING
            else:
                with pytest.raises(Refused) as refused:
                    await agent.ask(dial)
                assert refused.value.code is FailureCode.PLATFORM_ERROR
            it = await agent.hears("that it dials", lambda it: it.state is InteractionState.DIALING)
            with trio.fail_after(PATIENCE_S):
                await down.wait()
                await phone_of(agent).up.wait()
            await quiet(agent)
            assert [known.id for known in (await agent.ask(StartAgent())).interactions] == [it.id]
            await agent.about(it, ReleaseLeg, leg=it.legs[0].id)
            assert (await agent.ended(it)).cause is EndCause.RELEASED
        nursery.cancel_scope.cancel()


async def test_what_was_dialled_at_a_phone_that_died_of_it_has_never_been() -> None:
    async with trio.open_nursery() as nursery:
        cables = Cables(nursery)
        async with agents_at(settings(2), cables.connect) as (one, two):
            process = phone_of(one).process
            assert process is not None

            def die(command: str) -> None:
                if command == "dial":
                    os.kill(process.pid, signal.SIGKILL)

            cables.on_command = die
            dial = Dial(endpoint=one.endpoint, destination=two.endpoint)
            down = phone_of(one).down
            with pytest.raises(Refused) as refused:
                await one.ask(dial)
            assert refused.value.code is FailureCode.PLATFORM_UNAVAILABLE
            with trio.fail_after(PATIENCE_S):
                await down.wait()
                await phone_of(one).up.wait()
            assert not (await one.ask(StartAgent())).interactions
            cables.on_command = nothing
            await one.ask(dial)
            await two.talks()
        nursery.cancel_scope.cancel()


async def test_an_answer_that_is_seen_needs_no_reply() -> None:
    async with trio.open_nursery() as nursery, party() as carl:
        cables = Cables(nursery, lose_reply_to="accept")
        async with agents_at(settings(1, command_s=0.3), cables.connect) as (agent,):
            await carl.call(agent.uri)
            assert (await agent.talks()).state is InteractionState.STARTED
        nursery.cancel_scope.cancel()


async def test_a_phone_that_dies_is_started_again_and_its_call_has_failed() -> None:
    async with agents_at(settings(2)) as (one, two):
        dialled = await one.ask(Dial(endpoint=one.endpoint, destination=two.endpoint))
        answered = await two.talks()
        process = phone_of(one).process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        assert (await one.ended(dialled)).cause is EndCause.FAILED
        # The other phone was told nothing by the dead one, and is not left in an empty call.
        assert (await two.ended(answered)).cause is EndCause.FAILED
        with trio.fail_after(PATIENCE_S):
            await phone_of(one).up.wait()
        again = await one.ask(Dial(endpoint=one.endpoint, destination=two.endpoint))
        assert (await two.talks()).contact == again.contact
        assert (await two.hears("", lambda it: it.id != answered.id and it.state is InteractionState.STARTED)).connected


async def test_that_a_phone_cannot_be_started_anew_does_not_concern_the_others(tmp_path: Path) -> None:
    program = tmp_path / "phone"
    program.symlink_to(find_program(settings(1)))
    async with agents_at(settings(2, program=str(program))) as (one, two), party() as carl:
        await carl.call(two.uri)
        talking = await two.talks()
        phone = phone_of(one)
        assert phone.process is not None
        program.unlink()
        down = phone.down
        phone.process.kill()
        with trio.fail_after(PATIENCE_S):
            await down.wait()
            while True:
                with pytest.raises(Refused) as refused:
                    await one.ask(Dial(endpoint=one.endpoint, destination=carl.uri))
                if "is away (it cannot be started (No such file" in refused.value.message:
                    break
                await trio.sleep(0.01)
        assert refused.value.code is FailureCode.PLATFORM_UNAVAILABLE
        assert two.latest(talking).connected
        program.symlink_to(find_program(settings(1)))
        with trio.fail_after(PATIENCE_S):
            await phone.up.wait()
        assert two.latest(talking).connected


async def test_a_phone_that_is_mute_for_good_is_made_to_end_and_started_again() -> None:
    async with agents_at(settings(1, command_s=0.2, start_s=3.0)) as (agent,):
        phone = phone_of(agent)
        first = phone.process
        assert first is not None
        os.kill(first.pid, signal.SIGSTOP)
        down = phone.down
        with pytest.raises(Refused) as refused:
            await agent.ask(Dial(endpoint=agent.endpoint, destination="sip:carl@127.0.0.1:9"))
        assert refused.value.code is FailureCode.PLATFORM_ERROR
        with trio.fail_after(2 * PATIENCE_S):
            await down.wait()
            await phone.up.wait()
        assert phone.process is not first
        dialled = await agent.ask(Dial(endpoint=agent.endpoint, destination="sip:carl@127.0.0.1:9"))
        assert dialled.state is InteractionState.DIALING


async def test_a_phone_that_answers_and_hangs_up_by_itself_is_told_of() -> None:
    automatic = settings(2)
    automatic = attrs.evolve(
        automatic,
        agents=(
            automatic.agents[0],
            attrs.evolve(automatic.agents[1], parameters=";regint=0;answermode=auto;audio_codecs=pcmu"),
        ),
    )
    async with agents_at(automatic) as (one, two):
        dialled = await one.ask(Dial(endpoint=one.endpoint, destination=two.endpoint))
        at_two = await two.hears("that its phone has answered", lambda it: it.state is InteractionState.STARTED)
        await quiet(one)
        endpoint = endpoint_of(two)
        async with two.running.hands.turn(endpoint) as turn:
            await turn.command("hold")
        await two.hears("that it holds", lambda it: [leg.state for leg in it.legs] == [ConversationState.HELD])
        async with two.running.hands.turn(endpoint) as turn:
            await turn.command("hangup")
        assert (await two.ended(at_two)).cause is EndCause.RELEASED
        assert (await one.ended(dialled)).cause is EndCause.REMOTE


async def test_what_is_dialled_at_the_phone_itself_is_told_of() -> None:
    async with agents_at(settings(1)) as (agent,), party() as carl, party("dora") as dora:
        endpoint = endpoint_of(agent)
        async with agent.running.hands.turn(endpoint) as turn:
            await turn.command("dial", carl.uri)
        it = await agent.hears("that it talks", lambda it: it.state is InteractionState.STARTED)
        assert it.direction is Direction.OUTBOUND
        async with agent.running.hands.turn(endpoint) as turn:
            await turn.command("dial", dora.uri)
        both = await agent.hears("of a consult", lambda it: len(it.legs) == 2)
        assert both.legs[1].type is ConversationType.CONSULT
        held = await carl.hears(lambda sip: sip.method == "INVITE" and sip.media == "sendonly")
        assert held
        await agent.about(both, ReleaseLeg, leg=both.legs[0].id)
        left = await agent.hears(
            "that one leg is left", lambda report: [leg.id for leg in report.legs] == [both.legs[1].id]
        )
        assert left.legs[0].type is ConversationType.PRIMARY


# Phones that are there already


@asynccontextmanager
async def foreign_phone(folder: Path, *accounts: str) -> AsyncIterator[tuple[int, int]]:
    """A phone that nobody of ours has started, with these accounts; its SIP and control ports."""
    of = settings(1)
    taken: set[int] = set()
    ports = PhonePorts(sip=free_port("127.0.0.1", taken, for_sip=True), control=free_port("127.0.0.1", taken))
    lines = [f"<sip:{name}@127.0.0.1:{ports.sip}>;regint=0;answermode=manual;audio_codecs=pcmu" for name in accounts]
    write_config(folder, of, find_modules(of), ports, "\n".join(lines))
    ready = trio.Event()

    def take(line: str) -> None:
        if "baresip is ready" in line:
            ready.set()

    process = await Process.start([find_program(of), "-f", str(folder)], folder, take)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(process.read)
        with trio.fail_after(PATIENCE_S):
            await ready.wait()
        try:
            yield ports.sip, ports.control
        finally:
            with trio.CancelScope(shield=True):
                await process.end()
            nursery.cancel_scope.cancel()


def attached(sip: int, control: int, *names: str) -> SipSettings:
    agents = tuple(
        SipAgent(id=name, extension=name, uri=f"sip:{name}@127.0.0.1:{sip}", attach=f"127.0.0.1:{control}")
        for name in names
    )
    return attrs.evolve(settings(1), agents=agents)


async def test_agents_share_a_phone_that_runs_already_and_its_calls_are_theirs(tmp_path: Path) -> None:
    async with foreign_phone(tmp_path, "ann", "bob") as (sip, control), party() as carl, party("dora") as dora:
        await carl.call(f"sip:ann@127.0.0.1:{sip}")
        async with agents_at(attached(sip, control, "ann", "bob")) as (ann, bob):
            rings = await ann.offered()
            assert [member.address for member in rings.legs[0].members] == ["carl"]
            await dora.call(bob.uri)
            await bob.offered()
            # Each at its own account, whichever is the phone's present one.
            async with trio.open_nursery() as nursery:
                nursery.start_soon(ann.talks)
                nursery.start_soon(bob.talks)
            await carl.hears_media()
            await dora.hears_media()
            at_ann = ann.latest(rings)
            await ann.about(at_ann, ReleaseLeg, leg=at_ann.legs[0].id)
            await carl.hears(lambda sip: sip.method == "BYE")
            assert not any(sip.method == "BYE" for sip in dora.heard)
            await settle(bob.running)


async def test_a_call_that_goes_on_is_in_the_snapshot_of_the_next_adapter(tmp_path: Path) -> None:
    async with foreign_phone(tmp_path, "ann") as (sip, control), party() as carl:
        of = attached(sip, control, "ann")
        async with agents_at(of) as (ann,):
            await carl.call(ann.uri)
            await ann.talks()
        async with agents_at(of) as (ann,):
            (known,) = (await ann.ask(StartAgent())).interactions
            assert (known.state, known.legs[0].state) == (InteractionState.STARTED, ConversationState.CONNECTED)
            await carl.hang_up()
            assert (await ann.ended(known)).cause is EndCause.REMOTE


async def test_customers_phones_are_no_agents() -> None:
    async with agents_at(settings(1)) as (agent,), running_phones(settings(1)) as others:
        (phone,) = others.floor.endpoints.values()
        async with others.hands.turn(phone) as turn:
            await turn.command("dial", agent.uri)
        it = await agent.offered()
        assert [member.address for member in it.legs[0].members] == ["4001"]
        assert [member.name for member in it.legs[0].members] == [None]
