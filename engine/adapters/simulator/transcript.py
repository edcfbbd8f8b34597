"""What was said in a chat or an email: the latest of it, within the bounds of the settings."""

from collections import deque
from typing import Final

from engine.adapters.simulator.tables import SimulatedTranscript
from protocol.platform import Message, Party
from protocol.states import PartyRole

SYSTEM: Final = Party(id="system", name="System", role=PartyRole.SYSTEM)
"""Who notes of a transfer and other words of the platform come from. The customer does not see them."""


class Transcript:
    """Messages in the order of being said. Beyond the bounds the oldest are left out, and the transcript says so."""

    def __init__(self, bounds: SimulatedTranscript, contact: str) -> None:
        self._bounds = bounds
        self._contact = contact
        self._messages: deque[Message] = deque()
        self._characters = 0
        self._left_out = 0
        self._left_out_at = ""

    def add(self, message: Message) -> None:
        self._messages.append(message)
        self._characters += len(message.text)
        while len(self._messages) > self._bounds.messages or self._characters > self._bounds.characters:
            oldest = self._messages.popleft()
            self._characters -= len(oldest.text)
            self._left_out += 1
            self._left_out_at = oldest.time

    def messages(self) -> tuple[Message, ...]:
        """All that is kept; before it, where something was left out, a word of the platform about that."""
        if not self._left_out:
            return tuple(self._messages)
        notice = Message(
            id=f"{self._contact}-left-out",
            party=SYSTEM,
            text=f"{self._left_out} earlier messages are left out",
            time=self._left_out_at,
        )
        return (notice, *self._messages)
