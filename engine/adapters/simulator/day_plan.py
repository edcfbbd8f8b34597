"""What the people of a busy day want to do, as data: who works when, who calls when, and what agents do with whom.

Nothing here touches a switch. What an agent does next is a function of the seed, the agent and the contact alone: asked
again, or in another order, by whomever, a plan answers the same. Times are seconds since the day began.
"""

import enum
from random import Random
from typing import Final

import attrs

from protocol.states import ChannelType

TICKET: Final = "ticket"
"""The key of the attached data that names a planned contact in every report of it."""


# Customers


@attrs.frozen(kw_only=True)
class Line:
    """Something that a customer writes; all but the first when an agent is there, so long after the one before."""

    after_s: float
    text: str


@attrs.frozen(kw_only=True)
class Arrival:
    """A contact that comes from outside, by a queue.

    `address` is a number or an email address. `patience_s`: who is not answered within it gives up; emails and
    callbacks wait. `talks_s`: a caller hangs up so long after being answered, one who chats leaves so long after the
    last line; None leaves that to the agent. `lines` are what a customer writes.
    """

    at_s: float
    ticket: str
    kind: ChannelType
    queue: str
    name: str
    address: str
    topic: str
    patience_s: float
    talks_s: float | None = None
    lines: tuple[Line, ...] = ()

    @property
    def data(self) -> dict[str, str]:
        """The attached data that it comes with."""
        return {TICKET: self.ticket, "topic": self.topic}


# Agents


@attrs.frozen(kw_only=True)
class Pause:
    """The agent is away, for this not-ready reason."""

    at_s: float
    for_s: float
    reason: str | None


@attrs.frozen(kw_only=True)
class Outbound:
    """A call that the agent makes once it is due and the phone is free; unanswered, it is given up."""

    at_s: float
    ticket: str
    destination: str
    gives_up_s: float

    @property
    def data(self) -> dict[str, str]:
        """The attached data that it is made with: `extensions` of the dialling."""
        return {TICKET: self.ticket}


@attrs.frozen(kw_only=True)
class Shift:
    """An agent's day. `serves` are the channels where the agent is ready, by way of `group` but for the phone.

    An agent without `ends_s` stays on until the last contact is over. `off_reason` is the not-ready reason where the
    agent is logged in and does not serve, and on the way home.
    """

    agent: str
    extension: str
    serves: frozenset[ChannelType]
    group: str | None
    begins_s: float
    ends_s: float | None
    off_reason: str | None
    pauses: tuple[Pause, ...] = ()
    dials: tuple[Outbound, ...] = ()


class Reaction(enum.StrEnum):
    """What an agent does about an offer."""

    ACCEPT = "accept"
    REJECT = "reject"
    IGNORE = "ignore"


@attrs.frozen(kw_only=True)
class Response:
    """What an agent does about an offer, and how long after it came."""

    reaction: Reaction
    after_s: float


class Act(enum.StrEnum):
    """What an agent does with a contact.

    For calls: HOLD to BLIND_CONFERENCE. TRANSFER and CONFERENCE are those of a consult, END_CONSULT hangs up the
    consult leg. For chats and emails: TYPE, SAY, REPLY, and HAND_ON, to the queue that `what` names. RELEASE ends any.
    """

    HOLD = "hold"
    RETRIEVE = "retrieve"
    RECORD = "record"
    PAUSE_RECORDING = "pause_recording"
    STOP_RECORDING = "stop_recording"
    DIGITS = "digits"
    NOTE = "note"
    CONSULT = "consult"
    ALTERNATE = "alternate"
    TRANSFER = "transfer"
    CONFERENCE = "conference"
    END_CONSULT = "end_consult"
    BLIND_TRANSFER = "blind_transfer"
    BLIND_CONFERENCE = "blind_conference"
    TYPE = "type"
    SAY = "say"
    REPLY = "reply"
    HAND_ON = "hand_on"
    RELEASE = "release"


@attrs.frozen(kw_only=True)
class Step:
    """Do this, so long after the step before. `what` is the destination, the text, the digits, the queue."""

    after_s: float
    act: Act
    what: str = ""


