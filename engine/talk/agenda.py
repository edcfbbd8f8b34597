"""What an agent who works by itself does next: takes what is offered, talks a little, lets go, sums up, is ready again.

It is read off what is open after each message, so it makes no difference who else acts, or in what order: what is open
no longer when it is asked for fails, and that is all.
"""

from collections.abc import Callable, Iterable, Iterator
from math import inf
from typing import Final

import attrs

from engine.talk.view import JsonObject, Known
from protocol.states import AgentState, ConversationState

TALK_S: Final = 0.3
"""How long a contact is talked to. Short: a day that is played may go hundreds of times as fast as the world."""


@attrs.frozen
class Act:
    """What is done with an object as soon as it is open, or so long after."""

    command: str
    data: JsonObject = attrs.field(factory=dict)
    after_s: float = 0.0
    when: Callable[[Known], bool] = lambda _: True


def _talks(leg: Known) -> bool:
    return leg.state.get("state") == ConversationState.CONNECTED


def _has_stopped(channel: Known) -> bool:
    """An agent who has missed an offer is made not ready."""
    return channel.state.get("agentstate") == AgentState.NOTREADY


ACTS: Final = (
    Act("interaction.accept"),
    Act("interaction.complete", {"disposition": {"code": "RESOLVED"}}),
    Act("interaction.reply", {"text": "Thank you. It is done."}, TALK_S),
    Act("interaction.message.send", {"text": "Hello. It is done."}),
    Act("interaction.release", after_s=TALK_S),
    Act("conversation.release", after_s=TALK_S, when=_talks),
    Act("channel.ready", when=_has_stopped),
)
_REPLY: Final = "interaction.reply"


class Agenda:
    """Times are those of any clock, in seconds."""

    def __init__(self) -> None:
        self._due: dict[tuple[str, str], float] = {}
        """By target and command, what is open: when it is to be asked for."""
        self._asked: set[tuple[str, str]] = set()
        """What is open and has been asked for: once is enough."""

    def look(self, objects: Iterable[Known], now: float) -> None:
        """What is open now, and since when."""
        is_open = {(known.target, act.command): now + act.after_s for known in objects for act in _acts(known)}
        self._due = {key: self._due.get(key, at) for key, at in is_open.items()}
        self._asked &= self._due.keys()

    def take(self, now: float) -> Iterator[tuple[str, str, JsonObject]]:
        """What is to be asked for now: commands with their target and data."""
        data = {act.command: act.data for act in ACTS}
        for key, at in self._due.items():
            if at <= now and key not in self._asked:
                self._asked.add(key)
                target, command = key
                yield command, target, data[command]

    @property
    def next_at(self) -> float:
        """When there is something to ask for, as far as that is known."""
        return min((at for key, at in self._due.items() if key not in self._asked), default=inf)


def _acts(known: Known) -> list[Act]:
    acts = [act for act in ACTS if act.command in known.capabilities and act.when(known)]
    # A reply ends an email: nothing else is said, and nothing is left to let go of.
    return [act for act in acts if act.command == _REPLY] or acts
