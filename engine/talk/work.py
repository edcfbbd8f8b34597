"""An agent who works by itself: takes what is offered, talks a little, lets go, sums up, and is ready again.

For `work` in a script. What to do is read off what is open after each message, so it makes no difference who else
acts, or in what order: what is open no longer when it is asked for fails, and that is all.
"""

import time
from collections.abc import Callable
from typing import Final

import attrs

from engine.talk.client import Client
from engine.talk.received import Received
from engine.talk.view import JsonObject, Known
from protocol.states import AgentState, ConversationState

QUIET_S: Final = 60.0
"""When nothing has come for so long, there is nothing more to do."""
TALK_S: Final = 0.3
"""How long a contact is talked to. Short: a day that is played may go hundreds of times as fast as the world."""


@attrs.frozen
class _Act:
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


_ACTS: Final = (
    _Act("interaction.accept"),
    _Act("interaction.complete", {"disposition": {"code": "RESOLVED"}}),
    _Act("interaction.reply", {"text": "Thank you. It is done."}, TALK_S),
    _Act("interaction.message.send", {"text": "Hello. It is done."}),
    _Act("interaction.release", after_s=TALK_S),
    _Act("conversation.release", after_s=TALK_S, when=_talks),
    _Act("channel.ready", when=_has_stopped),
)
_REPLY: Final = "interaction.reply"


class Worker:
    """Works in the session of `client`. `show` is given what comes."""

    def __init__(self, client: Client, show: Callable[[Received], None]) -> None:
        self._client = client
        self._show = show
        self._due: dict[tuple[str, str], float] = {}
        """By target and command, what is open: when it is to be asked for."""
        self._asked: set[tuple[str, str]] = set()
        """What is open and has been asked for: once is enough."""

    def work(self, quiet_s: float) -> None:
        """Until nothing has come for so long, the session is over, or Ctrl-C. Raises TalkError."""
        quiet_at = time.monotonic() + quiet_s
        try:
            while (now := time.monotonic()) < quiet_at and not self._client.unbound.is_set():
                self._look(now)
                self._act(now)
                next_at = min([quiet_at, *(at for key, at in self._due.items() if key not in self._asked)])
                received = self._client.receive(max(0.0, next_at - time.monotonic()))
                if received is not None:
                    self._show(received)
                    quiet_at = time.monotonic() + quiet_s
        except KeyboardInterrupt:
            return

    def _look(self, now: float) -> None:
        """What is open now, and since when."""
        objects = self._client.view.objects.values()
        is_open = {(known.target, act.command): now + act.after_s for known in objects for act in _acts(known)}
        self._due = {key: self._due.get(key, at) for key, at in is_open.items()}
        self._asked &= self._due.keys()

    def _act(self, now: float) -> None:
        data = {act.command: act.data for act in _ACTS}
        for key, at in self._due.items():
            if at <= now and key not in self._asked:
                self._asked.add(key)
                target, command = key
                self._client.send(command, target, data[command])


def _acts(known: Known) -> list[_Act]:
    acts = [act for act in _ACTS if act.command in known.capabilities and act.when(known)]
    # A reply ends an email: nothing else is said, and nothing is left to let go of.
    return [act for act in acts if act.command == _REPLY] or acts
