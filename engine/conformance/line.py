"""One WebSocket connection to the server under test, on which any bytes may be sent, well-formed or not."""

import json
import ssl
import struct
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, Final

import attrs
import msgspec
import trio
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, InvalidURI
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI, parse_uri

from protocol.endpoint import BATCHED, PLAIN

READ_BYTES: Final = 65536
OPEN_S: Final = 10.0
MASK: Final = b"mask"
OPCODES: Final[Mapping[str, int]] = MappingProxyType({opcode.name.lower(): opcode for opcode in Opcode})
NO_CLOSE_FRAME: Final = 1006
"""The code of a connection that ended without a close frame."""


class CannotConnect(Exception):
    """There is no server, or it lets nobody in; the message is for people. `status` is that of its HTTP answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Over(Exception):
    """The connection has ended. `code` is that of the server's close frame, 1006 where there was none."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"the connection was closed with {code}{f' ({reason})' if reason else ''}")
        self.code, self.reason = code, reason


class NoMessage(Exception):
    """A frame is none that may come; `why` says so, and `rule` which one it breaks."""

    def __init__(self, rule: str, why: str, frame: str) -> None:
        super().__init__(frame)
        self.rule, self.why = rule, why


@attrs.define(eq=False)
class Line:
    """Pings and close frames of the server are answered. Texts are taken one by one, as they came."""

    _stream: trio.abc.Stream
    _protocol: ClientProtocol
    subprotocol: str | None
    pongs: list[bytes] = attrs.field(factory=list)
    """The payloads of the pongs that came."""
    _texts: deque[str] = attrs.field(factory=deque)
    _parts: list[bytes] = attrs.field(factory=list)
    _bad: NoMessage | None = None
    _over: Over | None = None
    _turn: trio.Lock = attrs.field(factory=trio.Lock)

    @property
    def batched(self) -> bool:
        return self.subprotocol == BATCHED

    # Out

    async def send(self, *messages: Any) -> None:
        """Messages as JSON: in one frame where the line is batched, else in a frame each."""
        for value in [messages] if self.batched else messages:
            await self.send_bytes(frame(Opcode.TEXT, json.dumps(value).encode()))

    async def send_texts(self, texts: Sequence[bytes]) -> None:
        """Messages that are JSON already, by one write: in one frame where the line is batched, else a frame each."""
        for text in [b"[" + b",".join(texts) + b"]"] if self.batched and texts else texts:
            self._protocol.send_text(text)
        if data := b"".join(self._protocol.data_to_send()):
            await self.send_bytes(data)

    async def send_bytes(self, data: bytes) -> None:
        """Whatever they are. What the server does not take any longer is lost without a word."""
        async with self._turn:
            try:
                await self._stream.send_all(data)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                await trio.lowlevel.checkpoint()

    async def close(self) -> None:
        """As RFC 6455 has it: the server's close frame follows, which whoever reads meets as Over."""
        await self.send_bytes(frame(Opcode.CLOSE, struct.pack("!H", 1000)))

    async def cut(self) -> None:
        """End it without a word."""
        await trio.aclose_forcefully(self._stream)

    # In

    async def messages(self) -> list[str]:
        """The messages of the next frame, each as it came. None of them where something else has come, such as a pong.
        Raises Over, and NoMessage."""
        if not self._texts:
            if self._bad is not None:
                raise self._bad
            if self._over is not None:
                raise self._over
            await self._read()
        if not self._texts:
            return []
        text = self._texts.popleft()
        if not self.batched:
            return [text]
        try:
            batch = [bytes(each).decode() for each in msgspec.json.decode(text, type=list[msgspec.Raw])]
        except msgspec.MsgspecError:
            batch = []
        if not batch:
            raise NoMessage("ENV-2", "a frame is no array of messages", text)
        return batch

    async def _read(self) -> None:
        try:
            data = await self._stream.receive_some(READ_BYTES)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            data = b""
        if data:
            self._protocol.receive_data(bytes(data))
        else:
            self._protocol.receive_eof()
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take(event)
        # Its answers to pings and close frames; after a violation of the server's, its complaint.
        for answer in self._protocol.data_to_send():
            if answer:
                await self.send_bytes(answer)
        if self._protocol.state is State.CLOSED or not data:
            rcvd = self._protocol.close_rcvd
            self._over = Over(rcvd.code, rcvd.reason) if rcvd else Over(NO_CLOSE_FRAME, "")

    def _take(self, received: Frame) -> None:
        if received.opcode is Opcode.PONG:
            self.pongs.append(bytes(received.data))
        elif received.opcode is Opcode.CLOSE:
            rcvd = self._protocol.close_rcvd
            self._over = Over(rcvd.code, rcvd.reason) if rcvd else Over(NO_CLOSE_FRAME, "")
        elif received.opcode is Opcode.BINARY:
            self._bad = self._bad or NoMessage(
                "ENV-1", "a frame is binary", bytes(received.data).decode("utf-8", "backslashreplace")
            )
        elif received.opcode in (Opcode.TEXT, Opcode.CONT):
            self._parts.append(bytes(received.data))
            if received.fin:
                self._take_text(b"".join(self._parts))
                self._parts.clear()

    def _take_text(self, data: bytes) -> None:
        try:
            self._texts.append(data.decode())
        except UnicodeDecodeError:
            self._bad = self._bad or NoMessage("ENV-1", "a frame is no UTF-8", data.decode("utf-8", "replace"))


