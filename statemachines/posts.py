"""What comes up once in a media interaction: is it news, what happened by it, and what a client is told of it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from protocol.events import (
    EventData,
    FileAdded,
    FileInfo,
    FormFilled,
    FormInfo,
    MessageAdded,
    MessageInfo,
    PartyEvent,
    PartyInfo,
    Screenshot,
    ScreenshotInfo,
    Signal,
    SignalInfo,
)
from protocol.platform import (
    FilePosted,
    FormSubmitted,
    Message,
    MessagePosted,
    Party,
    PartyChanged,
    Post,
    ScreenshotAnswered,
    SignalReceived,
    TypingChanged,
)
from statemachines.contact import TYPING_AT_ONCE, Interaction, remember
from statemachines.sequences import What


@attrs.frozen
class PostRow:
    """One kind of post: what has happened by it, and the data of the event that tells it."""

    what: Callable[[Any], What]
    data: Callable[[Any], EventData]


def party_info(party: Party) -> PartyInfo:
    return PartyInfo(id=party.id, name=party.name, role=party.role)


def message_info(message: Message | MessagePosted) -> MessageInfo:
    return MessageInfo(id=message.id, party=party_info(message.party), text=message.text, time=message.time)


def _party_event(post: Post) -> EventData:
    return PartyEvent(party=party_info(post.party))


def _file_added(post: FilePosted) -> EventData:
    shown = FileInfo(id=post.id, name=post.name, url=post.url, type=post.type, size=post.size)
    return FileAdded(party=party_info(post.party), file=shown)


def _form_filled(post: FormSubmitted) -> EventData:
    return FormFilled(party=party_info(post.party), form=FormInfo(id=post.form, values=post.values))


def _screenshot(post: ScreenshotAnswered) -> EventData:
    return Screenshot(party=party_info(post.party), screenshot=ScreenshotInfo(id=post.id, url=post.url))


def _signal(post: SignalReceived) -> EventData:
    return Signal(party=party_info(post.party), signal=SignalInfo(id=post.id, name=post.name, data=post.data))


POSTS: Final[Mapping[type[Post], PostRow]] = MappingProxyType(
    {
        MessagePosted: PostRow(lambda _: What.MESSAGE_ADDED, lambda post: MessageAdded(message=message_info(post))),
        TypingChanged: PostRow(lambda post: What.TYPING_STARTED if post.typing else What.TYPING_STOPPED, _party_event),
        FilePosted: PostRow(lambda _: What.FILE_ADDED, _file_added),
        FormSubmitted: PostRow(lambda _: What.FORM_SUBMITTED, _form_filled),
        ScreenshotAnswered: PostRow(
            lambda post: What.SCREENSHOT_ACCEPTED if post.accepted else What.SCREENSHOT_REJECTED, _screenshot
        ),
        SignalReceived: PostRow(lambda _: What.SIGNAL_RECEIVED, _signal),
        PartyChanged: PostRow(lambda post: What.PARTY_JOINED if post.joined else What.PARTY_LEFT, _party_event),
    }
)


def post_data(post: Post) -> EventData:
    return POSTS[type(post)].data(post)


def take_in_post(interaction: Interaction, post: Post) -> str | None:
    """Note that it has come; say why it is no news, if it is none."""
    if type(post) not in POSTS:
        return f"{type(post).__name__} is no post of the platform's words"
    if interaction.is_call or interaction.over:
        return f"interaction {interaction.key} is {'a call' if interaction.is_call else 'over'}"
    if isinstance(post, TypingChanged):
        if post.typing == (post.party.id in interaction.typing):
            return f"{post.party.id} is {'typing already' if post.typing else 'not typing anyway'}"
        if post.typing and len(interaction.typing) >= TYPING_AT_ONCE:
            return f"{TYPING_AT_ONCE} parties that type at the same time are the most"
        interaction.typing.symmetric_difference_update((post.party.id,))
        return None
    if post.id in interaction.seen:
        return f"{post.id} came before"
    remember(interaction.seen, post.id)
    if isinstance(post, PartyChanged) and not post.joined:
        interaction.typing.discard(post.party.id)
    return None
