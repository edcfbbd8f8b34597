"""The client view follows interactions and conversations, and complains of each broken promise."""

from typing import Any

import attrs
import pytest

from engine.conformance.view import Broken
from protocol.platform import TypingChanged
from protocol.states import EndCause
from tests.engine.conformance.corruptions import (
    Corruption,
    Messages,
    at,
    change,
    drop,
    follow,
    insert,
    renumbered,
    repeat,
    together,
)
from tests.fakes.calls import CUSTOMER, answered, call, chat, email, left, message, over, posted
from tests.fakes.desk import Desk
from tests.fakes.platform import FakePlatform, channel

CALL, LEG, CONSULT, CHAT, EMAIL = ".c1.i2", ".c1.i2.v1", ".c1.i2.v2", ".c2.i3", ".c3.i1"


def conversation() -> Messages:
    """An email in wrap-up found at start; a call with a consult that becomes a conference; a chat meanwhile."""
    fake = FakePlatform(wrapup_s=10.0).with_channels(
        channel("4001", "READY"), channel("chat-1", "READY"), channel("email-1", "WORK")
    )
    desk = Desk(fake.with_interactions(email("ENDED", wrapup_s=60.0)))
    messages = desk.ask("session.start", requestid="r1")
    messages += desk.report(call("ALERTING"))
    messages += desk.ask("conversation.answer", LEG, requestid="r2")
    messages += desk.ask("interaction.setdata", CALL, {"interactiondata": {"vip": "yes"}})
    messages += desk.ask("interaction.recording.start", CALL)
    messages += desk.report(chat("ALERTING", transcript=(message("Hello"),)))
    messages += desk.ask("interaction.accept", CHAT)
    messages += desk.ask("interaction.consult", CALL, {"destination": "4002"}, requestid="r3")
    messages += desk.report(answered(fake.at("4001")))
    messages += desk.ask("interaction.alternate", CALL)
    messages += desk.ask("interaction.consultconference", CALL)
    messages += desk.report(left(fake.at("4001"), "a", "4002"))
    messages += desk.report(
        typing := TypingChanged(endpoint="chat-1", interaction="1", id="t", party=CUSTOMER, typing=True)
    )
    messages += desk.report(posted("Are you there?", key="x2"))
    messages += desk.report(attrs.evolve(typing, id="t2", typing=False))
    messages += desk.ask("interaction.message.send", CHAT, {"text": "I am"})
    messages += desk.ask("conversation.release", LEG)
    messages += desk.ask("interaction.complete", CALL, {"disposition": {"code": "DONE"}})
    messages += desk.report(over(fake.at("chat-1"), EndCause.REMOTE))
    messages += desk.ask("interaction.complete", EMAIL)
    return messages + desk.ask("session.logout")


# Each takes a sound conversation and breaks one promise; numbers are put right afterwards.


def event(name: str, target: str, /, state: dict[str, Any] | None = None, **data: Any) -> dict[str, Any]:
    """An event as it comes; `state.updated` with an empty list."""
    if name == "state.updated":
        return {"name": name, "target": f"s1{target}", "data": [], "state": state}
    return {"name": name, "target": f"s1{target}", "data": data}


def interaction(kind: str, own: str, state: str, **more: Any) -> dict[str, Any]:
    info = {"id": own, "contact": "1", "type": kind.capitalize(), "modeltype": kind, "direction": "INBOUND"}
    return {**info, "state": state, **more}


def leg(own: str, state: str, kind: str = "PRIMARY") -> dict[str, Any]:
    return {"id": own, "type": kind, "state": state, "direction": "INBOUND", "members": []}


def said(target: str, own: str = "x9") -> dict[str, Any]:
    party = {"id": "p1", "name": "Carol", "role": "CUSTOMER"}
    return event("interaction.message.added", target, message={"id": own, "party": party, "text": "", "time": ""})


