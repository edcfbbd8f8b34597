"""Draws the plan of a busy day: shifts with their pauses, and contacts that arrive as they do in life.

The contacts of a day are a Poisson process whose rate has a peak in the morning and a lower one in the afternoon, given
how many there are: so each arrives for itself, at a time that is drawn by the rate.
"""

import itertools
import math
from collections.abc import Iterable, Iterator
from random import Random
from typing import Final

import attrs

from engine.adapters.simulator.day_plan import Arrival, Line, Outbound, Pause, Plan, Shift, seconds, talk_s
from engine.adapters.simulator.settings import SimulatorSettings
from engine.adapters.simulator.tables import SimulatedAgent, SimulatedGroup, SimulatedQueue
from protocol.errors import FailureCode, Refused
from protocol.platform import CHANNEL_FEATURES, Feature
from protocol.states import ChannelType

CONTACTS_PER_AGENT_AND_MINUTE: Final = 1 / 6
LAST_CALL_S: Final = 1.0
"""An agent who goes home makes no call later than this before."""


def draw_plan(
    settings: SimulatorSettings, *, agents: int, seed: int, contacts: int | None = None, minutes: float = 480.0
) -> Plan:
    """A day of so many minutes, for the first `agents` of the settings; the same arguments give the same plan.

    Without `contacts` there are as many as keep the agents busy. Raises Refused where the settings have not enough
    agents, or nothing for them to do.
    """
    if agents > len(settings.agents):
        raise Refused(
            FailureCode.INVALID_REQUEST,
            f"the simulator has {len(settings.agents)} agents; ask for no more, or add [[simulator.agents]]",
        )
    random = Random(seed)  # noqa: S311 - a lot that can be drawn again
    draft = _Draft(settings, settings.agents[:agents], seconds(minutes * 60), random)
    number = round(agents * minutes * CONTACTS_PER_AGENT_AND_MINUTE) if contacts is None else contacts
    kinds = draft.kinds(number)
    tickets = itertools.count(1)
    arrivals = sorted(draft.arrivals(kinds, tickets), key=lambda arrival: arrival.at_s)
    dials = sorted(draft.dials(kinds.count(None), tickets), key=lambda dial: dial.at_s)
    callers = [shift for shift in draft.shifts if ChannelType.TELEPHONY in shift.serves]
    return Plan(
        seed=seed,
        closes_s=draft.closes_s,
        shifts=tuple(_with_dials(shift, callers, dials) for shift in draft.shifts),
        arrivals=tuple(arrivals),
        queues=tuple(queue.name for queue in draft.queues),
        outside=draft.outside,
        dispositions=tuple(reason.code for reason in settings.dispositions),
        logout_reason=next((reason.code for reason in settings.logout_reasons), None),
    )


def _with_dials(shift: Shift, callers: list[Shift], dials: list[Outbound]) -> Shift:
    """The calls that agents make are dealt out among those who are ready at phones, and fall into their shifts."""
    if shift not in callers:
        return shift
    mine = dials[callers.index(shift) :: len(callers)]
    if shift.ends_s is not None:
        last_s = shift.ends_s - LAST_CALL_S
        mine = [attrs.evolve(dial, at_s=min(dial.at_s, last_s)) for dial in mine]
    return attrs.evolve(shift, dials=tuple(mine))


