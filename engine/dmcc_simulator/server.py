"""The simulated AES on the network: frames in, answers and events out. It outlives its connections."""

from collections.abc import Callable
from functools import partial
from typing import Final

import attrs
import trio

from engine.adapters.csta.framing import EVENT_ID, BadFrame, Frame, FrameReader, encode_frame
from engine.adapters.csta.words import CSTA, SESSION, group, leaf
from engine.adapters.csta.xml import BadXml, Node, parse, serialize
from engine.dmcc_simulator.exchange import Exchange, Happening, SwitchRefusal
from engine.dmcc_simulator.faults import Fault, FaultKind, Faults
from engine.dmcc_simulator.logins import Logins
from engine.dmcc_simulator.services import Client, Reply, Services, linkage, refused
from engine.dmcc_simulator.sessions import Session, Sessions
from engine.dmcc_simulator.settings import Order, SwitchSettings

OUTBOX_FRAMES: Final = 10_000
_CHUNK_BYTES: Final = 65_536
_NO_FRAME: Final = b"HTTP/1.1 400 Bad Request\r\n\r\n"


@attrs.define(eq=False)
class _Connection:
    """One connection: what is to be sent on it, its scope, and how many frames have gone either way."""

    outbox: trio.MemorySendChannel[bytes]
    scope: trio.CancelScope
    sent: int = 0
    received: int = 0
    client: Client = attrs.field(init=False)

    def send(self, data: bytes) -> None:
        try:
            self.outbox.send_nowait(data)
        except (trio.WouldBlock, trio.BrokenResourceError, trio.ClosedResourceError):
            self.scope.cancel()  # it does not read, or is gone


