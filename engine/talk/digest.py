"""Each message of a session in a few short words, such as `answer ✓`, `CONNECTED`, `wrap-up 10 s`; many need none.

What only prepares or repeats something is left out: what remains is what an onlooker wants to know.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

import attrs

from engine.talk.told import ordered_by
from engine.talk.verbs import SHORTHANDS, verb_of
from engine.talk.view import JsonObject, Known, View
from engine.talk.words import contact, describe_state, duration, pairs, person, printable
from protocol.commands import find_command
from protocol.ids import ObjectKind
from protocol.states import ConversationState, ConversationType, InteractionState, LoginState, RecordingState


@attrs.frozen
class Signs:
    """The marks that stand in the words."""

    done: str
    failed: str
    new: str


FANCY: Final = Signs("✓", "✗", "▸")
PLAIN: Final = Signs("ok", "failed:", ">")
"""For terminals that have ASCII alone."""


@attrs.frozen(kw_only=True)
class Moment:
    """A message that came to the session of `who`, so many seconds after the beginning."""

    at_s: float
    who: str
    message: JsonObject


@attrs.frozen(kw_only=True)
class Entry:
    """What there is to say of a moment; `style` is one of rich's."""

    at_s: float
    who: str
    words: str
    style: str = ""


def entries(moments: Iterable[Moment], signs: Signs = FANCY) -> Iterator[Entry]:
    """What there is to say, one moment after the other: lazily, so the moments may still be to come."""
    teller = Teller(signs)
    for moment in moments:
        if entry := teller.tell(moment):
            yield entry


@attrs.frozen
class _Happening:
    """An event: its object as it was and as it is, and whether it had been introduced before."""

    name: str
    data: JsonObject
    before: Known
    known: Known
    introduced: bool
    view: View
    signs: Signs


class Teller:
    """Follows the sessions, to tell what is new."""

    def __init__(self, signs: Signs) -> None:
        self._signs = signs
        self._views: dict[str, View] = {}
        self._introduced: set[tuple[str, str]] = set()

    def tell(self, moment: Moment) -> Entry | None:
        """The entry for one more message; None where there is nothing to say."""
        words, style = self._words(moment)
        if not words:
            return None
        return Entry(at_s=moment.at_s, who=moment.who, words=printable(words), style=style)

    def _words(self, moment: Moment) -> tuple[str, str]:
        match moment.message:
            case {"result": "success", "command": str(command)}:
                self._take(moment)
                return f"{_short(command)} {self._signs.done}" if _is_worth_telling(command) else "", "green"
            case {"result": "failure", "failure": {"code": str(code)}, **others}:
                return f"{_short(str(others.get('command', '')))} {self._signs.failed} {code}".lstrip(), "red"
            case {"name": str(name), "target": str(target), "data": data}:
                words = self._event(moment, name, target, data)
                return f"{words} {ordered_by(moment.message)}".rstrip() if words else "", _STYLES.get(name, "")
            case _:
                return "", ""

    def _take(self, moment: Moment) -> View:
        view = self._views.setdefault(moment.who, View())
        session = str(moment.message.get("target", "")).partition(".")[0]
        if session and session != view.session:
            view.begin(session)
        view.take(moment.message, moment.at_s)
        return view

    def _event(self, moment: Moment, name: str, target: str, data: JsonObject) -> str:
        views = self._views.get(moment.who)
        nothing = Known(kind=ObjectKind.SESSION, target=target)
        before = views.objects.get(target, nothing) if views else nothing
        view = self._take(moment)
        key = (moment.who, target)
        introduced = key in self._introduced
        if name.endswith(".initialized"):
            self._introduced.add(key)
        if name.endswith(".disposed"):
            self._introduced.discard(key)
        say = _SAYINGS.get(name)
        if say is None:
            return ""
        known = view.objects.get(target, before)
        return say(_Happening(name, data, before, known, introduced, view, self._signs))


def _is_worth_telling(command: str) -> bool:
    """Is it of the work itself, and not of what goes before?"""
    known = find_command(command)
    return known is None or known.kind is not None


def _short(command: str) -> str:
    known = find_command(command)
    if known is None:
        return command
    return _WORDS.get(known.name) or verb_of(known)


_WORDS: Final = {form.name: row.word for row in SHORTHANDS.values() for form in row.forms}


def _offered(it: _Happening) -> str:
    words = [f"{it.signs.new} {contact(it.known.info, it.known.people)}", pairs(it.known.data)]
    said = [f"{person(message['party'])}: {message['text']}" for message in it.data.get("transcript", ())]
    return "\n".join([", ".join(filter(None, words)), *said])


def _started(it: _Happening) -> str:
    if it.view.below(it.known.target, ObjectKind.CONVERSATION) and it.known.entered:
        return ""  # its leg has told that it is connected
    return InteractionState.STARTED if it.known.entered else f"{_offered(it)}, {InteractionState.STARTED}"


