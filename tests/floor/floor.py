"""A contact centre without sockets or real time: one switch of the simulator, and a session core for each agent.

A seat does what a session's task does: one thing at a time, reports before requests, and an answer of the platform is
newer than the reports that waited. What the platform is asked stays open until somebody lets it be answered, so every
order of events can be brought about. The same inputs give the same messages, byte for byte.
"""

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import msgspec

from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import SimulatorSettings
from engine.conformance.view import ClientView
from protocol.errors import FailureCode, Refused
from protocol.ids import SessionId
from protocol.platform import LogoutAgent, Report, Snapshot, StartAgent
from protocol.states import DisposalCause
from protocol.wire import encode, read_request
from statemachines.contact import Conversation, Interaction
from statemachines.core import SessionCore
from statemachines.effects import (
    Answered,
    Call,
    CallRefused,
    DeadlineCame,
    DesktopBound,
    End,
    Ended,
    Ignored,
    Input,
    PlatformReturned,
    Reported,
    RequestCame,
    Restarted,
    Send,
)
from statemachines.older import left_of
from statemachines.record import pack, unpack
from statemachines.settings import CoreSettings
from statemachines.world import Channel, Session
from tests.walks.showing import in_no_order, world_of

JsonObject = dict[str, Any]


class Seat:
    """One agent's session: the core, what waits for it, and a client that believes nothing but the messages."""

    def __init__(self, floor: "Floor", agent: str, session: str) -> None:
        self.agent = agent
        self.id = session
        self.client = ClientView(session)
        self.journal: list[bytes] = []
        self.dropped: list[str] = []
        """Why reports were dropped."""
        self.over = False
        self.watched = False
        self.heard: Callable[[JsonObject], None] = lambda _: None
        """Called with every message."""
        self._floor = floor
        prepared = Session.prepare(SessionId(session), agent, floor.switch.features)
        self.core = SessionCore(prepared, CoreSettings(), now=floor.now)
        self.core.handle(DesktopBound(), now=floor.now)
        self._reports: deque[Report] = deque()
        self._requests: deque[JsonObject] = deque()
        self._asked: Call | None = None
        self._sent = 0
        self._sure: set[str] = set()
        self._inputs: list[tuple[float, bytes, int]] = []
        """The inputs since the picture, with their times, and how many messages there were before each."""
        self._keep_picture()

    @property
    def waits(self) -> bool:
        """Is the platform being asked?"""
        return self._asked is not None

    @property
    def busy(self) -> bool:
        return self.waits or bool(self._reports or self._requests)

    def ask(self, command: str, target: str = "", data: JsonObject | None = None, *, sure: bool = False) -> None:
        """Put a request behind those that wait. `target` leaves the session's id out: ".c1".

        `sure`: it is open, and nothing else is under way, so INVALID_STATE would be a broken promise.
        """
        self._sent += 1
        request: JsonObject = {"command": command, "target": f"{self.id}{target}", "requestid": f"r{self._sent}"}
        if sure:
            self._sure.add(request["requestid"])
        self._requests.append({**request, "data": data or {}})
        self._floor.wakes(self)
        self.run()

    def report(self, report: Report) -> None:
        self._reports.append(report)
        self._floor.wakes(self)

    def run(self) -> None:
        """Go on until the platform is asked, or nothing waits."""
        while not self.over and not self.waits:
            if self._reports:
                self._feed(Reported(self._reports.popleft()))
            elif self._requests:
                self._feed(RequestCame(read_request(self._requests.popleft())))
            else:
                return

    def platform_answers(self) -> None:
        """Let the platform do what it was asked, now."""
        asked, self._asked = self._asked, None
        assert asked is not None
        outcome: Input
        try:
            answer = self._floor.switch.perform(self.agent, asked.call)
        except Refused as refusal:
            outcome = CallRefused(refusal.code, refusal.message)
        else:
            self.watched = not isinstance(asked.call, LogoutAgent) and (
                self.watched or isinstance(asked.call, StartAgent)
            )
            outcome = Answered(answer)
        self._feed(outcome)
        if isinstance(outcome, Answered) and self.core.believed:
            kept = (left_of(report, outcome.answer) for report in self._reports)
            self._reports = deque(report for report in kept if report is not None)
        self.run()

    def deadline(self) -> None:
        self._feed(DeadlineCame())
        self.run()

    def check_client(self) -> None:
        """A client that has believed the messages has the whole world of the session."""
        self.client.check_settled()
        known, held = self.client.world(), world_of(self.core.session)
        assert {each: in_no_order(info) for each, info in known.items()} == {
            each: in_no_order(info) for each, info in held.items()
        }

    def interactions(self) -> list[Interaction]:
        return list(self.core.session.all_interactions())

    def channels(self) -> list[Channel]:
        return list(self.core.session.all_channels())

    def restart(self) -> None:
        """The processor dies and is started again: what waited is lost, and the platform has gone on."""
        self._reports.clear()
        self._requests.clear()
        self._asked = None
        self.core = self._rebuilt()
        self.watched = False
        self._floor.switch.forsake([self.agent])
        self._feed(Restarted())
        while self.waits and not self.over:  # such as the rest of what is done to several channels
            self.platform_answers()
        if self.over:
            return
        self._feed(DesktopBound())
        self._keep_picture()
        self._feed(PlatformReturned(self._floor.switch.features))
        self._floor.wakes(self)

    def lose(self) -> None:
        """The platform is lost, and the session with it."""
        if not self.over:
            self._reports.clear()
            self._feed(End(DisposalCause.PLATFORM_LOST, "the CTI platform is lost"))

    def _keep_picture(self) -> None:
        self._picture = msgspec.msgpack.encode(self.core.picture())
        self._pictured = len(self.journal)
        self._inputs.clear()

    def _rebuilt(self) -> SessionCore:
        """From the picture and the inputs since: it must say again what it has said."""
        core = SessionCore.restored(msgspec.msgpack.decode(self._picture), self._answered())
        for at, given, so_far in self._inputs:
            effects = core.handle(unpack(msgspec.msgpack.decode(given)), now=at)
            said = [encode(effect.message, seq=effect.seq) for effect in effects if isinstance(effect, Send)]
            assert said == self.journal[so_far : so_far + len(said)]
        assert core.seq == len(self.journal)
        assert core.busy or core.picture() == self.core.picture()
        return core

    def _answered(self) -> dict[str, int]:
        messages = (msgspec.json.decode(text) for text in self.journal[: self._pictured])
        return {message["requestid"]: message["seq"] for message in messages if "requestid" in message}

    def _feed(self, given: Input) -> None:
        self._inputs.append((self._floor.now, msgspec.msgpack.encode(pack(given)), len(self.journal)))
        for effect in self.core.handle(given, now=self._floor.now):
            match effect:
                case Send():
                    text = encode(effect.message, seq=effect.seq)
                    self.journal.append(text)
                    message = msgspec.json.decode(text)
                    self.client.take(message)
                    self._check(message)
                    self.heard(message)
                case Call():
                    self._asked = effect
                case Ignored():
                    self.dropped.append(effect.why)
                case Ended():
                    self.over = True
                    self._asked = None
        if not self.waits:
            if self._floor.suspicious:
                self.client.check_settled()
            self._floor.expects(self, self.core.next_deadline())

    def _check(self, message: JsonObject) -> None:
        code = message.get("failure", {}).get("code")
        assert code not in (FailureCode.PLATFORM_ERROR, FailureCode.INTERNAL_ERROR), message
        assert code != FailureCode.INVALID_STATE or message.get("requestid") not in self._sure, message


