"""What may stand at the beginning of a line: a command's name or alias, its verb, or a short word of the table.

A word can mean several commands. Which one is meant is seen only when the line is done: the first of them that is
open to anything.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from engine.talk.lines import ShorthandError, close_to
from protocol.commands import COMMANDS, Command, find_command
from protocol.ids import ObjectKind
from protocol.states import ChannelType


@attrs.frozen
class Form:
    """One command that a word can mean. `name` is the command as it will be sent.

    `takes` are the keys of words without a key, in their order; with `rest` the last of them takes all that is left of
    the line. `below` is the key to which keys belong that the command does not have itself.
    """

    name: str
    takes: tuple[str, ...] = ()
    rest: bool = False
    below: str | None = None

    @property
    def is_text(self) -> bool:
        """Is all that follows the word what the person says?"""
        return self.rest and len(self.takes) == 1

    @property
    def command(self) -> Command:
        command = find_command(self.name)
        if command is None:
            raise TypeError(f"{self.name} is no command")
        return command


@attrs.frozen
class Shorthand:
    """One row of the table: a word, what may follow it, and the commands that it can mean, the likeliest first."""

    usage: str
    meaning: str
    forms: tuple[Form, ...]

    @property
    def word(self) -> str:
        return self.usage.partition(" ")[0]


def _row(usage: str, meaning: str, *forms: Form) -> Shorthand:
    return Shorthand(usage, meaning, forms)


_DESTINATION: Final = ("destination",)
_REASON: Final = ("reason.code",)
_DISPOSITION: Final = ("disposition.code", "disposition.note")

_ROWS: Final = (
    _row("dial NUMBER", "call somebody", Form("channel.dial", _DESTINATION)),
    _row("answer", "the call; else the chat or the email", Form("conversation.answer"), Form("interaction.accept")),
    _row("reject [CODE]", "leave it to others", Form("interaction.reject", _REASON)),
    _row("hold", "let the call wait", Form("conversation.hold")),
    _row("retrieve", "go on with it", Form("conversation.retrieve")),
    _row("hangup", "end the call; else the chat", Form("conversation.release"), Form("interaction.release")),
    _row("consult NUMBER", "ask somebody while the call waits", Form("interaction.consult", _DESTINATION)),
    _row("alternate", "between the call and the one you consult", Form("interaction.alternate")),
    _row(
        "transfer [TO] [NOTE]",
        "the call, to the one you consult or to a number; a chat or an email, to a queue",
        Form("interaction.consulttransfer"),
        Form("conversation.blindtransfer", _DESTINATION),
        Form("interaction.transfer", ("queue", "note"), rest=True),
    ),
    _row(
        "conference [NUMBER]",
        "take the one you consult into the call, or somebody else",
        Form("interaction.consultconference"),
        Form("conversation.blindconference", _DESTINATION),
    ),
    _row("digits DIGITS", "send tones", Form("conversation.senddtmf", ("digits",))),
    _row("say TEXT", "write to the customer", Form("interaction.message.send", ("text",), rest=True)),
    _row("reply TEXT", "answer the email, which ends it", Form("interaction.reply", ("text",), rest=True)),
    _row("set KEY=VALUE ...", "attach data", Form("interaction.setdata", below="interactiondata")),
    _row("complete [CODE] [NOTE]", "end the wrap-up", Form("interaction.complete", _DISPOSITION, rest=True)),
    _row("start", "begin the session: be told what there is", Form("session.start")),
    _row(
        "activate",
        "log in at a channel, or at all of a group",
        Form("channel.activate"),
        Form("channelgroup.activateall"),
        Form("channelgroup.activate"),
    ),
    _row(
        "ready",
        "take what comes: at a channel, or at all of a group",
        Form("channel.ready"),
        Form("channelgroup.ready"),
    ),
    _row("notready [CODE]", "take a break", Form("channel.notready", _REASON), Form("channelgroup.notready", _REASON)),
    _row("logout [CODE]", "end the session", Form("session.logout", _REASON)),
)

SHORTHANDS: Final = {row.word: row for row in _ROWS}

_CALLS: Final = (ChannelType.TELEPHONY,)
_CHATS: Final = (ChannelType.CHAT,)
_WRITTEN: Final = (ChannelType.CHAT, ChannelType.EMAIL)
_MEDIA: Final = (*_WRITTEN, ChannelType.CALLBACK)

TAKEN_BY: Final[Mapping[str, tuple[ChannelType, ...]]] = MappingProxyType(
    {
        "interaction.consult": _CALLS,
        "interaction.alternate": _CALLS,
        "interaction.consulttransfer": _CALLS,
        "interaction.consultconference": _CALLS,
        "interaction.recording.start": _CALLS,
        "interaction.recording.stop": _CALLS,
        "interaction.recording.pause": _CALLS,
        "interaction.recording.resume": _CALLS,
        "interaction.transfer": _MEDIA,
        "interaction.release": _MEDIA,
        "interaction.message.send": _WRITTEN,
        "interaction.reply": (ChannelType.EMAIL,),
        "interaction.typing.start": _CHATS,
        "interaction.typing.stop": _CHATS,
        "interaction.file.send": _CHATS,
        "interaction.url.push": _CHATS,
        "interaction.form.show": _CHATS,
        "interaction.screenshot.request": _CHATS,
        "interaction.signal.send": _CHATS,
    }
)
"""The commands that only some interactions take, and which these are."""

_INNERMOST_FIRST: Final = tuple(reversed(ObjectKind))


def verb_of(command: Command) -> str:
    """What a command does, without the kind of its object: `ready`, `message.send`, `getdirectory`."""
    return command.name.removeprefix(f"{command.kind}.").removeprefix("request.")


def forms_of(word: str, column: int | None = None) -> tuple[Form, ...]:
    """The commands that a word can mean, the likeliest first. Raises ShorthandError when it means none."""
    if word in SHORTHANDS:
        return SHORTHANDS[word].forms
    if find_command(word) is not None:
        return (Form(word),)
    having = [each for each in COMMANDS.values() if each.kind is not None and verb_of(each) == word]
    if not having:
        names = [*COMMANDS, *SHORTHANDS, *map(verb_of, COMMANDS.values())]
        remedy = close_to(word, dict.fromkeys(names), "`help` in `ixp talk` lists all")
        raise ShorthandError(f"there is no command {word}; {remedy}", column)
    # A desktop's button belongs to the innermost object: ready is a channel's before it is a group's.
    having.sort(key=lambda each: _INNERMOST_FIRST.index(each.kind or ObjectKind.SESSION))
    return tuple(Form(each.name) for each in having)
