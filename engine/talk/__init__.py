"""`ixp talk`: an agent on the terminal, interactive or from a script."""

import sys
from pathlib import Path

from engine.talk.errors import TalkError
from engine.terminal import complain


def talk(
    url: str,
    *,
    agent: str,
    password: str,
    override: bool,
    groups: tuple[str, ...],
    script: Path | None,
    batched: bool,
    color: bool | None,
    strict: bool = False,
) -> int:
    """Be an agent at the server of `url`; return the exit status.

    0: all went well, though requests may have failed, unless `strict` has a script end at the first that does. 1: the
    server could not be reached, refused the login or was lost, or a line of the script could not be understood or did
    not get what it waited for; standard error says what to do. `color` None: on a terminal only.
    """
    # Loaded when needed: the command line of the server is the same one, and needs none of it.
    from rich.console import Console

    from engine.talk.client import Login
    from engine.talk.repl import interact
    from engine.talk.script import run_script

    login = Login(agent=agent, password=password, override=override, groups=groups)
    try:
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


def _check_terminal(*, strict: bool) -> None:
    if strict:
        raise TalkError("--strict is for scripts; give one with --script FILE, or leave it out")
    if not sys.stdin.isatty():
        raise TalkError("standard input is no terminal; give the commands with --script FILE, or --script -")
