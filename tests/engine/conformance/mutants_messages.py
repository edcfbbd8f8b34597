"""Servers whose messages are of another form: answers, failures, and what they repeat of the request."""

from typing import Any, Final

from tests.engine.conformance.mutant import Message, Mutant, add, alter, answer, drop, event, repeat, request, says

ACTIVATED: Final = "a channel is activated and deactivated"
ADDED: Final = "a channel is added in its bracket"
REFUSED: Final = "a channel that is not active cannot go ready"
LISTED: Final = "not-ready reasons come as an event after an empty success"


def _failed(message: Message) -> bool:
    return message.get("result") == "failure"


def _code(message: Message) -> Any:
    return message.get("failure", {}).get("code")


def _fail_as(code: str) -> Any:
    return lambda message: message["failure"].update(code=code)


def _is(code: str) -> Any:
    return lambda message: _code(message) == code


def _canonical(message: Message) -> None:
    message["command"] = "session.request.externalnotreadyreasons"


ANSWERS: Final = (
    Mutant(
        name="an answer does not repeat the requestid",
        rules=("ENV-10",),
        scenarios=(ACTIVATED,),
        make=says(alter(answer("channel.activate"), lambda each: each.pop("requestid"))),
    ),
    Mutant(
        name="an answer has another target",
        rules=("TGT-1",),
        scenarios=(ACTIVATED,),
        make=says(alter(answer("channel.activate"), lambda each: each.update(target=each["target"].split(".")[0]))),
    ),
    Mutant(
        name="an answer has the command as it is canonical, and not as it was spelt",
        rules=("ENV-10",),
        scenarios=("the misspelt command is answered as it was spelt",),
        make=says(alter(request("session.request.externalnotredyreasons"), _canonical)),
    ),
    Mutant(
        name="a request is answered twice",
        rules=("CMD-channel.activate",),
        scenarios=(ACTIVATED,),
        make=says(repeat(answer("channel.activate"))),
    ),
    Mutant(
        name="a request that fails is not answered",
        rules=("CMD-channel.ready",),
        scenarios=(REFUSED,),
        make=says(drop(answer("channel.ready", "failure"))),
    ),
    Mutant(
        name="a success is called otherwise",
        rules=("ENV-1",),
        scenarios=(ACTIVATED,),
        make=says(alter(answer("channel.activate"), lambda each: each.update(result="ok"))),
    ),
    Mutant(
        name="a success has data that it has not",
        rules=("CMD-channel.activate",),
        scenarios=(ACTIVATED,),
        make=says(alter(answer("channel.activate"), lambda each: each.update(data={}))),
    ),
    Mutant(
        name="an empty success has no data at all",
        rules=("CMD-session.request.externalnotreadyreasons",),
        scenarios=(LISTED,),
        make=says(alter(answer("session.request.externalnotreadyreasons"), lambda each: each.pop("data"))),
    ),
    Mutant(
        name="a list is the data of the answer, where an event is due",
        rules=("CMD-session.request.externalnotreadyreasons",),
        scenarios=(LISTED,),
        make=says(drop(event("session.externalnotreadyreasons.updated"))),
    ),
    Mutant(
        name="data are echoed without what nobody knows",
        rules=("CMD-session.addchannel",),
        scenarios=(ADDED,),
        make=says(alter(answer("session.addchannel"), lambda each: each["data"]["channel"].pop("note"))),
    ),
    Mutant(
        name="data are echoed as they were understood",
        rules=("CMD-session.addchannel",),
        scenarios=(ADDED,),
        make=says(alter(answer("session.addchannel"), lambda each: each["data"]["channel"].update(type="Telephony"))),
    ),
    Mutant(
        name="a confirm comes without the request",
        rules=("ENV-6",),
        scenarios=("an agent has one session, and is asked before it is taken over",),
        make=says(alter(answer("prepareSession", "confirm"), lambda each: each.pop("original"))),
    ),
)

