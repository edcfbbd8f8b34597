"""What is explained from: the steps of a session, as its journal has them."""

from typing import Any

import attrs

from statemachines.effects import Input

JsonObject = dict[str, Any]


@attrs.frozen(kw_only=True)
class Step:
    """One input of a session's core, and the messages that came out of it, decoded, in their order.

    An input without messages is a step as well: what a request asks of the platform is told by the step of the answer.
    """

    number: int
    """1, 2, 3 and so on in each session."""
    at_ms: int
    """Wall clock, milliseconds since the Unix epoch, UTC."""
    given: Input
    messages: tuple[JsonObject, ...] = ()
