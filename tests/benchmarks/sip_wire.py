"""What sipp and the sockets of the benchmark see of the agents' phones: SIP messages and RTP, each with its time."""

import itertools
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import attrs

from tests.ports import free_port

SCENARIOS: Final = Path(__file__).parent / "sipp"
HOST: Final = "127.0.0.1"
_HEAD: Final = re.compile(
    r"^-{20,} (?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.(?P<micro>\d{6})\n"
    r"\S+ message (?P<way>sent|received) [^\n]*\n\n",
    re.MULTILINE,
)
_TELEPHONE_EVENT: Final = 101
_RTP_HEAD: Final = 12


@attrs.frozen
class Seen:
    """A SIP message as sipp has logged it. `at` is the wall clock; `sent` by sipp."""

    at: float
    sent: bool
    text: str

    @property
    def word(self) -> str:
        """The method, or the status with the method that it answers."""
        first = self.text.split("\r\n" if "\r\n" in self.text else "\n", 1)[0]
        if first.startswith("SIP/2.0"):
            return f"{first.split(' ')[1]} {self.header('CSeq').rpartition(' ')[2]}"
        return first.split(" ")[0]

    @property
    def media(self) -> str:
        found = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", self.text, re.MULTILINE)
        return found[1] if found else "sendrecv"

    def header(self, name: str) -> str:
        found = re.search(rf"^{name}:[ \t]*(.*?)\r?$", self.text, re.MULTILINE | re.IGNORECASE)
        return found[1] if found else ""


def read_log(file: Path) -> dict[str, list[Seen]]:
    """By Call-ID, in the order of the log."""
    text = file.read_text(errors="replace") if file.exists() else ""
    calls: dict[str, list[Seen]] = {}
    heads = list(_HEAD.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)][: len(heads)]
    for head, end in zip(heads, ends, strict=True):
        at = time.mktime(time.strptime(head["at"], "%Y-%m-%d %H:%M:%S")) + int(head["micro"]) / 1e6
        seen = Seen(at, head["way"] == "sent", text[head.end() : end])
        calls.setdefault(seen.header("Call-ID"), []).append(seen)
    return calls


def without_repeats(messages: list[Seen]) -> list[Seen]:
    """A request or response that UDP was not trusted with comes again, with the same number: it is one."""
    first: dict[tuple[bool, str, str, str], Seen] = {}
    for message in messages:
        via = re.search(r"branch=([^;\s]+)", message.header("Via"))
        first.setdefault((message.sent, message.word, message.header("CSeq"), via[1] if via else ""), message)
    return list(first.values())


class Ear:
    """A socket that RTP is sent to. `packets` are wall clock, payload type, and the telephone event or None."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self._socket.settimeout(0.05)
        self.port = int(self._socket.getsockname()[1])
        self.packets: list[tuple[float, int, int | None]] = []
        self._over = threading.Event()
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                data = self._socket.recv(2_048)
            except TimeoutError:
                continue
            if len(data) > _RTP_HEAD:
                kind = data[1] & 0x7F
                event = data[_RTP_HEAD] if kind == _TELEPHONE_EVENT else None
                self.packets.append((time.time(), kind, event))
                self._news.set()

    def events(self, start: float, end: float) -> list[int]:
        """Telephone events, each once however many packets it took."""
        came = (event for _, _, event in self.between(start, end) if event is not None)
        return [event for event, _ in itertools.groupby(came)]

    def wait_events(self, count: int, *, since: float, patience_s: float) -> None:
        """Until so many have come, or for as long as that; who judges sees how many there were."""
        until = time.monotonic() + patience_s
        while len(self.events(since, time.time())) < count and time.monotonic() < until:
            self._news.wait(0.1)
            self._news.clear()

    def between(self, start: float, end: float) -> Iterator[tuple[float, int, int | None]]:
        return (packet for packet in tuple(self.packets) if start <= packet[0] <= end)


class Sipp:
    """One sipp process. It is ended by its own process id, if it has not ended before."""

    def __init__(self, folder: Path, name: str, scenario: str, ear: Ear, *arguments: str) -> None:
        self.log = folder / f"{name}.messages"
        self.errors = folder / f"{name}.errors"
        self.port = free_port()
        self._command = (
            "sipp",
            *arguments,
            *("-sf", str(SCENARIOS / scenario), "-i", HOST, "-p", str(self.port), "-key", "rtp_port", str(ear.port)),
            *("-nostdin", "-trace_msg", "-message_file", str(self.log), "-trace_err", "-error_file", str(self.errors)),
        )
        self._folder = folder

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGUSR1)  # end when the calls have ended
            try:
                self._process.wait(1.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()

    def wait(self, timeout_s: float) -> int:
        return self._process.wait(timeout_s)
