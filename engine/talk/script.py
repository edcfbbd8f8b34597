"""Script mode: send each line of a file, wait for its response, print all that is received as JSON lines.

Beside requests a script may hold

    sleep SECONDS                           receive for a while
    expect EVENT [@TARGET] [--timeout S]    go on at this event; 10 seconds by default
    work [--timeout S]                      take whatever is offered, until nothing has come for a minute, or Ctrl-C

`expect` looks at the events that come after the response to the last request, or after the event that the last
`expect` found. The protocol's order makes that certain: nothing is missed, and nothing earlier fits by chance.
@TARGET is a name of the object that the event is about; of an interaction or a conversation, its channel's or its
interaction's will do.
"""

import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

import attrs

from engine.talk.client import RESPONSE_S, Client, Login, log_in
from engine.talk.errors import TalkError
from engine.talk.kept import Kept
from engine.talk.lines import ShorthandError, close_to, name_of, split
from engine.talk.received import Received
from engine.talk.shorthand import Ask, Raw, parse
from engine.talk.view import JsonObject, View
from engine.talk.work import QUIET_S, Worker
from engine.terminal import complain
from protocol.commands import find_command
from protocol.events import EVENTS
from protocol.ids import ObjectKind
from protocol.results import BindOutcome

EXPECT_S: Final = 10.0
STANDARD_INPUT: Final = Path("-")
SAMPLES: Final[Mapping[str, str]] = {"sample": "first_session.txt", "call": "call.txt", "day": "day.txt"}
"""The scripts that are shipped, by name; a file that is called so is given by its whole path."""
_TIMEOUT: Final = "--timeout"


@attrs.frozen
class Sleep:
    seconds: float


@attrs.frozen
class Expect:
    event: str
    target: str | None = None
    within_s: float = EXPECT_S


@attrs.frozen
class Work:
    """Take whatever is offered, until nothing has come for so long."""

    quiet_s: float = QUIET_S


@attrs.frozen
class Line:
    """One line that does something. `place` is for messages: `line 7`."""

    place: str
    text: str
    does: Raw | Ask | Sleep | Expect | Work


def read(script: Path) -> str:
    """The text of a script: a file, `-` for standard input, the name of one that is shipped. Raises TalkError."""
    try:
        if script == STANDARD_INPUT:
            return sys.stdin.read()
        if str(script) in SAMPLES:
            return (files("engine.talk") / "samples" / SAMPLES[str(script)]).read_text(encoding="utf-8")
        return script.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TalkError(
            f"{script} cannot be read ({error}); give a text file in UTF-8, or one of {', '.join(SAMPLES)}"
        ) from None


def parse_script(text: str) -> list[Line]:
    """All lines of a script. Raises TalkError, naming the line, at the first that cannot be understood."""
    return list(_lines(text))


def _lines(text: str) -> Iterator[Line]:
    for number, line in enumerate(text.splitlines(), 1):
        try:
            does = _parse(line)
        except ShorthandError as error:
            raise TalkError(f"line {number}, {error}") from None
        if does is not None:
            yield Line(f"line {number}", line.strip(), does)


def _parse(line: str) -> Raw | Ask | Sleep | Expect | Work | None:
    match line.split(maxsplit=1):
        case ["sleep", *_]:
            return _parse_sleep(split(line))
        case ["expect", *_]:
            return _parse_expect(split(line))
        case ["work", *_]:
            return _parse_work(split(line))
        case _:
            return parse(line)


def _parse_sleep(words: list[tuple[int, str]]) -> Sleep:
    match words:
        case [_, (column, seconds)]:
            return Sleep(_seconds(column, seconds))
        case _:
            raise ShorthandError("write sleep and a number of seconds")


def _parse_expect(words: list[tuple[int, str]]) -> Expect:
    _, *words = words
    within_s = EXPECT_S
    match words:
        case [*before, (_, option), (column, seconds)] if option == _TIMEOUT:
            words, within_s = before, _seconds(column, seconds)
    match words:
        case [(column, event)] | [(column, event), _] if event not in EVENTS:
            remedy = close_to(event, EVENTS, f"the events are {', '.join(EVENTS)}")
            raise ShorthandError(f"there is no event {event}; {remedy}", column)
        case [(_, event)]:
            return Expect(event, within_s=within_s)
        case [(_, event), (column, word)]:
            return Expect(event, name_of(word, column), within_s)
        case _:
            raise ShorthandError(f"write expect EVENT [@TARGET] [{_TIMEOUT} SECONDS]")


def _parse_work(words: list[tuple[int, str]]) -> Work:
    match words:
        case [_]:
            return Work()
        case [_, (_, option), (column, seconds)] if option == _TIMEOUT:
            return Work(_seconds(column, seconds))
        case _:
            raise ShorthandError(f"write work [{_TIMEOUT} SECONDS]")


def _seconds(column: int, word: str) -> float:
    try:
        seconds = float(word)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < float("inf"):
        raise ShorthandError(f"{word} is no number of seconds; write one like 0.5", column)
    return seconds


