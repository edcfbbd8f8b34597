"""The simulated AES on a socket: whatever is sent to it, it answers or hangs up, and serves the next one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest
import trio

from engine.adapters.csta import requests
from engine.adapters.csta.errors import error_of
from engine.adapters.csta.framing import EVENT_ID, Frame, FrameReader, encode_frame
from engine.adapters.csta.requests import Request
from engine.adapters.csta.words import CSTA, group, leaf
from engine.adapters.csta.xml import Node, parse
from engine.dmcc_simulator.faults import Fault, FaultKind
from engine.dmcc_simulator.server import DmccSimulator
from engine.dmcc_simulator.settings import Order, SwitchSettings, demo

PROTOCOL = f"{CSTA}/priv6"
PHONE = "4001:CM1::0"


@attrs.define
class Client:
    """A client of AES that speaks by hand."""

    stream: trio.SocketStream
    reader: FrameReader = attrs.field(factory=FrameReader)
    waiting: list[Frame] = attrs.field(factory=list)
    invoke: int = 0

    async def next(self) -> Frame | None:
        """None: the far end has hung up."""
        with trio.fail_after(5):
            while not self.waiting:
                data = await self.stream.receive_some(65536)
                if not data:
                    return None
                self.waiting += self.reader.feed(bytes(data))
        return self.waiting.pop(0)

    async def send(self, request: Request) -> int:
        self.invoke += 1
        await self.stream.send_all(encode_frame(Frame(self.invoke, request.encode(PROTOCOL))))
        return self.invoke

    async def ask(self, request: Request) -> Node:
        """The answer; events that come before it are left out."""
        invoke = await self.send(request)
        while True:
            frame = await self.next()
            assert frame is not None, "it has hung up"
            if frame.invoke == invoke:
                return parse(frame.xml)

    async def event(self) -> Node:
        frame = await self.next()
        assert frame is not None
        assert frame.invoke == EVENT_ID
        return parse(frame.xml)

    async def start(self, previous: str | None = None, cleanup_s: int = 60, **changes: str) -> Node:
        user, password = changes.get("user", "ixp"), changes.get("password", "demo")
        return await self.ask(
            requests.start_application_session(
                user, password, (PROTOCOL,), duration_s=60, cleanup_s=cleanup_s, previous=previous
            )
        )

    async def monitor(self) -> str:
        answer = await self.ask(requests.monitor_start(PHONE))
        return answer.value("monitorCrossRefID") or ""


@attrs.define
class Aes:
    simulator: DmccSimulator
    port: int
    clients: list[Client] = attrs.field(factory=list)

    async def connect(self) -> Client:
        self.clients.append(Client(await trio.open_tcp_stream("127.0.0.1", self.port)))
        return self.clients[-1]


@asynccontextmanager
async def aes(settings: SwitchSettings | None = None) -> AsyncIterator[Aes]:
    simulator = DmccSimulator(settings or demo(4))
    async with trio.open_nursery() as nursery:
        port = await nursery.start(simulator.run, await trio.open_tcp_listeners(0, host="127.0.0.1"))
        at = Aes(simulator, port)
        yield at
        for client in at.clients:
            await trio.aclose_forcefully(client.stream)
        nursery.cancel_scope.cancel()


async def test_a_session_a_monitor_and_a_call() -> None:
    async with aes() as at:
        client = await at.connect()
        started = await client.start()
        assert (started.name, started.value("actualSessionDuration")) == ("StartApplicationSessionPosResponse", "60")
        device = await client.ask(requests.get_device_id("CM1", "4001"))
        assert device.value("device") == PHONE
        monitor = await client.monitor()
        at.simulator.exchange.call_in("+15550100", "4001", "A7")
        event = await client.event()
        assert (event.name, event.value("monitorCrossRefID"), event.value("userData", "string")) == (
            "DeliveredEvent",
            monitor,
            "A7",
        )
        assert event.value("localConnectionInfo") == "alerting"
        snapshot = await client.ask(requests.snapshot_device(PHONE))
        assert snapshot.deep_value("callID") == "1"
        await client.ask(requests.monitor_stop(monitor))
        assert error_of(await client.ask(requests.monitor_stop(monitor))) is not None
        stopped = await client.ask(requests.stop_application_session(started.value("sessionID") or ""))
        assert stopped.name == "StopApplicationSessionPosResponse"
        assert at.simulator.sessions.there == {}


@pytest.mark.parametrize("wrong", [{"user": "nobody"}, {"password": "wrong"}])
async def test_who_is_not_known_is_not_let_in(wrong: dict[str, str]) -> None:
    async with aes() as at:
        client = await at.connect()
        assert str(error_of(await client.start(**wrong))) == "definedError/invalidApplicationInfo"
        assert str(error_of(await client.ask(requests.get_agent_state(PHONE)))) == "security/noSession"
        assert (await client.start()).value("sessionID")


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (requests.get_device_id("CM2", "4001"), "operation/invalidDeviceID"),
        (requests.monitor_start("9999:CM1::0"), "operation/invalidDeviceID"),
        (requests.make_call("9999:CM1::0", "4002"), "operation/invalidCallingDeviceID"),
        (requests.make_call(PHONE, "9999"), "operation/invalidDestination"),
        (requests.hold_call("7", PHONE), "operation/invalidConnectionID"),
        (requests.snapshot_call("7", PHONE), "operation/invalidConnectionID"),
        (requests.transfer_call("7", "8", PHONE), "operation/invalidConnectionID"),
        (requests.set_agent_state(PHONE, "ready"), "operation/invalidAgentState"),
        (requests.set_agent_state(PHONE, "loggedOn", login="x", password="1234"), "operation/invalidAgentID"),
        (requests.set_agent_state(PHONE, "loggedOn", login="agent1"), "operation/invalidPassword"),
        (requests.transfer_monitor_objects("x", "y"), "operation/generic"),
        (requests.reset_application_session_timer("x", 60), "definedError/invalidSessionID"),
        (Request(group("ParkCall")), "operation/serviceNotSupported"),
        (Request(group("HoldCall", leaf("callToBeHeld", "7"))), "operation/invalidConnectionID"),
        (Request(group("ConsultationCall")), "operation/invalidConnectionID"),
        (Request(group("TransferCall")), "operation/invalidConnectionID"),
        (Request(group("SnapshotCall")), "operation/invalidConnectionID"),
        (Request(group("MonitorStop")), "operation/invalidMonitorCrossRefID"),
    ],
    ids=lambda value: value.name if isinstance(value, Request) else "",
)
async def test_what_makes_no_sense_has_a_negative_answer(request_: Request, error: str) -> None:
    async with aes() as at:
        client = await at.connect()
        await client.start()
        assert str(error_of(await client.ask(request_))) == error


async def test_what_is_no_xml_is_answered_and_what_is_no_frame_is_hung_up_on() -> None:
    async with aes() as at:
        client = await at.connect()
        await client.stream.send_all(encode_frame(Frame(3, b"no XML")))
        frame = await client.next()
        assert frame is not None
        assert (frame.invoke, error_of(parse(frame.xml)) is not None) == (3, True)
        await client.stream.send_all(b"GET / HTTP/1.1\r\n\r\n")
        assert await client.next() is None
        assert (await (await at.connect()).start()).value("sessionID")


async def test_a_session_outlives_its_connection_for_a_while() -> None:
    async with aes() as at:
        client = await at.connect()
        session = (await client.start(cleanup_s=60)).value("sessionID") or ""
        monitor = await client.monitor()
        await client.stream.aclose()
        client = await at.connect()
        assert (await client.start(previous=session)).value("sessionID") == session
        at.simulator.exchange.call_in("+15550100", "4001")
        assert (await client.event()).value("monitorCrossRefID") == monitor
        at.simulator.sessions.refuse_return = True
        assert error_of(await (await at.connect()).start(previous=session)) is not None


async def test_the_monitors_of_a_session_may_be_handed_on() -> None:
    async with aes() as at:
        first, second = await at.connect(), await at.connect()
        old = (await first.start()).value("sessionID") or ""
        new = (await second.start()).value("sessionID") or ""
        monitor = await first.monitor()
        assert error_of(await second.ask(requests.transfer_monitor_objects(old, new))) is None
        at.simulator.exchange.call_in("+15550100", "4001")
        assert (await second.event()).value("monitorCrossRefID") == monitor


async def test_a_session_without_a_sign_of_life_is_ended_and_told_so() -> None:
    async with aes(attrs.evolve(demo(4), session_s=1)) as at:
        client = await at.connect()
        await client.start()
        event = await client.event()
        assert (event.name, event.deep_value("definedTermReason")) == (
            "ApplicationSessionTerminated",
            "sessionTimerExpired",
        )


@pytest.mark.parametrize("order", Order)
async def test_events_come_after_the_answer_or_before_it(order: Order) -> None:
    async with aes(attrs.evolve(demo(4), order=order, events_times=2)) as at:
        client = await at.connect()
        await client.start()
        await client.monitor()
        invoke = await client.send(requests.make_call(PHONE, "4002"))
        came = [frame.invoke for _ in range(7) if (frame := await client.next())]
        assert came.index(invoke) == (0 if order is Order.ANSWER else 6)


@pytest.mark.parametrize("kind", FaultKind)
async def test_each_fault_strikes_once(kind: FaultKind) -> None:
    async with aes() as at:
        client = await at.connect()
        await client.start()
        at.simulator.faults.add(Fault("GetAgentState", kind, delay_s=0.01))
        invoke = await client.send(requests.get_agent_state(PHONE))
        match kind:
            case FaultKind.CUT | FaultKind.CRASH:
                assert await client.next() is None
                assert at.simulator.refuse_connections is (kind is FaultKind.CRASH)
                return
            case FaultKind.NO_FRAME:
                assert await client.stream.receive_some(4) == b"HTTP"
                return
            case FaultKind.SILENT | FaultKind.UNANSWERED:
                pass
            case _:
                frame = await client.next()
                assert frame is not None
                assert frame.invoke == invoke
                assert (kind is FaultKind.NONSENSE) == (frame.xml == b"<no-xml>")
                assert (kind is FaultKind.REFUSED) == (b"CSTAErrorCode" in frame.xml)
        if kind is FaultKind.TWICE:
            assert await client.next() == frame
        assert (await client.ask(requests.get_agent_state(PHONE))).name == "GetAgentStateResponse"


async def test_whoever_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.dmcc_simulator.server.OUTBOX_FRAMES", 1)
    async with aes() as at:
        client = await at.connect()
        await client.start()
        for _ in range(4):
            at.simulator.say(b"\0\0\0\x090000x")
        while await client.stream.receive_some(100):
            pass
