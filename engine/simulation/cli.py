"""`ixp simulate`: make things happen on a running simulator."""

import enum
import json
import re
import sys
import time
from collections.abc import Callable
from typing import Annotated, Final, NoReturn

import typer

from engine.simulation.client import DEFAULT_URL, Client, ControlError
from engine.terminal import complain
from engine.terminal import say as say_words
from protocol.errors import FailureCode
from protocol.states import AgentState
from protocol.strictjson import Json

SPEED_OF_HANDS: Final = 10.0
"""At this a phone rings for two seconds; what goes faster, nobody answers by hand."""
LOOK_EVERY_S: Final = 0.25
"""How often a day that runs is asked how far it is."""

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Make things happen on a running simulator: calls, chats, emails, phones, platform loss, whole days.",
)

Url = Annotated[str, typer.Option(help="the server's HTTP URL")]
Key = Annotated[str | None, typer.Option(envvar="IXP_OPERATOR_KEY", help="an operator's key; the demo needs none")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON lines")]
Data = Annotated[list[str] | None, typer.Option(help="attached data, KEY=VALUE; repeatable")]


_WRONG_KEY: Final = re.compile(rf"{FailureCode.INVALID_REQUEST}: body\.(?:script\.)?(\w+)(?:\[\d+\])?: (.*)")
"""What the server says of a property of the body that is wrong."""
_TYPED_AS: Final = {
    "agentstate": "the agent state",
    "answers_after_s": "--answers-after",
    "destination": "the destination",
    "patience_s": "--patience",
    "queue": "the queue",
    "steps": "--say",
    "talks_s": "--talks",
    "to": "the number that is called",
}
"""How a property of the body is called on the command line, where that is not `--` and its name."""


def _fail(message: str, status: int) -> NoReturn:
    complain(message)
    raise typer.Exit(status)


def _run(url: str, key: str | None, do: Callable[[Client], Json]) -> Json:
    """What the server answers. Says why and what to do where it does not."""
    try:
        return do(Client(url, key))
    except ControlError as error:
        wrong = _WRONG_KEY.match(str(error))
        if wrong is None:
            _fail(str(error), 1)
        _fail(f"{_TYPED_AS.get(wrong[1], f'--{wrong[1]}')}: {wrong[2]}", 2)


def _tell(answer: Json, as_json: bool, words: str) -> None:
    """Say that it was done."""
    if as_json:
        print(json.dumps(answer or {}), flush=True)
    else:
        say_words(words)


def _data(pairs: list[str] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals or not name:
            _fail(f"--data {pair}: is not KEY=VALUE; write it so", 2)
        if name in found:
            _fail(f"--data {pair}: {name} is given twice; give it once", 2)
        found[name] = value
    return found


# Customers


@app.command()
def call(
    to: Annotated[str, typer.Argument(help="the extension or queue that is called")],
    from_: Annotated[str, typer.Option("--from", help="the caller's number; any text goes")] = "+15550100",
    name: Annotated[str | None, typer.Option(help="the caller's name")] = None,
    patience: Annotated[float | None, typer.Option(help="seconds until an unanswered caller hangs up")] = None,
    talks: Annotated[float | None, typer.Option(help="seconds of talk until the caller hangs up")] = None,
    data: Data = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Somebody calls a phone or a queue."""
    attached = _data(data)
    script = {"name": name, "patience_s": patience, "talks_s": talks}
    script = {what: value for what, value in script.items() if value is not None}
    body = {"to": to, "from": from_, "data": attached, "script": script}
    answer = _run(url, key, lambda client: client.post("calls", **body))
    id_ = answer["call"]
    if "outcome" not in answer:
        _tell(answer, as_json, f"{id_} calls {to}; `ixp simulate hangup {id_}` has the caller hang up")
        return
    if as_json:
        print(json.dumps(answer), flush=True)
    _fail(
        f"{id_} was turned away at once: at {to} nobody is logged in, or it is busy or full; have an agent log in "
        "there, as `ixp talk --script call` does at 4001, or look with `ixp simulate show`",
        1,
    )


@app.command()
def hangup(
    call: Annotated[str, typer.Argument(help="the id that `call` printed")],
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """The caller hangs up."""
    _tell(_run(url, key, lambda client: client.post("calls", call, "hangup")), as_json, f"{call} has hung up")


@app.command()
def chat(
    queue: Annotated[str, typer.Argument(help="the queue that the chat goes to")],
    name: Annotated[str, typer.Option(help="the customer's name")] = "Ada Lovelace",
    say: Annotated[list[str] | None, typer.Option(help="what the customer writes at once; repeatable")] = None,
    patience: Annotated[float | None, typer.Option(help="seconds until an unanswered customer leaves")] = None,
    data: Data = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """A customer begins a chat."""
    script: dict[str, Json] = {"steps": [{"do": "say", "text": text} for text in say or ()]}
    if patience is not None:
        script["patience_s"] = patience
    body = {"queue": queue, "name": name, "data": _data(data), "script": script}
    answer = _run(url, key, lambda client: client.post("chats", **body))
    id_ = answer["chat"]
    _tell(answer, as_json, f"{id_} waits in {queue}; `ixp simulate say {id_} TEXT` writes, `leave {id_}` ends it")


@app.command()
def say(
    chat: Annotated[str, typer.Argument(help="the id that `chat` printed")],
    text: Annotated[str, typer.Argument(help="what the customer writes")],
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """The customer of a chat writes."""
    answer = _run(url, key, lambda client: client.post("chats", chat, "messages", text=text))
    _tell(answer, as_json, f"{chat} has written")


@app.command()
def leave(
    chat: Annotated[str, typer.Argument(help="the id that `chat` printed")],
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """The customer of a chat leaves."""
    _tell(_run(url, key, lambda client: client.post("chats", chat, "leave")), as_json, f"{chat} has left")


@app.command()
def email(
    queue: Annotated[str, typer.Argument(help="the queue that the email goes to")],
    from_: Annotated[str, typer.Option("--from", help="the customer's address; any text goes")] = "ada@example.com",
    subject: Annotated[str, typer.Option(help="the subject")] = "A question",
    text: Annotated[str, typer.Option(help="the text")] = "Where is my parcel?",
    data: Data = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """An email comes in."""
    body = {"queue": queue, "from": from_, "subject": subject, "text": text, "data": _data(data)}
    answer = _run(url, key, lambda client: client.post("emails", **body))
    _tell(answer, as_json, f"{answer['email']} waits in {queue}")


@app.command()
def callback(
    queue: Annotated[str, typer.Argument(help="the queue that the callback goes to")],
    number: Annotated[str, typer.Option(help="the number to call; any text goes")] = "+15550100",
    name: Annotated[str, typer.Option(help="the customer's name")] = "Ada Lovelace",
    data: Data = None,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """A customer asks to be called."""
    body = {"queue": queue, "number": number, "name": name, "data": _data(data)}
    answer = _run(url, key, lambda client: client.post("callbacks", **body))
    _tell(answer, as_json, f"{answer['callback']} waits in {queue}")


# The platform


class PhoneAction(enum.StrEnum):
    """What can be done at a phone."""

    ANSWER = "answer"
    REJECT = "reject"
    HOLD = "hold"
    RETRIEVE = "retrieve"
    HANGUP = "hangup"
    DIAL = "dial"
    LOGIN = "login"
    LOGOUT = "logout"
    STATE = "state"
    AUTOMATIC = "automatic"


_OPTIONS: Final = {
    PhoneAction.STATE: ("reason",),
    PhoneAction.AUTOMATIC: ("answers_after_s", "talks_s", "on"),
}
"""What else belongs to an action, by the names of the body."""
_VALUES: Final = {PhoneAction.DIAL: "destination", PhoneAction.LOGIN: "agent", PhoneAction.STATE: "agentstate"}
"""What the value behind an action at a phone is."""


@app.command()
def phone(
    extension: Annotated[str, typer.Argument(help="the phone")],
    action: Annotated[PhoneAction, typer.Argument(help="what is done")],
    value: Annotated[
        str | None, typer.Argument(help="the destination of dial, the agent of login, the agent state of state")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="with state NOTREADY: the reason; at the phone, any goes")] = None,
    answers_after: Annotated[float | None, typer.Option(help="with automatic: seconds until it answers [2]")] = None,
    talks: Annotated[float | None, typer.Option(help="with automatic: seconds of talk")] = None,
    off: Annotated[bool, typer.Option("--off", help="with automatic: no longer")] = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Somebody does something at a phone."""
    body: dict[str, Json] = {"reason": reason, "answers_after_s": answers_after, "talks_s": talks}
    if off:
        body["on"] = False
    _refuse_what_does_not_fit(action, value, {name for name, given in body.items() if given is not None})
    named = _VALUES.get(action)
    if named is not None:
        if value is None:
            _fail(f"{action} wants the {named}; write it behind {action}", 2)
        body[named] = value
    elif value is not None:
        _fail(f"{action} takes no {value}; leave it out", 2)
    answer = _run(url, key, lambda client: client.post("phones", extension, action, **body))
    _tell(answer, as_json, f"{action} at {extension}: done")


def _refuse_what_does_not_fit(action: PhoneAction, value: str | None, given: set[str]) -> None:
    names = {"on": "--off", "reason": "--reason"} | _TYPED_AS
    for name in sorted(given.difference(_OPTIONS.get(action, ()))):
        _fail(f"{names[name]}: does not go with {action}; leave it out", 2)
    if "on" in given and len(given) > 1:
        _fail("--off: the phone answers no longer, so it has no times; leave --answers-after and --talks out", 2)
    if "reason" in given and value == AgentState.READY:
        _fail("--reason: who is READY has none; leave it out", 2)


@app.command("lose-platform")
def lose_platform(url: Url = DEFAULT_URL, key: Key = None, as_json: AsJson = False) -> None:
    """Break the connection to the simulator; it comes back by itself."""
    answer = _run(url, key, lambda client: client.post("platform", "lose"))
    _tell(answer, as_json, "the platform is lost, and will be tried again")


@app.command()
def show(url: Url = DEFAULT_URL, key: Key = None, as_json: AsJson = False) -> None:
    """Show what there is: agents, queues, contacts, totals."""
    now = _run(url, key, Client.get)
    if as_json:
        print(json.dumps(now))
        return
    # Loaded when needed, here and below: the server's command line is the same one, and needs none of it.
    from engine.simulation.show import console, overview

    console().print(overview(now))


# Days


@app.command()
def day(
    agents: Annotated[int, typer.Option(help="how many agents work, the first of the settings")] = 20,
    seed: Annotated[int, typer.Option(help="the same seed gives the same day")] = 1,
    contacts: Annotated[
        int | None, typer.Option(help="how many contacts are planned [default: as keep the agents busy]")
    ] = None,
    minutes: Annotated[float, typer.Option(help="how long the day is, from 1 to 1440")] = 480.0,
    speed: Annotated[
        float, typer.Option(help="how many times as fast as the world; 2 for hands at `ixp talk`")
    ] = 480.0,
    stop: Annotated[bool, typer.Option("--stop", help="end the day that runs, whoever began it")] = False,
    url: Url = DEFAULT_URL,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Play a busy day, and print what came of it.

    Agents who have a session are left alone, and get their share of the contacts; the others are played at their
    phones. `ixp talk --script day` answers as fast as any day goes. Ctrl-C ends the day, as does --stop from elsewhere.
    """
    if stop:
        state = _run(url, key, _stop)
        if state is None:
            _fail("no day is running; begin one with `ixp simulate day`", 1)
        _report(state, as_json)
        return
    wish = {"agents": agents, "seed": seed, "contacts": contacts, "minutes": minutes, "speed": speed}
    if speed > SPEED_OF_HANDS:
        _warn_of_hands(_run(url, key, Client.get), agents, speed)
    id_ = _run(url, key, lambda client: client.post("days", **wish))["day"]
    stopped = False
    try:
        state = _run(url, key, lambda client: _play(client, id_, as_json))
    except KeyboardInterrupt:
        stopped = True
        state = _run(url, key, lambda client: client.delete("days", id_))
    if state is None:
        _fail(f"{id_} was ended by somebody else before its end, and what came of it is with them", 1)
    _report(state, as_json)
    if stopped:
        _fail(f"{id_} was stopped before its end", 1)


def _report(state: Json, as_json: bool) -> None:
    if as_json:
        print(json.dumps(state), flush=True)
        return
    from engine.simulation.show import console, day_report

    console().print(day_report(state))


def _stop(client: Client) -> Json:
    """What came of the day that ran; None where none did."""
    now = client.get()
    return client.delete("days", now["day"]) if "day" in now else None


def _warn_of_hands(now: Json, agents: int, speed: float) -> None:
    """No hand is fast enough for most days, and whoever sits at a session learns it from missed offers otherwise."""
    there = [agent["agent"] for agent in now["agents"][:agents] if agent["session"]]
    if there:
        complain(
            f"{', '.join(there)} takes part in a session: at {speed:g} times the speed no hand answers in time; have "
            "`ixp talk --script day` answer, or give --speed 2"
        )


def _play(client: Client, id_: str, as_json: bool) -> Json:
    """See the day through. The final state is returned; those before are printed, in the one form or the other.

    None where somebody else has ended it.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f} planned contacts"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=as_json or not sys.stderr.isatty(),
    )
    try:
        state = client.get("days", id_)
        with bar:
            task = bar.add_task(id_, total=state["contacts"])
            while state["status"] == "running":
                if as_json:
                    print(json.dumps(state), flush=True)
                total = state["totals"]["total"]
                bar.update(task, completed=total["offered"] - total["live"])
                time.sleep(LOOK_EVERY_S)
                state = client.get("days", id_)
    except ControlError as error:
        if error.code != FailureCode.INVALID_TARGET:
            raise
        return None
    return state
