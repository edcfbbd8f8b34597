"""What supervisors are shown of a session: in short, as a picture, and message by message, never with a secret."""

import re
from datetime import UTC, datetime
from typing import Final

import msgspec

from engine.observe import redacted
from protocol.events import ReasonInfo, SupervisorMessage, WatchedChannel, WatchedSession
from protocol.ids import SessionId
from protocol.messages import Event
from protocol.wire import encode
from statemachines.picture import agent_of, known, picture
from statemachines.world import Channel, Session

SECRETS: Final = frozenset({"authorization", "password", "resumetoken", "token"})
"""Of the names of secrets those that have no other meaning: a contact's data may well have a `key`."""
_SECRET: Final = re.compile(rb'"(?:%s)":' % "|".join(sorted(SECRETS)).encode(), re.IGNORECASE)


def utc_now() -> str:
    """The time of the wall clock in UTC, as RFC 3339 writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def in_short(session: Session, since: str) -> WatchedSession:
    """`since`: when the session was prepared."""
    channels = session.all_channels() if known(session) else ()
    return WatchedSession(
        id=session.id,
        agent=agent_of(session),
        state=session.state,
        channels=tuple(_channel_in_short(channel) for channel in channels),
        since=since,
    )


def _channel_in_short(channel: Channel) -> WatchedChannel:
    return WatchedChannel(
        id=channel.id,
        endpoint=channel.endpoint,
        type=channel.type,
        loginstate=channel.loginstate,
        agentstate=channel.agentstate,
        reason=None if channel.reason is None else ReasonInfo(code=channel.reason),
        pendingagentstate=channel.pendingagentstate,
        interactions=len(channel.interactions),
    )


def snapshot(session: Session, *, since: str, seq: int) -> bytes:
    """The event with which a watch begins. `seq` is the number of the session's last message."""
    shown = picture(session, since=since, seq=seq)
    return without_secrets(encode(Event(name="supervisor.snapshot", target=session.id, data=shown)))


class Frame:
    """Puts the messages of one session into `supervisor.message`, the bytes as they were sent to the agent."""

    def __init__(self, session: SessionId) -> None:
        empty = encode(Event(name="supervisor.message", target=session, data=SupervisorMessage(message={})))
        self._before, _, self._behind = empty.rpartition(b"{}")

    def around(self, text: bytes) -> bytes:
        return b"".join((self._before, without_secrets(text), self._behind))


def without_secrets(text: bytes) -> bytes:
    """The message; where a client has put a secret into it by mistake, without its value."""
    if _SECRET.search(text) is None:
        return text
    return msgspec.json.encode(redacted(None, msgspec.json.decode(text), SECRETS))
