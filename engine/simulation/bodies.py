"""What the control of the simulator takes and gives as JSON, and the converter that reads it.

A property that is a word of Python has a `_` behind it here, and none in JSON.
"""

import enum
from typing import Annotated, Any, Final, TypeVar

import attrs
import msgspec
from cattrs import BaseConverter
from cattrs.dispatch import StructureHook
from cattrs.gen import make_dict_structure_fn, override

from engine.adapters.simulator.callers import CallScript
from engine.adapters.simulator.contact import Outcome
from engine.adapters.simulator.day_totals import DayTotals
from engine.adapters.simulator.settings import Fault, Seconds
from protocol.convert import describe, make_strict_converter, structure
from protocol.states import Ability, AgentState
from protocol.strictjson import Json
from protocol.texts import Count, DataMap, Digits, Name, Note, Text, Url

T = TypeVar("T")

BODY: Final = "body"
"""Where the path of a wrong field begins."""

CHAT_SCRIPT: Final = "ChatScript"
SCHEMA_REF: Final = "#/components/schemas/{name}"
"""Where a schema stands in the OpenAPI document."""

Agents = Annotated[int, msgspec.Meta(ge=1, le=1000, description="a whole number from 1 to 1000")]
Contacts = Annotated[int, msgspec.Meta(ge=0, le=10_000, description="a whole number from 0 to 10000")]
Minutes = Annotated[float, msgspec.Meta(ge=1, le=1440, description="a number from 1 to 1440")]
Speed = Annotated[float, msgspec.Meta(ge=0.1, le=10_000, description="a number from 0.1 to 10000")]


def _one_of(*words: str) -> msgspec.Meta:
    return msgspec.Meta(description=f"one of {', '.join(words)}")


AbilityWord = Annotated[Ability, _one_of(*Ability)]
ChosenState = Annotated[AgentState, _one_of(*AgentState)]


ScriptWritten = Annotated[
    dict[str, Any],
    msgspec.Meta(
        description="an object: the script of a chat",
        extra_json_schema={"$ref": SCHEMA_REF.format(name=CHAT_SCRIPT)},
    ),
]
"""What `script_from` reads."""


@attrs.frozen(kw_only=True)
class Nothing:
    """No body, or an empty object."""


# Calls


@attrs.frozen(kw_only=True)
class NewCall:
    """Somebody at the number `from` calls a phone or a queue, `to`. `data` is attached."""

    to: Name
    from_: Name
    data: DataMap = attrs.field(factory=dict)
    script: CallScript | None = None


@attrs.frozen(kw_only=True)
class CallMade:
    """The id of the contact; `outcome` where it was over at once: there was nobody to take it."""

    call: str
    outcome: Outcome | None = None


@attrs.frozen(kw_only=True)
class DialledDigits:
    """What the caller dials; agents have it in the attached data, under `digits`."""

    digits: Digits


# Chats, emails, callbacks


@attrs.frozen(kw_only=True)
class NewChat:
    """A customer of this name wants to chat. `abilities` are what the customer's side can do; left out, all."""

    queue: Name
    name: Name
    data: DataMap = attrs.field(factory=dict)
    script: ScriptWritten | None = None
    abilities: tuple[AbilityWord, ...] | None = None


@attrs.frozen(kw_only=True)
class ChatMade:
    """The id of the contact."""

    chat: str


@attrs.frozen(kw_only=True)
class Written:
    """What the customer writes."""

    text: Text


@attrs.frozen(kw_only=True)
class Typing:
    """Is the customer typing?"""

    on: bool


@attrs.frozen(kw_only=True)
class FilePut:
    """The customer puts in a file that lies at `url`. `size` in bytes."""

    name: Name
    url: Url
    type: Name | None = None
    size: Count | None = None


@attrs.frozen(kw_only=True)
class FormFilled:
    """The customer fills in the form that is shown."""

    form: Name
    values: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class ScreenshotGiven:
    """The customer lets the agent have the picture at `url`, or refuses."""

    accepted: bool
    url: Url | None = None


@attrs.frozen(kw_only=True)
class SignalSent:
    """Something from the customer's application to the agent's."""

    name: Name
    data: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class LookingOn:
    """The supervisor of this name looks on."""

    name: Name


