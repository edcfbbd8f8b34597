"""What can be typed next: commands, those that are open now first; then targets, then keys and values."""

from collections.abc import Iterable, Iterator
from typing import Final

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from engine.talk.fields import fields_of
from engine.talk.shorthand import SIGIL, ShorthandError, command_of, verb_of
from engine.talk.view import Known, View
from protocol.commands import COMMANDS, Command
from protocol.ids import ObjectKind

LOCAL: Final = ("help", "objects", "raw", "quit")
"""The words that this client understands itself."""

_ARGUMENTS: Final = {"help": tuple(COMMANDS), "raw": ("on", "off")}


class TalkCompleter(Completer):
    """Completes from what `view` knows at the moment."""

    def __init__(self, view: View) -> None:
        self._view = view

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        *before, word = document.text_before_cursor.lstrip().split(" ")
        for text, note in self._choices(before, word):
            yield Completion(text, start_position=-len(word), display_meta=note)

    def _choices(self, before: list[str], word: str) -> Iterable[tuple[str, str]]:
        if not before:
            return self._commands(word)
        if before[0] in LOCAL:
            return [(each, "") for each in _ARGUMENTS.get(before[0], ()) if each.startswith(word)]
        try:
            _, command = command_of(before[0])
        except ShorthandError:
            return []
        if word.startswith("@"):
            return self._targets(command, word)
        if "=" in word:
            return self._values(command, word)
        return [
            (f"{field.key}=", field.form if field.required else f"{field.form}; may be left out")
            for field in fields_of(command).values()
            if field.key.startswith(word) and not any(each.startswith(f"{field.key}=") for each in before)
        ]

    def _commands(self, word: str) -> Iterator[tuple[str, str]]:
        fitting = [each for each in COMMANDS.values() if each.name.startswith(word) or verb_of(each).startswith(word)]
        for command in sorted(fitting, key=lambda each: not self._view.is_open(each.name)):
            yield command.name, "open" if self._view.is_open(command.name) else ""
        yield from ((each, "") for each in LOCAL if each.startswith(word))

    def _targets(self, command: Command, word: str) -> list[tuple[str, str]]:
        fitting = self._view.of_kind(command.kind or ObjectKind.SESSION)
        return [
            (f"@{quoted(known)}", known.describe_state()) for known in fitting if f"@{quoted(known)}".startswith(word)
        ]

    def _values(self, command: Command, word: str) -> list[tuple[str, str]]:
        key, _, start = word.partition("=")
        field = fields_of(command).get(key)
        choices: list[tuple[str, str]] = []
        if field is not None and field.kind is bool:
            choices = [("true", ""), ("false", "")]
        elif key.endswith(".id"):
            choices = [(SIGIL + known.label, known.kind) for known in self._view.objects.values()]
        return [(f"{key}={value}", note) for value, note in choices if value.startswith(start)]


def quoted(known: Known) -> str:
    """The label as it must be typed: in quotes when it has spaces."""
    return f'"{known.label}"' if " " in known.label else known.label