NEW_LEG = (
    event("conversation.created", f"{CHAT}.v9", conversation=leg("v9", "CONNECTED")),
    event("state.updated", f"{CHAT}.v9", {"state": "CONNECTED"}),
    event("conversation.initialized", f"{CHAT}.v9", conversation=leg("v9", "CONNECTED")),
)
"""The bracket of a leg that no chat can have."""

BROKEN: dict[str, tuple[str, Corruption, str]] = {
    # Creation
    "a call without a changed channel before it": (
        "UN-1",
        together(drop("channel.infochanged", ".c1"), drop("state.updated", ".c1", 1)),
        "without a pair of its channel",
    ),
    "a call before its channel": (
        "UN-1",
        change("interaction.created", CALL, "target", "s1.c9.i2"),
        "without a pair of its channel",
    ),
    "a leg outside the bracket of its interaction": (
        "O5",
        together(
            drop("conversation.created", LEG),
            insert(event("conversation.created", LEG, conversation=leg("v1", "ALERTING")), "interaction.created", CALL),
        ),
        "created before its parent",
    ),
    "a bracket without its data": (
        "O5",
        together(drop("interaction.datachanged", CALL), drop("interaction.preview", CALL)),
        "initialized before its data were told",
    ),
    "a bracket without its preview": ("O5", drop("interaction.preview", CALL), "interaction.preview.* was owed"),
    "a bracket whose started says preview": (
        "EV-interaction.preview",
        change("interaction.ended", EMAIL, "name", "interaction.preview"),
        "data.interactiondata: is required",
    ),
    "a bracket without its update": ("O5", drop("state.updated", LEG), "state.updated.* was owed"),
    "a leg's bracket that is not closed": ("O5", drop("conversation.initialized", LEG), "within"),
    "an event of another interaction within a bracket": (
        "O5",
        insert(said(EMAIL), "interaction.datachanged", CALL),
        "within",
    ),
    "a leg's bracket that an event of its interaction interrupts": (
        "O5",
        insert(event("interaction.datachanged", CALL, interactiondata={}, changed=[]), "conversation.initialized", LEG),
        "within",
    ),
    "a message within the bracket": (
        "O5",
        insert(said(CHAT, "x1"), "interaction.datachanged", CHAT),
        "message.added at",
    ),
    "an interaction of another type than its channel": (
        "ST-9",
        change("interaction.created", CALL, "data", "interaction", "modeltype", "CHAT"),
        "a CHAT on a TELEPHONY channel",
    ),
    "a type that is not written as people do": (
        "ST-9",
        change("interaction.created", CALL, "data", "interaction", "type", "TELEPHONY"),
        "is a TELEPHONY",
    ),
    "a call without its recording": (
        "ST-8",
        change("interaction.created", CALL, "data", "interaction", "recording", None),
        "recording of a TELEPHONY",
    ),
    "a chat with a recording": (
        "ST-8",
        change("interaction.created", CHAT, "data", "interaction", "recording", "STOPPED"),
        "recording of a CHAT",
    ),
    "a preview with other data": (
        "EV-8",
        change("interaction.preview", CALL, "data", "interactiondata", {}),
        "has other data",
    ),
    "an interaction that is new and over": (
        "ST-2",
        change("interaction.ended", EMAIL, "data", "wrapup", False),
        "over already",
    ),
    "a leg in an interaction that is over": (
        "ST-1",
        insert(
            event("conversation.created", f"{CALL}.v9", conversation=leg("v9", "DIALING")), "interaction.complete", CALL
        ),
        "is created in an interaction that is ENDED",
    ),
    "a leg of a chat": (
        "ST-3",
        together(*(insert(each, "interaction.message.send", CHAT) for each in NEW_LEG)),
        "has the legs",
    ),
    # States
    "a state that cannot come next": (
        "ST-1",
        change("state.updated", CALL, "state", "state", "COMPLETED", nth=1),
        "goes from",
    ),
    "a leg that goes back": (
        "ST-5",
        change("state.updated", CONSULT, "state", "state", "ALERTING", nth=1),
        "goes from",
    ),
    "a consult that was the primary": (
        "ST-3",
        change("conversation.initialized", LEG, "data", "conversation", "type", "CONSULT"),
        "was a PRIMARY and is a CONSULT",
    ),
    "a leg of no type": (
        "EV-conversation.initialized",
        change("conversation.initialized", CONSULT, "data", "conversation", "type", "THIRD"),
        "expected one of PRIMARY, CONSULT",
    ),
    "a description that runs ahead": (
        "EV-2",
        insert(
            event("interaction.infochanged", CHAT, interaction=interaction("CHAT", "i3", "ENDED")),
            "interaction.message.send",
            CHAT,
        ),
        "is ENDED where STARTED was told",
    ),
    "another id": (
        "EV-2",
        change("interaction.started", CALL, "data", "interaction", "id", "i7"),
        "says that its id is i7",
    ),
    "a started that no update told": ("ST-1", drop("state.updated", CALL, 1), "is started, from ALERTING"),
    "a started that is none": (
        "ST-1",
        change("interaction.started", CALL, "data", "interaction", "state", "ALERTING"),
        "goes from STARTED to ALERTING",
    ),
    "no started": ("ST-1", drop("interaction.started", CALL), "and its start"),
    "started twice": ("ST-7", repeat("interaction.started", CALL), "is started twice"),
    "a preview of what has started": (
        "O5",
        insert(
            event("interaction.preview", EMAIL, interaction=interaction("EMAIL", "i1", "ENDED"), interactiondata={}),
            "interaction.complete",
            EMAIL,
        ),
        "a preview of",
    ),
    "an update that differs from the last event": (
        "EV-5",
        change("interaction.focuschanged", CALL, "data", "interaction", "recording", "STOPPED", nth=1),
        "and its state.updated told",
    ),
    # Legs
    "two legs that talk": (
        "ST-5",
        change("state.updated", LEG, "state", "state", "CONNECTED", nth=2),
        "CONNECTED at once",
    ),
    "no primary": (
        "ST-3",
        together(
            change("conversation.created", LEG, "data", "conversation", "type", "CONSULT"),
            change("conversation.initialized", LEG, "data", "conversation", "type", "CONSULT"),
        ),
        "has the legs .'CONSULT'. in ALERTING",
    ),
    "two primaries": (
        "ST-3",
        together(
            change("conversation.created", CONSULT, "data", "conversation", "type", "PRIMARY"),
            change("conversation.initialized", CONSULT, "data", "conversation", "type", "PRIMARY"),
        ),
        "has the legs .'PRIMARY', 'PRIMARY'.",
    ),
    "a focus on nothing": (
        "ST-6",
        change("interaction.focuschanged", CALL, "data", "interaction", "focus", "v9"),
        "the focus of s1.c1.i2 moves to no leg",
    ),
    "a focus on nothing at first": (
        "ST-6",
        together(
            change("interaction.created", CALL, "data", "interaction", "focus", "v9"),
            change("interaction.preview", CALL, "data", "interaction", "focus", "v9"),
            change("interaction.initialized", CALL, "data", "interaction", "focus", "v9"),
        ),
        "the focus of s1.c1.i2 is no leg: {",
    ),
    "a focus that is not told when its leg ends": (
        "ST-6",
        together(
            change("interaction.focuschanged", CALL, "data", "interaction", "focus", "v2", nth=1),
            drop("interaction.focuschanged", CALL, 2),
        ),
        "the focus of s1.c1.i2 is no leg: {",
    ),
    "a leg disposed of that has not ended": ("ST-5", drop("state.updated", LEG, -1), "is disposed of in CONNECTED"),
    "a leg that has ended and stays": (
        "O5",
        drop("conversation.disposed", CONSULT),
        "conversation.disposed.* was owed",
    ),
    "a leg that has ended with commands open": (
        "EV-10",
        change("state.updated", CONSULT, "data", [], nth=-1),
        "has ended, and .* are open",
    ),
    "an event for a leg that is gone": (
        "O7",
        insert(event("state.updated", CONSULT, {"state": "HELD"}), "session.logout", ""),
        "which was disposed",
    ),
    # Members
    "a member that is not listed": (
        "EV-3",
        change("conversation.initialized", LEG, "data", "conversation", "members", []),
        "lists {}, told were",
    ),
    "a member that is not added": ("EV-3", drop("conversation.member.added", LEG), "told were {}"),
    "a member that is added twice": ("EV-3", repeat("conversation.member.added", LEG, 1), "already"),
    "a member removed before it is added": ("EV-3", drop("conversation.member.added", LEG, 1), "is not in"),
    "a member removed that was another": (
        "EV-3",
        change("conversation.member.removed", LEG, "data", "member", "address", "4009"),
        "is not in",
    ),
    "a member of an interaction": (
        "TGT-1",
        change("conversation.member.removed", LEG, "target", f"s1{CALL}"),
        "is not the way to a conversation",
    ),
    # Data and what comes up
    "a key that is not told as changed": (
        "EV-8",
        change("interaction.datachanged", CALL, "data", "changed", [], nth=1),
        "told as changed",
    ),
    "a key that is told as changed and has not": (
        "EV-8",
        change("interaction.datachanged", CALL, "data", "changed", ["vip", "account"], nth=1),
        "told as changed",
    ),
    "an event that nobody knows": (
        "EV-1",
        change("interaction.message.added", CHAT, "name", "interaction.message.flew"),
        "there is no event interaction.message.flew",
    ),
    "a message that comes twice": ("EV-9", repeat("interaction.message.added", CHAT), "came up before"),
    "a message that was in the transcript": (
        "EV-9",
        change("interaction.message.added", CHAT, "data", "message", "id", "x1"),
        "came up before",
    ),
    "a message in a call": ("UN-media", insert(said(CALL), "interaction.consult", CALL), "in a call"),
    "a message after the end": (
        "UN-media",
        insert(said(EMAIL), "interaction.complete", EMAIL),
        "in an interaction that is ENDED",
    ),
    "typing that starts twice": ("UN-typing", repeat("interaction.typing.started", CHAT), "comes twice"),
    "typing that stops and never started": ("UN-typing", drop("interaction.typing.started", CHAT), "comes twice"),
    # The end
    "an end in another state": (
        "ST-1",
        change("interaction.ended", CALL, "data", "interaction", "state", "STARTED"),
        "has ended and is STARTED",
    ),
    "an end without a cause": (
        "EV-interaction.ended",
        change("interaction.ended", CALL, "data", "cause", "BORED"),
        "expected one of RELEASED",
    ),
    "an end before the legs": (
        "O5",
        together(drop("state.updated", LEG, -1), drop("conversation.disposed", LEG)),
        "ended before its legs",
    ),
    "an end that comes twice": ("O5", repeat("interaction.ended", CALL), "state.updated.* was owed"),
    "an end once more at the completion": (
        "ST-7",
        insert(
            event(
                "interaction.ended",
                CALL,
                interaction=interaction("TELEPHONY", "i2", "ENDED", recording="RECORDING"),
                cause="REMOTE",
                wrapup=True,
            ),
            "interaction.complete",
            CALL,
        ),
        "is ended twice",
    ),
    "an update that ends it": (
        "ST-7",
        change("state.updated", CALL, "state", "state", "ENDED", nth=2),
        "is ENDED, told was",
    ),
    "an update that completes it": (
        "ST-1",
        change("state.updated", CALL, "state", "state", "COMPLETED", nth=-1),
        "was completed and not disposed of",
    ),
    "wrap-up that is not announced": (
        "O5",
        drop("state.updated", CALL, -1),
        "channel.infochanged .* where .'state.updated'.* was owed",
    ),
    "wrap-up without a changed channel": (
        "O5",
        drop("channel.infochanged", ".c1", 1),
        "channel.infochanged.* was owed",
    ),
    "an end without wrap-up that is not completed": (
        "O5",
        drop("interaction.completed", CHAT),
        "interaction.completed.* was owed",
    ),
    "completed before it ended": (
        "ST-1",
        insert(
            event("interaction.completed", CHAT, interaction=interaction("CHAT", "i3", "STARTED")),
            "interaction.message.send",
            CHAT,
        ),
        "is completed, from STARTED",
    ),
    "completed in another state": (
        "ST-1",
        change("interaction.completed", CALL, "data", "interaction", "state", "ENDED"),
        "is completed, from ENDED",
    ),
    "completed and not disposed of": ("O5", drop("interaction.disposed", CALL), "interaction.disposed.* was owed"),
    "disposed of and never completed": (
        "ST-1",
        insert(event("interaction.disposed", CHAT, interaction={"id": "i3"}), "interaction.message.send", CHAT),
        "before it is completed",
    ),
    "disposed of without a changed channel": (
        "O5",
        together(drop("channel.infochanged", ".c2", -1), drop("state.updated", ".c2", -1)),
        "channel.infochanged.* are missing",
    ),
    "a channel that lists what is gone": (
        "EV-3",
        change("channel.infochanged", ".c2", "data", "channel", "interactions", ["i3"], nth=-1),
        "lists ..i3.. as interactions, and has",
    ),
    "a channel that leaves out what is there": (
        "EV-3",
        change("channel.infochanged", ".c2", "data", "channel", "interactions", []),
        "lists .. as interactions, and has",
    ),
    "a channel found at start that leaves out what is there": (
        "EV-3",
        change("channel.initialized", ".c3", "data", "channel", "interactions", []),
        "lists .. as interactions",
    ),
}
"""By name: the rule, what breaks it, and what the client says of it."""


