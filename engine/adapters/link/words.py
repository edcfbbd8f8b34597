"""The words of the link beside those of the platform: who speaks, which report it is, what was taken.

Calls, answers and reports are the classes of `protocol.platform`, by the one strict converter.
"""

import enum
import types
from collections.abc import Mapping
from typing import Annotated, Any, Final

import attrs
from msgspec import Meta

from protocol.convert import WIRE, structure
from protocol.platform import (
    CALLS,
    ChannelReport,
    Feature,
    FilePosted,
    FormSubmitted,
    InteractionReport,
    MessagePosted,
    PartyChanged,
    PlatformCall,
    Report,
    ScreenshotAnswered,
    SignalReceived,
    TypingChanged,
)
from protocol.strictjson import INTEGER_LIMIT, Json
from protocol.texts import Name

SUBPROTOCOL: Final = "adapter-link.v1"
VERSION: Final = 1
SPEAKER: Final = "interaction-processor"

HELLO: Final = "hello"
REPORT: Final = "report"
ACK: Final = "ack"
CANCEL: Final = "cancel"

CALL_NAMES: Final[Mapping[str, type[PlatformCall[Any]]]] = types.MappingProxyType(
    {call.__name__: call for call in CALLS}
)
"""The method of each call is the name of its class."""

KINDS: Final[Mapping[str, type[Report]]] = types.MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            ChannelReport,
            InteractionReport,
            MessagePosted,
            TypingChanged,
            FilePosted,
            FormSubmitted,
            ScreenshotAnswered,
            SignalReceived,
            PartyChanged,
        )
    }
)

Number = Annotated[int, Meta(ge=1, le=INTEGER_LIMIT, description="a whole number from 1 to 9007199254740991")]
Protocol = Annotated[int, Meta(ge=1, le=1_000, description="a whole number from 1 to 1000")]


class Outcome(enum.StrEnum):
    """NEW: nothing has been asked and nothing has been told. RESUMED: the link of before the cut goes on."""

    NEW = "NEW"
    RESUMED = "RESUMED"


@attrs.frozen(kw_only=True)
class Hello:
    """The program's first words on each connection. `resume` is the link that it was on before a cut."""

    protocol: Protocol
    name: Name
    features: tuple[Feature, ...]
    resume: Name | None = None


@attrs.frozen(kw_only=True)
class Welcome:
    """The answer. `received` is the number of the last report that has been taken.

    The times are ours: who has heard nothing for longer than `ping_every_s` and `pong_within_s` together may take the
    connection for lost, and has `grace_s` to come back.
    """

    protocol: Protocol
    name: Name
    link: Name
    outcome: Outcome
    received: int
    grace_s: float
    ping_every_s: float
    pong_within_s: float
    message_bytes: int
    messages_per_s: float


@attrs.frozen(kw_only=True)
class Ack:
    """The reports up to this number have been taken: they need no longer be kept."""

    seq: Number


@attrs.frozen(kw_only=True)
class Cancel:
    """Nobody waits for the answer to this call any longer."""

    id: Number


@attrs.frozen(kw_only=True)
class CallHead:
    """Beside the call itself. `within_s`: how long its answer is waited for.

    `settled`: no call up to this id waits for an answer any longer, so their answers need no longer be kept.
    """

    agent: str
    within_s: float
    settled: int


@attrs.frozen(kw_only=True)
class ReportHead:
    """Beside the report itself. `seq` counts the reports of a link: 1, 2, 3 and so on, without gaps."""

    seq: Number
    agent: Name
    kind: str


@attrs.frozen(kw_only=True)
class Told:
    """A report whose number could be read. `problem`: why the rest could not."""

    seq: int
    agent: str = ""
    report: Report | None = None
    problem: str = ""


def read_told(params: Json) -> Told:
    """Raises ValueError where not even a number can be read."""
    seq = structure(params, _Numbered, at="params").seq
    try:
        head = structure(params, ReportHead, at="params")
        if head.kind not in KINDS:
            raise ValueError(f"params.kind: expected one of {', '.join(KINDS)}")  # noqa: TRY301 - as the others
        if "report" not in params:
            raise ValueError("params.report: is required")  # noqa: TRY301
        report: Report = structure(params["report"], KINDS[head.kind], at="params.report")
        problem = report.problem() if isinstance(report, ChannelReport | InteractionReport) else None
        if problem:
            raise ValueError(f"params.report: {problem}")  # noqa: TRY301
    except ValueError as error:
        return Told(seq=seq, problem=str(error))
    return Told(seq=seq, agent=head.agent, report=report)


@attrs.frozen(kw_only=True)
class _Numbered:
    seq: Number


def call_params(agent: str, call: PlatformCall[Any], *, within_s: float, settled: int) -> Json:
    head = WIRE.unstructure(CallHead(agent=agent, within_s=round(within_s, 3), settled=settled))
    return {**head, "call": WIRE.unstructure(call)}


def read_answer(call: PlatformCall[Any], result: Json) -> Any:
    """The answer of the call's type. Raises ValueError."""
    row = CALLS[type(call)]
    if row.answer is type(None):
        if result is not None:
            raise ValueError(f"result: {type(call).__name__} has no answer; send null")
        return None
    kind: Any = types.GenericAlias(tuple, (row.answer, ...)) if row.listed else row.answer
    return structure(result, kind, at="result")