class _Draft:
    """What is known while a plan is drawn."""

    def __init__(
        self, settings: SimulatorSettings, agents: tuple[SimulatedAgent, ...], closes_s: float, random: Random
    ) -> None:
        self.closes_s = closes_s
        self._settings = settings
        self._random = random
        self._features = settings.declared()
        self.shifts = [self._shift(number, agent, len(agents)) for number, agent in enumerate(agents)]
        self.queues = tuple(queue for queue in settings.queues if any(self._serving(queue)))
        if not self.queues:
            raise Refused(
                FailureCode.INVALID_REQUEST,
                "no queue is served by the day's agents; add [[simulator.queues]], or ask for more agents",
            )
        self.outside = (
            *(number.number for number in settings.numbers),
            *(self._number() for _ in range(2 + len(settings.numbers))),
        )

    # Agents

    def _shift(self, number: int, agent: SimulatedAgent, of: int) -> Shift:
        random, day_s = self._random, self.closes_s
        group = next(iter(self._groups(agent)), None)
        late, early = random.random() < _PART_TIME, random.random() < _PART_TIME
        first, last = number == 0, number == of - 1
        return Shift(
            agent=agent.id,
            extension=agent.extension,
            serves=self._serves(number, of, group),
            group=group.name if group else None,
            begins_s=seconds(day_s * (random.uniform(0.05, 0.15) if late and not first else random.uniform(0, 0.005))),
            ends_s=seconds(day_s * random.uniform(0.85, 0.95)) if early and not (first or last) else None,
            off_reason=self._reason("ADMIN"),
            pauses=tuple(self._pauses()),
        )

    def _groups(self, agent: SimulatedAgent) -> Iterable[SimulatedGroup]:
        if Feature.CHANNELGROUPS not in self._features:
            return ()
        return (group for group in self._settings.groups if agent.groups is None or group.name in agent.groups)

    def _serves(self, number: int, of: int, group: SimulatedGroup | None) -> frozenset[ChannelType]:
        """Every fourth agent chats, the others talk and write; where there are too few, everybody does everything."""
        possible = {ChannelType.TELEPHONY} if Feature.TELEPHONY in self._features else set()
        if group is not None:
            offered = {
                ChannelType.CHAT: group.chat,
                ChannelType.EMAIL: group.email,
                ChannelType.CALLBACK: group.callback,
            }
            possible |= {kind for kind, yes in offered.items() if yes and CHANNEL_FEATURES[kind] in self._features}
        chat = possible & {ChannelType.CHAT}
        rest = possible - chat
        if of < _SPECIALISTS or not chat or not rest:
            return frozenset(possible)
        return frozenset(chat if number % _SPECIALISTS == _SPECIALISTS - 1 else rest)

    def _pauses(self) -> Iterator[Pause]:
        """A break, lunch, another break; in a shorter day they are shorter."""
        for (begin, end), share, reason in _PAUSES:
            at_s = self.closes_s * self._random.uniform(begin, end)
            yield Pause(at_s=seconds(at_s), for_s=seconds(self.closes_s * share), reason=self._reason(reason))

    def _reason(self, wanted: str) -> str | None:
        codes = [reason.code for reason in self._settings.not_ready_reasons]
        return wanted if wanted in codes or not codes else codes[0]

    def _serving(self, queue: SimulatedQueue) -> Iterator[Shift]:
        return (shift for shift in self.shifts if queue.agents is None or shift.agent in queue.agents)

    # Contacts

    def kinds(self, number: int) -> list[ChannelType | None]:
        """What each contact is; None is a call that an agent makes."""
        served = {kind for shift in self.shifts for kind in shift.serves}
        dials = ChannelType.TELEPHONY in served and Feature.DIAL in self._features
        mix = {kind: share for kind, share in _MIX.items() if (dials if kind is None else kind in served)}
        if not mix:
            raise Refused(
                FailureCode.INVALID_REQUEST,
                "the day's agents have no channel to serve; add telephony, or channelgroups and a medium, to "
                "simulator.features",
            )
        return self._random.choices(tuple(mix), tuple(mix.values()), k=number)

    def arrivals(self, kinds: Iterable[ChannelType | None], tickets: Iterator[int]) -> Iterator[Arrival]:
        for kind in kinds:
            if kind is not None:
                yield self._arrival(kind, f"T{next(tickets)}")

    def _arrival(self, kind: ChannelType, ticket: str) -> Arrival:
        random = self._random
        queues = [queue for queue in self.queues if any(kind in shift.serves for shift in self._serving(queue))]
        name = f"{random.choice(_FIRST_NAMES)} {random.choice(_LAST_NAMES)}"
        calls = kind is ChannelType.TELEPHONY
        return Arrival(
            at_s=seconds(self._moment() * self.closes_s),
            ticket=ticket,
            kind=kind,
            queue=random.choice(queues or self.queues).name,
            name=name,
            address=f"{name.lower().replace(' ', '.')}@example.com" if kind is ChannelType.EMAIL else self._number(),
            topic=random.choice(_TOPICS),
            patience_s=seconds(8 + random.expovariate(1 / (150 if calls else 240))),
            talks_s=self._talks_s(kind),
            lines=() if calls else tuple(self._lines()),
        )

    def _talks_s(self, kind: ChannelType) -> float | None:
        """Some end it themselves; the others leave that to the agent, though no caller stays for ever."""
        first = self._random.random() < _ENDED_BY_CUSTOMER.get(kind, 0)
        match kind:
            case ChannelType.TELEPHONY:
                return talk_s(self._random, 150) if first else seconds(self._random.uniform(900, 1500))
            case ChannelType.CHAT if first:
                return talk_s(self._random, 40)
            case _:
                return None

    def dials(self, number: int, tickets: Iterator[int]) -> Iterator[Outbound]:
        for _ in range(number):
            yield Outbound(
                at_s=seconds(self._moment() * self.closes_s),
                ticket=f"T{next(tickets)}",
                destination=self._random.choice(self.outside),
                gives_up_s=seconds(self._random.uniform(15, 40)),
            )

    def _moment(self) -> float:
        """When in the day, from 0 to 1: drawn by throwing away what lies above the rate."""
        while True:
            moment, height = self._random.random(), self._random.random() * _RATE_LIMIT
            if height < _rate(moment):
                return moment

    def _lines(self) -> Iterator[Line]:
        random = self._random
        yield Line(after_s=0, text=random.choice(_QUESTIONS))
        for _ in range(random.randrange(4)):
            yield Line(after_s=seconds(random.uniform(15, 60)), text=random.choice(_QUESTIONS))

    def _number(self) -> str:
        return f"+1555{self._random.randrange(10**7):07d}"


