"""A server that, after a restart, takes a channel that was ready for one that is not, and believes that it has told."""

from engine.journal.rebuild import rebuild
from engine.journal.spi import Stored
from engine.sessions import registry
from protocol.states import AgentState
from statemachines.capabilities import open_now
from statemachines.core import SessionCore
from tests.faults import serve


def not_ready(stored: Stored) -> tuple[SessionCore, float]:
    core, at = rebuild(stored)
    for channel in core.session.all_channels():
        if channel.agentstate is AgentState.READY:
            channel.agentstate = AgentState.NOTREADY
            channel.announced = frozenset(open_now(channel, core.session.features))
    return core, at


if __name__ == "__main__":
    registry.rebuild = not_ready  # type: ignore[attr-defined] # that is the defect
    serve.main()
