"""How an explorer's stories begin: with something under way, so that more can happen than to an empty session."""

import random
from collections.abc import Container, Sequence
from typing import Final

from engine.conformance.deeds import CALL, CHAT, Deed, Happening, Pause, Ref, Request

EMAIL: Final = {"queue": "$queue", "from": "ada@example.org", "subject": "An invoice", "text": "Where is it?"}


def _ready(endpoint: int) -> tuple[Deed, ...]:
    """A channel that is ready, at the endpoint that has this place in requests.yaml."""
    channel = Ref("channel", 1, 0)
    return (
        Request(number=1, command="session.addchannel", at=None, choice=endpoint),
        Request(number=2, command="channel.activate", at=channel),
        Request(number=3, command="channel.ready", at=channel),
    )


def _taken(kind: str) -> Deed:
    """What came with the fourth deed is taken."""
    command = "conversation.answer" if kind == "conversation" else "interaction.accept"
    return Request(number=5, command=command, at=Ref(kind, 4, 0))


_PHONE, _CHATS, _EMAILS = _ready(0), _ready(1), _ready(2)
_CALLED = (*_PHONE, Happening(number=4, deed="call", using=CALL))
_ANSWERED = (*_CALLED, _taken("conversation"))
_GROUP = Ref("channelgroup", 1, 0)

OPENINGS: Final[Sequence[Sequence[Deed]]] = (
    (),
    _PHONE,
    _CALLED,
    _ANSWERED,
    (*_ANSWERED, Request(number=6, command="interaction.consult", at=Ref("interaction", 4, 0)), Pause(number=7)),
    (*_CHATS, Happening(number=4, deed="chat", using=CHAT), _taken("interaction")),
    (*_EMAILS, Happening(number=4, deed="email", using=EMAIL), _taken("interaction")),
    (
        Request(number=1, command="session.addchannelgroup", at=None, choice=1),
        Request(number=2, command="channelgroup.activateall", at=_GROUP),
        Request(number=3, command="channelgroup.ready", at=_GROUP),
    ),
)


def opening(chance: random.Random, can: Container[str]) -> Sequence[Deed]:
    """One that the driver can do."""
    possible = [deeds for deeds in OPENINGS if all(each.deed in can for each in deeds if isinstance(each, Happening))]
    return chance.choice(possible)