@attrs.frozen(kw_only=True)
class Work:
    """What an agent does with a contact once it is answered, then in wrap-up.

    The steps go on as long as the interaction lives. One that cannot be done, because it is refused or because there
    is nothing to do it to, is left out; the last is a RELEASE, which always can.
    """

    steps: tuple[Step, ...]
    wrapup_s: float
    disposition: str | None


# The plan


@attrs.frozen(kw_only=True)
class Plan:
    """A day of `closes_s` seconds. `arrivals` are in the order of time.

    Agents consult and transfer to each other, to `queues` and to `outside` numbers, and choose from the codes
    `dispositions`.
    """

    seed: int
    closes_s: float
    shifts: tuple[Shift, ...]
    arrivals: tuple[Arrival, ...]
    queues: tuple[str, ...]
    outside: tuple[str, ...]
    dispositions: tuple[str, ...]
    logout_reason: str | None

    @property
    def contacts(self) -> int:
        """How many there are, those that agents dial included."""
        return len(self.arrivals) + sum(len(shift.dials) for shift in self.shifts)

    def response(self, agent: str, ticket: str, offer: int, kind: ChannelType) -> Response:
        """What the agent does about this contact being offered, for the `offer`th time, from 0 on."""
        random = self._random("response", agent, ticket, offer)
        lot = random.random()
        if lot < _REJECTS:
            return Response(reaction=Reaction.REJECT, after_s=seconds(random.uniform(2, 6)))
        if lot < _REJECTS + _IGNORES:
            return Response(reaction=Reaction.IGNORE, after_s=0)
        slow = 1.0 if kind is ChannelType.TELEPHONY else 1.5
        return Response(reaction=Reaction.ACCEPT, after_s=seconds(1 + slow * random.gammavariate(2, 1.3)))

    def work(self, agent: str, ticket: str, before: int, kind: ChannelType) -> Work:
        """What the agent does with this contact, which `before` agents have had before."""
        random = self._random("work", agent, ticket, before)
        match kind:
            case ChannelType.TELEPHONY:
                steps = self._call_steps(random, agent, before)
            case ChannelType.CHAT:
                steps = self._chat_steps(random, before)
            case ChannelType.EMAIL:
                steps = self._email_steps(random, before)
            case ChannelType.CALLBACK:
                steps = (Step(after_s=talk_s(random, 120), act=Act.RELEASE),)
        return Work(
            steps=steps,
            wrapup_s=seconds(min(180, 5 + random.expovariate(1 / 25))),
            disposition=random.choice(self.dispositions) if self.dispositions else None,
        )

    def _random(self, *about: object) -> Random:
        return Random("/".join(map(str, (self.seed, *about))))  # noqa: S311 - a lot that can be drawn again

    # Calls

    def _call_steps(self, random: Random, agent: str, before: int) -> tuple[Step, ...]:
        middle: tuple[Step, ...] = ()
        if before == 0:
            affair = random.choices(tuple(_AFFAIRS), tuple(_AFFAIRS.values()))[0]
            middle = self._affair(affair, random, agent)
        recording = self._recording(random) if random.random() < _RECORDED else ()
        return (*recording, *middle, Step(after_s=talk_s(random, 170 if before == 0 else 90), act=Act.RELEASE))

    @staticmethod
    def _recording(random: Random) -> tuple[Step, ...]:
        steps = [Step(after_s=2, act=Act.RECORD)]
        if random.random() < 0.3:
            steps += [Step(after_s=15, act=Act.PAUSE_RECORDING), Step(after_s=10, act=Act.RECORD)]
        if random.random() < 0.3:
            steps.append(Step(after_s=20, act=Act.STOP_RECORDING))
        return tuple(steps)

    def _affair(self, affair: "_Affair", random: Random, agent: str) -> tuple[Step, ...]:
        begin_s = seconds(random.uniform(20, 90))
        wait_s = seconds(random.uniform(12, 35))
        back = (Step(after_s=2, act=Act.END_CONSULT), Step(after_s=1, act=Act.RETRIEVE))
        consult = Step(after_s=begin_s, act=Act.CONSULT, what=self._colleague(random, agent))
        match affair:
            case _Affair.NONE:
                return ()
            case _Affair.HOLD:
                return (Step(after_s=begin_s, act=Act.HOLD), Step(after_s=wait_s, act=Act.RETRIEVE))
            case _Affair.MENU:
                return (Step(after_s=begin_s, act=Act.DIGITS, what=f"{random.randrange(1000)}#"),)
            case _Affair.CONSULT:
                return (consult, Step(after_s=wait_s, act=Act.NOTE, what="asked a colleague"), *back)
            case _Affair.ALTERNATE:
                return (consult, *(Step(after_s=wait_s, act=Act.ALTERNATE) for _ in range(2)), *back)
            case _Affair.TRANSFER:
                return (consult, Step(after_s=wait_s, act=Act.TRANSFER), *back)
            case _Affair.CONFERENCE:
                return (consult, Step(after_s=wait_s, act=Act.CONFERENCE), *back)
            case _Affair.BLIND_TRANSFER:
                return (Step(after_s=begin_s, act=Act.BLIND_TRANSFER, what=self._elsewhere(random)),)
            case _Affair.BLIND_CONFERENCE:
                return (Step(after_s=begin_s, act=Act.BLIND_CONFERENCE, what=random.choice(self.outside)),)

    def _colleague(self, random: Random, agent: str) -> str:
        others = tuple(shift.extension for shift in self.shifts if shift.agent != agent)
        return random.choice(others or self.outside)

    def _elsewhere(self, random: Random) -> str:
        return random.choice((*self.queues, *self.queues, *self.outside[:1]))

    # Chats and emails

    def _chat_steps(self, random: Random, before: int) -> tuple[Step, ...]:
        steps = [Step(after_s=3, act=Act.SAY, what=random.choice(_GREETINGS))]
        for _ in range(random.randint(2, 6)):
            steps += [
                Step(after_s=seconds(random.uniform(10, 40)), act=Act.TYPE),
                Step(after_s=seconds(random.uniform(4, 15)), act=Act.SAY, what=random.choice(_ANSWERS)),
            ]
        if before == 0 and random.random() < _HANDED_ON:
            steps.append(Step(after_s=5, act=Act.HAND_ON, what=random.choice(self.queues)))
        return (*steps, Step(after_s=seconds(random.uniform(5, 40)), act=Act.RELEASE))

    def _email_steps(self, random: Random, before: int) -> tuple[Step, ...]:
        steps = [Step(after_s=talk_s(random, 150), act=Act.REPLY, what=random.choice(_ANSWERS))]
        if before == 0 and random.random() < _HANDED_ON:
            steps.insert(0, Step(after_s=20, act=Act.HAND_ON, what=random.choice(self.queues)))
        return (*steps, Step(after_s=5, act=Act.RELEASE))


