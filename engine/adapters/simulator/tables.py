"""The parts of the simulator's settings: what its tables hold. They know nothing of each other."""

import enum
from collections.abc import Iterable
from typing import Annotated, Final

import attrs
import msgspec

from protocol.errors import FailureCode
from protocol.platform import Feature
from protocol.states import AgentState, ChannelType
from protocol.texts import Count, Name

FEATURES: Final = frozenset(Feature)
"""All that the simulator can do."""


class FaultKind(enum.StrEnum):
    """What goes wrong with a call.

    ERROR: refused with the fault's code. UNAVAILABLE: refused with PLATFORM_UNAVAILABLE. HANG: never answered, nothing
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


def _one_of(words: Iterable[str]) -> msgspec.Meta:
    return msgspec.Meta(description=f"one of {', '.join(words)}")


StateWord = Annotated[AgentState, _one_of(AgentState)]
FeatureWord = Annotated[Feature, _one_of(word for word in Feature if word in FEATURES)]
FaultWord = Annotated[FaultKind, _one_of(FaultKind)]
CodeWord = Annotated[FailureCode, _one_of(FailureCode)]
Times = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1, description="a whole number from 1 on")]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9, description="a number of seconds from 0 to 1000000000")]
SomeSeconds = Annotated[float, msgspec.Meta(gt=0, le=1e9, description="a number of seconds above 0, to 1000000000")]


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
class SimulatedQueue:
    """A queue of calls, chats, emails and callbacks. `number` is what dials it; left out, only its name does.

    `agents` are those who serve it; left out, all. What has waited for `overflow_s` goes on to the queue `overflow_to`
    or, left out, is turned away. `limit` is how many may wait; beyond, they are turned away at once.
    """

    name: Name
    number: Name | None = None
    agents: tuple[Name, ...] | None = None
    overflow_s: SomeSeconds | None = None
    overflow_to: Name | None = None
    limit: Count | None = None


@attrs.frozen(kw_only=True)
class OutsideNumber:
    """How an outside number behaves when it is dialled; numbers of + and 3 to 20 digits exist without being here.

    It answers after `answers_after_s` (left out, `outside_answer_s`), unless it is `busy` or `never_answers`, and
    hangs up after having talked for `talks_s`, if that is given.
    """

    number: Name
    name: Name | None = None
    answers_after_s: Seconds | None = None
    busy: bool = False
    never_answers: bool = False
    talks_s: Seconds | None = None


@attrs.frozen(kw_only=True)
class Automatic:
    """A phone that answers by itself after `answers_after_s`, and hangs up after `talks_s`, if that is given."""

    answers_after_s: Seconds = 2.0
    talks_s: Seconds | None = None


@attrs.frozen(kw_only=True)
class AutomaticPhone(Automatic):
    """A phone that answers by itself after `answers_after_s`, and hangs up after `talks_s`, if that is given."""

    extension: Name


@attrs.frozen(kw_only=True)
class WrapUpTimes:
    """How many seconds of wrap-up (after-call work) are due after an interaction, by channel type; 0: none."""

    telephony: Seconds = 0.0
    chat: Seconds = 0.0
    email: Seconds = 0.0
    callback: Seconds = 0.0

    def of(self, kind: ChannelType) -> float:
        return float(getattr(self, kind.lower()))


@attrs.frozen(kw_only=True)
class Capacity:
    """How many interactions a channel may have at once. A phone has one."""

    chat: Times = 3
    email: Times = 5
    callback: Times = 1

    def of(self, kind: ChannelType) -> int:
        return 1 if kind is ChannelType.TELEPHONY else int(getattr(self, kind.lower()))


@attrs.frozen(kw_only=True)
class SimulatedTranscript:
    """How much of a chat or an email is kept: the latest `messages`, and of these so many `characters`."""

    messages: Times = 500
    characters: Times = 100_000


@attrs.frozen(kw_only=True)
class Fault:
    """Something that goes wrong on demand.

    Counts for calls of the class named `call`, of `agent` and about `endpoint` where these are given. The first
    `skip` such calls pass, the next `times` are struck, and then the fault is over. Of several faults for the same
    call the first that is due strikes. `code` is that of an ERROR.
    """

    call: Name
    kind: FaultWord
    code: CodeWord = FailureCode.PLATFORM_ERROR
    skip: Count = 0
    times: Times = 1
    agent: Name | None = None
    endpoint: Name | None = None
