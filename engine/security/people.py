"""Who there is: people of the configuration and of the directory in one form, and what a connection has shown to be."""

from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from engine.config import Agent, Operator, Supervisor
from engine.security.settings import Role

REVOKED: Final = "access was revoked"
CHANGED: Final = "password, key, role or team have changed; sign in again"
"""Why somebody who is in must go."""


@attrs.frozen(kw_only=True)
class Person:
    """Somebody, or some program, with an id. One of `plain` and `hash` is what opens, or neither: tokens alone do.

    Two are equal when whoever was let in as the one may stay as the other.
    """

    id: str
    role: Role
    plain: str | None = attrs.field(default=None, repr=False)
    hash: str | None = attrs.field(default=None, repr=False)
    name: str | None = attrs.field(default=None, eq=False)
    team: tuple[str, ...] | None = None
    """Ids of agents, for supervisors and services; None: all."""
    revoked: bool = False


@attrs.frozen(kw_only=True)
class Identity:
    """Who a connection or a request has shown to be, by a token or a key."""

    id: str
    role: Role
    name: str | None = None
    team: tuple[str, ...] | None = None
    expires_at: float | None = None
    """Seconds since the Unix epoch, clock skew included; None: never, as with keys."""
    token_id: str | None = None
    """The token's `jti`."""
    by_token: bool = False
    person: Person | None = attrs.field(default=None, repr=False)
    """Whose key it was, as they were then."""
    team_known: bool = False
    """The token left the team to the directory."""

    def may_act_for(self, agent: str) -> bool:
        """May they have sessions of this agent? Agents their own, services those of their agents, nobody else."""
        if self.role is Role.AGENT:
            return self.id == agent
        return self.role is Role.SERVICE and (self.team is None or agent in self.team)

    def holds(self, known: Person | None) -> bool:
        """Would they be let in as the same today? `known`: who has their id now."""
        if not self.by_token:
            return self.person is None or self.person == known
        if known is not None and known.role is not self.role:
            return False
        return not self.team_known or self.team == team_of(known)


def team_of(known: Person | None) -> tuple[str, ...] | None:
    """Whom nobody gave a team leads nobody: only a claim, or the directory, says that it is all."""
    return () if known is None else known.team


def identity_of(person: Person) -> Identity:
    """Of somebody who has shown their key."""
    return Identity(id=person.id, role=person.role, name=person.name, team=person.team, person=person)


def configured(
    agents: Iterable[Agent], supervisors: Iterable[Supervisor], operators: Iterable[Operator]
) -> Iterator[Person]:
    """The people whom the configuration file names."""
    for agent in agents:
        yield Person(id=agent.id, role=Role.AGENT, plain=agent.password, hash=agent.password_hash)
    for each in supervisors:
        yield Person(
            id=each.id,
            role=Role.SUPERVISOR,
            plain=each.password,
            hash=each.password_hash,
            name=each.name,
            team=each.team,
        )
    for operator in operators:
        yield Person(id=operator.id, role=Role.OPERATOR, plain=operator.key, hash=operator.key_hash)
