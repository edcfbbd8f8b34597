"""What is left out of a chat whose customer floods it, and what the agent is told instead.

What a customer writes must cost no other contact anything. So of what comes up in one interaction only so much may
wait; beyond, it is left out, and one message of the system says how much. The states of interactions lose nothing.
"""

from typing import Final

import attrs

from engine.supervision.shown import utc_now
from protocol.platform import MessagePosted, Party, Post, TypingChanged
from protocol.states import PartyRole

SYSTEM: Final = Party(id="system", name="System", role=PartyRole.SYSTEM)


@attrs.define
class LeftOut:
    """What has been left out of one interaction since the last word about it. Of typing the latest counts."""

    first: Post | None = None
    count: int = 0
    typing: TypingChanged | None = None

    def add(self, post: Post) -> None:
        if isinstance(post, TypingChanged):
            self.typing = post
        else:
            self.first = self.first or post
            self.count += 1

    def words(self) -> list[Post]:
        """What is told in its place."""
        told: list[Post] = []
        if self.first is not None:
            told.append(
                MessagePosted(
                    endpoint=self.first.endpoint,
                    interaction=self.first.interaction,
                    id=f"{self.first.id}-left-out",
                    party=SYSTEM,
                    text=f"Too much came at once: {self.count} messages are left out here",
                    time=utc_now(),
                )
            )
        if self.typing is not None:
            told.append(self.typing)
        return told
