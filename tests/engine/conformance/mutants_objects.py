"""Servers whose objects are not what they say: states, capabilities, lists, data, what comes up in a chat."""

import json
from typing import Any, Final

from tests.engine.conformance.mutant import Message, Mutant, Which, alter, answer, drop, event, later, repeat, says

ACTIVATED: Final = "a channel is activated and deactivated"
ADDED: Final = "a channel is added in its bracket"
REFUSED: Final = "a channel that is not active cannot go ready"
OFFERED: Final = "a call that comes in is told in eleven events"
SAID: Final = "a customer writes"


def _enable(name: str, kind: str = "enable") -> Any:
    return lambda message: message["data"].append({"name": name, "type": kind})


def _without(name: str) -> Any:
    def take_away(message: Message) -> None:
        message["data"] = [each for each in message["data"] if each["name"] != name]

    return take_away


def _of(kind: str, **values: Any) -> Any:
    return lambda message: message["data"][kind].update(values)


def _no(kind: str, name: str) -> Any:
    return lambda message: message["data"][kind].pop(name)


def _shown(message: Message) -> Message:
    """Where the states of a channel stand in a message."""
    channel: Message = message["state"] if "state" in message else message["data"]["channel"]
    return channel


def _says(name: str, value: str) -> Which:
    of = (event("channel.infochanged"), event("state.updated", "c"))
    return lambda message: any(which(message) for which in of) and _shown(message).get(name) == value


def _say(name: str, value: str) -> Any:
    return lambda message: _shown(message).update({name: value})


def _as_first(message: Message) -> list[Message]:
    """The second channel has the id of the first."""
    changed: Message = json.loads(json.dumps(message).replace(".c2", ".c1").replace('"c2"', '"c1"'))
    return [message if changed == message else changed]


CAPABILITIES: Final = (
    Mutant(
        name="a capability that is open is not announced",
        rules=("CAP-2",),
        scenarios=("a channel that is ready goes not ready",),
        make=says(alter(event("state.updated", "c"), _without("channel.notready"))),
    ),
    Mutant(
        name="a capability that is not open is announced",
        rules=("CAP-2",),
        scenarios=(REFUSED,),
        make=says(alter(event("state.updated", "c"), _enable("channel.ready"))),
    ),
    Mutant(
        name="a capability is announced twice",
        rules=("EV-4",),
        scenarios=(ACTIVATED,),
        make=says(alter(event("state.updated", "c"), _enable("channel.externaldispositions"))),
    ),
    Mutant(
        name="a capability that was never open is closed",
        rules=("EV-4",),
        scenarios=(ADDED,),
        make=says(alter(event("state.updated", "c"), _enable("channel.dial", "disable"))),
    ),
    Mutant(
        name="a capability is of another kind of object",
        rules=("CAP-3",),
        scenarios=(ADDED,),
        make=says(alter(event("state.updated", "c"), _enable("interaction.accept"))),
    ),
    Mutant(
        name="a capability is no command",
        rules=("CAP-3",),
        scenarios=(ADDED,),
        make=says(alter(event("state.updated", "c"), _enable("channel.dance"))),
    ),
    Mutant(
        name="a capability is neither enabled nor disabled",
        rules=("EV-state.updated",),
        scenarios=(ADDED,),
        make=says(alter(event("state.updated", "c"), _enable("channel.dial", "on"))),
    ),
    Mutant(
        name="what is open to an object stays open when it ends",
        rules=("EV-10",),
        scenarios=("a call is rejected",),
        make=says(
            alter(lambda each: event("state.updated", "v")(each) and "cause" in each, _without("conversation.release"))
        ),
    ),
    Mutant(
        name="a session says of itself that it can do nothing",
        rules=("EV-session.initialized",),
        scenarios=("session.initialized tells who the agent is, and what the session can do",),
        make=says(alter(event("session.initialized"), _of("session", capabilities=[]))),
    ),
)

