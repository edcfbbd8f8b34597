"""`ixp talk`: an agent on the terminal, interactive or from a script."""

import sys
from pathlib import Path
from typing import Final

from engine.talk.errors import TalkError
from engine.terminal import complain

AGENT: Final = "agent1"
"""Who one is unless one says otherwise: an agent of the demo."""


def talk(
    url: str,
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
) -> int:
    """Be an agent at the server of `url`; return the exit status.

    `token`, which may be a service's key, is shown instead of the password.

    0: all went well, though requests may have failed, unless `strict` has a script end at the first that does. 1: the
    server could not be reached, refused the login or was lost, or a line of the script could not be understood or did
    not get what it waited for; standard error says what to do. `color` None: on a terminal only.
    """
    # Loaded when needed: the command line of the server is the same one, and needs none of it.
    from rich.console import Console

    from engine.talk.client import Login
    from engine.talk.repl import interact
    from engine.talk.script import run_script

    try:
        login = Login(
            agent=_whose(agent, token),
            password=password,
            bearer=None if token is None else token.strip(),
            override=override,
            groups=groups,
        )
        if script is not None:
            run_script(url, script, login, batched=batched, strict=strict)
        else:
            _check_terminal(strict=strict)
            console = Console(force_terminal=color, color_system=None if color is False else "auto", highlight=False)
            interact(url, login, batched=batched, console=console)
    except TalkError as error:
        complain(str(error))
        return 1
    return 0


def _whose(agent: str | None, token: str | None) -> str:
    if agent is None and token is not None:
        raise TalkError("a token or key is for certain agents; say with --agent who to be")
    return agent or AGENT


def _check_terminal(*, strict: bool) -> None:
    if strict:
        raise TalkError("--strict is for scripts; give one with --script FILE, or leave it out")
    if not sys.stdin.isatty():
        raise TalkError("standard input is no terminal; give the commands with --script FILE, or --script -")
