"""What one connection does as a supervisor: logs in, lists the team's sessions, watches them, and gives orders.

Source: specs/supervision.md.
"""

import itertools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, cast

import attrs
import structlog
import trio

from engine.observe import Metrics
from engine.security.audit import Audit
from engine.security.identities import Identities
from engine.security.people import Identity, Person
from engine.security.settings import Role
from engine.sessions.desktop import Desktop
from engine.sessions.registry import Entry, Registry
from engine.sessions.replies import failure, success
from engine.supervision.oversight import Order, Watch
from protocol.commands import ListSessions, SupervisorLogin
from protocol.commands import Order as OrderData
from protocol.errors import FailureCode, Refused
from protocol.events import SupervisorInfo
from protocol.ids import SessionId
from protocol.messages import Request
from protocol.results import ResultData, SessionList, SupervisorLoggedIn
from protocol.wire import encode
from statemachines.effects import Ordered

log = structlog.get_logger()

LISTED_AT_MOST: Final = 200
"""How many sessions one supervisor.list tells of: the others of the process have their turn between two."""


@attrs.frozen
class _Asked:
    request: Request
    came: float


class SupervisorDesk:
    """The supervisor's side of one connection. Nothing here blocks but `login`."""

    def __init__(
        self,
        desktop: Desktop,
        *,
        registry: Registry,
        identities: Identities,
        metrics: Metrics,
        address: str = "",
        audit: Audit | None = None,
        answered: Callable[[Request, str], None] = lambda _, __: None,
        arrive: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`answered` is told of each request that has been answered, and with what result. `arrive` is told who logs
        in, and raises Refused when they are at too many connections."""
        self._desktop = desktop
        self._arrive = arrive
        self._registry = registry
        self._identities = identities
        self._metrics = metrics
        self._address = address
        self._audit = audit or Audit()
        self._limited_to: Identity | None = None
        """Whom the handshake has shown: nobody else may log in."""
        self._answered = answered
        self._who: Person | None = None
        self.shown: Person | None = None
        """Who has shown a password here, and is logged in by that."""
        self._team: frozenset[str] | None = None
        """Ids of agents; None: all of them."""
        self._watches: dict[SessionId, tuple[Entry, Watch]] = {}

    def take(self, request: Request, came: float) -> None:
        """Carry out or refuse one of COMMANDS, which came at `came`; the answer may come later."""
        asked = _Asked(request, came)
        try:
            _DO[request.command.name](self, asked)
        except Refused as refusal:
            self._refuse(asked, refusal)

    def admit(self, identity: Identity) -> None:
        """The handshake has shown who this is. Supervisors are logged in by that, and operators, who lead everybody."""
        self._limited_to = identity
        if identity.role in (Role.SUPERVISOR, Role.OPERATOR):
            self._enter(Person(id=identity.id, role=identity.role, name=identity.name, team=identity.team))

    def leave(self) -> None:
        """Nobody is logged in any longer, and nothing is watched. Orders that were given are carried out."""
        for session in tuple(self._watches):
            self._stop(session)
        self._who = self._team = self.shown = None

    # Answers

    def _succeed(self, asked: _Asked, data: ResultData | None = None) -> None:
        self._done(asked, "success")
        self._desktop.deliver(encode(success(asked.request, data)))

    def _refuse(self, asked: _Asked, refusal: Refused) -> None:
        self._done(asked, refusal.code)
        self._desktop.deliver(encode(failure(refusal, asked.request)))

    def _done(self, asked: _Asked, result: str) -> None:
        self._metrics.command_done(asked.request.command.name, result, trio.current_time() - asked.came)
        self._answered(asked.request, result)

    # Who

    async def login(self, request: Request, came: float) -> None:
        """Carry out or refuse `supervisor.login`; a password with a hash takes its time."""
        asked = _Asked(request, came)
        try:
            await self._login(asked)
        except Refused as refusal:
            self._refuse(asked, refusal)

    async def _login(self, asked: _Asked) -> None:
        if self._who is not None:
            raise Refused(
                FailureCode.INVALID_STATE,
                f"this connection is supervisor {self._who.id} already; send supervisor.logout first",
            )
        given = cast(SupervisorLogin, asked.request.data).supervisor
        if self._limited_to is not None and self._limited_to.id != given.id:
            raise Refused(
                FailureCode.FORBIDDEN,
                f"this connection is {self._limited_to.role} {self._limited_to.id}; connect anew to be somebody else",
            )
        found = await self._identities.supervisor(given.id, given.password, self._address)
        if found is None:
            raise Refused(FailureCode.AUTH_FAILED, "supervisor id and password do not match; check both")
        self._arrive(f"supervisor {found.id}")
        self._enter(found)
        self.shown = found
        self._succeed(asked, SupervisorLoggedIn(supervisor=_info(found), team=found.team))

    def _enter(self, found: Person) -> None:
        self._who = found
        self._team = None if found.team is None else frozenset(found.team)
        log.info("supervisor_login", supervisor=found.id)

    def _logout(self, asked: _Asked) -> None:
        log.info("supervisor_logout", supervisor=self._supervisor().id)
        self.leave()
        self._succeed(asked)

    def _supervisor(self) -> Person:
        if self._who is None:
            raise Refused(FailureCode.NOT_AUTHENTICATED, "no supervisor is logged in here; send supervisor.login first")
        return self._who

    def _leads(self, agent: str) -> bool:
        return self._team is None or agent in self._team

    def _entry(self, asked: _Asked) -> Entry:
        """The session that the request is about. Raises Refused unless the supervisor may touch it."""
        who = self._supervisor()
        target = asked.request.target
        entry = self._registry.find(target.session) if target else None
        if entry is not None and not self._leads(entry.actor.agent):
            self._audit.bad(
                "overreach",
                who=who.id,
                role=who.role,
                agent=entry.actor.agent,
                asked=asked.request.command.name,
                address=self._address,
            )
            raise Refused(
                FailureCode.FORBIDDEN, f"session {target} is none of your team; supervisor.list shows those that are"
            )
        if entry is None or (target and len(target.segments) > 1):
            raise Refused(
                FailureCode.INVALID_TARGET,
                f"there is no session {target}; take the id of one that supervisor.list shows",
            )
        return entry

    # Looking on

    def _list(self, asked: _Asked) -> None:
        self._supervisor()
        after = cast(ListSessions, asked.request.data).after or ""
        team = (entry.actor for entry in self._registry.behind(after) if self._leads(entry.actor.agent))
        shown = tuple(actor.in_short() for actor in itertools.islice(team, LISTED_AT_MOST))
        self._succeed(asked, SessionList(sessions=shown, more=next(team, None) is not None))

    def _watch(self, asked: _Asked) -> None:
        entry = self._entry(asked)
        session = entry.actor.session
        if session in self._watches:
            raise Refused(
                FailureCode.INVALID_STATE, f"session {session} is watched already; send supervisor.unwatch first"
            )

        def forget() -> None:
            self._watches.pop(session, None)

        def refuse(refusal: Refused) -> None:
            forget()
            self._refuse(asked, refusal)

        who = self._supervisor().id

        def begun() -> None:
            self._audit.good("supervisor_watch", supervisor=who, session=session, agent=entry.actor.agent)
            self._succeed(asked)

        watch = Watch(self._desktop, begun=begun, refuse=refuse, ended=forget)
        entry.actor.wish(watch)
        self._watches[session] = entry, watch

    def _unwatch(self, asked: _Asked) -> None:
        session = self._entry(asked).actor.session
        if session not in self._watches:
            raise Refused(FailureCode.INVALID_STATE, f"session {session} is not watched; there is nothing to end")
        self._stop(session)
        self._succeed(asked)

    def _stop(self, session: SessionId) -> None:
        """Watch no longer; one that still waits for its turn is answered, as every request is."""
        entry, watch = self._watches.pop(session)
        entry.actor.unwatch(watch)
        if not watch.live:
            watch.refuse(Refused(FailureCode.INVALID_STATE, "the watch was given up before it could begin"))

    # Orders

    def _order(self, asked: _Asked) -> None:
        entry, who = self._entry(asked), self._supervisor()
        order = cast(OrderData, asked.request.data)

        def record(result: str) -> None:
            self._audit.good(
                "supervisor_order",
                order=asked.request.command.name,
                supervisor=who.id,
                session=entry.actor.session,
                agent=entry.actor.agent,
                seq=entry.actor.seq,
                cause="supervisor",
                result=result,
            )
            log.debug("supervisor_order_explained", session=entry.actor.session, supervisor=who.id, why=order.why)

        def done() -> None:
            record("success")
            self._succeed(asked)

        def refuse(refusal: Refused) -> None:
            record(refusal.code)
            self._refuse(asked, refusal)

        entry.actor.wish(Order(Ordered(order, _info(who)), done, refuse))


def _info(supervisor: Person) -> SupervisorInfo:
    return SupervisorInfo(id=supervisor.id, name=supervisor.name or supervisor.id)


_DO: Final[Mapping[str, Callable[[SupervisorDesk, _Asked], None]]] = MappingProxyType(
    {
        "supervisor.logout": SupervisorDesk._logout,
        "supervisor.list": SupervisorDesk._list,
        "supervisor.watch": SupervisorDesk._watch,
        "supervisor.unwatch": SupervisorDesk._unwatch,
        "supervisor.setagentstate": SupervisorDesk._order,
        "supervisor.logoutagent": SupervisorDesk._order,
    }
)
SUPERVISION: Final = frozenset(_DO)
"""The names of the commands that a supervisor's desk takes, beside `supervisor.login`."""
