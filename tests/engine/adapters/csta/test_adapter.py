"""The life of the adapter: let in or not, links that break and come back, monitors and sessions that are lost."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog.testing
import trio
import trio.testing

from engine.adapters.contract.connection import Connection, Recorder
from engine.adapters.csta import open_adapter
from engine.adapters.csta.adapter import CstaAdapter
from engine.adapters.csta.bench import CUSTOMER, QUIET_S, centre, switch, table
from engine.adapters.csta.framing import EVENT_ID, Frame, encode_frame
from engine.dmcc_simulator.faults import Fault, FaultKind
from engine.dmcc_simulator.server import DmccSimulator
from protocol.errors import FailureCode
from protocol.platform import ActivateChannel, SetAgentState, StartAgent
from protocol.states import AgentState, EndCause, InteractionState
from tests.blackbox.certificates import write_certificate
from tests.engine.adapters.csta.centre import LOSES_ANSWERS, Floor, floor

NOT_READY = SetAgentState(endpoint="4001", agentstate=AgentState.NOTREADY, reason="1")


async def is_back(at: Floor) -> None:
    """Until the adapter has asked for another session, has it, and has found out how things stand."""
    with trio.fail_after(QUIET_S):
        while not (at.simulator.asked.count("StartApplicationSession") > 1 and at.at.adapters[0].up and at.at.quiet):
            await trio.testing.wait_all_tasks_blocked(0.001)


async def is_away(at: Floor) -> None:
    with trio.fail_after(QUIET_S):
        while at.at.adapters[0].up:
            await trio.testing.wait_all_tasks_blocked(0.001)


# Being let in


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"user": "nobody"}, "check user, password and protocols"),
        ({"password": "wrong"}, "check user, password and protocols"),
    ],
)
async def test_who_is_not_let_in_is_told_why(more: dict[str, Any], says: str) -> None:
    async with centre(**more) as at, trio.open_nursery() as nursery:
        with pytest.raises(ConnectionError, match=says) as refused:
            await nursery.start(at.make().run, Recorder())
        assert str(at.port) in str(refused.value)
    assert "wrong" not in str(refused.value)


async def test_where_nobody_listens_the_address_is_told() -> None:
    async with centre() as at, trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        at.port = listener.socket.getsockname()[1]
        await listener.aclose()
        with pytest.raises(ConnectionError, match=r"AES at 127\.0\.0\.1:.* failed; start AES, or ixp dmcc-sim"):
            await nursery.start(at.make().run, Recorder())


@pytest.mark.parametrize("answer", [b"", b"\0\0\0\x100000<no-tls>"])
async def test_where_there_is_no_tls_the_key_is_told(answer: bytes) -> None:
    async def say(stream: trio.SocketStream) -> None:
        await stream.receive_some(10)
        if answer:
            await stream.send_all(answer)
        await stream.aclose()

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, say, listeners)
        adapter = open_adapter(table(listeners[0].socket.getsockname()[1], tls=True), Path())()
        with pytest.raises(ConnectionError, match="there is no TLS at this port; set tls = false"):
            await nursery.start(adapter.run, Recorder())
        nursery.cancel_scope.cancel()


async def test_where_there_is_no_tls_and_no_answer_it_is_asked_about() -> None:
    async def say_nothing(stream: trio.SocketStream) -> None:
        await trio.sleep_forever()

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, say_nothing, listeners)
        more = {"tls": True, "connect_timeout_s": 0.05}
        adapter = open_adapter(table(listeners[0].socket.getsockname()[1], **more), Path())()
        with pytest.raises(ConnectionError, match="in time; is there TLS at this port"):
            await nursery.start(adapter.run, Recorder())
        nursery.cancel_scope.cancel()


async def test_a_switch_name_that_may_be_wrong_is_in_the_log() -> None:
    with structlog.testing.capture_logs() as logs:
        async with centre(switch_name="CM2") as at, trio.open_nursery() as nursery:
            link = Connection(at.make(), Recorder(), at.bench())
            await nursery.start(link.adapter.run, link.sink)
            await link.ask("agent1", StartAgent())
            nursery.cancel_scope.cancel()
    (line,) = [line for line in logs if line["event"] == "csta_phone_unknown"]
    assert (line["log_level"], line["endpoint"]) == ("warning", "4001")
    assert "switch_name, CM2, may be wrong" in line["remedy"]


async def test_who_takes_the_connection_and_says_nothing_is_not_waited_for_long() -> None:
    async def say_nothing(stream: trio.SocketStream) -> None:
        await trio.sleep_forever()

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, say_nothing, listeners)
        more = {"reply_timeout_s": 0.05}
        adapter = open_adapter(table(listeners[0].socket.getsockname()[1], **more), Path())()
        with pytest.raises(ConnectionError, match="did not answer StartApplicationSession"):
            await nursery.start(adapter.run, Recorder())
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"\0\0\0\x100000<no-xml>"])
async def test_what_is_no_aes_is_told_as_such(answer: bytes) -> None:
    async def say(stream: trio.SocketStream) -> None:
        await stream.receive_some(10)
        await stream.send_all(answer)
        await stream.aclose()

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, say, listeners)
        adapter = open_adapter(table(listeners[0].socket.getsockname()[1]), Path())()
        with pytest.raises(ConnectionError, match="is lost"):
            await nursery.start(adapter.run, Recorder())
        nursery.cancel_scope.cancel()


# TLS


@asynccontextmanager
async def tls_aes(folder: Path) -> AsyncIterator[int]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    simulator = DmccSimulator(switch())
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    async with trio.open_nursery() as nursery:
        await nursery.start(simulator.run, await trio.open_tcp_listeners(0, host="127.0.0.1"))
        await nursery.start(trio.serve_listeners, simulator.serve, [trio.SSLListener(listener, context)])
        yield port
        nursery.cancel_scope.cancel()


async def test_over_tls_agents_are_served(tmp_path: Path) -> None:
    write_certificate(tmp_path, "aes")
    async with tls_aes(tmp_path) as port, trio.open_nursery() as nursery:
        adapter = open_adapter(table(port, tls=True, ca_file="cert.pem"), tmp_path)()
        await nursery.start(adapter.run, Recorder())
        assert (await adapter.perform("agent1", StartAgent())).agent_name == "Agent 1"
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("wrong", ["issuer", "name"])
async def test_a_certificate_that_is_not_trusted_is_refused(wrong: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    write_certificate(tmp_path, "aes")
    write_certificate(tmp_path / "other", "aes")
    more = {"ca_file": "other/cert.pem"} if wrong == "issuer" else {"ca_file": "cert.pem", "tls_name": "aes.example"}
    async with tls_aes(tmp_path) as port, trio.open_nursery() as nursery:
        adapter = open_adapter(table(port, tls=True, **more), tmp_path)()
        with pytest.raises(ConnectionError, match=r"certificate is not trusted .* name the file"):
            await nursery.start(adapter.run, Recorder())


# Links


@pytest.mark.parametrize("how", ["taken up", "monitors moved", "monitors begun anew"])
async def test_a_link_that_comes_back_is_no_loss_and_what_has_changed_is_told(how: str) -> None:
    async with floor("agent1", "agent2") as at:
        talk = await at.customer_talks_to("agent1")
        started = at.simulator.asked.count("MonitorStart")
        at.simulator.sessions.refuse_return = how != "taken up"
        at.simulator.sessions.refuse_transfer = how == "monitors begun anew"
        at.simulator.cut_links()
        at.simulator.exchange.hold("4001", "1")
        at.simulator.exchange.call_in("+15550111", "4002")
        at.simulator.logins.set_state("4001", "notReady", "2", may_wait=False)
        await is_back(at)
        assert [leg.state for leg in (await at.latest("agent1")).legs] == ["HELD"]
        assert at.link.sink.last("agent1")["4001"].reason == "2"
        assert (await at.latest("agent2")).state is InteractionState.ALERTING
        at.simulator.exchange.clear(CUSTOMER, "1")
        over = await at.latest("agent1")
        assert (over.id, over.cause) == (talk.id, EndCause.REMOTE)
        again = at.simulator.asked.count("MonitorStart") - started
        assert again == (2 if how == "monitors begun anew" else 0)


async def test_a_call_that_ended_while_the_link_was_lost_is_over() -> None:
    async with floor("agent1") as at:
        talk = await at.customer_talks_to("agent1")
        at.simulator.cut_links()
        at.simulator.exchange.clear(CUSTOMER, "1")
        await is_back(at)
        over = await at.latest("agent1")
        assert (over.id, over.cause) == (talk.id, EndCause.REMOTE)


async def test_while_the_link_is_lost_calls_are_refused() -> None:
    async with floor("agent1") as at:
        at.simulator.refuse_connections = True
        at.simulator.cut_links()
        await is_away(at)
        assert await at.link.refusal("agent1", NOT_READY) is FailureCode.PLATFORM_UNAVAILABLE
        at.simulator.refuse_connections = False
        await is_back(at)
        await at.link.ask("agent1", NOT_READY)


async def test_a_call_that_a_cut_interrupts_is_refused_and_what_it_did_is_told() -> None:
    async with floor("agent1") as at:
        at.simulator.faults.add(Fault("SetAgentState", FaultKind.CUT))
        assert await at.link.refusal("agent1", NOT_READY) is FailureCode.PLATFORM_UNAVAILABLE
        await is_back(at)
        assert at.link.sink.last("agent1")["4001"].agentstate is AgentState.NOTREADY


async def test_a_link_that_stays_away_is_a_loss_of_the_platform() -> None:
    async with centre(return_within_s=0.2) as at:
        adapter = at.make()
        with pytest.RaisesGroup(pytest.RaisesExc(ConnectionError, match="is lost")):
            async with trio.open_nursery() as nursery:
                await nursery.start(adapter.run, Recorder())
                at.simulator.refuse_connections = True
                at.simulator.cut_links()
        link = Connection(adapter, Recorder(), at.bench())
        assert await link.refusal("agent1", StartAgent()) is FailureCode.PLATFORM_UNAVAILABLE


async def test_what_is_no_frame_ends_the_link_and_not_the_adapter() -> None:
    async with floor("agent1") as at:
        at.simulator.faults.add(Fault("SetAgentState", FaultKind.NO_FRAME))
        assert await at.link.refusal("agent1", NOT_READY) is FailureCode.PLATFORM_UNAVAILABLE
        await is_back(at)
        assert at.link.sink.last("agent1")["4001"].agentstate is AgentState.NOTREADY


async def test_a_link_that_is_dead_without_a_word_is_noticed_by_the_sign_of_life() -> None:
    async with floor("agent1", settings=switch(session_s=1), **LOSES_ANSWERS) as at:
        at.simulator.faults.add(Fault("ResetApplicationSessionTimer", FaultKind.SILENT))
        await is_back(at)
        await at.link.ask("agent1", NOT_READY)


async def test_the_session_is_kept_alive_and_stopped_in_the_end() -> None:
    async with centre(switch(session_s=1)) as at, trio.open_nursery() as nursery:
        await nursery.start(at.make().run, Recorder())
        await trio.sleep(1.2)
        assert len(at.simulator.sessions.there) == 1
        assert at.simulator.asked.count("ResetApplicationSessionTimer") == 2
        nursery.cancel_scope.cancel()
    assert at.simulator.asked[-1] == "StopApplicationSession"
    assert at.simulator.sessions.there == {}


async def test_a_session_that_aes_ends_is_begun_anew() -> None:
    async with floor("agent1") as at:
        at.simulator.end_sessions()
        at.simulator.sessions.refuse_return = True
        await is_back(at)
        offered = await at.customer_calls("agent1")
        assert offered.state is InteractionState.ALERTING


async def test_a_phone_that_is_gone_when_the_link_is_back_keeps_no_other_from_going_on() -> None:
    async with floor("agent1", "agent2") as at:
        at.simulator.sessions.refuse_return = at.simulator.sessions.refuse_transfer = True
        at.simulator.faults.add(Fault("MonitorStart", FaultKind.REFUSED, value="invalidDeviceID"))
        at.simulator.cut_links()
        await is_back(at)
        assert (await at.customer_calls("agent2")).state is InteractionState.ALERTING


async def test_a_monitor_that_is_lost_is_begun_anew() -> None:
    async with floor("agent1") as at:
        at.simulator.lose_monitors("4001")
        at.simulator.exchange.call_in(CUSTOMER, "4001")
        assert (await at.latest("agent1")).state is InteractionState.ALERTING
        at.simulator.exchange.answer("4001", "1")
        assert (await at.latest("agent1")).state is InteractionState.STARTED


# Nonsense


NONSENSE = {
    "no XML": b"no XML",
    "an entity": b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "nothing known": b"<SomethingEvent><monitorCrossRefID>1</monitorCrossRefID></SomethingEvent>",
    "no monitor": b"<DeliveredEvent/>",
    "a strange monitor": b"<DeliveredEvent><monitorCrossRefID>99</monitorCrossRefID><connection><callID>5</callID>"
    b"<deviceID>4001</deviceID></connection></DeliveredEvent>",
    "a monitor that was never there ends": b"<MonitorStop><monitorCrossRefID>99</monitorCrossRefID></MonitorStop>",
    "the end of a call that was never there": b"<ConnectionClearedEvent><monitorCrossRefID>1</monitorCrossRefID>"
    b"<droppedConnection><callID>77</callID><deviceID>4001</deviceID></droppedConnection></ConnectionClearedEvent>",
    "a transfer of calls that were never there": b"<TransferedEvent><monitorCrossRefID>1</monitorCrossRefID>"
    b"<primaryOldCall><callID>77</callID><deviceID>4001</deviceID></primaryOldCall></TransferedEvent>",
    "somebody else logs off": b"<AgentLoggedOffEvent><monitorCrossRefID>1</monitorCrossRefID><agentID>x</agentID>"
    b"</AgentLoggedOffEvent>",
}


@pytest.mark.parametrize("xml", NONSENSE.values(), ids=NONSENSE.keys())
async def test_nonsense_does_no_harm(xml: bytes) -> None:
    async with floor("agent1") as at:
        told = list(at.link.sink.told)
        at.simulator.say(encode_frame(Frame(EVENT_ID, xml)))
        await at.at.settle()
        assert at.link.sink.told == told
        assert (await at.link.ask("agent1", NOT_READY)).agentstate is AgentState.NOTREADY


async def test_a_call_of_which_only_the_middle_is_told_is_asked_about() -> None:
    """Its beginning was lost, or there is no such call: what the switch answers holds."""
    async with floor("agent1") as at:
        (monitor,) = (monitor for each in at.simulator.sessions.there.values() for monitor in each.monitors)
        held = (
            f"<HeldEvent><monitorCrossRefID>{monitor}</monitorCrossRefID><heldConnection><callID>77</callID>"
            "<deviceID>4001</deviceID></heldConnection><localConnectionInfo>hold</localConnectionInfo></HeldEvent>"
        )
        at.simulator.say(encode_frame(Frame(EVENT_ID, held.encode())))
        assert (await at.latest("agent1")).state is InteractionState.COMPLETED
        assert (await at.link.ask("agent1", StartAgent())).interactions == ()


# Secrets


async def test_no_password_is_logged() -> None:
    agents = [{**agent, "password": "hush-hush"} for agent in table(1)["agents"]]
    with structlog.testing.capture_logs() as logged:
        async with floor(agents=agents) as at:
            await at.link.ask("agent1", StartAgent(extension="4001"))
            assert await at.link.refusal("agent1", ActivateChannel(endpoint="4001")) is FailureCode.AUTH_FAILED
            at.simulator.sessions.refuse_return = True
            at.simulator.cut_links()
            await is_back(at)
    assert {"csta_link_lost", "csta_session"} <= {each["event"] for each in logged}
    assert "hush-hush" not in str(logged)
    assert "demo" not in str(logged)


def test_an_adapter_is_made_of_what_was_checked() -> None:
    make = open_adapter(table(4721), Path())
    assert isinstance(make(), CstaAdapter)
    assert make() is not make()
