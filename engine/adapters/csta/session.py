"""The application session with AES: begun, taken up again after a loss of the link, and kept alive.

Where AES still has the session, its monitors go on. Where it has not, a new one asks for the monitors of the old one;
and where that is refused, too, all begins anew.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

import attrs
import structlog
import trio

from engine.adapters.csta import requests
from engine.adapters.csta.link import nothing
from engine.adapters.csta.replies import Granted, duration_of, granted
from engine.adapters.csta.requests import Request
from engine.adapters.csta.settings import CstaSettings
from engine.adapters.csta.xml import Node
from protocol.errors import Refused

log = structlog.get_logger()
T = TypeVar("T")

GOODBYE_S = 1.0


class Asks(Protocol):
    """Where requests are answered: a link."""

    protocol: str

    async def ask(self, request: Request, read: Callable[[Node], T]) -> T: ...


class SessionRefused(ConnectionError):
    """AES lets us have no session, or no longer."""


@attrs.frozen
class Session:
    """A session. `kept`: the monitors of the one before are its own."""

    id: str
    duration_s: int
    kept: bool = False


async def begin(link: Asks, settings: CstaSettings, previous: str | None = None) -> Session:
    """Have a session, `previous` if AES still has it. Raises SessionRefused."""
    if previous is not None:
        try:
            again = await _start(link, settings, previous)
        except Refused as refused:
            log.warning("csta_session", what="not taken up again", why=refused.message)
        else:
            kept = again.session == previous or await _move_monitors(link, previous, again.session)
            return Session(again.session, again.duration_s, kept)
    try:
        fresh = await _start(link, settings, None)
    except Refused as refused:
        raise SessionRefused(
            f"AES lets {settings.user} have no session: {refused.message}; check user, password and protocols of the "
            "adapter, and the user's rights at AES"
        ) from None
    kept = previous is not None and await _move_monitors(link, previous, fresh.session)
    return Session(fresh.session, fresh.duration_s, kept)


async def _start(link: Asks, settings: CstaSettings, previous: str | None) -> Granted:
    start = requests.start_application_session(
        settings.user,
        settings.password,
        settings.protocols,
        duration_s=settings.session_s,
        cleanup_s=settings.cleanup_s,
        previous=previous,
    )
    answer = await link.ask(start, granted)
    if answer.protocol is not None:
        link.protocol = answer.protocol
    return answer


async def _move_monitors(link: Asks, old: str, new: str) -> bool:
    try:
        await link.ask(requests.transfer_monitor_objects(old, new), nothing)
    except Refused as refused:
        log.warning("csta_session", what="monitors not handed on", why=refused.message)
        return False
    return True


async def keep_alive(link: Asks, session: Session, duration_s: int) -> None:
    """Give a sign of life at half of the time that AES grants, for ever. Raises SessionRefused."""
    granted_s = session.duration_s
    while True:
        await trio.sleep(granted_s / 2)
        try:
            granted_s = await link.ask(requests.reset_application_session_timer(session.id, duration_s), duration_of)
        except Refused as refused:
            raise SessionRefused(f"AES does not keep the session: {refused.message}") from None


async def end(link: Asks, session: Session) -> None:
    """Say goodbye, if AES still listens."""
    try:
        await link.ask(requests.stop_application_session(session.id), nothing)
    except Refused as refused:
        log.info("csta_refused", what="goodbye", why=refused.message)