STATES: Final = (
    Mutant(
        name="state.updated has no state",
        rules=("EV-5",),
        scenarios=(ADDED,),
        make=says(alter(event("state.updated", "c"), lambda each: each.pop("state"))),
    ),
    Mutant(
        name="state.updated has another state than the channel",
        rules=("EV-5",),
        scenarios=(ACTIVATED,),
        make=says(alter(event("state.updated", "c"), lambda each: each["state"].update(loginstate="INACTIVE"))),
    ),
    Mutant(
        name="a channel that is not active has an agent state",
        rules=("ST-4",),
        scenarios=(ACTIVATED,),
        make=says(alter(event("channel.infochanged"), _of("channel", loginstate="INACTIVE"))),
    ),
    Mutant(
        name="a channel goes ready, and is told to be not ready",
        rules=("CMD-channel.notready",),
        scenarios=("a channel that is ready goes not ready",),
        make=says(alter(event("channel.infochanged"), _of("channel", agentstate="NOTREADY"))),
    ),
    Mutant(
        name="an object says that it has another id",
        rules=("EV-2",),
        scenarios=(ADDED,),
        make=says(alter(event("channel.initialized"), _of("channel", id="c9"))),
    ),
    Mutant(
        name="an id is used again",
        rules=("TGT-2", "O7"),
        scenarios=("an id is not used again",),
        make=says(lambda: _as_first),
    ),
    Mutant(
        name="a channel does not list the call that is offered",
        rules=("UN-call",),
        scenarios=(OFFERED,),
        make=says(alter(event("channel.infochanged"), _of("channel", interactions=[]))),
    ),
    Mutant(
        name="a conversation lists nobody",
        rules=("EV-3",),
        scenarios=(OFFERED,),
        make=says(alter(event("conversation.initialized"), _of("conversation", members=[]))),
    ),
    Mutant(
        name="who is at the far end is not told",
        rules=("EV-3",),
        scenarios=(OFFERED,),
        make=says(drop(event("conversation.member.added"))),
    ),
    Mutant(
        name="the focus of a call is no conversation of it",
        rules=("ST-6",),
        scenarios=(OFFERED,),
        make=says(
            alter(
                lambda each: "interaction" in each.get("data", {}) and "focus" in each["data"]["interaction"],
                _of("interaction", focus="v9"),
            )
        ),
    ),
    Mutant(
        name="a call has no recording state",
        rules=("ST-8",),
        scenarios=(OFFERED,),
        make=says(alter(event("interaction.created"), _no("interaction", "recording"))),
    ),
    Mutant(
        name="an interaction is of another type than its channel",
        rules=("ST-9",),
        scenarios=(OFFERED,),
        make=says(alter(event("interaction.created"), _of("interaction", type="Chat", modeltype="CHAT"))),
    ),
    Mutant(
        name="a call is under way before it is answered",
        rules=("O5",),
        scenarios=(OFFERED,),
        make=says(alter(event("interaction.preview"), _of("interaction", state="STARTED"))),
    ),
    Mutant(
        name="a caller who gives up counts as one who hangs up",
        rules=("UN-abandoned",),
        scenarios=("a caller who gives up is told of",),
        make=says(alter(event("interaction.ended"), lambda each: each["data"].update(cause="REMOTE"))),
    ),
    Mutant(
        name="a call that is over says that there is no wrap-up, and has one",
        rules=("O5",),
        scenarios=("a call is released, and is over at once where no wrap-up is due",),
        make=says(alter(event("interaction.ended"), lambda each: each["data"].update(wrapup=False))),
    ),
    Mutant(
        name="a call that is held is told to be connected",
        rules=("CMD-conversation.hold",),
        scenarios=("a call is held and retrieved",),
        make=says(
            alter(
                lambda each: each.get("state") == {"state": "HELD"},
                lambda each: each["state"].update(state="CONNECTED"),
            )
        ),
    ),
    Mutant(
        name="what the agent does at the phone is not told",
        rules=("ST-1",),
        scenarios=("what is done at the phone itself is told without a cause",),
        make=says(
            drop(lambda each: "cause" not in each and each.get("state", {}).get("state") in ("CONNECTED", "STARTED"))
        ),
    ),
    Mutant(
        name="the platform is away, and its channels look as before",
        rules=("F-PLATFORM_UNAVAILABLE",),
        scenarios=("while the platform is away its channels are unavailable, and what needs it is refused",),
        make=says(
            drop(
                lambda each: (
                    "cause" not in each and (event("channel.infochanged")(each) or event("state.updated", "c")(each))
                )
            )
        ),
    ),
)

