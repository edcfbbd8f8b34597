"""What phones say, in our words: events, and the listing of calls. Pure: text in, frozen values out."""

import enum
import re
from collections.abc import Mapping
from typing import Any, Final

import attrs

from protocol.states import Direction


class CallState(enum.StrEnum):
    """How far a call is, as the phone's own listing has it."""

    OUTGOING = "OUTGOING"
    RINGING = "RINGING"
    EARLY = "EARLY"
    INCOMING = "INCOMING"
    ESTABLISHED = "ESTABLISHED"


UNANSWERED_OUT: Final = (CallState.OUTGOING, CallState.RINGING, CallState.EARLY)


class Happening(enum.StrEnum):
    """The events of a phone that mean something here; the value is the phone's own word."""

    INCOMING = "CALL_INCOMING"
    RINGING = "CALL_RINGING"
    PROGRESS = "CALL_PROGRESS"
    ESTABLISHED = "CALL_ESTABLISHED"
    CLOSED = "CALL_CLOSED"
    REFERRED = "TRANSFER"
    TRANSFER_FAILED = "TRANSFER_FAILED"
    MEDIA_CHANGED = "CALL_REMOTE_SDP"


_HAPPENINGS: Final = {happening.value: happening for happening in Happening}


@attrs.frozen(kw_only=True)
class PhoneEvent:
    """`id` is the SIP Call-ID; `text` says why it closed, or where to it was referred."""

    happening: Happening
    aor: str
    id: str
    peer: str
    direction: Direction
    text: str = ""


def event_of(message: Mapping[str, Any]) -> PhoneEvent | None:
    """None for what means nothing here, or lacks what it should have."""
    happening = _HAPPENINGS.get(_text(message, "type"))
    event_id, peer = _text(message, "id"), _text(message, "peeruri")
    if happening is None or not event_id or not peer:
        return None
    return PhoneEvent(
        happening=happening,
        aor=_text(message, "accountaor"),
        id=event_id,
        peer=peer,
        direction=Direction.OUTBOUND if _text(message, "direction") == "outgoing" else Direction.INBOUND,
        text=_text(message, "param"),
    )


def _text(message: Mapping[str, Any], key: str) -> str:
    value = message.get(key)
    return sendable(value) if isinstance(value, str) else ""


def sendable(text: str) -> str:
    """As reports may have it: without NUL and lone surrogates, whatever a caller has put into a header."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


@attrs.frozen(kw_only=True)
class Listed:
    """One line of the listing of calls. It has no Call-ID: a call is known again by its line and its peer."""

    line: int
    state: CallState
    held: bool
    peer: str


_LISTED: Final = re.compile(
    r"^[> ] \[line (?P<line>[0-9]+)\] +[0-9:]+ +(?P<state>[A-Z]+) +(?P<held>\(on hold\))? *(?P<peer>\S.*)$"
)
_ACCOUNT: Final = re.compile(r"^[> ] (?P<aor>sips?:\S+)")


def listing_of(text: str) -> tuple[Listed, ...] | None:
    """The calls of the account that is current. None: this is no listing."""
    if "Active calls" not in text:
        return None
    found = []
    for row in text.splitlines():
        match = _LISTED.match(row)
        if match and match["state"] in CallState.__members__:
            found.append(
                Listed(
                    line=int(match["line"]),
                    state=CallState[match["state"]],
                    held=match["held"] is not None,
                    peer=sendable(match["peer"].strip()),
                )
            )
    return tuple(found)


def accounts_of(text: str) -> tuple[str, ...]:
    """The addresses of record that the phone has, from its listing of registrations."""
    return tuple(match["aor"] for row in text.splitlines() if (match := _ACCOUNT.match(row)))


_URI: Final = re.compile(
    r"(?P<scheme>sips?):(?:(?P<user>[^@;?>\s]+)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^:;?>@\s]+)(?::(?P<port>[0-9]+))?"
)


def bare(uri: str) -> str:
    """The address alone, to compare and to dial: no name, no parameters; host in lower case, port 5060 left out."""
    match = _URI.search(uri)
    if match is None:
        return uri.strip()
    user = f"{match['user']}@" if match["user"] else ""
    port = f":{match['port']}" if match["port"] not in (None, "5060") else ""
    return f"{match['scheme']}:{user}{match['host'].lower()}{port}"


def user_of(uri: str) -> str:
    """What stands before the @: a number, mostly. The whole address where nothing does."""
    match = _URI.search(uri)
    return match["user"] if match and match["user"] else bare(uri)


def is_uri(text: str) -> bool:
    """Is it a SIP address and nothing else, which can be dialled and written into a configuration as it stands?"""
    return len(text) <= LONGEST_URI and _URI.match(text) is not None and not _UNSOUND.search(text)


LONGEST_URI: Final = 500
# Percent: the library below these phones takes it for a format when it is sent on in a Refer-To header.
_UNSOUND: Final = re.compile(r"[\s<>\"%\x00-\x1f\x7f-\U0010ffff]")