def test_a_sound_conversation_is_followed() -> None:
    messages = conversation()
    view = follow(messages)
    assert view.over
    assert set(view.world()) == {"s1.c1", "s1.c2", "s1.c3"}
    assert {f"s1{each}" for each in (CALL, LEG, CONSULT, CHAT, EMAIL)} <= view.gone


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_promise_is_noticed(name: str) -> None:
    rule, corrupt, complaint = BROKEN[name]
    messages = conversation()
    corrupt(messages)
    for each in messages:
        each.pop("seq", None)
        each.pop("cause", None)
        each.pop("requestid", None)
    with pytest.raises(Broken, match=f"^{rule}: .*{complaint}"):
        follow(renumbered(messages))


def test_the_world_as_a_client_knows_it() -> None:
    messages = conversation()
    world = follow(messages[: at(messages, "interaction.alternate", CALL)]).world()
    assert world[f"s1{CALL}"]["kind"] == "interaction"
    assert world[f"s1{CALL}"]["state"] == "STARTED"
    assert world[f"s1{CALL}"]["recording"] == "RECORDING"
    assert world[f"s1{CALL}"]["focus"] == "v2"
    assert world[f"s1{CALL}"]["interactiondata"] == {"account": "7", "vip": "yes"}
    assert world[f"s1{LEG}"]["state"] == "HELD"
    assert world[f"s1{LEG}"]["members"] == [{"id": "m555", "address": "555"}]
    assert world[f"s1{CONSULT}"]["type"] == "CONSULT"
    assert world[f"s1{CONSULT}"]["capabilities"] >= {"conversation.hold", "conversation.release"}
    assert world[f"s1{CHAT}"]["state"] == "STARTED"
    assert "focus" not in world[f"s1{CHAT}"]
    assert world[f"s1{EMAIL}"]["state"] == "ENDED"


def test_who_joined_is_listed_until_they_leave() -> None:
    messages = conversation()
    joined = at(messages, "conversation.member.removed", LEG)
    world = follow(messages[:joined]).world()
    assert [member["address"] for member in world[f"s1{LEG}"]["members"]] == ["555", "4002"]
    world = follow(messages[: at(messages, "interaction.typing.started", CHAT)]).world()
    assert [member["address"] for member in world[f"s1{LEG}"]["members"]] == ["555"]
