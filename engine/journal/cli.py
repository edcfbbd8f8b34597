"""`ixp journal`: look at what is kept, check it, and replay it. May be used while a server runs."""

import json
import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import attrs
import typer
from msgspec import msgpack

from engine.journal.rebuild import ReplayDiffers, core_of, replay
from engine.journal.rows import Overview
from engine.journal.spi import JournalError, Step, Stored
from engine.journal.sqlite import FILE
from engine.journal.verify import Verifier
from engine.talk.words import printable
from protocol.ids import SessionId

app = typer.Typer(no_args_is_help=True, help="What outlives the process: look at it, check it, replay it.")

Data = Annotated[Path, typer.Option(help="the server's folder, as given to `ixp serve --data`")]
Session = Annotated[str, typer.Argument(help="a session's id, as `ixp journal show` lists it")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines")]

HERE: Final = Path("ixp-data")
INDENT: Final = " " * 24
"""Where what was said for a step stands."""


@contextmanager
def open_store(data: Path) -> Iterator[Verifier]:
    """Says in one sentence what is wrong, and ends with status 1 (2 where the folder is wrong)."""
    path = data / FILE
    if not path.is_file():
        print(f"ixp: {path}: there is no journal; give the server's folder with --data", file=sys.stderr)
        raise typer.Exit(2)
    try:
        store = Verifier(path)
        try:
            yield store
        finally:
            store.close()
    except JournalError as error:
        print(f"ixp: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    except sqlite3.Error as error:
        hint = "`ixp journal verify` shows what is damaged"
        print(f"ixp: {path}: cannot be read ({' '.join(str(error).split())}); {hint}", file=sys.stderr)
        raise typer.Exit(1) from None


@app.command()
def verify(data: Data = HERE) -> None:
    """Check every page, and of every session its entry, pictures, steps and responses; what is damaged is named.

    Exit status 1 then.
    """
    with open_store(data) as store:
        store.check()
        damaged = sessions = living = steps = messages = 0
        for each in store.look_through():
            sessions += 1
            living += not each.ended
            steps += each.steps
            messages += each.messages
            damaged += len(each.damaged)
            for what in each.damaged:
                print(f"session {each.session}: {what}")
            if each.damaged:
                print(f"session {each.session}: {_LOST if each.lost else _NOT_LOST}")
        print(
            f"{_count(sessions, 'session')}, {living} of them not ended; {_count(steps, 'step')} with "
            f"{_count(messages, 'message')}; {damaged or 'nothing'} damaged"
        )
    raise typer.Exit(1 if damaged else 0)


_LOST: Final = (
    "the next start does not take it up; restore a copy of the whole folder, or its desktop prepares a new one"
)
_NOT_LOST: Final = "a start does without what is damaged; restore a copy of the whole folder to have it again"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


@app.command()
def show(
    session: Annotated[str | None, typer.Argument(help="a session's id; left out, all sessions are listed")] = None,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """List the sessions, or the steps of one: its number, its time in seconds, the input, and what was said for it."""
    with open_store(data) as store:
        if session is None:
            _print_sessions(store.overview(), as_json=as_json)
            return
        stored = store.history(SessionId(session))
        if stored.step and not as_json:
            print(forgotten(stored))
        for number, step in stored.numbered:
            print(_step(number, step, as_json=as_json))


@app.command("replay")
def replay_session(session: Session, data: Data = HERE) -> None:
    """Give the present rules what a session was given, in virtual time, and show where they say something else.

    Exit status 1 when they do, or cannot read a step: there it ends.
    """
    with open_store(data) as store:
        stored = store.history(SessionId(session))
        done, differences, unread = 0, 0, False
        try:
            for number, replayed in enumerate(replay(core_of(stored), stored.steps), stored.step + 1):
                done += 1
                if not replayed.same:
                    differences += 1
                    print(_step(number, replayed.step, as_json=False))
                    _print_difference([record.text for record in replayed.step.records], list(replayed.said))
        except ReplayDiffers as error:
            print(error)
            unread = True
        of = f"{done} of " if unread else ""
        print(f"{of}{_count(len(stored.steps), 'step')} replayed; {differences or 'none'} with a difference")
    raise typer.Exit(1 if differences or unread else 0)


def _print_sessions(sessions: list[Overview], *, as_json: bool) -> None:
    if as_json:
        for each in sessions:
            print(json.dumps(attrs.asdict(each) | {"ended": _ended(each)}))
        return
    if not sessions:
        print("no session is kept")
        return
    rows = [("session", "agent", "since", "ended", "messages")]
    for each in sessions:
        ended = "lives" if each.ended is None else _to_the_second(_ended(each))
        rows.append((each.session, printable(str(each.agent)), _to_the_second(each.since), ended, str(each.seq)))
    *widths, last = (max(map(len, column)) for column in zip(*rows, strict=True))
    for *texts, number in rows:
        print(*(f"{text:{width}}" for text, width in zip(texts, widths, strict=True)), f"{number:>{last}}", sep="  ")


def _ended(session: Overview) -> str | None:
    """In the form that `since` has: UTC as RFC 3339 writes it."""
    if session.ended is None:
        return None
    return datetime.fromtimestamp(session.ended, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _to_the_second(time: str | None) -> str:
    """More is too wide for a list."""
    return re.sub(r"\.\d+", "", str(time))


def _step(number: int, step: Step, *, as_json: bool) -> str:
    name, held = msgpack.decode(step.given)
    if as_json:
        said = [json.loads(record.text) for record in step.records]
        return json.dumps({"step": number, "at": step.at, "input": name, "given": held, "said": said})
    lines = [f"step {number:<6} {step.at:10.3f}  {name}  {_short(held)}".rstrip()]
    lines += [f"{INDENT}→ {record.text.decode()}" for record in step.records]
    return "\n".join(lines)


def forgotten(stored: Stored) -> str:
    """Which steps of a long life are gone."""
    if stored.step == 1:
        return "step 1 is kept no longer"
    return f"steps 1 to {stored.step} are kept no longer"


def _short(held: Any) -> str:
    return "" if held is None else json.dumps(held)


def _print_difference(then: list[bytes], now: list[bytes]) -> None:
    for text in then:
        if text not in now:
            print(f"{INDENT}- {text.decode()}")
    for text in now:
        if text not in then:
            print(f"{INDENT}+ {text.decode()}")
