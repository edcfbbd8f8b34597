"""A server that makes of a wrong position the nearest one that it has."""

from collections.abc import Callable

import attrs

from engine.sessions.actor import SessionActor
from engine.sessions.desktop import Desktop
from protocol.commands import Resume
from protocol.errors import Refused
from protocol.results import Bound
from tests.faults import serve

bind = SessionActor.bind


async def bind_somewhere(
    self: SessionActor,
    desktop: Desktop,
    resume: Resume | None,
    answer: Callable[[Bound], None],
    refuse: Callable[[Refused], None],
) -> None:
    if resume is not None:
        resume = attrs.evolve(resume, epoch=self.epoch, seq=min(resume.seq, self.seq))
    await bind(self, desktop, resume, answer, refuse)


if __name__ == "__main__":
    SessionActor.bind = bind_somewhere  # type: ignore[method-assign] # that is the defect
    serve.main()
