"""`ixp talk`: an agent on the terminal, interactive or from a script."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.talk.errors import TalkError
from engine.terminal import complain, say

if TYPE_CHECKING:
    from engine.talk.kept import Place

URL: Final = "ws://127.0.0.1:8765/agent"
AGENT: Final = "agent1"
"""Where one talks, and who one is, unless one says otherwise: as an agent of the demo."""


def talk(
    url: str | None,
    *,
    agent: str | None,
    password: str,
    token: str | None = None,
    override: bool,
    groups: tuple[str, ...],
    script: Path | None,
    batched: bool,
    color: bool | None,
    strict: bool = False,
    resume: Path | None = None,
) -> int:
    """Be an agent at the server of `url`; return the exit status.

    `token`, which may be a service's key, is shown instead of the password. `resume` is a file that keeps the session;
    one that it keeps already is gone on with, unless `override` begins a new one.

    0: all went well, though requests may have failed, unless `strict` has a script end at the first that does. 1: the
    server could not be reached, refused the login or was lost, or a line of the script could not be understood or did
    not get what it waited for; standard error says what to do. `color` None: on a terminal only.
    """
    # Loaded when needed: the command line of the server is the same one, and needs none of it.
    from rich.console import Console

    from engine.talk.client import Login
    from engine.talk.kept import Kept
    from engine.talk.repl import interact
    from engine.talk.script import run_script

    try:
        with nullcontext() if resume is None else Kept(resume) as kept:
            place = None if kept is None else kept.place
            login = Login(
                agent=_whose(agent, place, token=token, override=override),
                password=password,
                bearer=None if token is None else token.strip(),
                override=override,
                groups=groups,
            )
            where = url or (URL if place is None else place.url)
            if script is not None:
                run_script(where, script, login, batched=batched, strict=strict, kept=kept)
            else:
                _check_terminal(strict=strict)
                console = Console(
                    force_terminal=color, color_system=None if color is False else "auto", highlight=False
                )
                interact(where, login, batched=batched, console=console, kept=kept)
                if kept is not None and kept.place is not None:
                    say(f"The session waits for a while; `ixp talk --resume {resume}` goes on with it.")
    except TalkError as error:
        complain(str(error))
        return 1
    return 0


def _whose(agent: str | None, place: "Place | None", *, token: str | None, override: bool) -> str:
    """Whose session it is to be."""
    if place is not None and agent is None:
        return place.agent
    if place is not None and agent != place.agent and not override:
        raise TalkError(f"the session that is kept is of {place.agent}; leave --agent out, or name another file")
    if agent is None and token is not None:
        raise TalkError("a token or key is for certain agents; say with --agent who to be")
    return agent or AGENT


def _check_terminal(*, strict: bool) -> None:
    if strict:
        raise TalkError("--strict is for scripts; give one with --script FILE, or leave it out")
    if not sys.stdin.isatty():
        raise TalkError("standard input is no terminal; give the commands with --script FILE, or --script -")
