"""Scripts of simulated chat customers, as data: what the customer's side does, step by step.

As JSON or TOML has it, a step is a table with `do`, and beside it the step's properties:
`{"do": "say", "text": "Hello"}`. `STEPS` has the words.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from engine.adapters.simulator.inputs import fits
from engine.adapters.simulator.tables import Seconds, SomeSeconds, Times
from protocol.convert import make_strict_converter, structure
from protocol.states import Ability
from protocol.strictjson import Json
from protocol.texts import Count, Name, Text, Url


@attrs.frozen(kw_only=True)
class Wait:
    """Do nothing for so long."""

    seconds: Seconds = attrs.field(validator=fits(Seconds))


@attrs.frozen(kw_only=True)
class AwaitAgent:
    """Go on when an agent has the chat."""


@attrs.frozen(kw_only=True)
class AwaitMessage:
    """Go on when an agent has written something that was not read yet, and read all there is."""


@attrs.frozen(kw_only=True)
class Say:
    """Write this, so many times, with so many seconds from one to the next; 0 is as fast as the chat takes it."""

    text: Text = attrs.field(validator=fits(Text))
    times: Times = attrs.field(default=1, validator=fits(Times))
    every_s: Seconds = attrs.field(default=1.0, validator=fits(Seconds))


@attrs.frozen(kw_only=True)
class TypeFor:
    """Be seen typing for so long."""

    seconds: Seconds = attrs.field(validator=fits(Seconds))


@attrs.frozen(kw_only=True)
class PutFile:
    """Put in a file that lies at `url`. `size` in bytes."""

    name: Name = attrs.field(validator=fits(Name))
    url: Url = attrs.field(validator=fits(Url))
    type: Name | None = attrs.field(default=None, validator=fits(Name | None))
    size: Count | None = attrs.field(default=None, validator=fits(Count | None))


@attrs.frozen(kw_only=True)
class FillForm:
    """When a form is shown (this one, or whichever), fill in these values by name."""

    values: dict[str, str] = attrs.field(validator=fits(dict[str, str]))
    form: Name | None = attrs.field(default=None, validator=fits(Name | None))


@attrs.frozen(kw_only=True)
class AnswerScreenshot:
    """When a screenshot is asked for, let the agent have the one at `url`, or refuse."""

    accepted: bool = attrs.field(validator=fits(bool))
    url: Url | None = attrs.field(default=None, validator=fits(Url | None))


@attrs.frozen(kw_only=True)
class AnswerSignal:
    """When a signal comes, answer with this one."""

    name: Name = attrs.field(validator=fits(Name))
    data: dict[str, str] = attrs.field(factory=dict, validator=fits(dict[str, str]))


@attrs.frozen(kw_only=True)
class Leave:
    """End the chat."""


Step = Wait | AwaitAgent | AwaitMessage | Say | TypeFor | PutFile | FillForm | AnswerScreenshot | AnswerSignal | Leave

STEPS: Final[Mapping[str, type[Step]]] = MappingProxyType(
    {
        "wait": Wait,
        "await_agent": AwaitAgent,
        "await_message": AwaitMessage,
        "say": Say,
        "type": TypeFor,
        "file": PutFile,
        "form": FillForm,
        "screenshot": AnswerScreenshot,
        "signal": AnswerSignal,
        "leave": Leave,
    }
)

NEEDS: Final[Mapping[type[Step], Ability]] = MappingProxyType(
    {
        PutFile: Ability.FILE,
        FillForm: Ability.FORM,
        AnswerScreenshot: Ability.SCREENSHOT,
        AnswerSignal: Ability.SIGNAL,
    }
)
"""What the customer's side must be able to do for a step."""


@attrs.frozen(kw_only=True)
class Script:
    """What a customer does. Having done all, the customer stays until the agent ends the chat, or patience does.

    `patience_s` is how long the customer waits for an agent, each time anew; left out, the settings say. `idle_s` is
    how long an agent may have the chat without either side doing anything, before the customer leaves; left out,
    for ever.
    """

    steps: tuple[Step, ...] = ()
    patience_s: SomeSeconds | None = attrs.field(default=None, validator=fits(SomeSeconds | None))
    idle_s: SomeSeconds | None = attrs.field(default=None, validator=fits(SomeSeconds | None))


_CONVERTER: Final = make_strict_converter(refuse_unknown=True)


@attrs.frozen(kw_only=True)
class _Written:
    """A script as it is written."""

    steps: tuple[dict[str, Json], ...] = ()
    patience_s: SomeSeconds | None = None
    idle_s: SomeSeconds | None = None


def script_from(written: Json, at: str = "script") -> Script:
    """Read a script. Raises ValueError with the path, below `at`, of what is wrong."""
    frame = structure(written, _Written, at=at, converter=_CONVERTER)
    return Script(
        steps=tuple(_step(step, f"{at}.steps[{n}]") for n, step in enumerate(frame.steps)),
        patience_s=frame.patience_s,
        idle_s=frame.idle_s,
    )


def _step(written: dict[str, Json], at: str) -> Step:
    do = written.get("do")
    kind = STEPS.get(do) if isinstance(do, str) else None
    if kind is None:
        raise ValueError(f"{at}.do: expected one of {', '.join(STEPS)}")
    return structure({key: value for key, value in written.items() if key != "do"}, kind, at=at, converter=_CONVERTER)
