"""People, of the configuration and of the directory, and how they show that they are who they say."""

import hmac
from collections.abc import Iterable
from typing import Final

import trio

from engine.config import Agent, ConfigError, Operator, Supervisor
from engine.observe import UNKNOWN
from engine.security.audit import Audit
from engine.security.directory import Directory
from engine.security.hashing import Hasher, stand_in
from engine.security.lockout import Lockout
from engine.security.people import Person, configured
from engine.security.settings import KEY_ROLES, Hashing, LockoutSettings, Role

NOBODY: Final = Directory()
ID_CHARS: Final = 128
"""Of an id that somebody claims to have: it is remembered for the lock-out."""


class Identities:
    """Everybody by id. Made inside of trio; `take` brings in a directory, whenever it has changed."""

    def __init__(
        self,
        agents: Iterable[Agent] = (),
        supervisors: Iterable[Supervisor] = (),
        operators: Iterable[Operator] = (),
        *,
        directory: Directory = NOBODY,
        hashing: Hashing | None = None,
        lockout: LockoutSettings | None = None,
        audit: Audit | None = None,
    ) -> None:
        self._configured = tuple(configured(agents, supervisors, operators))
        self._with_plain_keys = [person for person in self._configured if person.role is Role.OPERATOR]
        self._hashing = hashing or Hashing()
        self._hasher: Hasher | None = None
        self._lockout = Lockout(lockout or LockoutSettings())
        self._audit = audit or Audit()
        self.version = 0
        """Another one for each directory that is taken up."""
        self.take(directory)

    def take(self, directory: Directory) -> None:
        """These are the people from now on. Raises ConfigError, and then those before stay."""
        named = {person.id for person in self._configured}
        for entry in directory.people:
            if entry.id in named:
                raise ConfigError(
                    f"{entry.id} is in the directory and in the configuration file; take one out: "
                    f"`ixp users remove {entry.id}` takes that of the directory"
                )
        people = [*self._configured, *(entry.person() for entry in directory.people)]
        self._people = {(person.role, person.id): person for person in people}
        self._by_id = {person.id: person for person in people}
        self._barred = frozenset(person.id for person in people if person.revoked)
        self._revoked_tokens = frozenset(each.jti for each in directory.revoked_tokens)
        self._stand_in = stand_in(person.hash for person in people if person.hash is not None)
        self.version += 1

    # Who there is

    def find(self, id_: str) -> Person | None:
        return self._by_id.get(id_)

    def is_agent(self, id_: str) -> bool:
        return (Role.AGENT, id_) in self._people

    def barred(self, id_: str) -> bool:
        """Has this person been revoked?"""
        return id_ in self._barred

    def may_have_sessions(self, agent: str) -> bool:
        """Not if they were revoked, or are something else than an agent now. Tokens speak for those who are unknown."""
        known = self._by_id.get(agent)
        return known is None or (known.role is Role.AGENT and not known.revoked)

    def changed(self, person: Person) -> bool:
        """Is who was this person another now? Who is gone is not, and stays until they are revoked."""
        now = self._by_id.get(person.id)
        return now is not None and now != person

    def token_revoked(self, jti: str | None) -> bool:
        return jti in self._revoked_tokens

    # What they show. All of these raise Locked.

    async def verify(self, agent: str, password: str, address: str = "") -> Person | None:
        """The agent with this id, if the password is right.

        Takes as long for an unknown agent as for a wrong password, and does not tell the two apart.
        """
        return await self._opens(Role.AGENT, agent, password, address)

    async def supervisor(self, supervisor: str, password: str, address: str = "") -> Person | None:
        """The supervisor with this id, if the password is right; told apart as little as agents are."""
        return await self._opens(Role.SUPERVISOR, supervisor, password, address)

    async def holder(self, key: str, address: str = "") -> Person | None:
        """The operator or service whose key this is."""
        for person in self._with_plain_keys:
            if person.plain is not None and _same(person.plain, key):
                return await self._opens(Role.OPERATOR, person.id, key, address)
        id_, _, secret = key.partition(".")
        role = Role.SERVICE if (Role.SERVICE, id_) in self._people else Role.OPERATOR
        return await self._opens(role, id_[:ID_CHARS], secret, address)

    async def _opens(self, role: Role, who: str, secret: str, address: str) -> Person | None:
        """The person, if this is their secret. Counted and recorded in any case."""
        self._lockout.check(who, address)
        person = self._people.get((role, who))
        right = await self._fits(person, secret, who, address)
        what = {
            # What is nobody's id may be anything, a password in the wrong field too: it is not recorded.
            "who": UNKNOWN if person is None else who,
            "role": role,
            "how": "key" if role in KEY_ROLES else "password",
            "address": address,
        }
        if right and person is not None and not person.revoked:
            self._lockout.succeeded(who)
            if role not in KEY_ROLES:  # keys come with every request over HTTP; whoever takes one says what it was for
                self._audit.good("login", **what)
            return person
        self._audit.bad("login_failed", **what)
        for locked in self._lockout.failed(who, address):
            self._audit.bad("login_locked", locked=locked, **what)
        return None

    async def _fits(self, person: Person | None, secret: str, who: str, address: str) -> bool:
        """Where anybody has a hash, everybody costs as much as one: those with a plain secret, and those unknown."""
        plain = None if person is None else person.plain
        matches = _same("\0" if plain is None else plain, secret) and plain is not None
        if self._stand_in is None:
            await trio.lowlevel.checkpoint()
            return matches
        if self._hasher is None:
            self._hasher = Hasher(self._hashing)
        known = None if person is None else person.hash
        fits = await self._hasher.fits(
            known or self._stand_in,
            secret,
            at_turn=lambda: self._lockout.check(who, address),
            remember=person is not None and person.role in KEY_ROLES,
        )
        return (fits and known is not None) or matches


def _same(known: str, given: str) -> bool:
    return hmac.compare_digest(known.encode(), given.encode())