def _ended(it: _Happening) -> str:
    return f"ended: {it.data['cause']}{', wrap-up' if it.data['wrapup'] else ''}"


def _completed(it: _Happening) -> str:
    said = it.data.get("disposition", {})
    wrapped_s = it.known.took(InteractionState.ENDED, InteractionState.COMPLETED) or 0.0
    time = f"wrap-up {duration(wrapped_s)}" if round(wrapped_s) else None
    return ", ".join(filter(None, ("completed", said.get("code"), said.get("note"), time))) if said or time else ""


def _state(it: _Happening) -> str:
    match it.known.kind:
        case ObjectKind.CONVERSATION:
            return _leg_state(it)
        case ObjectKind.INTERACTION:
            before, now = (known.state.get("recording", RecordingState.STOPPED) for known in (it.before, it.known))
            return "" if now == before else "not recording" if now == RecordingState.STOPPED else str(now)
        case _:
            return ""


def _leg_state(it: _Happening) -> str:
    state = it.known.state.get("state")
    alone = len(it.view.below(it.known.parent, ObjectKind.CONVERSATION)) == 1
    if state == it.before.state.get("state") or (alone and state == ConversationState.ENDED):
        return ""  # the end of the last leg is told by the interaction's
    is_consult = it.known.info.get("type") == ConversationType.CONSULT
    return f"consult {state}" if is_consult else str(state)


def _consulting(it: _Happening) -> str:
    if it.known.info.get("type") != ConversationType.CONSULT:
        return ""
    return f"{it.signs.new} consult {', '.join(map(person, it.known.people.values()))}"


def _promoted(it: _Happening) -> str:
    return "the consult is the call now" if it.before.info.get("type") != it.known.info.get("type") else ""


def _channel(it: _Happening) -> str:
    words = describe_state(it.known.state)
    if words == describe_state(it.before.state):
        return ""
    words = words.removeprefix(f"{LoginState.ACTIVE}/")
    several = len(it.view.of_kind(ObjectKind.CHANNEL)) > 1
    return f"{it.known.label} {words}" if several else words


def _data(it: _Happening) -> str:
    if not it.introduced:
        return ""  # the offer tells what was attached from the beginning
    attached, changed = it.data["interactiondata"], it.data["changed"]
    now = pairs({key: attached[key] for key in changed if key in attached})
    return ", ".join(filter(None, (now, *(f"-{key}" for key in changed if key not in attached))))


def _joined(it: _Happening) -> str:
    return "" if it.before.people == it.known.people else f"+ {person(it.data['member'])}"


def _left(it: _Happening) -> str:
    return f"- {person(it.data['member'])}"


def _said(it: _Happening) -> str:
    return f"{person(it.data['message']['party'])}: {it.data['message']['text']}"


def _did(what: str) -> Callable[[_Happening], str]:
    return lambda it: f"{person(it.data['party'])} {what}"


def _gave(what: str, detail: Callable[[JsonObject], str]) -> Callable[[_Happening], str]:
    return lambda it: f"{person(it.data['party'])}: {what} {detail(it.data)}".rstrip()


_SAYINGS: Final[Mapping[str, Callable[[_Happening], str]]] = MappingProxyType(
    {
        "state.updated": _state,
        "session.disposed": lambda it: f"session ended: {it.data['cause']}",
        "channel.infochanged": _channel,
        "interaction.preview": _offered,
        "interaction.started": _started,
        "interaction.datachanged": _data,
        "interaction.ended": _ended,
        "interaction.completed": _completed,
        "interaction.message.added": _said,
        "interaction.typing.started": _did("is typing"),
        "interaction.party.joined": _did("joined"),
        "interaction.party.left": _did("left"),
        "interaction.file.added": _gave("file", lambda data: data["file"]["name"]),
        "interaction.form.submitted": _gave("form", lambda data: pairs(data["form"]["values"])),
        "interaction.screenshot.accepted": _did("shows a screenshot"),
        "interaction.screenshot.rejected": _did("shows no screenshot"),
        "interaction.signal.received": _gave("signal", lambda data: data["signal"]["name"]),
        "conversation.initialized": _consulting,
        "conversation.infochanged": _promoted,
        "conversation.member.added": _joined,
        "conversation.member.removed": _left,
    }
)
"""By event, those that are told: the others prepare or repeat something."""

_STYLES: Final[Mapping[str, str]] = {
    "state.updated": "cyan",
    "channel.infochanged": "cyan",
    "interaction.preview": "bold",
    "interaction.started": "cyan",
    "interaction.ended": "magenta",
    "interaction.completed": "magenta",
    "session.disposed": "magenta",
    "conversation.initialized": "bold",
}