FAILURES: Final = (
    Mutant(
        name="a failure has no original",
        rules=("ENV-5",),
        scenarios=(REFUSED,),
        make=says(alter(_failed, lambda each: each.pop("original"))),
    ),
    Mutant(
        name="a failure has the original without what nobody knows",
        rules=("ENV-10",),
        scenarios=("an unknown command is told to be one",),
        make=says(alter(_failed, lambda each: each["original"].pop("requestid"))),
    ),
    Mutant(
        name="a failure says nothing to people",
        rules=("ENV-5",),
        scenarios=(REFUSED,),
        make=says(alter(_failed, lambda each: each["failure"].update(message=""))),
    ),
    Mutant(
        name="a failure has a code that there is not",
        rules=("ENV-5",),
        scenarios=(REFUSED,),
        make=says(alter(_failed, _fail_as("NOT_NOW"))),
    ),
    Mutant(
        name="a text that is no message is not shown as the original",
        rules=("IN-1",),
        scenarios=("text that is no JSON is refused, and the connection lives on",),
        make=says(alter(_failed, lambda each: each.update(original=""))),
    ),
    Mutant(
        name="of a long text that is no message not all that is due is given back",
        rules=("ENV-13",),
        scenarios=("of a long text that is no JSON the beginning is given back",),
        make=says(alter(_failed, lambda each: each.update(original=each["original"][:1000]))),
    ),
    *(
        Mutant(
            name=f"{right} is called {wrong}",
            rules=(f"F-{right}",),
            scenarios=(scenario,),
            make=says(alter(_is(right), _fail_as(wrong))),
        )
        for right, wrong, scenario in (
            ("INVALID_STATE", "PLATFORM_ERROR", "a call that is answered cannot be answered again"),
            ("UNKNOWN_COMMAND", "INVALID_REQUEST", "an unknown command is told to be one"),
            ("INVALID_TARGET", "INVALID_STATE", "a target that names nothing is refused"),
            ("NOT_STARTED", "INVALID_STATE", "nothing is accepted before the start"),
            ("ALREADY_STARTED", "INVALID_STATE", "a session is started once"),
            ("ALREADY_EXISTS", "INVALID_TARGET", "an endpoint is added once"),
            ("CHANNEL_UNAVAILABLE", "INVALID_TARGET", "an endpoint that nobody knows cannot be added"),
            ("AUTH_FAILED", "FORBIDDEN", "with a wrong password nobody gets a session"),
            ("AUTH_FAILED", "NOT_AUTHENTICATED", "an unknown agent is refused as a wrong password is"),
            ("NOT_BOUND", "FORBIDDEN", "a session that is not bound here takes no requests"),
            ("ALREADY_BOUND", "FORBIDDEN", "a bound session cannot be bound by others without its token"),
            ("OVERLOADED", "INVALID_REQUEST", "a frame of more requests than the limit fails as a whole"),
            ("INVALID_DESTINATION", "PLATFORM_ERROR", "a number that there is not cannot be dialled"),
            ("INTERACTION_ACTIVE", "INVALID_STATE", "an interaction that is not completed holds the session"),
        )
    ),
    Mutant(
        name="what the platform refuses is told as a timeout",
        rules=("F-PLATFORM_ERROR",),
        scenarios=("what the platform refuses without a reason that there is fails with PLATFORM_ERROR",),
        make=says(alter(_is("PLATFORM_ERROR"), _fail_as("TIMEOUT"))),
    ),
    Mutant(
        name="a code of the platform is told as another",
        rules=("F-CHANNEL_INACTIVE",),
        scenarios=("an agent who is not logged in at the channel any longer is told so",),
        make=says(alter(_is("CHANNEL_INACTIVE"), _fail_as("PLATFORM_ERROR"))),
    ),
)

FORMS: Final = (
    Mutant(
        name="an event is called otherwise",
        rules=("EV-1",),
        scenarios=(ACTIVATED,),
        make=says(alter(event("channel.infochanged"), lambda each: each.update(name="channel.infochange"))),
    ),
    Mutant(
        name="an event has no data",
        rules=("EV-channel.initialized",),
        scenarios=(ADDED,),
        make=says(alter(event("channel.initialized"), lambda each: each.pop("data"))),
    ),
    Mutant(
        name="an event is a success as well",
        rules=("EV-1",),
        scenarios=(ADDED,),
        make=says(alter(event("channel.created"), lambda each: each.update(result="success"))),
    ),
    Mutant(
        name="a property that has no value is null",
        rules=("EV-channel.created",),
        scenarios=(ADDED,),
        make=says(alter(event("channel.created"), lambda each: each["data"]["channel"].update(agentstate=None))),
    ),
    Mutant(
        name="a cause that there is not is null",
        rules=("ENV-9",),
        scenarios=("what is done at the phone itself is told without a cause",),
        make=says(alter(lambda each: "name" in each, lambda each: each.setdefault("cause", None))),
    ),
    Mutant(
        name="of an object only what has changed is told",
        rules=("EV-channel.infochanged",),
        scenarios=(ACTIVATED,),
        make=says(
            alter(
                event("channel.infochanged"),
                lambda each: each.update(data={"channel": {"id": "c1", "loginstate": "ACTIVE", "agentstate": "READY"}}),
            )
        ),
    ),
    Mutant(
        name="the type of a channel is spelt as in commands",
        rules=("EV-channel.created",),
        scenarios=(ADDED,),
        make=says(alter(event("channel.created"), lambda each: each["data"]["channel"].update(type="Telephony"))),
    ),
    Mutant(
        name="the type of an interaction is spelt as its modeltype",
        rules=("ST-9",),
        scenarios=("a call that comes in is told in eleven events",),
        make=says(
            alter(event("interaction.created"), lambda each: each["data"]["interaction"].update(type="TELEPHONY"))
        ),
    ),
    Mutant(
        name="the channel of a group is told of without its group",
        rules=("O9",),
        scenarios=("one channel of a group is activated and deactivated",),
        make=says(
            alter(
                event("channel.infochanged"),
                lambda each: each.update(target=f"{each['target'].split('.')[0]}.{each['target'].split('.')[-1]}"),
            )
        ),
    ),
    Mutant(
        name="the event of a channel is told of the session",
        rules=("TGT-1",),
        scenarios=(ACTIVATED,),
        make=says(alter(event("channel.infochanged"), lambda each: each.update(target=each["target"].split(".")[0]))),
    ),
    Mutant(
        name="the end of a session has no cause",
        rules=("EV-session.disposed",),
        scenarios=("with override, the old session ends with TAKEOVER",),
        make=says(alter(event("session.disposed"), lambda each: each["data"].pop("cause"))),
    ),
    Mutant(
        name="what is refused is told by an event as well",
        rules=("EV-1",),
        scenarios=(REFUSED,),
        make=says(
            add(
                answer("channel.ready", "failure"),
                lambda each: [{"name": "channel.error", "target": each["target"], "data": {}, "seq": each["seq"]}],
            )
        ),
    ),
)
