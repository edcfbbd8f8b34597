"""The agents of the SIP benchmark: what each does with its calls, and when it was told of what came of it."""

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import attrs

from tests.benchmarks.sip_wire import HOST, Ear, Seen, Sipp, read_log, without_repeats
from tests.blackbox.client import AgentSession, Desktop, JsonObject

PASSWORD: Final = "pass"
PATIENCE_S: Final = 30.0
OUTSIDE: Final = "770"
DIGITS: Final = "42#"
LISTEN_S: Final = 0.3
GRACE_S: Final = 0.06
"""Packets that were on their way when a hold came: three of 20 ms …"""
UNREAD: Final = 3
"""… and as many that were read late. Without a hold 12 would have come."""


@attrs.define
class Played:
    """One call as its agent had it: commands with the time of sending, events with the time of hearing."""

    play: str
    commands: list[tuple[str, float, float]] = attrs.field(factory=list)
    """Command, sent at, answered at."""
    told: dict[str, float] = attrs.field(factory=dict)
    held: tuple[float, float] | None = None
    """From when to when the caller was on hold, and nothing else happened."""


@attrs.define
class Outcome:
    """`wrong` is all that was otherwise than promised; the figures are in seconds."""

    calls: int = 0
    commands: int = 0
    events: int = 0
    wrong: list[str] = attrs.field(factory=list)
    to_wire: list[float] = attrs.field(factory=list)
    to_event: list[float] = attrs.field(factory=list)


