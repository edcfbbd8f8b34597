"""What a server tells of a call with a consult, and of a chat: literal events, block by block.

The session s1 has the phone c1, 4001, and the chat channel c2, chat-2. The call is i1 with the legs v1 and v2, the
chat i2. The words are checked against the schemas.
"""

from collections.abc import Iterable
from typing import Any, Final

from engine.talk.view import View
from tests.engine.talk.fake_server import SESSION, STARTED, JsonObject, about, channel

NOW: Final = 100.0
PHONE: Final = f"{SESSION}.c1"
CALL: Final = f"{PHONE}.i1"
LEG: Final = f"{CALL}.v1"
CONSULT: Final = f"{CALL}.v2"
CHATS: Final = f"{SESSION}.c2"
CHAT: Final = f"{CHATS}.i2"

ANNA: Final = {"id": "m1", "address": "+15550100", "name": "Anna Moss"}
COLLEAGUE: Final = {"id": "m2", "address": "4002"}
CAROL: Final = {"id": "p1", "name": "Carol", "role": "CUSTOMER"}
AGENT: Final = {"id": "p2", "name": "Agent 1", "role": "AGENT"}
DATA: Final = {"order": "4711", "queue": "Sales", "customer": {"name": "Anna Moss", "since": "2019"}}


def event(name: str, target: str, **data: Any) -> JsonObject:
    return {"name": name, "target": target, "data": data}


def updated(target: str, *changes: str, **state: Any) -> JsonObject:
    """A state.updated; `+interaction.accept` is a command that opens, `-` one that closes."""
    switches = {"+": "enable", "-": "disable"}
    data = [{"name": change[1:], "type": switches[change[0]]} for change in changes]
    return {"name": "state.updated", "target": target, "data": data, "state": state}


def interaction(state: str, *, chat: bool = False, **more: Any) -> JsonObject:
    usual = {"id": "i2", "contact": "contact2", "type": "Chat", "modeltype": "CHAT"}
    if not chat:
        usual = {"id": "i1", "contact": "contact1", "type": "Telephony", "modeltype": "TELEPHONY", "focus": "v1"}
        more = {"recording": "STOPPED", **more}
    return {"interaction": {**usual, "direction": "INBOUND", "state": state, **more}}


def leg(state: str, *members: JsonObject, **more: Any) -> JsonObject:
    usual = {"id": "v1", "type": "PRIMARY", "direction": "INBOUND", "state": state, "members": list(members or [ANNA])}
    return {"conversation": {**usual, **more}}


def message(key: str, party: JsonObject, text: str) -> JsonObject:
    return {"id": key, "party": party, "text": text, "time": "2026-11-21T09:30:00.000Z"}


def phone(agentstate: str, *interactions: str) -> tuple[JsonObject, JsonObject]:
    """The pair of the phone."""
    info = channel("4001", loginstate="ACTIVE", agentstate=agentstate, interactions=list(interactions))
    return about("channel.infochanged", info), updated(PHONE, loginstate="ACTIVE", agentstate=agentstate)


RINGING: Final[tuple[JsonObject, ...]] = (
    *phone("READY", "i1"),
    event("interaction.created", CALL, **interaction("ALERTING")),
    updated(
        CALL,
        "+interaction.accept",
        "+interaction.reject",
        "+interaction.setdata",
        state="ALERTING",
        recording="STOPPED",
    ),
    event("conversation.created", LEG, **leg("ALERTING")),
    updated(LEG, "+conversation.answer", "+conversation.release", state="ALERTING"),
    event("conversation.member.added", LEG, member=ANNA),
    event("conversation.initialized", LEG, **leg("ALERTING")),
    event("interaction.datachanged", CALL, interactiondata=DATA, changed=["order", "queue", "customer"]),
    event("interaction.preview", CALL, **interaction("ALERTING"), interactiondata=DATA),
    event("interaction.initialized", CALL, **interaction("ALERTING")),
)
ANSWERED: Final[tuple[JsonObject, ...]] = (
    updated(LEG, "-conversation.answer", "+conversation.hold", "+conversation.blindtransfer", state="CONNECTED"),
    updated(
        CALL,
        "-interaction.accept",
        "-interaction.reject",
        "+interaction.consult",
        state="STARTED",
        recording="STOPPED",
    ),
    event("interaction.started", CALL, **interaction("STARTED")),
)
CONSULTING: Final[tuple[JsonObject, ...]] = (
    updated(LEG, "-conversation.hold", "+conversation.retrieve", state="HELD"),
    event("conversation.created", CONSULT, **leg("DIALING", COLLEAGUE, id="v2", type="CONSULT", direction="OUTBOUND")),
    updated(CONSULT, "+conversation.release", state="DIALING"),
    event("conversation.member.added", CONSULT, member=COLLEAGUE),
    event(
        "conversation.initialized", CONSULT, **leg("DIALING", COLLEAGUE, id="v2", type="CONSULT", direction="OUTBOUND")
    ),
    event("interaction.focuschanged", CALL, **interaction("STARTED", focus="v2")),
    updated(CALL, "-interaction.consult", state="STARTED", recording="STOPPED"),
)
CONSULTED: Final[tuple[JsonObject, ...]] = (
    updated(CONSULT, "+conversation.hold", "+conversation.blindtransfer", state="CONNECTED"),
    updated(
        CALL,
        "+interaction.consulttransfer",
        "+interaction.alternate",
        "+interaction.consultconference",
        state="STARTED",
        recording="STOPPED",
    ),
)
CONSULT_OVER: Final[tuple[JsonObject, ...]] = (
    updated(CONSULT, "-conversation.release", "-conversation.hold", "-conversation.blindtransfer", state="ENDED"),
    event("conversation.disposed", CONSULT, conversation={"id": "v2"}),
    event("interaction.focuschanged", CALL, **interaction("STARTED")),
    updated(
        CALL,
        "-interaction.consulttransfer",
        "-interaction.alternate",
        "-interaction.consultconference",
        "+interaction.consult",
        state="STARTED",
        recording="STOPPED",
    ),
)
HUNG_UP: Final[tuple[JsonObject, ...]] = (
    updated(LEG, "-conversation.release", "-conversation.hold", "-conversation.retrieve", state="ENDED"),
    event("conversation.disposed", LEG, conversation={"id": "v1"}),
    event("interaction.ended", CALL, **interaction("ENDED"), cause="RELEASED", wrapup=True),
    updated(CALL, "-interaction.consult", "+interaction.complete", state="ENDED", recording="STOPPED"),
    *phone("WORK", "i1"),
)
COMPLETED: Final[tuple[JsonObject, ...]] = (
    event(
        "interaction.completed",
        CALL,
        **interaction("COMPLETED"),
        disposition={"code": "RESOLVED", "note": "is happy now"},
    ),
    event("interaction.disposed", CALL, interaction={"id": "i1"}),
    *phone("READY"),
)

