"""A fuzz run: `python -m tests.faults.fuzz --inputs 1000000`. The decoder in process, then the socket of a real server.

Inputs are requests of every command, spoilt a little: bytes changed, cut out, repeated, words of the protocol put in,
values exchanged. `python -m tests.faults.fuzz_by_coverage` leads the decoder by its coverage instead.
A crash is anything but requests and refusals; the run fails on one, on INTERNAL_ERROR, and on growing memory.
"""

import argparse
import contextlib
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import attrs
from websockets.exceptions import ConnectionClosed

from protocol.commands import COMMANDS, spellings
from protocol.messages import BadRequest, Failure, FailureInfo, Request
from protocol.wire import encode, read_frame
from tests.blackbox.client import GROUP, AgentSession, Desktop, code_of
from tests.blackbox.configs import config
from tests.blackbox.server import ServerProcess
from tests.faults.judge import MEBIBYTE
from tests.protocol.shapes import request

INPUTS: Final = 1_000_000
OVER_THE_SOCKET: Final = 50
"""One of so many inputs is sent over the socket as well."""
WARM_UP: Final = 20_000
"""After so many inputs all caches are filled, and memory has to stay."""
GROWTH_BYTES: Final = 16 * MEBIBYTE
AT_ONCE: Final = 32
SEED: Final = 21

WORDS: Final = tuple(
    each.encode()
    for each in (
        *("null", "true", "false", '"5"', "5.7", "1e400", "NaN", "-0", "9007199254740992", '""', "[]", "{}", "[[[["),
        *('"command"', '"target"', '"data"', '"requestid"', '"channel"', '"id"', '"reason"', "\\ud800", "\\u0000"),
        *('"s1.g1.c1"', '"s1.c1.i1.v1"', ",", ":", '"', "\\", "{", "}", "[", "]", "😀", "\ufeff", "\0", "\x7f"),
        *(json.dumps(name) for command in COMMANDS.values() for name in spellings(command)),
    )
)
SEEDS: Final = tuple(json.dumps(request(command)).encode() for command in COMMANDS.values())
SOUND_OVER_THE_SOCKET: Final = 0.3
"""The share of requests that go unspoilt to an object of their kind, so that the others meet changing states."""


@attrs.define
class Report:
    """What a run has come to."""

    what: str
    inputs: int = 0
    seconds: float = 0.0
    crashes: list[str] = attrs.field(factory=list)
    codes: Counter[str] = attrs.field(factory=Counter)
    memory_at_start: int = 0
    memory_at_end: int = 0

    @property
    def internal_errors(self) -> int:
        return self.codes["INTERNAL_ERROR"]

    @property
    def well(self) -> bool:
        grown = self.memory_at_end - self.memory_at_start
        return not self.crashes and not self.internal_errors and grown <= GROWTH_BYTES

    def __str__(self) -> str:
        rate = self.inputs / self.seconds if self.seconds else 0.0
        codes = ", ".join(f"{code} {count:,}" for code, count in self.codes.most_common())
        return (
            f"{self.what}: {self.inputs:,} inputs in {self.seconds:.0f} s, {rate:,.0f}/s; crashes {len(self.crashes)}, "
            f"INTERNAL_ERROR {self.internal_errors}; memory {self.memory_at_start / MEBIBYTE:.1f} MiB at start, "
            f"{self.memory_at_end / MEBIBYTE:.1f} MiB at end; {codes}"
        )


# Inputs


def spoilt(chance: random.Random, sound: bytes) -> bytes:
    """A sound request, spoilt by up to four changes; every tenth is bytes without sense."""
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(64))
    text = bytearray(sound)
    for _ in range(chance.randrange(5)):
        chance.choice(CHANGES)(text, chance)
    return bytes(text)


def _put_in(text: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(text) + 1)
    text[at:at] = chance.choice(WORDS)


def _put_in_place_of(text: bytearray, chance: random.Random) -> None:
    """Of a value or a key: what stands between two marks of JSON."""
    marks = [at for at, byte in enumerate(text) if byte in b'{}[]:,"']
    if len(marks) > 1:
        at = chance.randrange(len(marks) - 1)
        text[marks[at] + 1 : marks[at + 1]] = chance.choice(WORDS)


def _cut_out(text: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(text) + 1)
    del text[at : at + chance.choice((1, 1, 4, 16))]


def _repeat(text: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(text) + 1)
    text[at:at] = text[at : at + chance.choice((1, 8, 64))] * chance.choice((1, 2, 100))


