"""A sound conversation about interactions, and events that do not belong into it."""

from typing import Any

import attrs

from protocol.platform import TypingChanged
from protocol.states import EndCause
from tests.engine.conformance.corruptions import (
    Messages,
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
