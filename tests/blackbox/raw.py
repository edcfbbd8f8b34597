"""A peer that says to the server whatever bytes it likes, well-formed or not."""

import json
import select
import socket
import struct
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from engine.conformance.line import MASK, frame
from engine.conformance.view import JsonObject

PATIENCE_S: Final = 10.0
RECEIVE_BYTES: Final = 65536


class RawPeer:
    """A connection that is a WebSocket after `upgrade`. It answers nothing by itself: no ping, no close."""

    def __init__(self, url: str, *, holds_bytes: int | None = None) -> None:
        """`holds_bytes`: about so much the system holds of what has come and is not received; it decides if None."""
        parts = urlsplit(url)
        self._protocol = ClientProtocol(parse_uri(url))
        self.socket = socket.socket()
        if holds_bytes is not None:  # before it connects, or the other end has been promised more
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, holds_bytes)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect((str(parts.hostname), int(str(parts.port))))
        self.frames: list[Frame] = []
        """All frames that came and that nobody has taken."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.socket.close()

    def upgrade(self) -> Self:
        self._protocol.send_request(self._protocol.connect())
        self.send(b"".join(self._protocol.data_to_send()))
        while not self._protocol.handshake_exc and self._protocol.state.name == "CONNECTING":
            assert self.receive(), "the server closed the connection during the handshake"
        assert self._protocol.handshake_exc is None, self._protocol.handshake_exc
        return self

    # Out

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def ask(self, message: JsonObject) -> JsonObject:
        self.send(frame(Opcode.TEXT, json.dumps(message).encode()))
        return self.answer(message["requestid"])

    def answer(self, requestid: str) -> JsonObject:
        """The answer to a request of this id. Messages that come before it are dropped."""
        while True:
            message: JsonObject = json.loads(self.take(Opcode.TEXT))
            if message.get("requestid") == requestid:
                return message

    def session_of(self, agent: str) -> tuple[str, str]:
        """Prepare and bind a session; return its id and resumetoken."""
        credentials = {"override": True, "agent": {"id": agent, "password": "demo"}}
        prepared = self.ask({"command": "prepareSession", "data": credentials, "requestid": "p"})["data"]
        session: str = prepared["session"]["id"]
        assert self.ask({"command": "bindSession", "target": session, "requestid": "b"})["result"] == "success"
        return session, prepared["resumetoken"]

    # In

    def take(self, opcode: Opcode) -> bytes:
        """The payload of the next frame of this kind; others are left."""
        while True:
            for number, received in enumerate(self.frames):
                if received.opcode is opcode:
                    return bytes(self.frames.pop(number).data)
            assert self.receive(), "the server closed the connection"

    def receive(self) -> bool:
        """Take what comes next; False at the end. Raises AssertionError when nothing comes."""
        try:
            data = self.socket.recv(RECEIVE_BYTES)
        except TimeoutError:
            raise AssertionError(f"the server neither said nor did anything within {PATIENCE_S:g} s") from None
        except ConnectionResetError:
            data = b""
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        self.frames += [event for event in self._protocol.events_received() if isinstance(event, Frame)]
        return bool(data)

    @property
    def broken(self) -> Exception | None:
        """What was wrong with the bytes that came, if they were no frames."""
        return self._protocol.parser_exc if not isinstance(self._protocol.parser_exc, EOFError) else None

    @property
    def amid_a_frame(self) -> bool:
        """Have the bytes that came ended in the middle of one?"""
        return isinstance(self._protocol.parser_exc, EOFError)

    def patience(self, seconds: float) -> None:
        """Wait so long for each thing that must come, instead of PATIENCE_S."""
        self.socket.settimeout(seconds)

    def read_bytes(self, size: int) -> None:
        """Take so many bytes, whatever they are; what comes is no conversation any more."""
        self.socket.recv(size)

    def wait_end(self) -> int | None:
        """Read until the server closes the connection; the code of its close frame, if it sent one."""
        while self.receive():
            pass
        return self._close_code()

    def wait_close(self) -> int | None:
        """As `wait_end`, but no longer than until a close frame has come."""
        while not any(received.opcode is Opcode.CLOSE for received in self.frames) and self.receive():
            pass
        return self._close_code()

    def _close_code(self) -> int | None:
        close = [received for received in self.frames if received.opcode is Opcode.CLOSE]
        return struct.unpack("!H", close[0].data[:2])[0] if close and close[0].data else None


def declaring(opcode: int, length: int) -> bytes:
    """The head of a masked frame that promises so many bytes."""
    return bytes([0x80 | opcode]) + struct.pack("!BQ", 0x80 | 127, length) + MASK


def refused_handshake(url: str, request: bytes) -> bytes:
    """What the server answers to these bytes before it closes the connection."""
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), int(str(parts.port))), PATIENCE_S) as peer:
        peer.sendall(request)
        chunks: list[Any] = []
        while chunk := peer.recv(RECEIVE_BYTES):
            chunks.append(chunk)
    return b"".join(chunks)


def answer_to(url: str, request: bytes) -> bytes:
    """The head of what the server answers to a request of any size, heard while that is still being sent; empty where
    the connection was cut instead."""
    parts = urlsplit(url)
    answer, rest = bytearray(), memoryview(request)
    with socket.create_connection((str(parts.hostname), int(str(parts.port))), PATIENCE_S) as peer:
        peer.setblocking(False)
        while b"\r\n\r\n" not in answer:
            readable, writable, _ = select.select([peer], [peer] if rest else [], [], PATIENCE_S)
            assert readable or writable, f"the server neither said nor did anything within {PATIENCE_S:g} s"
            try:
                if readable:
                    if not (data := peer.recv(RECEIVE_BYTES)):
                        break
                    answer += data
                elif writable:
                    rest = rest[peer.send(rest[:RECEIVE_BYTES]) :]
            except ConnectionError:
                break
    return bytes(answer)
