"""Ways to break one promise in a conversation about interactions, each with the rule that is broken."""

from tests.engine.conformance.contact_story import (
    CALL,
    CHAT,
    CONSULT,
    EMAIL,
    LEG,
    NEW_LEG,
    event,
    interaction,
    leg,
    said,
)
from tests.engine.conformance.corruptions import (
    Corruption,
    change,
    drop,
    insert,
    repeat,
    together,
)

# Each takes a sound conversation and breaks one promise; numbers are put right afterwards.

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
    "a bracket without its preview": ("O5", drop("interaction.preview", CALL), "interaction.preview.* must come next"),
    "a bracket whose started says preview": (
        "EV-interaction.preview",
        change("interaction.ended", EMAIL, "name", "interaction.preview"),
        "data.interactiondata: is required",
    ),
    "a bracket without its update": ("O5", drop("state.updated", LEG), "state.updated.* must come next"),
    "a leg's bracket that is not closed": (
        "O5",
        drop("conversation.initialized", LEG),
        "between created and initialized",
    ),
    "an event of another interaction within a bracket": (
        "O5",
        insert(said(EMAIL), "interaction.datachanged", CALL),
        "between created and initialized",
    ),
    "a leg's bracket that an event of its interaction interrupts": (
        "O5",
        insert(event("interaction.datachanged", CALL, interactiondata={}, changed=[]), "conversation.initialized", LEG),
        "between created and initialized",
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
        "conversation.disposed.* must come next",
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
    "an end that comes twice": ("O5", repeat("interaction.ended", CALL), "state.updated.* must come next"),
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
        "channel.infochanged .* where state.updated .* must come next",
    ),
    "wrap-up without a changed channel": (
        "O5",
        drop("channel.infochanged", ".c1", 1),
        "channel.infochanged.* must come next",
    ),
    "an end without wrap-up that is not completed": (
        "O5",
        drop("interaction.completed", CHAT),
        "interaction.completed.* must come next",
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
    "completed and not disposed of": (
        "O5",
        drop("interaction.disposed", CALL),
        "interaction.disposed.* must come next",
    ),
    "disposed of and never completed": (
        "ST-1",
        insert(event("interaction.disposed", CHAT, interaction={"id": "i3"}), "interaction.message.send", CHAT),
        "before it is completed",
    ),
    "disposed of without a changed channel": (
        "O5",
        together(drop("channel.infochanged", ".c2", -1), drop("state.updated", ".c2", -1)),
        "what must come next did not: channel.infochanged",
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
