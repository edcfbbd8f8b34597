"""What the simulated platform has: the `[simulator]` table of the configuration, and the one of the demo.

The values are plain enough to be structured from TOML, and know nothing of each other until `check` has looked.
"""

import enum
from collections.abc import Iterable, Iterator
from typing import Annotated, Final

import attrs
import msgspec

from protocol.platform import CALLS, DirectoryEntry, Feature, ReasonCode
from protocol.states import AgentState
from protocol.texts import Count, Name

FEATURES: Final = frozenset(Feature) - {Feature.DIAL}
"""All that the simulator can do."""


class FaultKind(enum.StrEnum):
    """What goes wrong with a call.

    ERROR: refused with PLATFORM_ERROR. UNAVAILABLE: refused with PLATFORM_UNAVAILABLE. HANG: never answered, nothing
    is done. LATE: not answered, but done and reported once the caller has given up. TWICE: done, and each change
    reported twice. CRASH: an exception that no adapter should raise. NONSENSE: answered with something of the wrong
    type, nothing is done. DIE: the connection to the platform breaks.
    """

    ERROR = "error"
    UNAVAILABLE = "unavailable"
    HANG = "hang"
    LATE = "late"
    TWICE = "twice"
    CRASH = "crash"
    NONSENSE = "nonsense"
    DIE = "die"


_CALL_NAMES: Final = {call.__name__: call for call in CALLS}


def _one_of(words: Iterable[str]) -> msgspec.Meta:
    return msgspec.Meta(description=f"one of {', '.join(words)}")


StateWord = Annotated[AgentState, _one_of(AgentState)]
FeatureWord = Annotated[Feature, _one_of(word for word in Feature if word in FEATURES)]
FaultWord = Annotated[FaultKind, _one_of(FaultKind)]
Times = Annotated[int, msgspec.Meta(ge=1, description="a whole number from 1 on")]


@attrs.frozen(kw_only=True)
class SimulatedAgent:
    """Someone the platform knows, with a phone of their own.

    `groups` are the names that the agent may join; left out, all. `joined` are those whose channels the platform
    has for the agent before any session starts. `logged_in`: is the agent logged in at the phone before that, too,
    then in `agentstate`? `name` left out is the id.
    """

    id: Name
    extension: Name
    name: Name | None = None
    groups: tuple[Name, ...] | None = None
    joined: tuple[Name, ...] = ()
    logged_in: bool = False
    agentstate: StateWord = AgentState.NOTREADY


@attrs.frozen(kw_only=True)
class SimulatedGroup:
    """A channel group. It always has the agent's phone; the others say which media it offers as well."""

    name: Name
    chat: bool = True
    email: bool = True
    callback: bool = True


@attrs.frozen(kw_only=True)
class Fault:
    """Something that goes wrong on demand.

    Counts for calls of the class named `call`, of `agent` and about `endpoint` where these are given. The first
    `skip` such calls pass, the next `times` are struck, and then the fault is over. Of several faults for the same
    call the first that is due strikes.
    """

    call: Name
    kind: FaultWord
    skip: Count = 0
    times: Times = 1
    agent: Name | None = None
    endpoint: Name | None = None


@attrs.frozen(kw_only=True)
class SimulatorSettings:
    """The platform. `check` must have passed them before a platform is made of them.

    `extra_extensions` are phones that are nobody's own. `auto_in`: a channel that becomes active is ready by itself.
    `latency_ms` is the time that the platform takes over each call. `features` left out are all but dial.
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
    yield from _twice(
        [
            *((f"agents[{n}].extension", agent.extension) for n, agent in enumerate(settings.agents)),
            *((f"extra_extensions[{n}]", extension) for n, extension in enumerate(settings.extra_extensions)),
        ]
    )
    for key in ("not_ready_reasons", "logout_reasons", "dispositions"):
        codes: tuple[ReasonCode, ...] = getattr(settings, key)
        yield from _twice((f"{key}[{n}].code", reason.code) for n, reason in enumerate(codes))
    if Feature.DIAL in settings.declared():
        yield "features", "the simulator cannot dial; leave dial out"
    for n, agent in enumerate(settings.agents):
        yield from ((f"agents[{n}].{key}", problem) for key, problem in _agent_problems(agent, settings))
    for n, fault in enumerate(settings.faults):
        yield from ((f"faults[{n}].{key}", problem) for key, problem in _fault_problems(fault, settings))


def _twice(keyed: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    for key, value in keyed:
        if value in seen:
            yield key, f"{value} is simulator.{seen[value]} already; give another, or remove one of the two"
        seen.setdefault(value, key)


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


def _fault_problems(fault: Fault, settings: SimulatorSettings) -> Iterator[tuple[str, str]]:
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
    """The platform without a configuration: fifty agents at fifty phones, one group, nobody logged in."""
    numbers = range(1, 51)
    return SimulatorSettings(
        agents=tuple(
            SimulatedAgent(id=f"agent{number}", name=f"Agent {number}", extension=f"{4000 + number}")
            for number in numbers
        ),
        groups=(SimulatedGroup(name="Default"),),
        directory=(
            DirectoryEntry(name="Front desk", number="4900", type="internal"),
            DirectoryEntry(name="Supervisor on duty", number="4901", type="internal"),
            DirectoryEntry(name="Technical support", number="4910", type="queue"),
            DirectoryEntry(name="Billing", number="4911", type="queue"),
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
