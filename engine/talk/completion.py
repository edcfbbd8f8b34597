"""What can be typed next: commands, those that are open now first; then targets, then keys and values."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from engine.talk.fields import fields_of
from engine.talk.lines import ShorthandError
from engine.talk.shorthand import SIGIL
from engine.talk.targets import Wanted, quoted
from engine.talk.verbs import SHORTHANDS, Form, forms_of, verb_of
from engine.talk.view import Known, View
from engine.talk.words import contact, customer, person
from protocol.commands import COMMANDS
from protocol.ids import ObjectKind

LOCAL: Final[Mapping[str, tuple[str, ...]]] = {
    "help": (*SHORTHANDS, *COMMANDS),
    "objects": (),
    "state": (),
    "raw": ("on", "off"),
    "quit": (),
    "exit": (),
}
"""The words that this client understands itself, with what may follow them."""

_LISTED_BY: Final[Mapping[tuple[str, str], str]] = {
    ("channel.notready", "reason.code"): "session.externalnotreadyreasons.updated",
    ("channelgroup.notready", "reason.code"): "session.externalnotreadyreasons.updated",
    ("session.logout", "reason.code"): "session.externallogoutreasons.updated",
    ("interaction.complete", "disposition.code"): "channel.externaldispositions.updated",
}
"""By command and key: the event that lists the codes."""

_NUMBERS: Final = ("destination", "queue")
"""The keys whose values stand in the directory."""

Choices = Iterable[tuple[str, str]]
"""What can be typed, each with a note."""


class TalkCompleter(Completer):
    """Completes from what `view` knows at the moment."""

    def __init__(self, view: View) -> None:
        self._view = view

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        *before, word = document.text_before_cursor.lstrip().split(" ")
        # Of several commands that a word can mean, some offer the same.
        for text, note in dict(self._choices(before, word)).items():
            yield Completion(text, start_position=-len(word), display_meta=note)

    def _choices(self, before: list[str], word: str) -> Choices:
        if not before:
            return self._commands(word)
        first, *others = before
        if first in LOCAL:
            return _beginning(word, ((each, "") for each in LOCAL[first]))
        try:
            forms = forms_of(first)
        except ShorthandError:
            return ()
        if word.startswith("@") and not others:
            return [choice for form in forms for choice in self._targets(form, word)]
        done = [each for each in others if not each.startswith("@")]
        return [choice for form in forms for choice in self._data(form, done, word)]

    def _commands(self, word: str) -> Iterator[tuple[str, str]]:
        """Short words, then commands, each with those that are open first; then the client's own words."""
        short = {row.word: any(self._view.is_open(form.name) for form in row.forms) for row in SHORTHANDS.values()}
        fitting = [each for each in COMMANDS.values() if each.name.startswith(word) or verb_of(each).startswith(word)]
        commands = {each.name: self._view.is_open(each.name) for each in fitting}
        for names in ({each: opens for each, opens in short.items() if each.startswith(word)}, commands):
            for name in sorted(names, key=lambda each: not names[each]):
                yield name, "open" if names[name] else ""
        yield from _beginning(word, ((each, "") for each in LOCAL))

    def _targets(self, form: Form, word: str) -> Iterator[tuple[str, str]]:
        """The labels of what the command can be about; and once a name is begun, what else it goes by."""
        wanted = Wanted(form.command.name, form.command.kind or ObjectKind.SESSION)
        fitting = [known for known in self._view.of_kind(wanted.kind) if wanted.may_be(known)]
        for known in sorted(fitting, key=lambda each: form.command.name not in each.capabilities):
            begun = word[1:].removeprefix('"')
            others = self._view.names(known.target) if begun else ()
            for name in (known.label, *others):
                if name.startswith(begun):
                    yield f"@{quoted(name)}", _note(known)

    def _data(self, form: Form, done: list[str], word: str) -> Iterator[tuple[str, str]]:
        if "=" in word:
            key, _, start = word.partition("=")
            yield from ((f"{key}={value}", note) for value, note in _beginning(start, self._values(form, key)))
            return
        unkeyed = [each for each in done if "=" not in each]
        if len(unkeyed) < len(form.takes):
            yield from _beginning(word, self._values(form, form.takes[len(unkeyed)]))
        keys = () if form.is_text else self._keys(form)
        yield from _beginning(word, (each for each in keys if not any(one.startswith(each[0]) for one in done)))

    def _keys(self, form: Form) -> Choices:
        if form.below is not None:
            return [(f"{key}=", "attached now") for key in self._attached()]
        return [
            (f"{field.key}=", field.form if field.required else f"{field.form}; may be left out")
            for field in fields_of(form.command).values()
        ]

    def _values(self, form: Form, key: str) -> Choices:
        command = form.command
        field = fields_of(command).get(key)
        if field is not None and field.kind is bool:
            return [("true", ""), ("false", "")]
        if listed := _LISTED_BY.get((command.name, key)):
            return self._view.codes.get(listed, {}).items()
        if key in _NUMBERS:
            return [(str(each.get("number")), str(each.get("name"))) for each in self._view.directory]
        if key.endswith(".id"):
            return [(SIGIL + known.label, known.kind) for known in self._view.objects.values()]
        return ()

    def _attached(self) -> list[str]:
        """The keys of the texts that are attached to anything now."""
        attached = [known.data.items() for known in self._view.objects.values()]
        return list(dict.fromkeys(key for items in attached for key, value in items if isinstance(value, str)))


def _beginning(word: str, choices: Choices) -> Iterator[tuple[str, str]]:
    return ((text, note) for text, note in choices if text.startswith(word))


def _note(known: Known) -> str:
    """What tells one target from the others."""
    match known.kind:
        case ObjectKind.INTERACTION:
            return f"{contact(known.info, known.people)} {known.describe_state()}"
        case ObjectKind.CONVERSATION if who := customer(known.people):
            return f"{person(who)} {known.describe_state()}"
        case _:
            return known.describe_state()
