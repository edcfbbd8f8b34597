"""Stories with literal endings: a situation on the floor, one thing that is done then, and all messages that tell it.

A message is its result or failure code, or its name, then its target without the session's id, and of an end the cause.
"""

from collections.abc import Callable
from typing import Any

import attrs
import msgspec

from protocol.states import ChannelType
from tests.floor.floor import Floor, Seat
from tests.floor.stories import do, end_all

Told = tuple[str, ...]


@attrs.frozen
class Story:
    """What Ann and Bob are told when `act` is done in the situation that `begin` makes."""

    begin: Callable[[], Floor]
    act: Callable[[Floor], object]
    ann: Told = ()
    bob: Told = ()

    def check(self) -> None:
        at = self.begin()
        before = {agent: len(seat.journal) for agent, seat in at.seats.items()}
        self.act(at)
        found = {agent: told(seat, before[agent]) for agent, seat in at.seats.items()}
        assert found == {"ann": self.ann, "bob": self.bob}
        end_all(at)


def by(agent: str, command: str, data: dict[str, Any] | None = None, leg: int = 0) -> Callable[[Floor], None]:
    """The agent's command about the latest interaction, or the leg of this number in it."""
    return lambda at: do(at, agent, command, data, leg)


def customer_goes(at: Floor) -> None:
    """The one customer who is there hangs up, or leaves the chat."""
    (visit, *_) = at.switch.agents.all_visits()
    leave = at.switch.hangup if visit.contact.kind is ChannelType.TELEPHONY else at.switch.customer_leaves
    leave(visit.contact.id)
    at.settle()


def told(seat: Seat, after: int) -> Told:
    return tuple(_in_short(msgspec.json.decode(text), seat.id) for text in seat.journal[after:])


def _in_short(message: dict[str, Any], session: str) -> str:
    what = message.get("failure", {}).get("code") or message.get("result") or message["name"]
    target = message["target"].removeprefix(session).removeprefix(".")
    cause = message["data"]["cause"] if what == "interaction.ended" else None
    return " ".join(filter(None, (what, target, cause)))