@attrs.frozen(kw_only=True)
class NewEmail:
    """An email from the address `from`."""

    queue: Name
    from_: Name
    subject: Note
    text: Text
    data: DataMap = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class EmailMade:
    """The id of the contact."""

    email: str


@attrs.frozen(kw_only=True)
class NewCallback:
    """A customer of this name wants to be called at `number`."""

    queue: Name
    number: Name
    name: Name
    data: DataMap = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class CallbackMade:
    """The id of the contact."""

    callback: str


# Phones


@attrs.frozen(kw_only=True)
class Dialling:
    """What is dialled at the phone."""

    destination: Name


@attrs.frozen(kw_only=True)
class LoggingIn:
    """Who sits down at the phone."""

    agent: Name


@attrs.frozen(kw_only=True)
class StateChosen:
    """The agent state that is chosen at the phone; any reason goes, and none with READY."""

    agentstate: ChosenState
    reason: Name | None = None


@attrs.frozen(kw_only=True)
class AutomaticSet:
    """Does the phone answer by itself, after how long, and how long does it talk (left out, until the other ends)?"""

    on: bool = True
    answers_after_s: Seconds = 2.0
    talks_s: Seconds | None = None


# The platform


@attrs.frozen(kw_only=True)
class NewFault(Fault):
    """Something that goes wrong from now on; the fault of the settings."""


# Days


@attrs.frozen(kw_only=True)
class NewDay:
    """A busy day of so many `minutes`, for the first `agents` of the settings, `speed` times as fast as the world.

    `contacts` left out are as many as keep the agents busy. The same seed gives the same day.
    """

    agents: Agents
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1, description="a whole number from 0 to 9007199254740991")]
    contacts: Contacts | None = None
    minutes: Minutes = 480.0
    speed: Speed = 480.0


@attrs.frozen(kw_only=True)
class DayMade:
    """The id of the day."""

    day: str


class DayStatus(enum.StrEnum):
    """OVER: to its end. STOPPED: before that."""

    RUNNING = "running"
    OVER = "over"
    STOPPED = "stopped"


@attrs.frozen(kw_only=True)
class DayState:
    """How far a day is, and what came of it so far. `contacts` is how many are to come in all.

    `elapsed_s` is how much of it has passed, by the time of the simulator; it goes on beyond its minutes for as long
    as contacts are there.
    """

    day: str
    status: DayStatus
    agents: int
    seed: int
    contacts: int
    minutes: float
    speed: float
    elapsed_s: float
    totals: DayTotals


# Reading and writing


def _json_name(name: str) -> str:
    return name.rstrip("_")


def _renamed(kind: Any) -> dict[str, Any]:
    return {
        field.name: override(rename=_json_name(field.name))
        for field in attrs.fields(kind)
        if _json_name(field.name) != field.name
    }


def _is_ours(kind: Any) -> bool:
    return attrs.has(kind) and kind.__module__.startswith(__name__.rpartition(".")[0])


def _structure_ours(kind: Any, converter: BaseConverter) -> StructureHook:
    return make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True, **_renamed(kind))


def _make_converter() -> BaseConverter:
    converter = make_strict_converter(refuse_unknown=True)
    converter.register_structure_hook_factory(_is_ours, _structure_ours)
    return converter


_CONVERTER: Final = _make_converter()


def read(body: Json, kind: type[T]) -> T:
    """Raises ValueError with the path, below `body`, of the first field that is wrong."""
    if not isinstance(body, dict):
        raise ValueError(f"{BODY}: expected an object, got {describe(body)}")  # noqa: TRY004 - the value is the peer's
    try:
        return structure(body, kind, at=BODY, converter=_CONVERTER)
    except ValueError as error:
        raise ValueError(_in_json(str(error), kind)) from None


def _in_json(told: str, kind: type[Any]) -> str:
    """The message as the peer spells its properties; it holds no values."""
    for name in (field.name for field in attrs.fields(kind) if field.name.endswith("_")):
        told = told.replace(name, _json_name(name))
    return told


def write(answer: Any) -> Json:
    """What is None is left out."""
    return attrs.asdict(answer, filter=lambda _, value: value is not None)
