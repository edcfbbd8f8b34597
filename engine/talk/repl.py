"""The interactive mode: a prompt below, messages above it as they come.

The main thread types; another receives and prints. Ctrl-C drops the line, Ctrl-D or `quit` unbinds and leaves.
"""

import contextlib
import threading
from typing import Final

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import confirm
from rich.console import Console
from rich.text import Text

from engine.talk.client import Client, Login, Received, TalkError, log_in
from engine.talk.completion import TalkCompleter
from engine.talk.fields import fields_of
from engine.talk.render import is_long, line_of, tree_of
from engine.talk.shorthand import Raw, ShorthandError, command_of, parse
from protocol.commands import COMMANDS, Command
from protocol.schema import spellings

UNBIND_S: Final = 3.0
"""How long leaving may take; the session outlives the connection in any case."""

_LOCAL_HELP: Final = (
    ("help [COMMAND]", "this list, or all about one command"),
    ("objects", "the session as a tree: states, and what is open"),
    ("raw on|off", "show messages in full, as JSON"),
    ("quit", "unbind and leave; Ctrl-D does the same"),
)
_USAGE: Final = (
    "COMMAND [@TARGET] [key=value ... | JSON], or a whole request as JSON. @TARGET is an endpoint, a group's name, "
    "an id or a path; $4001 as a value is the id of @4001. Tab completes."
)


def interact(url: str, login: Login, *, batched: bool, console: Console) -> None:
    """Log in, then read lines until the person leaves. Raises TalkError when it cannot go on."""

    def tell(sentence: str) -> None:
        console.print(Text(sentence, style="yellow"))

    with patch_stdout(raw=True), Client(url, batched=batched, tell=tell) as client:
        talk = Repl(client, login.agent, console)
        log_in(client, login, may_override=lambda message: confirm(f"{message}. End that session?"), show=talk.show)
        tell("The session is bound. session.start begins it; Tab completes, help explains.")
        talk.run()


class Repl:
    """One conversation of a person with a session that `client` has bound."""

    def __init__(self, client: Client, agent: str, console: Console) -> None:
        self._client = client
        self._console = console
        self._raw = False
        self._failure: TalkError | None = None
        self._prompt: PromptSession[str] = PromptSession(
            f"{agent}> ", completer=TalkCompleter(client.view), complete_while_typing=False
        )

    def run(self) -> None:
        """Read and do lines until the person leaves. Raises TalkError when the connection is lost for good."""
        receiver = threading.Thread(target=self._receive, name="talk-receiver", daemon=True)
        receiver.start()
        try:
            self._read_lines()
        finally:
            self._leave()
            receiver.join()
        if self._failure is not None:
            raise self._failure

    def show(self, received: Received) -> None:
        """Print one message."""
        if self._raw:
            self._console.print(Text(received.shown(), style="dim"), soft_wrap=True)
            return
        line = line_of(received.redacted(), self._client.view)
        if is_long(received.message):
            self._console.print(line)
        else:
            self._console.print(line, no_wrap=True, overflow="ellipsis", crop=True)

    # The receiving thread

    def _receive(self) -> None:
        try:
            while (received := self._client.receive(None)) is not None:
                self.show(received)
        except TalkError as error:
            self._failure = error
            app = self._prompt.app
            if app.loop is not None:
                with contextlib.suppress(RuntimeError):  # the loop of a prompt that has just ended is closed
                    app.loop.call_soon_threadsafe(self._leave_prompt)

    # The typing thread

    def _read_lines(self) -> None:
        while self._failure is None:
            try:
                line = self._prompt.prompt(pre_run=self._leave_prompt)
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            if not self._do(line):
                return

    def _leave_prompt(self) -> None:
        """End a prompt that waits for a line when the connection is lost for good. Runs in the prompt's own thread."""
        app = self._prompt.app
        if self._failure is not None and app.is_running and not app.is_done:
            app.exit(exception=EOFError())

    def _do(self, line: str) -> bool:
        """Do one line. False when it was the last."""
        match line.split():
            case ["quit"]:
                return False
            case ["objects"]:
                self._console.print(tree_of(self._client.view))
            case ["raw", ("on" | "off") as switch]:
                self._raw = switch == "on"
            case ["help"]:
                self._help()
            case ["help", word]:
                self._help_about(word)
            case _:
                self._send(line)
        return True

    def _send(self, line: str) -> None:
        try:
            match parse(line):
                case Raw() as raw:
                    self._client.send_raw(raw.resolve(self._client.view))
                case None:
                    pass
                case ask:
                    self._client.send_request(ask.resolve(self._client.view))
        except (ShorthandError, TalkError) as error:
            self._complain(error)

    def _complain(self, error: Exception) -> None:
        self._console.print(Text(str(error), style="red"))

    def _leave(self) -> None:
        client = self._client
        if not client.unbound.is_set() and self._failure is None:
            client.send("unbindSession", client.view.session)
            client.unbound.wait(UNBIND_S)
        client.close()

    # Help

    def _help(self) -> None:
        for command in COMMANDS.values():
            keys = (f" {field.key}" if field.required else f" [{field.key}]" for field in fields_of(command).values())
            style = "bold green" if self._client.view.is_open(command.name) else "bold"
            self._console.print(Text().append(command.name, style).append("".join(keys), "dim"))
        for words, meaning in _LOCAL_HELP:
            self._console.print(Text().append(words, "bold").append(f"  {meaning}", "dim"))
        self._console.print(Text(_USAGE))

    def _help_about(self, word: str) -> None:
        try:
            _, command = command_of(word)
        except ShorthandError as error:
            self._complain(error)
            return
        self._console.print(_described(command))
        open_to = [k.label for k in self._client.view.objects.values() if command.name in k.capabilities]
        self._console.print(Text(f"open now to: {', '.join(open_to) or 'nothing'}", style="dim"))


def _described(command: Command) -> Text:
    text = Text().append(command.name, "bold")
    if command.kind is not None:
        text.append(f" @{command.kind}")
    for spelling in spellings(command)[1:]:
        text.append(f"\nalso spelt {spelling}", "dim")
    for field in fields_of(command).values():
        text.append(f"\n  {field.key}", "cyan").append(f"  {field.form}")
        if not field.required:
            text.append("; may be left out", "dim")
    return text
