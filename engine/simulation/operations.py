"""Every operation of the control over HTTP, as one table: the routes, the OpenAPI document and the tests read it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from engine.adapters.simulator.contact import Outcome
from engine.adapters.simulator.customer_script import script_from
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import Fault, fault_problems
from engine.simulation.bodies import (
    BODY,
    AutomaticSet,
    CallbackMade,
    CallMade,
    ChatMade,
    DayMade,
    DayState,
    DialledDigits,
    Dialling,
    EmailMade,
    FilePut,
    FormFilled,
    LoggingIn,
    LookingOn,
    NewCall,
    NewCallback,
    NewChat,
    NewDay,
    NewEmail,
    NewFault,
    Nothing,
    ScreenshotGiven,
    SignalSent,
    StateChosen,
    Typing,
    Written,
)
from engine.simulation.days import Days
from engine.simulation.overview import Overview, overview
from protocol.errors import FailureCode, Refused
from protocol.states import AgentState

ROOT: Final = "/simulator"

Names = Mapping[str, str]
"""The variable parts of a path, by their names."""


@attrs.frozen
class Stage:
    """What is acted upon."""

    switch: Switch
    days: Days


@attrs.frozen(kw_only=True)
class Operation:
    """One thing that can be asked for. `name` is its id in the OpenAPI document; `path` goes on after ROOT.

    `do` gets the path's variable parts and the body, and gives an `answer`. It raises Refused, and ValueError where
    the body is wrong all the same.
    """

    name: str
    method: str
    path: str
    summary: str
    takes: type[Any] | None = None
    answer: type[Any] | None = None
    do: Callable[[Stage, Names, Any], Any]

    @property
    def status(self) -> int:
        """Of a success."""
        if self.answer is None:
            return 204
        return 201 if self.method == "POST" else 200


def _new(path: str, name: str, summary: str, takes: type[Any], answer: type[Any], do: Callable[..., Any]) -> Operation:
    return Operation(name=name, method="POST", path=path, summary=summary, takes=takes, answer=answer, do=do)


def _at_call(verb: str, summary: str, takes: type[Any], do: Callable[[Switch, str, Any], None]) -> Operation:
    return _act("call", verb, summary, takes, do)


def _at_chat(verb: str, summary: str, takes: type[Any], do: Callable[[Switch, str, Any], None]) -> Operation:
    return _act("chat", verb, summary, takes, do)


def _act(
    kind: str, verb: str, summary: str, takes: type[Any], do: Callable[[Switch, str, Any], None], by: str | None = None
) -> Operation:
    """Something is done with one of this kind, which goes by its id, or as `by` says."""
    id_ = by or kind
    return Operation(
        name=f"{kind}_{verb}",
        method="POST",
        path=f"/{kind}s/{{{id_}}}/{verb}",
        summary=summary,
        takes=takes,
        do=lambda stage, names, body: do(stage.switch, names[id_], body),
    )


def _phone(action: str, summary: str, takes: type[Any] = Nothing) -> Operation:
    """The properties of the body are the details of the action."""

    def do(switch: Switch, extension: str, body: Any) -> None:
        if isinstance(body, LoggingIn) and body.agent not in switch.agents.desks:
            raise Refused(
                FailureCode.INVALID_TARGET,
                f"the simulator knows no agent {body.agent}; take another, or add it under [[simulator.agents]]",
            )
        if isinstance(body, StateChosen) and body.agentstate is AgentState.READY and body.reason is not None:
            raise Refused(FailureCode.INVALID_REASON, "reason: who is READY has none; leave it out")
        details = attrs.asdict(body, recurse=False, filter=lambda _, value: value is not None)
        switch.phone(extension, action, **details)

    return _act("phone", action, summary, takes, do, by="extension")


def _begin_call(switch: Switch, body: NewCall) -> CallMade:
    call = switch.call(body.to, body.from_, body.data, body.script)
    # Who is not there any longer was turned away: nothing else takes no time.
    return CallMade(call=call, outcome=Outcome.TURNED_AWAY if switch.contacts.get(call) is None else None)


def _begin_chat(switch: Switch, body: NewChat) -> ChatMade:
    script = None if body.script is None else script_from(body.script, at=f"{BODY}.script")
    return ChatMade(chat=switch.chat(body.queue, body.name, body.data, script, body.abilities))


def _arm(switch: Switch, fault: Fault) -> None:
    for key, problem in fault_problems(fault, switch.settings):
        raise Refused(FailureCode.INVALID_TARGET, f"{BODY}.{key}: {problem}")
    switch.faults.arm(fault)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="overview",
        method="GET",
        path="",
        summary="What there is now: contacts, queues, agents, totals.",
        answer=Overview,
        do=lambda stage, _, __: overview(stage.switch, stage.days.running),
    ),
    _new(
        "/calls",
        "call",
        "Somebody calls a phone or a queue.",
        NewCall,
        CallMade,
        lambda stage, _, body: _begin_call(stage.switch, body),
    ),
    _at_call("hangup", "The caller hangs up.", Nothing, lambda switch, call, _: switch.hangup(call)),
    _at_call(
        "digits",
        "The caller dials digits.",
        DialledDigits,
        lambda switch, call, body: switch.caller_digits(call, body.digits),
    ),
    _new(
        "/chats",
        "chat",
        "A customer begins a chat.",
        NewChat,
        ChatMade,
        lambda stage, _, body: _begin_chat(stage.switch, body),
    ),
    _at_chat(
        "messages",
        "The customer writes a message.",
        Written,
        lambda switch, chat, body: switch.customer_message(chat, body.text),
    ),
    _at_chat(
        "typing",
        "The customer begins to type, or stops.",
        Typing,
        lambda switch, chat, body: switch.customer_typing(chat, body.on),
    ),
    _at_chat(
        "file",
        "The customer puts in a file.",
        FilePut,
        lambda switch, chat, body: switch.customer_file(chat, body.name, body.url, body.type, body.size),
    ),
    _at_chat(
        "form",
        "The customer fills in the form that an agent shows.",
        FormFilled,
        lambda switch, chat, body: switch.customer_form(chat, body.form, body.values),
    ),
    _at_chat(
        "screenshot",
        "The customer lets the agent have the screenshot that was asked for, or refuses.",
        ScreenshotGiven,
        lambda switch, chat, body: switch.customer_screenshot(chat, body.accepted, body.url),
    ),
    _at_chat(
        "signal",
        "The customer's application sends a signal.",
        SignalSent,
        lambda switch, chat, body: switch.customer_signal(chat, body.name, body.data),
    ),
    _at_chat(
        "join",
        "A supervisor looks on; one at a time.",
        LookingOn,
        lambda switch, chat, body: switch.supervisor_joins(chat, body.name),
    ),
    _at_chat(
        "part", "The supervisor looks on no longer.", Nothing, lambda switch, chat, _: switch.supervisor_leaves(chat)
    ),
    _at_chat("leave", "The customer ends the chat.", Nothing, lambda switch, chat, _: switch.customer_leaves(chat)),
    _new(
        "/emails",
        "email",
        "An email comes in.",
        NewEmail,
        EmailMade,
        lambda stage, _, body: EmailMade(
            email=stage.switch.email(body.queue, body.from_, body.subject, body.text, body.data)
        ),
    ),
    _act(
        "email",
        "messages",
        "The customer writes again before the email is answered.",
        Written,
        lambda switch, email, body: switch.email_follows(email, body.text),
    ),
    _act(
        "email",
        "withdraw",
        "The email needs no answer any longer.",
        Nothing,
        lambda switch, email, _: switch.customer_withdraws(email),
    ),
    _new(
        "/callbacks",
        "callback",
        "A customer asks to be called.",
        NewCallback,
        CallbackMade,
        lambda stage, _, body: CallbackMade(
            callback=stage.switch.callback(body.queue, body.number, body.name, body.data)
        ),
    ),
    _act(
        "callback",
        "withdraw",
        "The customer need not be called any longer.",
        Nothing,
        lambda switch, callback, _: switch.customer_withdraws(callback),
    ),
    _phone("answer", "The call that rings at the phone is answered."),
    _phone("reject", "The call that rings at the phone is rejected."),
    _phone("hold", "The call at the phone is held."),
    _phone("retrieve", "The call held at the phone is retrieved."),
    _phone("hangup", "The phone is hung up."),
    _phone("dial", "Somebody dials at the phone.", Dialling),
    _phone("login", "An agent sits down at the phone and logs in there.", LoggingIn),
    _phone("logout", "Whoever is logged in at the phone logs out there."),
    _phone("state", "Whoever is logged in at the phone chooses an agent state.", StateChosen),
    _phone("automatic", "The phone answers by itself from the next call on, or no longer.", AutomaticSet),
    Operation(
        name="platform_lose",
        method="POST",
        path="/platform/lose",
        summary="The connection between the processor and the simulator breaks.",
        takes=Nothing,
        do=lambda stage, _, __: stage.switch.lose(),
    ),
    Operation(
        name="platform_fault",
        method="POST",
        path="/platform/faults",
        summary="Something is to go wrong from now on, before what the configuration has.",
        takes=NewFault,
        do=lambda stage, _, body: _arm(stage.switch, body),
    ),
    _new(
        "/days",
        "day",
        "A busy day begins; one at a time.",
        NewDay,
        DayMade,
        lambda stage, _, body: DayMade(day=stage.days.begin(body)),
    ),
    Operation(
        name="day_state",
        method="GET",
        path="/days/{day}",
        summary="How far a day is, and what came of it so far.",
        answer=DayState,
        do=lambda stage, names, _: stage.days.state(names["day"]),
    ),
    Operation(
        name="day_delete",
        method="DELETE",
        path="/days/{day}",
        summary="A day is ended, if it is running, and forgotten; the answer is what came of it.",
        answer=DayState,
        do=lambda stage, names, _: stage.days.delete(names["day"]),
    ),
)
