"""What comes up in media interactions is told once, and only while it can be. Source: specs/protocol.md, "Events"."""

from typing import Any

import attrs
import pytest

from protocol.events import EVENTS
from protocol.platform import (
    FilePosted,
    FormSubmitted,
    InteractionReport,
    Party,
    PartyChanged,
    Post,
    ScreenshotAnswered,
    SignalReceived,
    TypingChanged,
)
from protocol.states import PartyRole
from statemachines.contact import TYPING_AT_ONCE
from statemachines.effects import Ignored
from statemachines.posts import POSTS
from tests.fakes.calls import AGENT, CUSTOMER, TIME, call, chat, email, message, posted
from tests.fakes.desk import Desk, story, with_channel, with_interaction

IT = ".c1.i1"
CAROL = {"id": "p1", "name": "Carol", "role": "CUSTOMER"}


def ignored(desk: Desk, post: Post) -> str:
    """The post is dropped. Returns the word for the log."""
    assert desk.report(post) == []
    (effect,) = desk.effects
    assert isinstance(effect, Ignored)
    assert effect.report is post
    return effect.why


def a_post(kind: type[Post], key: str = "x1", **more: Any) -> Any:
    return kind(endpoint="chat-1", interaction="1", id=key, **{"party": CUSTOMER, **more})


DATA: list[tuple[Post, str, dict[str, Any]]] = [
    (
        posted("Hello"),
        "interaction.message.added",
        {"message": {"id": "x1", "party": CAROL, "text": "Hello", "time": TIME}},
    ),
    (a_post(TypingChanged, typing=True), "interaction.typing.started", {"party": CAROL}),
    (
        a_post(FilePosted, name="bill.pdf", url="https://example.com/1", type="application/pdf", size=7),
        "interaction.file.added",
        {
            "party": CAROL,
            "file": {
                "id": "x1",
                "name": "bill.pdf",
                "url": "https://example.com/1",
                "type": "application/pdf",
                "size": 7,
            },
        },
    ),
    (
        a_post(FilePosted, name="bill.pdf", url="https://example.com/1"),
        "interaction.file.added",
        {"party": CAROL, "file": {"id": "x1", "name": "bill.pdf", "url": "https://example.com/1"}},
    ),
    (
        a_post(FormSubmitted, form="address", values={"street": "Elm Street"}),
        "interaction.form.submitted",
        {"party": CAROL, "form": {"id": "address", "values": {"street": "Elm Street"}}},
    ),
    (
        a_post(ScreenshotAnswered, accepted=True, url="https://example.com/1.png"),
        "interaction.screenshot.accepted",
        {"party": CAROL, "screenshot": {"id": "x1", "url": "https://example.com/1.png"}},
    ),
    (
        a_post(ScreenshotAnswered, accepted=False),
        "interaction.screenshot.rejected",
        {"party": CAROL, "screenshot": {"id": "x1"}},
    ),
    (
        a_post(SignalReceived, name="answer", data={"sdp": "v=0"}),
        "interaction.signal.received",
        {"party": CAROL, "signal": {"id": "x1", "name": "answer", "data": {"sdp": "v=0"}}},
    ),
    (
        a_post(PartyChanged, joined=True, party=attrs.evolve(AGENT, role=PartyRole.SUPERVISOR)),
        "interaction.party.joined",
        {"party": {"id": "p2", "name": "Ann Example", "role": "SUPERVISOR"}},
    ),
    (a_post(PartyChanged, joined=False), "interaction.party.left", {"party": CAROL}),
]


@pytest.mark.parametrize(("post", "name", "data"), DATA, ids=[name for _, name, _ in DATA])
def test_each_post_is_told_with_its_own_data_once(post: Post, name: str, data: dict[str, Any]) -> None:
    desk = with_interaction(chat("STARTED"))
    (event,) = desk.report(post)
    assert (event["name"], event["target"], event["data"]) == (name, "s1.c1.i1", data)
    assert "cause" not in event
    assert ignored(desk, post).endswith("is typing already" if isinstance(post, TypingChanged) else "x1 came before")


