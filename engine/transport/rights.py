"""Whose sessions a connection may prepare and bind, and what the audit log has of those who tried and those who did."""

from engine.security.audit import Audit
from engine.security.identities import Identities
from engine.security.people import Identity, Person
from engine.sessions.registry import Entry
from engine.transport.standing import Standing
from protocol.commands import BindSession, PrepareSession
from protocol.errors import FailureCode, Refused
from protocol.ids import SessionId, Target


class Rights:
    """Of one connection. `identity`: who the handshake has shown this to be; None: nobody."""

    def __init__(
        self, identity: Identity | None, identities: Identities, standing: Standing, audit: Audit, address: str
    ) -> None:
        self._identity = identity
        self._identities = identities
        self._standing = standing
        self._audit = audit
        self._address = address

    async def authenticate(self, data: PrepareSession) -> Person | None:
        """Who has shown a password; None where the handshake has shown who this is: then no password widens what the
        connection may do. Raises Refused."""
        agent = data.agent.id
        if self._identity is not None:
            self._check_acts_for(self._identity, agent)
            return None
        if data.agent.password is None:
            raise Refused(
                FailureCode.NOT_AUTHENTICATED,
                "data.agent.password: is required; send the agent's password, or connect with a token",
            )
        person = await self._identities.verify(agent, data.agent.password, self._address)
        if person is None:
            raise Refused(FailureCode.AUTH_FAILED, "agent id and password do not match; check both")
        return person

    def check_bind(self, entry: Entry | None, target: Target | None, data: BindSession) -> Entry:
        """The session, if this connection may have it; `entry` is None where there is none. Raises Refused."""
        if entry is not None and not self._may_touch(entry):
            self._record_overreach(entry.actor.agent, "bindSession")
            entry = None  # the two are not told apart
        if entry is None:
            raise Refused(
                FailureCode.INVALID_TARGET, f"there is no session {target}; send prepareSession and use its session.id"
            )
        if data.resume is None:
            self._check_binds_anew(entry)
        elif not entry.opens(data.resume.token):
            self._record_refused(entry, "token")
            if entry.actor.desktop is not None:
                raise _held(entry)
            raise Refused(
                FailureCode.FORBIDDEN,
                f"data.resume.token: does not fit session {target}; send the resumetoken of its prepareSession",
            )
        return entry

    def _check_binds_anew(self, entry: Entry) -> None:
        session = entry.actor.session
        if entry.actor.desktop is not None:
            raise _held(entry)
        if not self._standing.has_prepared(session):
            self._record_refused(entry, "prepared by another")
            raise Refused(
                FailureCode.FORBIDDEN,
                f"session {session} was prepared by another; bind with resume and its resumetoken",
            )

    def _check_acts_for(self, identity: Identity, agent: str) -> None:
        known = identity.id == agent or self._identities.is_agent(agent)
        if not (identity.may_act_for(agent) and known) or self._identities.barred(agent):
            self._record_overreach(agent, "prepareSession")
            raise Refused(
                FailureCode.FORBIDDEN,
                f"data.agent.id: this connection is {identity.role} {identity.id}, who may not act for this agent; "
                "connect as the agent",
            )

    def _may_touch(self, entry: Entry) -> bool:
        agent = entry.actor.agent
        may_act = self._identity is None or self._identity.may_act_for(agent)
        return may_act and self._identities.may_have_sessions(agent)

    # Records

    def record_takeover(self, how: str, session: SessionId, agent: str, outcome: str) -> None:
        self._audit.good(
            "takeover", how=how, agent=agent, session=session, outcome=outcome, address=self._address, who=self._name
        )

    def record_expelled(self, why: str) -> None:
        self._audit.bad("connection_expelled", who=self._name, address=self._address, why=why)

    def _record_overreach(self, agent: str, asked: str) -> None:
        role = None if self._identity is None else self._identity.role
        self._audit.bad("overreach", who=self._name, role=role, agent=agent, asked=asked, address=self._address)

    def _record_refused(self, entry: Entry, why: str) -> None:
        session, agent = entry.actor.session, entry.actor.agent
        self._audit.bad("bind_refused", who=self._name, agent=agent, session=session, why=why, address=self._address)

    @property
    def _name(self) -> str | None:
        """Who did it, where the handshake has shown it."""
        return None if self._identity is None else self._identity.id


def _held(entry: Entry) -> Refused:
    return Refused(
        FailureCode.ALREADY_BOUND,
        f"a connection holds session {entry.actor.session}; unbind it there, or bind with resume and the resumetoken",
    )