CHAT_OFFERED: Final[tuple[JsonObject, ...]] = (
    event("interaction.created", CHAT, **interaction("ALERTING", chat=True)),
    updated(CHAT, "+interaction.accept", "+interaction.reject", "+interaction.setdata", state="ALERTING"),
    event("interaction.datachanged", CHAT, interactiondata={"topic": "Refund"}, changed=["topic"]),
    event(
        "interaction.preview",
        CHAT,
        **interaction("ALERTING", chat=True),
        interactiondata={"topic": "Refund"},
        transcript=[message("x1", CAROL, "Is anybody there?")],
    ),
    event("interaction.initialized", CHAT, **interaction("ALERTING", chat=True)),
)
CHAT_STARTED: Final[tuple[JsonObject, ...]] = (
    updated(
        CHAT,
        "-interaction.accept",
        "-interaction.reject",
        "+interaction.message.send",
        "+interaction.release",
        "+interaction.transfer",
        state="STARTED",
    ),
    event("interaction.started", CHAT, **interaction("STARTED", chat=True)),
)
SAID: Final = event("interaction.message.added", CHAT, message=message("x2", CAROL, "I want my money back."))
POSTS: Final[tuple[JsonObject, ...]] = (
    SAID,
    event("interaction.typing.started", CHAT, party=CAROL),
    event("interaction.typing.stopped", CHAT, party=CAROL),
    event(
        "interaction.file.added",
        CHAT,
        party=CAROL,
        file={"id": "f1", "name": "bill.png", "url": "https://x.example/f1", "type": "image/png", "size": 14_210},
    ),
    event("interaction.form.submitted", CHAT, party=CAROL, form={"id": "address", "values": {"city": "Ulm"}}),
    event("interaction.screenshot.accepted", CHAT, party=CAROL, screenshot={"id": "s1", "url": "https://x.example/s"}),
    event("interaction.screenshot.rejected", CHAT, party=CAROL, screenshot={"id": "s2"}),
    event(
        "interaction.signal.received", CHAT, party=CAROL, signal={"id": "g1", "name": "cart", "data": {"total": "9"}}
    ),
    event("interaction.party.joined", CHAT, party=AGENT),
    event("interaction.party.left", CHAT, party=AGENT),
)

ALL: Final = (
    *STARTED,
    about("channel.created", channel("chat-2", loginstate="ACTIVE", agentstate="READY")),
    *RINGING,
    *ANSWERED,
    *CONSULTING,
    *CONSULTED,
    *CONSULT_OVER,
    *HUNG_UP,
    *COMPLETED,
    *CHAT_OFFERED,
    *CHAT_STARTED,
    *POSTS,
)


def view_after(*blocks: Iterable[JsonObject], step_s: float = 5.0) -> View:
    """A started session that has taken these blocks, each some seconds after the one before."""
    view = View()
    view.begin(SESSION)
    now = NOW
    chats = about("channel.created", channel("chat-2", loginstate="ACTIVE", agentstate="READY"))
    for block in ((*STARTED, chats), *blocks):
        for each in block:
            view.take(each, now)
        now += step_s
    return view
