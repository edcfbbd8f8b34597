"""The agents who may prepare a session, the supervisors, and how they show that they are who they say."""

import hmac
from collections.abc import Iterable, Mapping

from engine.config import Agent, Supervisor
from engine.observe import UNKNOWN


class Identities:
    """Agents and supervisors by id, from the configuration."""

    def __init__(self, agents: Iterable[Agent], supervisors: Iterable[Supervisor] = ()) -> None:
        self._agents = {agent.id: agent.password.encode() for agent in agents}
        self._supervisors = {supervisor.id: supervisor for supervisor in supervisors}
        self._of_supervisors = {each.id: each.password.encode() for each in self._supervisors.values()}

    def shown(self, who: str) -> str:
        """An id for the log. What is nobody's is not shown: people type passwords into the wrong field."""
        return who if who in self._agents or who in self._supervisors else UNKNOWN

    def verify(self, agent: str, password: str) -> bool:
        """Takes as long for an unknown agent as for a wrong password, and does not tell the two apart."""
        return _fits(self._agents, agent, password)

    def supervisor(self, supervisor: str, password: str) -> Supervisor | None:
        """The supervisor with this id, if the password is right; told apart as little as agents are."""
        return self._supervisors[supervisor] if _fits(self._of_supervisors, supervisor, password) else None


def _fits(passwords: Mapping[str, bytes], who: str, password: str) -> bool:
    known = passwords.get(who)
    given = password.encode()
    return hmac.compare_digest(known if known is not None else b"\0", given) and known is not None