class Worker:
    """One agent at its desktop, with its own callers. `run` is for a thread of its own."""

    def __init__(self, url: str, agent: Mapping[str, Any], calls: int, folder: Path, ear: Ear) -> None:
        self._url = url
        self._agent = agent
        self._calls = calls
        self._ear = ear
        self._customers = Sipp(
            folder,
            agent["id"],
            "customer.xml",
            ear,
            *(f"{HOST}:{agent['sip_port']}", "-s", agent["extension"]),
            *("-m", str(calls), "-l", "1", "-r", "20", "-rp", "1000", "-timeout", "600"),
        )
        self._session: AgentSession
        self._requests = itertools.count(1)
        self.played: list[Played] = []
        self.failed: str | None = None
        self.events = 0

    def run(self, ready: threading.Barrier) -> None:
        try:
            with Desktop(self._url) as desktop:
                self._sit_down(desktop)
                ready.wait(PATIENCE_S)
                with self._customers:
                    for number in range(self._calls):
                        self._play(number)
                    self._customers.wait(PATIENCE_S)
                self._session.desktop.answers_still()
                self._session.view.check_settled()
                self.events = self._session.view.seq
        except Exception as error:
            self.failed = f"{self._agent['id']}: {type(error).__name__}: {error}"

    def _sit_down(self, desktop: Desktop) -> None:
        prepared = desktop.prepare(self._agent["id"], override=True, password=PASSWORD)
        assert prepared["result"] == "success", prepared
        session = AgentSession(desktop, prepared["data"]["session"]["id"], prepared["data"]["resumetoken"])
        session.bind()
        self._session = session
        channel = {"channel": {"endpoint": self._agent["extension"], "type": "Telephony"}}
        for command, path, data in (
            ("session.start", "", None),
            ("session.addchannel", "", channel),
            ("channel.activate", "c1", None),
            ("channel.ready", "c1", None),
        ):
            session.do(command, path, data)

    # Asking, and being told

    def _until(self, what: str, holds: Callable[[Mapping[str, JsonObject]], bool]) -> float:
        """Read until it holds; when it did. Raises AssertionError when it does not in time."""
        until = time.monotonic() + PATIENCE_S
        while not holds(self._session.view.world()):
            assert time.monotonic() < until, f"not told {what}"
            self._session.desktop.read()
        return time.time()

    def _ask(self, played: Played, command: str, target: str, data: object = None) -> None:
        mark = f"r{next(self._requests)}"
        sent = time.time()
        self._session.desktop.send({"command": command, "target": target, "data": data or {}, "requestid": mark})
        while True:
            message = self._session.desktop.read()
            if message.get("requestid") == mark:
                break
        assert message["result"] == "success", (message, self._session.view.world())
        played.commands.append((command, sent, time.time()))

    @property
    def _call(self) -> str | None:
        channel = f"{self._session.id}.c1"
        known = self._session.view.children(channel, "interaction")
        return f"{channel}.{known[-1]}" if known else None

    def _legs(self, call: str) -> list[str]:
        return [f"{call}.{leg}" for leg in self._session.view.children(call, "conversation")]

    # Plays

    def _play(self, number: int) -> None:
        name = tuple(PLAYS)[(number + int(self._agent["extension"])) % len(PLAYS)]
        played = Played(name)
        self.played.append(played)

        def is_offered(world: Mapping[str, JsonObject]) -> bool:
            return (
                self._call is not None and world[self._call].get("state") == "ALERTING" and bool(self._legs(self._call))
            )

        played.told["offered"] = self._until("of a call", is_offered)
        call = self._call
        assert call is not None
        PLAYS[name](self, played, call)
        played.told["over"] = self._until("of the end", lambda world: call not in world)

    def _answer(self, played: Played, call: str) -> str:
        self._ask(played, "interaction.accept", call)
        self._until("that it talks", lambda world: world[call]["state"] == "STARTED")
        return self._legs(call)[0]

    def _is(self, leg: str, state: str) -> None:
        self._until(f"that {leg} is {state}", lambda world: world[leg]["state"] == state)

    def talk(self, played: Played, call: str) -> None:
        leg = self._answer(played, call)
        self._ask(played, "conversation.hold", leg)
        self._is(leg, "HELD")
        begun = time.time()
        time.sleep(LISTEN_S)  # this agent listens to the silence
        played.held = (begun, time.time())
        self._ask(played, "conversation.retrieve", leg)
        self._is(leg, "CONNECTED")
        self._ask(played, "conversation.senddtmf", leg, {"digits": DIGITS})
        self._ear.wait_events(len(DIGITS), since=played.held[1], patience_s=PATIENCE_S)
        self._ask(played, "conversation.release", leg)

    def reject(self, played: Played, call: str) -> None:
        self._ask(played, "interaction.reject", call)

    def blind_transfer(self, played: Played, call: str) -> None:
        leg = self._answer(played, call)
        self._ask(played, "conversation.blindtransfer", leg, {"destination": OUTSIDE})

    def _consult(self, played: Played, call: str) -> tuple[str, str]:
        self._answer(played, call)
        self._ask(played, "interaction.consult", call, {"destination": OUTSIDE})
        self._until("of a consult", lambda _: len(self._legs(call)) > 1)
        primary, consult = self._legs(call)
        self._is(consult, "CONNECTED")
        return primary, consult

    def consult(self, played: Played, call: str) -> None:
        primary, consult = self._consult(played, call)
        self._ask(played, "interaction.alternate", call)
        self._is(primary, "CONNECTED")
        self._ask(played, "conversation.release", consult)
        self._until("that the consult is over", lambda _: len(self._legs(call)) == 1)
        self._ask(played, "conversation.release", primary)

    def consult_transfer(self, played: Played, call: str) -> None:
        self._consult(played, call)
        self._ask(played, "interaction.consulttransfer", call)

    # Afterwards

    def judge(self, outcome: Outcome) -> None:
        """Each call beside what its caller saw."""
        if self.failed is not None:
            outcome.wrong.append(self.failed)
        seen = [messages for messages in read_log(self._customers.log).values() if messages[0].word == "INVITE"]
        outcome.events += self.events
        for played, messages in zip(self.played, seen, strict=False):
            wrong = judge(played, messages, self._ear, outcome)
            outcome.wrong += [f"{self._agent['id']}, {played.play}: {each}" for each in wrong]
            outcome.calls += 1
            outcome.commands += len(played.commands)
        if not len(self.played) == len(seen) == self._calls:
            outcome.wrong.append(f"{self._agent['id']}: {len(self.played)} calls played, {len(seen)} seen")
        errors = self._customers.errors.read_text(errors="replace") if self._customers.errors.exists() else ""
        if "Aborting" in errors:
            outcome.wrong.append(f"{self._agent['id']}: sipp: {errors[:300]}")


