"""The interactive mode: a prompt below, messages above it as they come.

The main thread types; another receives and prints. Ctrl-C drops the line, Ctrl-D or `quit` unbinds and leaves.
"""

import contextlib
import threading
import time
from collections.abc import Iterable
from typing import Final

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.talk.client import Client, Login, log_in
from engine.talk.completion import TalkCompleter
from engine.talk.errors import TalkError
from engine.talk.fields import fields_of
from engine.talk.kept import Kept
from engine.talk.lines import ShorthandError
from engine.talk.received import Received
from engine.talk.render import line_of, tree_of
from engine.talk.shorthand import Raw, parse
from engine.talk.targets import OVER, describe
from engine.talk.verbs import SHORTHANDS, Form, forms_of
from engine.talk.words import printable
from protocol.commands import COMMANDS, Command, spellings

UNBIND_S: Final = 3.0
"""How long leaving may take; the session outlives the connection in any case."""

_LOCAL_HELP: Final = (
    (("help",), "help [COMMAND]", "this list, or all about one command"),
    (("state", "objects"), "state, objects", "the session as a tree: states, and what is open"),
    (("raw",), "raw [on|off]", "show messages in full, as JSON, or no longer; `raw` alone goes over to the other"),
    (("quit", "exit"), "quit, exit", "unbind and leave; the session is kept for a while. Ctrl-D does the same"),
)
"""The client's own words: the words, how they are written, what they do."""
_USAGE: Final = (
    "COMMAND [@TARGET] [key=value ... | JSON], or a whole request as JSON. COMMAND is one of these, or its verb. "
    "@TARGET is a path, an id, an endpoint, a group's name, a queue, or the number or name of somebody in it; an "
    "endpoint stands for the newest interaction there, too. Left out, it is what the command is open to. $4001 as a "
    "value is the id of @4001. Times are UTC. Tab completes."
)


def interact(url: str, login: Login, *, batched: bool, console: Console, kept: Kept | None = None) -> None:
    """Log in, or resume the session that is kept, then read lines until the person leaves.

    Raises TalkError when it cannot go on.
    """

    def tell(sentence: str) -> None:
        console.print(Text(sentence, style="yellow"))

    with (
        patch_stdout(raw=True),
        Client(url, batched=batched, bearer=login.bearer, tell=tell, kept=kept) as client,
    ):
        talk = Repl(client, login.agent, console)
        log_in(client, login, may_override=lambda told: _yes(f"{told}. End that session?", console), show=talk.show)
        begins = "start begins it; " if client.view.is_open("session.start") else ""
        tell(f"The session is bound. {begins}Tab completes, help explains.")
        talk.run()


def _yes(question: str, console: Console) -> bool:
    """Ask until the answer is yes or no: whatever else was typed, ahead of the question perhaps, decides nothing."""
    session: PromptSession[str] = PromptSession(f"{question} [y/n] ")
    while True:
        try:
            answer = session.prompt().strip().lower()
        except (KeyboardInterrupt, EOFError):
            return False
        if answer in ("y", "yes", "n", "no"):
            return answer.startswith("y")
        console.print(Text(f"{printable(answer)!r} is no answer, and was not sent; type y or n", style="red"))


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
            self._console.print(Text(printable(received.shown()), style="dim"), soft_wrap=True)
        else:
            self._console.print(line_of(received.redacted(), self._client.view))

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
            case ["quit" | "exit"]:
                return False
            case ["state" | "objects"]:
                self._console.print(tree_of(self._client.view, time.monotonic()))
            case ["raw"] | ["raw", "on" | "off"] as words:
                self._raw = not self._raw if len(words) == 1 else words[1] == "on"
                self._tell(f"messages are shown {'in full, as JSON' if self._raw else 'as lines'}")
            case ["help"]:
                self._help()
            case ["help", word]:
                self._help_about(word)
            case [word, *_] if usage := _local(word):
                self._complain(f"write it as {usage[0]}")
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
                case ask if self._client.view.is_over and ask.is_about_session:
                    self._complain(OVER)
                case ask:
                    self._client.send_request(ask.resolve(self._client.view))
        except (ShorthandError, TalkError) as error:
            self._complain(str(error))

    def _tell(self, sentence: str) -> None:
        self._console.print(Text(sentence, style="yellow"))

    def _complain(self, sentence: str) -> None:
        self._console.print(Text(sentence, style="red"))

    def _leave(self) -> None:
        client = self._client
        if not client.unbound.is_set() and not client.lost and self._failure is None:
            client.send("unbindSession", client.view.session)
            client.unbound.wait(UNBIND_S)
        client.close()

    # Help

    def _help(self) -> None:
        view = self._client.view
        short = ((row, any(view.is_open(form.name) for form in row.forms)) for row in SHORTHANDS.values())
        self._console.print(
            _two_columns((_heading(row.usage, is_open), Text(row.meaning, "dim")) for row, is_open in short),
            *(_heading(each.name, view.is_open(each.name)).append(_keys(each), "dim") for each in COMMANDS.values()),
            _two_columns((Text(usage, "bold"), Text(meaning, "dim")) for _, usage, meaning in _LOCAL_HELP),
            Text(_USAGE),
            sep="\n",
        )

    def _help_about(self, word: str) -> None:
        if usage := _local(word):
            self._console.print(_two_columns([(Text(usage[0], "bold"), Text(usage[1]))]))
            return
        try:
            forms = forms_of(word)
        except ShorthandError as error:
            self._complain(str(error))
            return
        if word in SHORTHANDS:
            self._console.print(Text().append(SHORTHANDS[word].usage, "bold").append(f"  {SHORTHANDS[word].meaning}"))
        for form in forms:
            self._console.print(_described(form))
            open_to = [k for k in self._client.view.objects.values() if form.command.name in k.capabilities]
            names = ", ".join(describe(known) for known in open_to)
            self._console.print(Text(f"open now to: {names or 'nothing'}", style="dim"))


def _local(word: str) -> tuple[str, str] | None:
    """How a word of the client's own is written, and what it does."""
    return next(((usage, meaning) for words, usage, meaning in _LOCAL_HELP if word in words), None)


def _two_columns(rows: Iterable[tuple[Text, Text]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _heading(text: str, is_open: bool) -> Text:
    return Text().append(text, "bold green" if is_open else "bold")


def _keys(command: Command) -> str:
    return "".join(f" {field.key}" if field.required else f" [{field.key}]" for field in fields_of(command).values())


def _described(form: Form) -> Text:
    command = form.command
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