def test_every_kind_of_post_has_a_row() -> None:
    assert set(POSTS) == set(Post.__subclasses__())
    assert {type(post) for post, _, _ in DATA} == set(POSTS)
    told = {name for _, name, _ in DATA} | {"interaction.typing.stopped"}
    assert told == {name for name in EVENTS if name.count(".") == 2 and name.startswith("interaction.")}


def test_a_kind_that_the_words_do_not_have_is_dropped() -> None:
    @attrs.frozen(kw_only=True)
    class Waved(Post):
        pass

    assert ignored(with_interaction(chat("STARTED")), a_post(Waved)) == "Waved is no post of the platform's words"


@pytest.mark.parametrize("post", [posted("Hello", at="chat-9"), posted("Hello", interaction="2")])
def test_a_post_in_nothing_that_is_there(post: Post) -> None:
    assert ignored(with_interaction(chat("STARTED")), post).startswith("no such ")
    assert ignored(with_channel("READY"), post).startswith("no such ")


@pytest.mark.parametrize(
    ("it", "why"),
    [
        (call("STARTED"), "interaction 1 is a call"),
        (chat("ENDED"), "interaction 1 is over"),
        (email("ENDED", wrapup_s=10.0), "interaction 1 is over"),
    ],
)
def test_a_post_where_nothing_comes_up(it: InteractionReport, why: str) -> None:
    assert ignored(with_interaction(it), posted("Hello", at=it.endpoint)) == why


def test_what_the_transcript_has_does_not_come_again() -> None:
    desk = with_interaction(chat(transcript=(message("Hello"), message("Hello?", key="x2"))))
    assert ignored(desk, posted("Hello", key="x2")) == "x2 came before"
    assert story(desk.report(posted("Hello", key="x3"))) == [("interaction.message.added", IT)]


def test_what_the_agent_said_does_not_come_again() -> None:
    desk = with_interaction(chat("STARTED"))
    (_, added) = desk.ask("interaction.message.send", IT, {"text": "Hello"})
    own = added["data"]["message"]["id"]
    assert ignored(desk, posted("Hello", key=own, party=AGENT)) == f"{own} came before"


def test_ids_count_within_their_interaction() -> None:
    desk = with_interaction(chat("STARTED"))
    desk.report(chat("STARTED", key="2"))
    desk.report(posted("Hello"))
    assert story(desk.report(posted("Hello", interaction="2"))) == [("interaction.message.added", ".c1.i2")]


# Typing


def typing(key: str, on: bool, party: Any = CUSTOMER) -> Any:
    return a_post(TypingChanged, key, typing=on, party=party)


def test_typing_is_told_as_it_changes_for_each_party() -> None:
    desk = with_interaction(chat("STARTED"))
    started, stopped = ("interaction.typing.started", IT), ("interaction.typing.stopped", IT)
    assert ignored(desk, typing("1", on=False)) == "p1 is not typing anyway"
    assert story(desk.report(typing("2", on=True))) == [started]
    assert ignored(desk, typing("3", on=True)) == "p1 is typing already"
    assert story(desk.report(typing("4", on=True, party=AGENT))) == [started]
    assert story(desk.report(typing("5", on=False))) == [stopped]
    assert ignored(desk, typing("6", on=False)) == "p1 is not typing anyway"
    assert story(desk.report(typing("7", on=False, party=AGENT))) == [stopped]
    assert story(desk.report(typing("8", on=True))) == [started]


def test_posts_change_nothing_else() -> None:
    desk = with_interaction(chat("STARTED"))
    before = desk.client.world()
    for post, _, _ in DATA:
        desk.report(attrs.evolve(post, id=f"new-{id(post)}"))
    assert desk.client.world() == before


def test_no_more_parties_type_than_there_can_be() -> None:
    desk = with_interaction(chat("STARTED"))
    for n in range(TYPING_AT_ONCE):
        assert desk.report(typing(f"t{n}", True, Party(id=f"p{n}", name="Eve", role=PartyRole.CUSTOMER)))
    more = Party(id="more", name="Eve", role=PartyRole.CUSTOMER)
    assert ignored(desk, typing("x", True, more)) == "100 parties that type at the same time are the most"
    assert desk.report(typing("y", False, Party(id="p7", name="Eve", role=PartyRole.CUSTOMER)))
    assert desk.report(typing("z", True, more))