class Floor:
    """All seats, the switch, and the time. It is the line on which the switch tells what happens."""

    def __init__(self, settings: SimulatorSettings, *, suspicious: bool = True) -> None:
        """`suspicious`: every client checks all that it knows after every step, which takes its time."""
        self.switch = Switch(settings)
        self.switch.connect(self)
        self.suspicious = suspicious
        self.seats: dict[str, Seat] = {}
        self.now = 0.0
        self._sessions = 0
        self._awake: dict[Seat, None] = {}
        """Those with something to do, in the order of their waking."""
        self._deadlines: list[tuple[float, int, Seat]] = []
        self._order = itertools.count()

    def sit_down(self, agent: str) -> Seat:
        """A session of the agent's, started."""
        self._sessions += 1
        seat = self.seats[agent] = Seat(self, agent, f"s{self._sessions}")
        seat.ask("session.start")
        self.settle()
        return seat

    # What the switch tells (the Line that it knows)

    def changed(self, agent: str, report: Report) -> None:
        seat = self.seats.get(agent)
        if seat is not None and seat.watched and not seat.over:
            seat.report(report)

    def broken(self) -> None:
        """The line is gone, with all sessions that were on it, and another line is there."""
        lost = [seat for seat in self._seats() if seat.watched]
        for seat in self.seats.values():
            seat.lose()
        self._awake.clear()
        self.switch.disconnect(self)
        self.switch.forsake(seat.agent for seat in lost)
        self.switch.connect(self)

    @property
    def under_way(self) -> bool:
        """Is anything being asked, or not heard yet?"""
        return any(seat.busy for seat in self._seats())

    # Going on

    def wakes(self, seat: Seat) -> None:
        self._awake[seat] = None

    def expects(self, seat: Seat, at: float) -> None:
        """The seat wants to be called then; an expectation that is outdated does no harm."""
        if at < math.inf:
            heapq.heappush(self._deadlines, (at, next(self._order), seat))

    def hear(self) -> None:
        """Let every session take in what it was told."""
        for seat in tuple(self._awake):
            seat.run()

    def settle(self) -> None:
        """Let the platform answer everything, until nothing is left to do at this moment."""
        self.switch.advance(self.now)
        while self._awake or self.switch.next_at() <= self.now:
            self.switch.advance(self.now)
            for seat in tuple(self._awake):
                seat.run()
                if seat.waits and not seat.over:
                    seat.platform_answers()
                if seat.over or not seat.busy:
                    self._awake.pop(seat, None)

    def next_at(self) -> float:
        return min(self.switch.next_at(), self._deadlines[0][0] if self._deadlines else math.inf)

    def pass_time(self, seconds: float, *, settling: bool = True) -> None:
        """Let so much time pass, with all that is due on the way."""
        until = self.now + seconds
        while (due := self.next_at()) <= until:
            self.now = max(self.now, due)
            self.switch.advance(self.now)
            while self._deadlines and self._deadlines[0][0] <= self.now:
                self._call(heapq.heappop(self._deadlines)[2])
            self.settle() if settling else self.hear()
        self.now = until
        self.switch.advance(until)
        self.settle() if settling else self.hear()

    def _call(self, seat: Seat) -> None:
        if seat.over:
            return
        if seat.waits:  # its time comes when the platform has answered
            return
        if seat.core.next_deadline() <= self.now:
            seat.deadline()
            self.wakes(seat)

    def _seats(self) -> Iterator[Seat]:
        return (seat for seat in self.seats.values() if not seat.over)

    # The truth

    def check_truth(self) -> None:
        """At rest, every session knows exactly what the switch has, and every client what its session knows."""
        for seat in self._seats():
            snapshot = self.switch.perform(seat.agent, StartAgent())
            assert _as_known(seat) == _as_it_is(snapshot)
            seat.check_client()