def frame(opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True, rsv: int = 0) -> bytes:
    """A frame of the shortest length form, as a client sends it, unless told otherwise."""
    head = bytes([fin << 7 | rsv << 4 | opcode])
    flag = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([flag | len(payload)])
    elif len(payload) < 2**16:
        head += struct.pack("!BH", flag | 126, len(payload))
    else:
        head += struct.pack("!BQ", flag | 127, len(payload))
    return head + (MASK + bytes(byte ^ MASK[n % 4] for n, byte in enumerate(payload)) if masked else payload)


def written(each: Mapping[str, Any]) -> bytes:
    """A frame as scenarios write it, or bytes as they stand under `bytes`, in hexadecimal."""
    if "bytes" in each:
        return bytes.fromhex(each["bytes"])
    payload = bytes.fromhex(each["hex"]) if "hex" in each else str(each.get("payload", "")).encode()
    return frame(
        OPCODES[opcode] if isinstance(opcode := each.get("opcode", "text"), str) else opcode,
        payload * each.get("times", 1),
        fin=each.get("fin", True),
        masked=each.get("masked", True),
        rsv=each.get("rsv", 0),
    )


@asynccontextmanager
async def opened(
    url: str, *, offers: tuple[str, ...] = (PLAIN,), bearer: str | None = None, within_s: float = OPEN_S
) -> AsyncIterator[Line]:
    """A connection, which ends with the block. Raises CannotConnect."""
    try:
        uri = parse_uri(url)
    except InvalidURI:
        raise CannotConnect(f"{url} is no WebSocket URL; write one like ws://127.0.0.1:8765/agent") from None
    try:
        with trio.fail_after(within_s):
            line = await _connected(uri, offers, bearer)
    except trio.TooSlowError:
        raise CannotConnect(f"{url} does not answer within {within_s:g} s; check host and port") from None
    except (OSError, trio.BrokenResourceError) as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            why = error.__cause__.verify_message
            remedy = "name a file with it in SSL_CERT_FILE"
            raise CannotConnect(f"{url}: the certificate is not trusted ({why}); {remedy}") from None
        if isinstance(error.__cause__, ssl.SSLError):
            raise CannotConnect(f"{url} speaks no TLS ({error.__cause__.reason}); try ws://") from None
        raise CannotConnect(f"{url} cannot be reached ({error}); start the server, or check host and port") from None
    try:
        yield line
    finally:
        await trio.aclose_forcefully(line._stream)


async def _connected(uri: WebSocketURI, offers: tuple[str, ...], bearer: str | None) -> Line:
    plain = await trio.open_tcp_stream(uri.host, uri.port)
    plain.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NODELAY, 1)
    try:
        if not uri.secure:
            return await _upgraded(uri, plain, offers, bearer)
        secure = trio.SSLStream(plain, ssl.create_default_context(), server_hostname=uri.host)
        await secure.do_handshake()
        return await _upgraded(uri, secure, offers, bearer)
    except BaseException:
        await trio.aclose_forcefully(plain)
        raise


async def _upgraded(uri: WebSocketURI, stream: trio.abc.Stream, offers: tuple[str, ...], bearer: str | None) -> Line:
    client = ClientProtocol(uri, subprotocols=[Subprotocol(offer) for offer in offers] or None, max_size=None)
    request = client.connect()
    if bearer is not None:
        request.headers["Authorization"] = f"Bearer {bearer}"
    client.send_request(request)
    await stream.send_all(b"".join(client.data_to_send()))
    while client.state is State.CONNECTING and client.handshake_exc is None:
        data = await stream.receive_some(READ_BYTES)
        client.receive_data(bytes(data)) if data else client.receive_eof()
    error = client.handshake_exc
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        body = bytes(error.response.body or b"").decode("utf-8", "replace").strip()
        said = f"the server answers the handshake with HTTP {status} {body}".strip()
        raise CannotConnect(f"{said}; check port, path and --bearer", status)
    if error is not None:
        raise CannotConnect(f"the server's answer to the handshake is no WebSocket's ({error}); check the path")
    line = Line(stream, client, client.subprotocol)
    for event in client.events_received():
        if isinstance(event, Frame):
            line._take(event)
    return line