PLAYS: Final[Mapping[str, Callable[[Worker, Played, str], None]]] = MappingProxyType(
    {
        "talk": Worker.talk,
        "reject": Worker.reject,
        "consult": Worker.consult,
        "blind transfer": Worker.blind_transfer,
        "consult transfer": Worker.consult_transfer,
    }
)

ON_THE_WIRE: Final[Mapping[str, tuple[tuple[str, str], ...]]] = MappingProxyType(
    {
        "talk": (
            ("interaction.accept", "200 INVITE"),
            ("conversation.hold", "INVITE sendonly"),
            ("conversation.retrieve", "INVITE sendrecv"),
            ("conversation.release", "BYE"),
        ),
        "reject": (("interaction.reject", "486 INVITE"),),
        "consult": (
            ("interaction.accept", "200 INVITE"),
            ("interaction.consult", "INVITE sendonly"),
            ("interaction.alternate", "INVITE sendrecv"),
            ("conversation.release", "BYE"),
        ),
        "blind transfer": (
            ("interaction.accept", "200 INVITE"),
            ("conversation.blindtransfer", "REFER"),
            ("conversation.blindtransfer", "BYE"),
        ),
        "consult transfer": (
            ("interaction.accept", "200 INVITE"),
            ("interaction.consult", "INVITE sendonly"),
            ("interaction.consulttransfer", "REFER"),
            ("interaction.consulttransfer", "BYE"),
        ),
    }
)
"""What the caller must see of each command, in this order and nothing else."""

_BESIDE: Final = ("ACK", "SUBSCRIBE", "180 INVITE", "100 INVITE", "200 NOTIFY", "481 NOTIFY")


def judge(played: Played, messages: list[Seen], ear: Ear, outcome: Outcome) -> list[str]:
    """What was otherwise than it should be. The latencies go into the outcome."""
    heard = without_repeats(messages)
    came = [message for message in heard if not message.sent and message.word not in _BESIDE]
    words = [f"INVITE {message.media}" if message.word == "INVITE" else message.word for message in came]
    wanted = [word for _, word in ON_THE_WIRE[played.play]]
    if words != wanted:
        return [f"the caller saw {words}, not {wanted}"]
    wrong = []
    sent = {command: (at, answered) for command, at, answered in played.commands}
    for (command, word), message in zip(ON_THE_WIRE[played.play], came, strict=True):
        asked, answered = sent[command]
        if (command, word) != ("interaction.consulttransfer", "BYE") and (command, word) != (
            "conversation.blindtransfer",
            "BYE",
        ):
            outcome.to_wire.append(message.at - asked)
        if not asked <= message.at + CLOCK_S:
            wrong.append(f"{word} came {asked - message.at:.3f} s before {command} was sent")
        if answered < message.at - CLOCK_S and word != "BYE":
            wrong.append(f"{command} was answered {message.at - answered:.3f} s before {word} was on the wire")
    outcome.to_event.append(played.told["offered"] - messages[0].at)
    outcome.to_event.append(played.told["over"] - came[-1].at)
    wrong += _media(played, messages, came, ear)
    refer = next((message.header("Refer-To") for message in came if message.word == "REFER"), "")
    if played.play == "blind transfer" and f"sip:{OUTSIDE}@" not in refer:
        wrong.append(f"referred to {refer}")
    if played.play == "consult transfer" and "?Replaces=" not in refer:
        wrong.append(f"referred to {refer} without Replaces")
    return wrong


CLOCK_S: Final = 0.05
"""sipp writes its log when it comes to it."""


def _media(played: Played, messages: list[Seen], came: list[Seen], ear: Ear) -> list[str]:
    wrong = []
    if played.held is not None:
        start, end = played.held
        packets = list(ear.between(start + GRACE_S, end))
        if len(packets) > UNREAD:
            wrong.append(f"{len(packets)} packets while on hold")
        after = list(ear.between(end, came[-1].at))
        if not any(kind == 0 for _, kind, _ in after):
            wrong.append("nothing was heard after the hold")
        digits = ear.events(end, came[-1].at)
        if digits != ["0123456789*#".index(digit) for digit in DIGITS]:
            wrong.append(f"the digits {digits} were heard, not {DIGITS}")
    return wrong
