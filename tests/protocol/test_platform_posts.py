"""What comes up once in a media interaction: specs/adapter-interface.md, "Interactions"."""

from typing import Any, get_args

import attrs
import pytest

from protocol import platform
from protocol.platform import (
    ChannelReport,
    FilePosted,
    FormSubmitted,
    InteractionReport,
    MessagePosted,
    Party,
    PartyChanged,
    Post,
    Report,
    ScreenshotAnswered,
    SignalReceived,
    TypingChanged,
)
from protocol.states import PartyRole

PARTY = Party(id="p1", name="Zoë", role=PartyRole.CUSTOMER)
AT: dict[str, Any] = {"endpoint": "4001-chat", "interaction": "8", "id": "post-1", "party": PARTY}

POSTS: list[Post] = [
    MessagePosted(**AT, text="Where is my order?", time="2026-11-21T09:30:00.000Z"),
    TypingChanged(**AT, typing=True),
    FilePosted(**AT, name="receipt.pdf", url="https://example.com/f/1", type="application/pdf", size=48_213),
    FormSubmitted(**AT, form="address", values={"street": "Main St 1", "city": ""}),
    ScreenshotAnswered(**AT, accepted=True, url="https://example.com/s/1"),
    SignalReceived(**AT, name="video.offer", data={"sdp": "v=0"}),
    PartyChanged(**AT, joined=False),
]


def test_every_post_is_here() -> None:
    defined = {
        value
        for value in vars(platform).values()
        if isinstance(value, type) and issubclass(value, Post) and value is not Post
    }
    assert {type(post) for post in POSTS} == defined


@pytest.mark.parametrize("post", POSTS, ids=lambda post: type(post).__name__)
def test_a_post_says_where_it_came_up_and_from_whom(post: Post) -> None:
    assert [field.name for field in attrs.fields(type(post))][:4] == ["endpoint", "interaction", "id", "party"]
    assert (post.endpoint, post.interaction, post.id, post.party) == ("4001-chat", "8", "post-1", PARTY)
    for name in ("endpoint", "interaction", "id", "party"):
        with pytest.raises(TypeError):
            attrs.evolve(post, **{name: None})


@pytest.mark.parametrize("post", POSTS, ids=lambda post: type(post).__name__)
def test_posts_are_compared_by_what_they_say(post: Post) -> None:
    assert attrs.evolve(post) == post
    assert attrs.evolve(post, id="post-2") != post
    assert [other for other in POSTS if other == post] == [post]


def test_what_may_be_left_out() -> None:
    assert FilePosted(**AT, name="a", url="b") == FilePosted(**AT, name="a", url="b", type=None, size=None)
    assert ScreenshotAnswered(**AT, accepted=False).url is None
    assert FormSubmitted(**AT, form="address").values == {}
    assert SignalReceived(**AT, name="ring").data == {}


def test_reports_are_of_channels_interactions_and_posts() -> None:
    assert get_args(Report) == (ChannelReport, InteractionReport, Post)
