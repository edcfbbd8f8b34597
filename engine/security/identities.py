"""The agents who may prepare a session, and how they show that they are who they say."""

import hmac
from collections.abc import Iterable

from engine.config import Agent


class Identities:
    """Agents by id, from the configuration."""

    def __init__(self, agents: Iterable[Agent]) -> None:
        self._passwords = {agent.id: agent.password.encode() for agent in agents}

    def verify(self, agent: str, password: str) -> bool:
        """Takes as long for an unknown agent as for a wrong password, and does not tell the two apart."""
        known = self._passwords.get(agent)
        given = password.encode()
        return hmac.compare_digest(known if known is not None else b"\0", given) and known is not None