class DmccSimulator:
    """The switch, its AES, and who is connected. `run` is its task; what is done outside is done to `exchange`."""

    def __init__(self, settings: SwitchSettings) -> None:
        self.settings: Final = settings
        self.faults: Final = Faults()
        self.exchange: Final = Exchange(settings, self.tell, self._later)
        self.logins: Final = Logins(self.exchange, self.tell)
        self.sessions: Final = Sessions(settings, self._later, self._expired)
        self.asked: Final[list[str]] = []
        """The names of the latest requests."""
        self.refuse_connections = False
        self.order = settings.order
        self.events_times = settings.events_times
        self.slow_s = 0.0
        """How long each request takes."""
        self.services: Final = Services(self.exchange, self.logins, self.sessions)
        self.connections: Final[list[_Connection]] = []
        self._nursery: trio.Nursery | None = None
        self._held_back: list[tuple[Session, bytes]] | None = None

    @property
    def busy(self) -> bool:
        """Is there something to be sent?"""
        return any(connection.outbox.statistics().current_buffer_used for connection in self.connections)

    async def run(
        self, listeners: list[trio.SocketListener], *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Take connections until cancelled; started with the port."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            task_status.started(listeners[0].socket.getsockname()[1])
            try:
                await trio.serve_listeners(self.serve, listeners)
            finally:
                self._nursery = None

    # Connections

    async def serve(self, stream: trio.abc.Stream) -> None:
        """One connection, until it ends."""
        if self.refuse_connections:
            await trio.aclose_forcefully(stream)
            return
        outbox, unsent = trio.open_memory_channel[bytes](OUTBOX_FRAMES)
        try:
            async with trio.open_nursery() as nursery:
                connection = _Connection(outbox, nursery.cancel_scope)
                connection.client = Client(partial(self._send_event, connection))
                self.connections.append(connection)
                nursery.start_soon(self._write, stream, unsent, connection)
                await self._read(stream, connection)
                nursery.cancel_scope.cancel()
        finally:
            self.connections.remove(connection)
            session = connection.client.session
            if session is not None and session.deliver is connection.client.deliver:
                self.sessions.disconnected(session)
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)

    async def _read(self, stream: trio.abc.Stream, connection: _Connection) -> None:
        reader = FrameReader()
        try:
            while data := await stream.receive_some(_CHUNK_BYTES):
                for frame in reader.feed(bytes(data)):
                    connection.received += 1
                    self._take(frame, connection)
        except (BadFrame, trio.BrokenResourceError, trio.ClosedResourceError, OSError):
            return

    async def _write(
        self, stream: trio.abc.Stream, unsent: trio.MemoryReceiveChannel[bytes], connection: _Connection
    ) -> None:
        try:
            async for data in unsent:
                await stream.send_all(data)
                connection.sent += 1
        except (trio.BrokenResourceError, trio.ClosedResourceError, OSError):
            connection.scope.cancel()

    # Requests

    def _take(self, frame: Frame, connection: _Connection) -> None:
        try:
            node = parse(frame.xml)
        except BadXml:
            self._answer(connection, frame.invoke, refused(SwitchRefusal("operation", "generic")))
            return
        self.asked.append(node.name)
        del self.asked[:-10_000]
        if self.slow_s:
            self._later(self.slow_s, partial(self._begin, frame, node, connection))
        else:
            self._begin(frame, node, connection)

    def _begin(self, frame: Frame, node: Node, connection: _Connection) -> None:
        fault = self.faults.strike(node.name)
        if fault is None:
            self._do(frame, node, connection, events_first=self.order is Order.EVENTS)
        else:
            self._do_badly(frame, node, connection, fault)

    def _do(self, frame: Frame, node: Node, connection: _Connection, *, events_first: bool) -> None:
        reply, events = self._perform(node, connection)
        if not events_first:
            self._answer(connection, frame.invoke, reply)
        self._deliver(events)
        if events_first:
            self._answer(connection, frame.invoke, reply)

    def _perform(self, node: Node, connection: _Connection) -> tuple[Reply, list[tuple[Session, bytes]]]:
        """Do it; the events that come of it are held back."""
        held_back: list[tuple[Session, bytes]] = []
        self._held_back = held_back
        try:
            return self.services.perform(connection.client, node), held_back
        finally:
            self._held_back = None

    def _do_badly(self, frame: Frame, node: Node, connection: _Connection, fault: Fault) -> None:
        match fault.kind:
            case FaultKind.REFUSED:
                self._answer(connection, frame.invoke, refused(SwitchRefusal(fault.category, fault.value)))
                return
            case FaultKind.SILENT:
                return
            case FaultKind.CRASH:
                self.refuse_connections = True
                self.cut_links()
                return
            case FaultKind.EVENTS_FIRST:
                self._do(frame, node, connection, events_first=True)
                return
        reply, events = self._perform(node, connection)
        answer = partial(self._answer, connection, frame.invoke, reply)
        match fault.kind:
            case FaultKind.LATE:
                self._later(fault.delay_s, answer)
            case FaultKind.NONSENSE:
                connection.send(encode_frame(Frame(frame.invoke, b"<no-xml>")))
            case FaultKind.EMPTY:
                self._answer(connection, frame.invoke, Reply(group(f"{node.name}Response")))
            case FaultKind.CUT:
                connection.scope.cancel()
            case FaultKind.NO_FRAME:
                connection.send(_NO_FRAME)
            case FaultKind.NO_EVENTS:
                events = []
                answer()
            case FaultKind.TWICE:
                answer()
                answer()
        self._deliver(events)

    def _answer(self, connection: _Connection, invoke: int, reply: Reply) -> None:
        session = connection.client.session
        space = reply.space or (session.protocol if session is not None else CSTA)
        connection.send(encode_frame(Frame(invoke, serialize(reply.root, space))))

    # Events

    def tell(self, happening: Happening) -> None:
        """Tell all monitors that have to do with it."""
        for session in tuple(self.sessions.there.values()):
            for monitor, device in session.monitors.items():
                if device in happening.local:
                    xml = _event(happening, monitor, device, session.protocol)
                    for _ in range(self.events_times):
                        self._send_or_hold(session, xml)

    def _send_or_hold(self, session: Session, xml: bytes) -> None:
        if self._held_back is not None:
            self._held_back.append((session, xml))
        else:
            self._deliver([(session, xml)])

    @staticmethod
    def _deliver(events: list[tuple[Session, bytes]]) -> None:
        """What is told while a session has no connection is lost."""
        for session, xml in events:
            if session.deliver is not None:
                session.deliver(xml)

    @staticmethod
    def _send_event(connection: _Connection, xml: bytes) -> None:
        connection.send(encode_frame(Frame(EVENT_ID, xml)))

    def _expired(self, session: Session) -> None:
        if session.deliver is not None:
            self._end(session, "sessionTimerExpired")

    @staticmethod
    def _end(session: Session, reason: str) -> None:
        root = group(
            "ApplicationSessionTerminated",
            leaf("sessionID", session.id),
            group("sessionTermReason", leaf("definedTermReason", reason)),
        )
        if session.deliver is not None:
            session.deliver(serialize(root, SESSION))

    # What can go wrong

    def cut_links(self) -> None:
        """Break all connections. The switch goes on."""
        for connection in self.connections:
            connection.scope.cancel()

    def end_sessions(self) -> None:
        """AES ends all sessions, and says so."""
        for session in tuple(self.sessions.there.values()):
            self.sessions.stop(session.id)
            self._end(session, "serverShutdown")

    def lose_monitors(self, device: str) -> int:
        """The switch looks at this phone no longer, and says so. Returns how many monitors that were."""
        lost = 0
        for session in self.sessions.there.values():
            for monitor in [each for each, at in session.monitors.items() if at == device]:
                del session.monitors[monitor]
                lost += 1
                if session.deliver is not None:
                    root = group("MonitorStop", leaf("monitorCrossRefID", monitor))
                    session.deliver(serialize(root, session.protocol))
        return lost

    def say(self, data: bytes) -> None:
        """Send this to all that are connected, whatever it is."""
        for connection in self.connections:
            connection.send(data)

    # Time

    def _later(self, delay_s: float, do: Callable[[], object]) -> Callable[[], None]:
        scope = trio.CancelScope()

        async def wait() -> None:
            with scope:
                await trio.sleep(delay_s)
            if not scope.cancelled_caught:
                do()

        if self._nursery is not None:
            self._nursery.start_soon(wait)
        return scope.cancel


def _event(happening: Happening, monitor: str, device: str, protocol: str) -> bytes:
    body = [leaf("monitorCrossRefID", monitor), *happening.body]
    if happening.cause:
        body += [
            leaf("localConnectionInfo", happening.local[device]),
            leaf("cause", happening.cause),
            linkage(happening.ucid),
        ]
    return serialize(group(happening.name, *body), protocol)
