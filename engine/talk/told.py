"""What a message says beside its name and its target, in words: one function for each kind of event, in a table."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

import attrs
import msgspec

from engine.talk.view import JsonObject, Known, View
from engine.talk.words import clock, contact, describe_state, duration, pairs, person, size
from protocol.events import Switch
from protocol.ids import ObjectKind
from protocol.states import InteractionState
from protocol.strictjson import Json

_SIGNS: Final[Mapping[str, str]] = {Switch.ENABLE: "+", Switch.DISABLE: "-"}
_NOBODY: Final = Known(kind=ObjectKind.INTERACTION, target="")


@attrs.frozen
class _Event:
    """The data of an event, with the object that it is about and all that is known beside it."""

    data: JsonObject
    known: Known
    view: View


Saying = Callable[[_Event], str]
"""Raises LookupError, TypeError or AttributeError where the data is not as it should be."""


def told(message: JsonObject, view: View) -> str:
    """What an event says, after `view` has taken it; an event that nobody knows is shown as it is."""
    data = message.get("data")
    if isinstance(data, list):
        said = f"{describe_state(message.get('state', {}))} {_changes(data)}".strip()
    else:
        said = _said(message, data, view) if isinstance(data, dict) else ""
    return " ".join(filter(None, (said, ordered_by(message))))


def ordered_by(message: JsonObject) -> str:
    """Who brought it about, and why: `(by Eva Stone: many calls wait)`; empty where no supervisor did."""
    match message:
        case {"by": {"supervisor": {"name": name}, "why": why}}:
            return f"(by {name}: {why})"
        case _:
            return ""


def _said(message: JsonObject, data: JsonObject, view: View) -> str:
    name = str(message.get("name"))
    known = view.objects.get(str(message.get("target")), _NOBODY)
    try:
        return _SAYINGS[name](_Event(data, known, view))
    except (LookupError, TypeError, AttributeError):
        return compact(data)


def answered(data: Json) -> str:
    """What a success says beside that it is one."""
    match data:
        case None:
            return ""
        case {"entries": list(entries)}:
            return "".join(f"\n{each.get('number')} {each.get('name')} ({each.get('type')})" for each in entries)
        case {"interactiondata": dict(attached), **others} if not others:
            return pairs(attached) or "no data"
        case {"channels": list(channels)}:
            return ", ".join(f"{each.get('id')} {describe_state(each)}" for each in channels)
        case dict():
            return pairs(data)
        case _:
            return compact(data)


def refusal(failure: JsonObject) -> str:
    """Why a request failed, and at which channel where that is told."""
    culprit = failure.get("channel")
    where = f" (channel {culprit['id']})" if isinstance(culprit, dict) and "id" in culprit else ""
    return f"{failure.get('code')}{where}: {failure.get('message')}"


def transcript_line(message: JsonObject) -> str:
    """One message of a chat: `09:30 Anna: Hello`."""
    return f"{clock(message['time'])} {person(message['party'])}: {message['text']}"


def compact(value: Json) -> str:
    return msgspec.json.encode(value).decode()


def _changes(changes: list[Json]) -> str:
    words = []
    for change in changes:
        match change:
            case {"name": str(name), "type": str(switch)}:
                words.append(_SIGNS.get(switch, "?") + name.partition(".")[2])
    return " ".join(words)


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


# Sessions, groups, channels


def _agent(event: _Event) -> str:
    agent = event.data["session"]["agent"]
    return f"{agent['id']} {agent['name']}"


def _end_of_session(event: _Event) -> str:
    return f"{event.data['cause']}: {event.data['message']}"


def _notice(event: _Event) -> str:
    return str(event.data["message"])


def _codes(event: _Event) -> str:
    codes: Iterable[JsonObject] = event.data["reasons"] if "reasons" in event.data else event.data["dispositions"]
    return ", ".join(f"{each['code']} ({each['name']})" for each in codes) or "none"


def _group(event: _Event) -> str:
    return describe_state(event.data["channelgroup"])


def _channel(event: _Event) -> str:
    engaged = ", ".join(event.data["channel"].get("interactions", ()))
    return _joined(describe_state(event.data["channel"]), engaged and f"engaged in {engaged}")


def _nothing(_: _Event) -> str:
    return ""


# Interactions


def _interaction(event: _Event) -> str:
    return f"{contact(event.data['interaction'], event.known.people)} {describe_state(event.data['interaction'])}"


def _offer(event: _Event) -> str:
    words = _joined(_interaction(event), pairs(event.data["interactiondata"]))
    return words + _transcript(event)


def _start(event: _Event) -> str:
    return describe_state(event.data["interaction"]) + _transcript(event)


def _transcript(event: _Event) -> str:
    return "".join(f"\n{transcript_line(message)}" for message in event.data.get("transcript", ()))


def _data_changed(event: _Event) -> str:
    attached, changed = event.data["interactiondata"], event.data["changed"]
    gone = ", ".join(f"-{key}" for key in changed if key not in attached)
    return _joined(pairs({key: attached[key] for key in changed if key in attached}), gone) or "no data"


def _focus(event: _Event) -> str:
    focus = event.data["interaction"].get("focus")
    leg = event.view.objects.get(f"{event.known.target}.{focus}")
    return "nothing" if focus is None else " ".join([str(focus), *_members(leg.people.values() if leg else ())])


def _end(event: _Event) -> str:
    talked_s = event.known.took(InteractionState.STARTED, InteractionState.ENDED)
    after = f" after {duration(talked_s)}" if talked_s is not None else ""
    return _joined(f"{event.data['cause']}{after}", "wrap-up" if event.data["wrapup"] else "")


def _completion(event: _Event) -> str:
    said = event.data.get("disposition", {})
    wrapped_s = event.known.took(InteractionState.ENDED, InteractionState.COMPLETED)
    return _joined(
        " ".join(filter(None, (said.get("code"), said.get("note")))),
        f"wrap-up took {duration(wrapped_s)}" if wrapped_s is not None and round(wrapped_s) else "",
    )


def _message(event: _Event) -> str:
    return transcript_line(event.data["message"])


def _party(event: _Event) -> str:
    return person(event.data["party"])


def _file(event: _Event) -> str:
    file = event.data["file"]
    kind = " ".join(filter(None, (file.get("type"), size(file["size"]) if "size" in file else None)))
    return f"{_party(event)}: {file['name']}{f' ({kind})' if kind else ''} {file['url']}"


def _form(event: _Event) -> str:
    return f"{_party(event)}: {event.data['form']['id']} {pairs(event.data['form']['values'])}".rstrip()


def _screenshot(event: _Event) -> str:
    url = event.data["screenshot"].get("url")
    return f"{_party(event)}: {url}" if url else _party(event)


def _signal(event: _Event) -> str:
    signal = event.data["signal"]
    return f"{_party(event)}: {signal['name']} {pairs(signal['data'])}".rstrip()


# Conversations


def _conversation(event: _Event) -> str:
    shown = event.data["conversation"]
    return " ".join([shown["type"], shown["direction"], describe_state(shown), *_members(shown["members"])])


def _member(event: _Event) -> str:
    return person(event.data["member"])


def _members(people: Iterable[Mapping[str, Json]]) -> list[str]:
    words = ", ".join(map(person, people))
    return [words] if words else []


_BY_KIND: Final[Mapping[ObjectKind, Saying]] = {
    ObjectKind.CHANNELGROUP: _group,
    ObjectKind.CHANNEL: _channel,
    ObjectKind.INTERACTION: _interaction,
    ObjectKind.CONVERSATION: _conversation,
}
"""How the events that show their object whole, and say nothing else, are told."""

_OWN: Final[Mapping[str, Saying]] = {
    "session.initialized": _agent,
    "session.disposed": _end_of_session,
    "session.unbound": _notice,
    "session.externalnotreadyreasons.updated": _codes,
    "session.externallogoutreasons.updated": _codes,
    "channel.externaldispositions.updated": _codes,
    "interaction.preview": _offer,
    "interaction.started": _start,
    "interaction.datachanged": _data_changed,
    "interaction.focuschanged": _focus,
    "interaction.ended": _end,
    "interaction.completed": _completion,
    "interaction.message.added": _message,
    "interaction.typing.started": _party,
    "interaction.typing.stopped": _party,
    "interaction.party.joined": _party,
    "interaction.party.left": _party,
    "interaction.file.added": _file,
    "interaction.form.submitted": _form,
    "interaction.screenshot.accepted": _screenshot,
    "interaction.screenshot.rejected": _screenshot,
    "interaction.signal.received": _signal,
    "conversation.member.added": _member,
    "conversation.member.removed": _member,
}

_SAYINGS: Final[Mapping[str, Saying]] = MappingProxyType(
    {
        **{
            f"{kind}.{verb}": say
            for kind, say in _BY_KIND.items()
            for verb in ("created", "initialized", "infochanged")
        },
        **{f"{kind}.disposed": _nothing for kind in _BY_KIND},
        **_OWN,
    }
)