def _flip(text: bytearray, chance: random.Random) -> None:
    if text:
        text[chance.randrange(len(text))] ^= 1 << chance.randrange(8)


CHANGES: Final[tuple[Callable[[bytearray, random.Random], None], ...]] = (
    _put_in,
    _put_in_place_of,
    _put_in_place_of,
    _cut_out,
    _repeat,
    _flip,
)

# The decoder


def decode(text: bytes) -> Iterator[str]:
    """Read a frame plainly and batched, and answer it; yields the outcome of each message."""
    for batched in (False, True):
        messages = read_frame(text, batched=batched)
        assert messages, "a frame without a message"
        for message in messages:
            match message:
                case Request():
                    yield "taken"
                case BadRequest():
                    refusal = FailureInfo(code=message.code, message=message.message)
                    answer = encode(Failure(failure=refusal, original=message.original, command=message.name))
                    assert json.loads(answer)["failure"]["message"]
                    yield message.code.value


def own_memory() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def fuzz_decoder(inputs: int, seed: int = SEED) -> Report:
    chance = random.Random(seed)
    report = Report("decoder")
    begun = time.monotonic()
    for number in range(inputs):
        if number == min(WARM_UP, inputs // 10):
            report.memory_at_start = own_memory()
        text = spoilt(chance, chance.choice(SEEDS))
        try:
            report.codes.update(decode(text))
        except Exception as error:
            report.crashes.append(f"{text!r}: {error!r}")
    report.inputs, report.seconds = inputs, time.monotonic() - begun
    report.memory_at_end = own_memory()
    return report


# The socket


def fuzz_socket(server: ServerProcess, inputs: int, seed: int = SEED) -> Report:
    """Frames to a session that is bound, so many at once; a connection that was closed for its nonsense is replaced."""
    chance = random.Random(seed)
    report = Report("socket")
    warm_up = inputs // 10
    begun = time.monotonic()
    while report.inputs < inputs:
        with contextlib.suppress(ConnectionClosed), Desktop(server.agent_url) as desktop:
            session = _at_work(desktop)
            while report.inputs < inputs:
                if report.inputs >= warm_up and not report.memory_at_start:
                    report.memory_at_start = server.memory_bytes()
                for _ in range(AT_ONCE):
                    text = fitting(chance, session)
                    if chance.random() >= SOUND_OVER_THE_SOCKET:
                        text = spoilt(chance, text)
                    report.inputs += 1
                    desktop.send_text(text.decode("utf-8", "replace"))
                desktop.send({"command": "fuzz.mark", "target": "nobody", "requestid": "mark"})
                codes: Counter[str] = Counter()
                while (message := desktop.read()).get("requestid") != "mark":
                    if "result" in message:
                        codes[code_of(message)] += 1
                report.codes += codes
                if session.view.over or codes["NOT_BOUND"]:
                    session = _at_work(desktop)
    report.seconds = time.monotonic() - begun
    report.memory_at_end = server.memory_bytes()
    if not server.alive:
        report.crashes.append("the server has ended")
    return report


def fitting(chance: random.Random, session: AgentSession) -> bytes:
    """A request of any command, to an object that it is for, where there is one."""
    command = chance.choice(tuple(COMMANDS.values()))
    able = [target for target, known in session.view.objects.items() if known.kind == command.kind]
    return json.dumps(request(command) | {"target": chance.choice(able or [session.id])}).encode()


def _at_work(desktop: Desktop) -> AgentSession:
    """A session with a group and its channels, so that requests may come to something."""
    session = desktop.session_of("agent1")
    session.do("session.start")
    session.do("session.addchannelgroup", data=GROUP)
    session.do("session.addchannel", data={"channel": {"endpoint": "4001", "type": "Telephony"}})
    return session


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.fuzz", description="fuzz the decoder and the socket")
    parser.add_argument("--inputs", type=int, default=INPUTS)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    reports = [fuzz_decoder(given.inputs, given.seed)]
    print(reports[0], flush=True)
    with tempfile.TemporaryDirectory() as folder, ServerProcess(Path(folder), config()) as server:
        reports.append(fuzz_socket(server, max(1, given.inputs // OVER_THE_SOCKET), given.seed))
        print(reports[1], flush=True)
    for report in reports:
        for crash in report.crashes[:10]:
            print(crash, file=sys.stderr)
    return 0 if all(report.well for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
