"""A SIP party of the tests' own, of plain sockets: what an adapter's phone does is seen here as it is on the wire."""

import contextlib
import itertools
import re
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Final

import attrs
import trio

PATIENCE_S: Final = 8.0
_NUMBERS: Final = itertools.count(1)


@attrs.frozen
class Sip:
    """One message. `at` is trio's time."""

    at: float
    first: str
    headers: dict[str, str]
    body: str

    @property
    def method(self) -> str:
        """Of a request; of a response, its status code."""
        return self.first.split(" ")[1] if self.first.startswith("SIP/2.0") else self.first.split(" ")[0]

    @property
    def call_id(self) -> str:
        return self.headers["call-id"]

    @property
    def media(self) -> str:
        """sendrecv, sendonly, recvonly or inactive."""
        found = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", self.body, re.MULTILINE)
        return found[1] if found else "sendrecv"

    @property
    def rtp_port(self) -> int:
        found = re.search(r"^m=audio (\d+)", self.body, re.MULTILINE)
        assert found, f"no audio in {self.body!r}"
        return int(found[1])


@attrs.frozen
class Rtp:
    """One packet. `event` is the digit of a telephone event, by its number."""

    at: float
    payload_type: int
    event: int | None


@attrs.define
class Party:
    """Somebody at the other end: calls, or is called. `answer` is what becomes of an INVITE that comes in.

    What comes is kept in `heard`; requests are answered at once as a well-behaved phone does.
    """

    name: str
    sip: trio.socket.SocketType
    rtp: trio.socket.SocketType
    answer: int | None = 200
    refer: int = 202
    heard: list[Sip] = attrs.field(factory=list)
    media: list[Rtp] = attrs.field(factory=list)
    call_id: str = ""
    far: tuple[str, int] = ("", 0)
    target: str = ""
    mine: str = ""
    theirs: str = ""
    invite: str = ""
    cseq: int = 0
    _news: trio.Event = attrs.field(factory=trio.Event)

    @property
    def port(self) -> int:
        return int(self.sip.getsockname()[1])

    @property
    def uri(self) -> str:
        return f"sip:{self.name}@127.0.0.1:{self.port}"

    # What it does

    async def call(self, uri: str, *headers: str, as_uri: str = "") -> None:
        """Send an INVITE, and return when the phone rings, or has refused. `as_uri`: under another's address."""
        self.call_id, self.target = uuid.uuid4().hex, uri
        host, port = uri.split("@")[1].split(":")
        self.far = (host, int(port))
        self.cseq = 1
        self.mine, self.theirs = f"<{as_uri or self.uri}>;tag={uuid.uuid4().hex[:8]}", f"<{uri}>"
        self.invite = self._request("INVITE", self._sdp(), *headers)
        await self._send(self.invite)
        await self.hears(lambda sip: sip.method in ("180", "183", "200", "486"))

    async def hang_up(self) -> None:
        self.cseq += 1
        await self._send(self._request("BYE"))
        await self.hears(lambda sip: sip.method == "200" and sip.headers["cseq"].endswith("BYE"))

    async def cancel(self) -> None:
        await self._send(self._request("CANCEL", like=self.invite))
        await self.hears(lambda sip: sip.method == "487")

    async def notify(self, status: str) -> None:
        """Tell how a REFER has gone."""
        self.cseq += 1
        refer = await self.hears(lambda sip: sip.method == "REFER")
        event = f"Event: refer;id={refer.headers['cseq'].split(' ')[0]}"
        await self._send(
            self._request(
                "NOTIFY",
                f"SIP/2.0 {status}\r\n",
                event,
                "Subscription-State: terminated;reason=noresource",
                kind="message/sipfrag;version=2.0",
            )
        )

    async def accept(self) -> None:
        """Answer the INVITE that was left to ring."""
        invite = next(sip for sip in reversed(self.heard) if sip.method == "INVITE")
        await self._respond(invite, 200, "OK", self._sdp())

    # What it hears

    async def hears(self, wanted: Callable[[Sip], bool], after: float = -1.0) -> Sip:
        """The first message of this call that is wanted, which has come or comes in time."""
        with trio.move_on_after(PATIENCE_S):
            while True:
                news = self._news
                for sip in self.heard:
                    if sip.at > after and wanted(sip):
                        return sip
                await news.wait()
        raise AssertionError(f"{self.name} did not hear it, but {[sip.first for sip in self.heard]}")

    async def hears_media(self, packets: int = 5) -> None:
        """So many more packets come in time."""
        until = len(self.media) + packets
        with trio.move_on_after(PATIENCE_S):
            while len(self.media) < until:
                await self._news.wait()
        assert len(self.media) >= until, f"{self.name} hears nothing more"

    async def hears_digits(self, digits: str) -> None:
        wanted = ["0123456789*#ABCD".index(digit) for digit in digits]
        with trio.move_on_after(PATIENCE_S):
            while self.digits != wanted:
                await self._news.wait()
        assert self.digits == wanted

    @property
    def digits(self) -> list[int]:
        """The telephone events, each once however many packets it took."""
        events = [packet.event for packet in self.media if packet.event is not None]
        return [event for event, _ in itertools.groupby(events)]

    # How

    async def run_sip(self) -> None:
        while True:
            data, peer = await self.sip.recvfrom(65_536)
            sip = _parse(data)
            if sip is None:
                continue
            if not sip.first.startswith("SIP/2.0"):
                self.far = self.far if self.far[1] else peer
                await self._be_asked(sip, peer)
            elif sip.headers["cseq"].endswith("INVITE") and int(sip.method) >= 200:
                self.theirs = sip.headers["to"]
                await self._send(self._request("ACK", like=self.invite))
            self.heard.append(sip)
            self._tell()

    async def run_rtp(self) -> None:
        while True:
            data = await self.rtp.recv(4_096)
            if len(data) >= 12:
                kind = data[1] & 0x7F
                self.media.append(Rtp(trio.current_time(), kind, data[12] if kind == 101 and len(data) > 12 else None))
                self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = trio.Event()

    async def _be_asked(self, sip: Sip, peer: tuple[str, int]) -> None:
        again = any(each.headers["cseq"] == sip.headers["cseq"] and each.call_id == sip.call_id for each in self.heard)
        match sip.method:
            case "INVITE" if ";tag=" in sip.headers["to"]:
                mirrored = {"sendonly": "recvonly", "recvonly": "sendonly"}.get(sip.media, sip.media)
                await self._respond(sip, 200, "OK", self._sdp(mirrored), peer=peer)
            case "INVITE" if not again:
                self.call_id, self.far = sip.call_id, peer
                self.theirs, self.mine = sip.headers["from"], f"{sip.headers['to']};tag={uuid.uuid4().hex[:8]}"
                self.target = re.sub(r"[<>]", "", sip.headers["contact"]).split(";")[0]
                self.cseq = 100
                if self.answer != 0:
                    await self._respond(sip, 180, "Ringing", peer=peer)
                if self.answer:
                    body = self._sdp() if self.answer == 200 else ""
                    await self._respond(sip, self.answer, "Final", body, peer=peer)
            case "REFER":
                await self._respond(sip, self.refer, "Seen", peer=peer)
            case "CANCEL":
                await self._respond(sip, 200, "OK", peer=peer)
                invite = next(each for each in reversed(self.heard) if each.method == "INVITE")
                await self._respond(invite, 487, "Request Terminated", peer=peer)
            case "ACK" | "INVITE":
                pass
            case _:
                await self._respond(sip, 200, "OK", peer=peer)

    async def _respond(
        self, sip: Sip, code: int, reason: str, body: str = "", *, peer: tuple[str, int] | None = None
    ) -> None:
        to = sip.headers["to"]
        if ";tag=" not in to and code != 100:
            to = self.mine
        lines = [
            f"SIP/2.0 {code} {reason}",
            f"Via: {sip.headers['via']}",
            f"From: {sip.headers['from']}",
            f"To: {to}",
            f"Call-ID: {sip.call_id}",
            f"CSeq: {sip.headers['cseq']}",
            f"Contact: <{self.uri}>",
        ]
        await self._send(_message(lines, body, "application/sdp"), peer)

    def _request(
        self, method: str, body: str = "", *headers: str, like: str = "", kind: str = "application/sdp"
    ) -> str:
        """`like`: with the number and, for a CANCEL or the ACK of a refusal, the branch of that INVITE."""
        branch = re.search(r"branch=(\S+)", like)[1] if like else f"z9hG4bK{next(_NUMBERS)}{uuid.uuid4().hex[:6]}"  # type: ignore[index] # it has one
        lines = [
            f"{method} {self.target} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch}",
            "Max-Forwards: 70",
            f"From: {self.mine}",
            f"To: {self.theirs}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {1 if like else self.cseq} {method}",
            f"Contact: <{self.uri}>",
            *headers,
        ]
        return _message(lines, body, kind)

    def _sdp(self, media: str = "sendrecv") -> str:
        lines = (
            "v=0",
            "o=- 1 1 IN IP4 127.0.0.1",
            "s=-",
            "c=IN IP4 127.0.0.1",
            "t=0 0",
            f"m=audio {self.rtp.getsockname()[1]} RTP/AVP 0 101",
            "a=rtpmap:0 PCMU/8000",
            "a=rtpmap:101 telephone-event/8000",
            f"a={media}",
        )
        return "".join(f"{line}\r\n" for line in lines)

    async def _send(self, message: str, peer: tuple[str, int] | None = None) -> None:
        await self.sip.sendto(message.encode(), peer or self.far)


def _message(lines: list[str], body: str, kind: str) -> str:
    typed = [f"Content-Type: {kind}"] if body else []
    return "\r\n".join([*lines, *typed, f"Content-Length: {len(body.encode())}", "", body])


def _parse(data: bytes) -> Sip | None:
    head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
    first, *rows = head.split("\r\n")
    headers: dict[str, str] = {}
    for row in rows:
        name, _, value = row.partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    if not {"call-id", "cseq", "from", "to", "via"} <= headers.keys():
        return None
    return Sip(trio.current_time(), first, headers, body)


@contextlib.asynccontextmanager
async def party(name: str = "carl", *, answer: int | None = 200) -> AsyncIterator[Party]:
    """`answer`: the status with which an INVITE is answered; None lets it ring, and 0 says nothing at all."""
    with (
        trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sip,
        trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp,
    ):
        for each in (sip, rtp):
            await each.bind(("127.0.0.1", 0))
        made = Party(name, sip, rtp, answer)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(made.run_sip)
            nursery.start_soon(made.run_rtp)
            yield made
            nursery.cancel_scope.cancel()