def run_script(url: str, script: Path, login: Login, *, batched: bool, strict: bool, kept: Kept | None = None) -> None:
    """Log in, or resume the session that is kept, run the script, unbind. Raises TalkError.

    The script is read and parsed before anything is sent. `strict`: a request that fails ends the script.
    """
    lines = parse_script(read(script))

    def tell(sentence: str) -> None:
        complain(sentence)

    with Client(url, batched=batched, bearer=login.bearer, tell=tell, kept=kept) as client:
        log_in(client, login, may_override=lambda _: False, show=show)
        Runner(client, strict=strict).run(lines)


def show(received: Received) -> None:
    """Print one message as it came, without its secrets."""
    print(received.shown(), flush=True)


class Runner:
    """Runs the lines over a client that has bound its session."""

    def __init__(self, client: Client, *, strict: bool) -> None:
        self._client = client
        self._strict = strict
        self._waiting: list[Received] = []
        """Events that an `expect` may still look at."""
        self._done: tuple[JsonObject, Received] | None = None
        """A request that succeeded, and its response."""

    def run(self, lines: list[Line]) -> None:
        """Run all lines, then unbind. Raises TalkError, naming the line that could not be done.

        What was missed before a resumption comes first: lines may name it, and expect it.
        """
        if self._client.behind:
            self._client.wait_for(lambda _: not self._client.behind, self._show, RESPONSE_S)
        for line in lines:
            try:
                self._run(line)
            except (ShorthandError, TalkError) as error:
                raise TalkError(f"{line.place}: {error}") from None
        if not self._client.unbound.is_set():
            self._ask("unbindSession", self._client.send("unbindSession", self._client.view.session))

    def _run(self, line: Line) -> None:
        match line.does:
            case Sleep(seconds):
                self._client.wait_for(lambda _: False, self._show, seconds)
            case Expect() as expected:
                self._expect(expected)
            case Work(quiet_s):
                self._catch_up()
                Worker(self._client, self._show).work(quiet_s)
                self._waiting.clear()
            case Raw() as raw:
                self._client.send_raw(raw.resolve(self._client.view))
                self._ask(line.text, None)
            case Ask() as ask:
                if ask.may_name_objects:
                    self._catch_up()
                request = ask.resolve(self._client.view)
                received = self._ask(line.text, self._client.send_request(request))
                command = find_command(request["command"])
                if command is not None and command.kind is not None and received.message["result"] == "success":
                    self._done = (request, received)

    def _catch_up(self) -> None:
        """Receive all that the last request brought about.

        Nothing says which event is the last; but the response to a repeated requestid, which executes nothing, comes
        after it. That copy of a message is not shown.
        """
        if self._done is None or self._client.unbound.is_set():
            return
        request, response = self._done
        requestid = response.message["requestid"]

        def fits(received: Received) -> bool:
            return received.answers and received.message.get("requestid") == requestid

        def show_others(received: Received) -> None:
            if received != response:
                self._show(received)

        self._client.send_request(request, requestid)
        if self._client.wait_for(fits, show_others, RESPONSE_S) is None:
            raise TalkError(f"no second response to a repeated requestid within {RESPONSE_S:g} s")

    def _ask(self, what: str, requestid: str | None) -> Received:
        """Wait for the response to what was sent. A raw message is answered by whatever response comes next."""

        def fits(received: Received) -> bool:
            return received.answers and (requestid is None or received.message.get("requestid") == requestid)

        received = self._client.wait_for(lambda each: fits(each) or _resets(each), self._show, RESPONSE_S)
        if received is None:
            raise TalkError(f"no response to {what} within {RESPONSE_S:g} s; look at the server's log")
        if not fits(received):
            raise TalkError(f"the connection was lost, and it is not known whether {what} was done; run it all again")
        self._waiting.clear()
        match received.message:
            case {"result": "failure", "failure": {"code": code, "message": told}} if self._strict:
                raise TalkError(f"{what} failed with {code}: {told}")
        return received

    def _expect(self, expected: Expect) -> None:
        def fits(received: Received) -> bool:
            match received.message:
                case {"name": expected.event, "target": str(target)}:
                    return expected.target is None or _is_about(
                        self._client.view, expected.event, target, expected.target
                    )
                case _:
                    return False

        while self._waiting:
            if fits(self._waiting.pop(0)):
                return
        found = self._client.wait_for(fits, self._show, expected.within_s)
        self._waiting.clear()
        if found is None:
            where = f" @{expected.target}" if expected.target else ""
            raise TalkError(
                f"no {expected.event}{where} within {expected.within_s:g} s; see what came instead, or "
                f"write `expect … {_TIMEOUT} SECONDS`"
            )

    def _show(self, received: Received) -> None:
        show(received)
        if not received.answers:
            self._waiting.append(received)


def _is_about(view: View, event: str, target: str, name: str) -> bool:
    """Does `name` stand for the target of the event, or for what that belongs to?"""
    row = EVENTS[event]
    while not view.is_called(target, name):
        if row.kind not in (ObjectKind.INTERACTION, ObjectKind.CONVERSATION) or "." not in target:
            return False
        target = target.rpartition(".")[0]
    return True


def _resets(received: Received) -> bool:
    match received.message:
        case {"command": "bindSession", "data": {"outcome": BindOutcome.RESET}}:
            return True
        case _:
            return False