def _rate(moment: float) -> float:
    """How busy it is then."""
    return 0.35 + _bump(moment, 0.27, 0.11) + 0.55 * _bump(moment, 0.68, 0.14)


def _bump(moment: float, middle: float, width: float) -> float:
    return math.exp(-(((moment - middle) / width) ** 2))


_RATE_LIMIT: Final = 1.5
_PART_TIME: Final = 0.2
_SPECIALISTS: Final = 4
_ENDED_BY_CUSTOMER: Final = {ChannelType.TELEPHONY: 0.6, ChannelType.CHAT: 0.4}

_PAUSES: Final = (((0.15, 0.30), 1 / 32, "BREAK"), ((0.40, 0.60), 1 / 16, "LUNCH"), ((0.70, 0.80), 1 / 32, "BREAK"))
"""When in the day a pause begins, how much of it the pause takes, and why."""

_MIX: Final = {
    ChannelType.TELEPHONY: 62,
    ChannelType.CHAT: 18,
    ChannelType.EMAIL: 10,
    ChannelType.CALLBACK: 3,
    None: 7,
}
"""How many of a hundred contacts are of each kind."""

_FIRST_NAMES: Final = ("Ada", "Alan", "Barbara", "Edsger", "Frances", "Grace", "John", "Katherine", "Ken", "Radia")
_LAST_NAMES: Final = ("Ahmed", "Brown", "Garcia", "Ivanova", "Keller", "Lopez", "Martin", "Novak", "Okafor", "Tanaka")
_TOPICS: Final = ("invoice", "delivery", "contract", "fault", "advice", "complaint")
_QUESTIONS: Final = (
    "Where is my parcel?",
    "I do not understand my invoice.",
    "Can I change my contract?",
    "My line is down.",
    "Thanks, and one more thing.",
    "Yes, that is right.",
)