AFFAIRS: Final = (
    Mutant(
        name="a channel that somebody else has is told to be inactive",
        rules=("ST-11",),
        scenarios=("another agent at the endpoint makes the channel unavailable",),
        make=says(alter(_says("loginstate", "UNAVAILABLE"), _say("loginstate", "INACTIVE"))),
    ),
    Mutant(
        name="a channel is not in WORK while there is wrap-up",
        rules=("ST-2",),
        scenarios=("where wrap-up is due, the channel is in WORK",),
        make=says(alter(_says("agentstate", "WORK"), _say("agentstate", "NOTREADY"))),
    ),
    Mutant(
        name="a state that is asked for in a call is not told to be pending",
        rules=("ST-12",),
        scenarios=("a state that is asked for in a call comes when nothing is left to do",),
        make=says(alter(_says("pendingagentstate", "READY"), lambda each: _shown(each).pop("pendingagentstate"))),
    ),
    Mutant(
        name="what the contact ends is told as the agent's doing",
        rules=("UN-remote",),
        scenarios=("a caller who hangs up is told of",),
        make=says(alter(event("interaction.ended"), lambda each: each["data"].update(cause="RELEASED"))),
    ),
)

DATA: Final = (
    Mutant(
        name="keys are told as changed that are not",
        rules=("EV-8",),
        scenarios=(OFFERED,),
        make=says(alter(event("interaction.datachanged"), lambda each: each["data"]["changed"].append("account"))),
    ),
    Mutant(
        name="only the data that have changed are told",
        rules=("EV-8",),
        scenarios=("attached data that are not named stay as they are",),
        make=says(
            alter(
                lambda each: event("interaction.datachanged")(each) and "cause" in each,
                lambda each: each["data"]["interactiondata"].pop("topic", None),
            )
        ),
    ),
    Mutant(
        name="data that were taken away are null",
        rules=("EV-interaction.datachanged",),
        scenarios=("attached data are read and changed",),
        make=says(
            alter(
                lambda each: event("interaction.datachanged")(each) and "cause" in each,
                lambda each: each["data"]["interactiondata"].update(topic=None),
            )
        ),
    ),
    Mutant(
        name="a message comes up twice",
        rules=("EV-9",),
        scenarios=(SAID,),
        make=says(repeat(event("interaction.message.added"))),
    ),
    Mutant(
        name="a customer begins to type twice",
        rules=("UN-typing",),
        scenarios=("a customer types, and stops",),
        make=says(repeat(event("interaction.typing.started"))),
    ),
    Mutant(
        name="the agent's own message is told before the answer",
        rules=("O2",),
        scenarios=("an agent writes, and is told so after the answer",),
        make=says(later(answer("interaction.message.send"), event("interaction.message.added"))),
    ),
    Mutant(
        name="the agent's own message is told as the customer's",
        rules=("CMD-interaction.message.send",),
        scenarios=("an agent writes, and is told so after the answer",),
        make=says(
            alter(
                event("interaction.message.added"),
                lambda each: each["data"]["message"]["party"].update(role="CUSTOMER"),
            )
        ),
    ),
    Mutant(
        name="what was said before a chat was offered is lost",
        rules=("EV-interaction.preview",),
        scenarios=("what a customer said before is shown with the offer",),
        make=says(alter(event("interaction.preview"), lambda each: each["data"].pop("transcript", None))),
    ),
    Mutant(
        name="attached data are lost when a session starts",
        rules=("EV-8",),
        scenarios=("a call that is there at the start is in its channel's bracket",),
        make=says(
            alter(event("interaction.datachanged"), lambda each: each["data"].update(interactiondata={}, changed=[]))
        ),
    ),
    Mutant(
        name="attached data are read, and are not there",
        rules=("CMD-interaction.getdata",),
        scenarios=("attached data are read and changed",),
        make=says(alter(answer("interaction.getdata"), lambda each: each["data"].update(interactiondata={}))),
    ),
)
