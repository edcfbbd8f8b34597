"""`ixp journal`: look at what is kept, check it, and replay it. May be used while a server runs."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from msgspec import msgpack

from engine.journal.rebuild import ReplayDiffers, core_of, replay
from engine.journal.spi import JournalError, Step
from engine.journal.sqlite import FILE
from engine.journal.store import Overview, Store
from protocol.ids import SessionId

app = typer.Typer(no_args_is_help=True, help="What outlives the process: look at it, check it, replay it.")

Data = Annotated[Path, typer.Option(help="the server's folder, as given to `ixp serve --data`")]
Session = Annotated[str, typer.Argument(help="a session's id, as `ixp journal show` lists it")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines")]

HERE: Final = Path("ixp-data")


@contextmanager
def _store(data: Path) -> Iterator[Store]:
    """Says in one sentence what is wrong, and ends with status 1 (2 where the folder is wrong)."""
    path = data / FILE
    if not path.is_file():
        print(f"ixp: {path}: there is no journal; give the server's folder with --data", file=sys.stderr)
        raise typer.Exit(2)
    try:
        store = Store(path)
        try:
            yield store
        finally:
            store.close()
    except JournalError as error:
        print(f"ixp: {error}", file=sys.stderr)
        raise typer.Exit(1) from None


@app.command()
def verify(data: Data = HERE) -> None:
    """Check every page, every session and every step. Exit status 1 when something is damaged; it is named."""
    with _store(data) as store:
        store.check()
        damaged = steps = messages = 0
        sessions = store.overview()
        for session in sessions:
            try:
                stored = store.history(session.session)
            except JournalError as error:
                damaged += 1
                print(error)
                continue
            steps += len(stored.steps)
            messages += sum(len(step.records) for step in stored.steps)
        living = sum(session.ended is None for session in sessions)
        print(
            f"{len(sessions)} sessions, {living} of them not ended; {steps} steps with {messages} messages; "
            f"{damaged or 'nothing'} damaged"
        )
    raise typer.Exit(1 if damaged else 0)


@app.command()
def show(
    session: Annotated[str | None, typer.Argument(help="a session's id; left out, all sessions are listed")] = None,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """List the sessions, or the steps of one: its time in seconds, the input, and what was said for it."""
    with _store(data) as store:
        if session is None:
            for each in store.overview():
                print(_overview(each, as_json=as_json))
            return
        for number, step in enumerate(store.history(SessionId(session)).steps, 1):
            print(_step(number, step, as_json=as_json))


@app.command("replay")
def replay_session(session: Session, data: Data = HERE) -> None:
    """Give the present rules what a session was given, in virtual time, and show where they say something else.

    Exit status 1 when they do.
    """
    with _store(data) as store:
        stored = store.history(SessionId(session))
        differences = 0
        try:
            for number, replayed in enumerate(replay(core_of(stored), stored.steps), 1):
                if not replayed.same:
                    differences += 1
                    print(_step(number, replayed.step, as_json=False))
                    _print_difference([record.text for record in replayed.step.records], list(replayed.said))
        except ReplayDiffers as error:
            print(error)
            differences += 1
        print(f"{len(stored.steps)} steps replayed; {differences or 'none'} with a difference")
    raise typer.Exit(1 if differences else 0)


def _overview(session: Overview, *, as_json: bool) -> str:
    ended = None if session.ended is None else datetime.fromtimestamp(session.ended, UTC).isoformat(timespec="seconds")
    if as_json:
        return json.dumps(
            {
                "session": session.session,
                "agent": session.agent,
                "since": session.since,
                "ended": ended,
                "steps": session.steps,
                "seq": session.seq,
            }
        )
    life = "lives" if ended is None else f"ended {ended}"
    return f"{session.session}  {session.agent}  since {session.since}  {life}  {session.seq} messages"


def _step(number: int, step: Step, *, as_json: bool) -> str:
    name, held = msgpack.decode(step.given)
    if as_json:
        said = [json.loads(record.text) for record in step.records]
        return json.dumps({"step": number, "at": step.at, "input": name, "given": held, "said": said})
    lines = [f"{step.at:10.3f}  {name}  {_short(held)}"]
    lines += [f"{'':10}  → {record.text.decode()}" for record in step.records]
    return "\n".join(lines)


def _short(held: Any) -> str:
    return "" if held is None else json.dumps(held)


def _print_difference(then: list[bytes], now: list[bytes]) -> None:
    for text in then:
        if text not in now:
            print(f"{'':10}  - {text.decode()}")
    for text in now:
        if text not in then:
            print(f"{'':10}  + {text.decode()}")