@attrs.frozen
class Picture:
    """What an agent has: channels by endpoint, interactions by endpoint and id."""

    channels: dict[str, Any]
    interactions: dict[tuple[str, str], Any]


def _as_it_is(snapshot: Snapshot) -> Picture:
    reports = [report for group in snapshot.groups for report in group.channels] + list(snapshot.channels)
    return Picture(
        {
            report.endpoint: (report.loginstate, report.agentstate, report.reason, report.pendingagentstate)
            for report in reports
        },
        {
            (report.endpoint, report.id): (
                report.state,
                report.contact,
                report.direction,
                report.data,
                report.recording,
                report.abilities,
                [(leg.id, leg.type, leg.state, leg.direction, list(leg.members)) for leg in report.legs],
            )
            for report in snapshot.interactions
        },
    )


def _as_known(seat: Seat) -> Picture:
    return Picture(
        {
            channel.endpoint: (channel.loginstate, channel.agentstate, channel.reason, channel.pendingagentstate)
            for channel in seat.channels()
        },
        {
            (it.channel.endpoint, it.key): (
                it.state,
                it.contact,
                it.direction,
                it.data,
                it.recording,
                it.abilities,
                [_leg(leg) for leg in it.conversations.values()],
            )
            for it in seat.interactions()
        },
    )


def _leg(leg: Conversation) -> tuple[Any, ...]:
    return (leg.key, leg.type, leg.state, leg.direction, list(leg.members.values()))