def seconds(value: float) -> float:
    """To the millisecond: a finer time would only be rounding errors."""
    return round(value, 3)


def talk_s(random: Random, median_s: float) -> float:
    """How long people talk: mostly around the median, sometimes far longer."""
    return seconds(min(1200, max(15, median_s * random.lognormvariate(0, 0.55))))


class _Affair(enum.Enum):
    """What becomes of a call beside talk."""

    NONE = enum.auto()
    HOLD = enum.auto()
    MENU = enum.auto()
    CONSULT = enum.auto()
    ALTERNATE = enum.auto()
    TRANSFER = enum.auto()
    CONFERENCE = enum.auto()
    BLIND_TRANSFER = enum.auto()
    BLIND_CONFERENCE = enum.auto()


_AFFAIRS: Final = {
    _Affair.NONE: 64,
    _Affair.HOLD: 14,
    _Affair.MENU: 2,
    _Affair.CONSULT: 5,
    _Affair.ALTERNATE: 2,
    _Affair.TRANSFER: 5,
    _Affair.CONFERENCE: 3,
    _Affair.BLIND_TRANSFER: 4,
    _Affair.BLIND_CONFERENCE: 1,
}
"""How many of a hundred calls."""

_REJECTS: Final = 0.02
_IGNORES: Final = 0.01
_RECORDED: Final = 0.3
_HANDED_ON: Final = 0.06

_GREETINGS: Final = ("Hello, how can I help?", "Good morning, what can I do for you?")
_ANSWERS: Final = (
    "I am looking that up.",
    "Thank you, that helps.",
    "It will be with you on Thursday.",
    "I have sent you a new invoice.",
    "Is there anything else?",
)
