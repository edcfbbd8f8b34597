"""Short words for what messages hold: states, people, attached data, durations. Lines, trees and timelines are made
of them."""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from protocol.states import ChannelType, Direction, PartyRole, RecordingState

CONTACTS: Final[Mapping[str, str]] = {
    ChannelType.TELEPHONY: "call",
    ChannelType.CHAT: "chat",
    ChannelType.EMAIL: "email",
    ChannelType.CALLBACK: "callback",
}
_WAYS: Final[Mapping[str, str]] = {Direction.INBOUND: "from", Direction.OUTBOUND: "to"}
_CONTROL: Final = "Cc"
"""The Unicode category of control characters."""

Shown = Mapping[str, Any]
"""A part of a message, as it came: anything may be missing."""


def describe_state(shown: Shown) -> str:
    """The state fields of an object in a few words, `ACTIVE/NOTREADY (LUNCH)`; empty when it has none."""
    words = "/".join(str(shown[key]) for key in ("state", "loginstate", "agentstate") if key in shown)
    if isinstance(reason := shown.get("reason"), dict):
        words += f" ({reason.get('code')})"
    if pending := shown.get("pendingagentstate"):
        words += f", then {pending}"
    if shown.get("recording") not in (None, RecordingState.STOPPED):
        words += f", {shown['recording']}"
    return words


def person(who: Shown) -> str:
    """A member of a call as `+15550100 (Anna Moss)`, a party of a chat by name."""
    address, name = who.get("address"), who.get("name")
    if address and name and address != name:
        return f"{address} ({name})"
    return str(address or name or who.get("id", "somebody"))


def customer(people: Mapping[str, Shown]) -> Shown | None:
    """Who of them is the customer: the one whose role says so, else the first."""
    by_role = (who for who in people.values() if who.get("role") == PartyRole.CUSTOMER)
    return next(by_role, next(iter(people.values()), None))


def contact(info: Shown, people: Mapping[str, Shown]) -> str:
    """What an interaction is, `call from +15550100 (Anna Moss)`, as far as that is known."""
    what = CONTACTS.get(str(info.get("modeltype")), "interaction")
    who = customer(people)
    return f"{what} {_WAYS.get(str(info.get('direction')), 'with')} {person(who)}" if who else what


def pairs(data: Shown) -> str:
    """Attached data as `order=4711, customer.name="Anna Moss"`."""
    return ", ".join(f"{key}={_quoted(value)}" for key, value in flat(data).items())


def flat(data: Shown) -> dict[str, Any]:
    """Names below a key as keys with a dot."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, dict):
            found.update({f"{key}.{name}": text for name, text in flat(value).items()})
        else:
            found[key] = value
    return found


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return json.dumps(text, ensure_ascii=False) if not text or any(sign in text for sign in ' ,"\n') else text


def duration(seconds: float) -> str:
    """`7 s`, `2:05`, `1:02:05`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(octets: int) -> str:
    """`812 B`, `14 kB`, `3 MB`."""
    for unit, factor in (("MB", 1_000_000), ("kB", 1_000)):
        if octets >= factor:
            return f"{round(octets / factor)} {unit}"
    return f"{octets} B"


def clock(time: str) -> str:
    """The hour and minute of a time that RFC 3339 writes."""
    return time[11:16] if time[10:11] == "T" else time


def printable(text: str) -> str:
    """The text with its control characters spelt out, but for line ends: what others write must not move the cursor."""
    return "".join(
        sign if sign == "\n" or unicodedata.category(sign) != _CONTROL else sign.encode("unicode_escape").decode()
        for sign in text
    )
