"""What the simulated platform has: the `[simulator]` table of the configuration, and the one of the demo.

The values are plain enough to be structured from TOML, and know nothing of each other until `check` has looked.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from engine.adapters.simulator.tables import (
    FEATURES,
    Automatic,
    AutomaticPhone,
    Capacity,
    Fault,
    FaultKind,
    FeatureWord,
    OutsideNumber,
    Seconds,
    SimulatedAgent,
    SimulatedGroup,
    SimulatedQueue,
    SimulatedTranscript,
    SomeSeconds,
    Times,
    WrapUpTimes,
)
from protocol.platform import CALLS, DirectoryEntry, Feature, ReasonCode
from protocol.states import AgentState
from protocol.texts import Count, Name

__all__ = (
    "FEATURES",
    "Automatic",
    "AutomaticPhone",
    "Capacity",
    "Fault",
    "FaultKind",
    "OutsideNumber",
    "Seconds",
    "SimulatedAgent",
    "SimulatedGroup",
    "SimulatedQueue",
    "SimulatedTranscript",
    "SimulatorSettings",
    "SomeSeconds",
    "Times",
    "WrapUpTimes",
    "check",
    "demo_settings",
)

_CALL_NAMES: Final = {call.__name__: call for call in CALLS}


@attrs.frozen(kw_only=True)
class SimulatorSettings:
    """The platform. `check` must have passed them before a platform is made of them.

    `extra_extensions` are phones that are nobody's own. `auto_in`: a channel that becomes active is ready by itself.
    `latency_ms` is the time that the platform takes over each call. `features` left out are all.
    """

    agents: tuple[SimulatedAgent, ...] = ()
    groups: tuple[SimulatedGroup, ...] = ()
    extra_extensions: tuple[Name, ...] = ()
    directory: tuple[DirectoryEntry, ...] = ()
    not_ready_reasons: tuple[ReasonCode, ...] = ()
    not_ready_reason_required: bool = False
    logout_reasons: tuple[ReasonCode, ...] = ()
    logout_reason_required: bool = False
    dispositions: tuple[ReasonCode, ...] = ()
    disposition_required: bool = False
    queues: tuple[SimulatedQueue, ...] = ()
    numbers: tuple[OutsideNumber, ...] = ()
    automatic_phones: tuple[AutomaticPhone, ...] = ()
    ring_s: SomeSeconds = 20.0
    """How long a phone rings."""
    dial_s: SomeSeconds = 30.0
    """How long an outside number is let ring."""
    outside_answer_s: Seconds = 3.0
    """When an outside number answers, or turns out to be busy."""
    patience_s: SomeSeconds = 120.0
    """How long callers wait to be answered, unless their script says otherwise."""
    answer_s: SomeSeconds = 30.0
    """How long a chat, an email or a callback is offered to an agent."""
    reject_pause_s: Seconds = 10.0
    """How long an agent is spared what it has rejected from a queue."""
    wrapup_s: WrapUpTimes = attrs.field(factory=WrapUpTimes)
    capacity: Capacity = attrs.field(factory=Capacity)
    transcript: SimulatedTranscript = attrs.field(factory=SimulatedTranscript)
    voice_blocks_media: bool = True
    """An agent with a call is offered nothing else from the queues …"""
    media_blocks_voice: bool = False
    """… and one with a chat, an email or a callback no calls."""
    auto_in: bool = False
    latency_ms: Count = 0
    features: tuple[FeatureWord, ...] | None = None
    faults: tuple[Fault, ...] = ()

    def declared(self) -> frozenset[Feature]:
        return FEATURES if self.features is None else frozenset(self.features)


def check(settings: SimulatorSettings) -> None:
    """Raises ValueError, naming the key and the remedy, at the first thing that does not fit the others."""
    for key, problem in _problems(settings):
        raise ValueError(f"simulator.{key}: {problem}")


def _problems(settings: SimulatorSettings) -> Iterator[tuple[str, str]]:
    yield from _twice((f"agents[{n}].id", agent.id) for n, agent in enumerate(settings.agents))
    yield from _twice((f"groups[{n}].name", group.name) for n, group in enumerate(settings.groups))
    for key in ("not_ready_reasons", "logout_reasons", "dispositions"):
        codes: tuple[ReasonCode, ...] = getattr(settings, key)
        yield from _twice((f"{key}[{n}].code", reason.code) for n, reason in enumerate(codes))
    yield from _twice(_dialled(settings))
    for n, queue in enumerate(settings.queues):
        yield from ((f"queues[{n}].{key}", problem) for key, problem in _queue_problems(queue, settings))
    for n, number in enumerate(settings.numbers):
        if number.busy and number.never_answers:
            yield f"numbers[{n}].busy", f"{number.number} never answers, too; take one of the two out"
    yield from _phone_problems(settings)
    for n, agent in enumerate(settings.agents):
        yield from ((f"agents[{n}].{key}", problem) for key, problem in _agent_problems(agent, settings))
    for n, fault in enumerate(settings.faults):
        yield from ((f"faults[{n}].{key}", problem) for key, problem in fault_problems(fault, settings))


def _twice(keyed: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    for key, value in keyed:
        if value in seen:
            yield key, f"{value} is simulator.{seen[value]} already; give another, or remove one of the two"
        seen.setdefault(value, key)


def _dialled(settings: SimulatorSettings) -> Iterator[tuple[str, str]]:
    """All that can be dialled."""
    yield from ((f"agents[{n}].extension", agent.extension) for n, agent in enumerate(settings.agents))
    yield from ((f"extra_extensions[{n}]", extension) for n, extension in enumerate(settings.extra_extensions))
    for n, queue in enumerate(settings.queues):
        yield f"queues[{n}].name", queue.name
        if queue.number not in (None, queue.name):
            yield f"queues[{n}].number", str(queue.number)
    yield from ((f"numbers[{n}].number", number.number) for n, number in enumerate(settings.numbers))


def _queue_problems(queue: SimulatedQueue, settings: SimulatorSettings) -> Iterator[tuple[str, str]]:
    for agent in queue.agents or ():
        if all(known.id != agent for known in settings.agents):
            yield "agents", f"there is no agent {agent}; add it under [[simulator.agents]], or take it out"
    if queue.overflow_to is not None:
        if queue.overflow_s is None:
            yield "overflow_to", f"{queue.name} never overflows; set overflow_s, too, or leave overflow_to out"
        others = [other.name for other in settings.queues if other is not queue]
        if queue.overflow_to not in others:
            may = f"take one of {', '.join(others)}, or leave it out" if others else "leave it out, or add one"
            yield "overflow_to", f"there is no other queue {queue.overflow_to}; {may}"


def _phone_problems(settings: SimulatorSettings) -> Iterator[tuple[str, str]]:
    yield from _twice(
        (f"automatic_phones[{n}].extension", phone.extension) for n, phone in enumerate(settings.automatic_phones)
    )
    phones = {*(agent.extension for agent in settings.agents), *settings.extra_extensions}
    for n, phone in enumerate(settings.automatic_phones):
        if phone.extension not in phones:
            yield (
                f"automatic_phones[{n}].extension",
                f"there is no phone {phone.extension}; add it to simulator.extra_extensions, or take another",
            )


def _agent_problems(agent: SimulatedAgent, settings: SimulatorSettings) -> Iterator[tuple[str, str]]:
    known = [group.name for group in settings.groups]
    allowed = known if agent.groups is None else agent.groups
    for name in agent.groups or ():
        if name not in known:
            yield "groups", f"there is no group {name}; add it under [[simulator.groups]], or take it out"
    for name in agent.joined:
        if name not in allowed:
            may = ", ".join(allowed) or "no group"
            yield "joined", f"{agent.id} may not join {name}, but {may}; add it to groups, or take it out"
    if agent.joined and Feature.CHANNELGROUPS not in settings.declared():
        yield "joined", "simulator.features has no channelgroups; add it there, or leave joined out"
    if agent.logged_in and Feature.TELEPHONY not in settings.declared():
        yield "logged_in", "simulator.features has no telephony; add it there, or leave logged_in out"
    if agent.agentstate is not AgentState.NOTREADY and not agent.logged_in:
        yield "agentstate", f"{agent.id} is not logged in; set logged_in = true, or leave agentstate out"


def fault_problems(fault: Fault, settings: SimulatorSettings) -> Iterator[tuple[str, str]]:
    """What in it nothing can come of: each property, and what is wrong with it."""
    call = _CALL_NAMES.get(fault.call)
    if call is None:
        yield "call", f"there is no call {fault.call}; take one of {', '.join(_CALL_NAMES)}"
    elif fault.endpoint is not None and "endpoint" not in attrs.fields_dict(call):
        yield "endpoint", f"{fault.call} is about no endpoint; leave endpoint out"
    if fault.agent is not None and all(agent.id != fault.agent for agent in settings.agents):
        yield "agent", f"there is no agent {fault.agent}; add it under [[simulator.agents]], or take another"


def _codes(**names: str) -> tuple[ReasonCode, ...]:
    return tuple(ReasonCode(code=code, name=name) for code, name in names.items())


def demo_settings() -> SimulatorSettings:
    """The platform without a configuration: fifty agents at fifty phones, two queues, nobody logged in."""
    numbers = range(1, 51)
    return SimulatorSettings(
        agents=tuple(
            SimulatedAgent(id=f"agent{number}", name=f"Agent {number}", extension=f"{4000 + number}")
            for number in numbers
        ),
        groups=(SimulatedGroup(name="Default"),),
        queues=(SimulatedQueue(name="Sales", number="4910"), SimulatedQueue(name="Service", number="4911")),
        extra_extensions=("4900", "4901"),
        automatic_phones=(AutomaticPhone(extension="4900"), AutomaticPhone(extension="4901", answers_after_s=5.0)),
        numbers=(
            OutsideNumber(number="+4930555010", name="Parcel service"),
            OutsideNumber(number="+15550190", name="Always busy", busy=True),
            OutsideNumber(number="+15550191", name="Never answers", never_answers=True),
        ),
        wrapup_s=WrapUpTimes(telephony=10.0),
        directory=(
            DirectoryEntry(name="Front desk", number="4900", type="internal"),
            DirectoryEntry(name="Supervisor on duty", number="4901", type="internal"),
            DirectoryEntry(name="Sales", number="4910", type="queue"),
            DirectoryEntry(name="Service", number="4911", type="queue"),
            DirectoryEntry(name="Parcel service", number="+4930555010", type="external"),
        ),
        not_ready_reasons=_codes(
            BREAK="Break", LUNCH="Lunch", MEETING="Meeting", TRAINING="Training", ADMIN="Administrative work"
        ),
        logout_reasons=_codes(SHIFT_END="End of shift", SICK="Gone home sick", TRANSFER="Moving to another desk"),
        dispositions=_codes(
            RESOLVED="Resolved", CALLBACK="Call back later", ESCALATED="Escalated", WRONG_NUMBER="Wrong number"
        ),
    )
