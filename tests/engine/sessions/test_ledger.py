"""A session's core and its journal, without the session's task."""

import pytest

from engine.journal.spi import Opening
from engine.sessions.ledger import Ledger
from protocol.ids import SessionId
from statemachines.core import SessionCore
from statemachines.settings import CoreSettings
from statemachines.world import Session
from tests.fakes.journal import FakeJournal

S = SessionId("s1")


@pytest.mark.parametrize(("logout_after_s", "pictures"), [(300.0, [True]), (0.0, [])])
async def test_for_a_picture_nothing_is_done_that_is_due(logout_after_s: float, pictures: list[bool]) -> None:
    """It would be done behind the back of the session's task, which sends and asks."""
    core = SessionCore(Session.prepare(S, "ada", frozenset()), CoreSettings(logout_after_s=logout_after_s), now=0.0)
    journal = FakeJournal()
    await journal.open(Opening(session=S, agent="ada", token=b"", since="", picture=b""), 1)
    Ledger(core, journal, S, 1).keep_picture()
    assert [step.picture is not None for step in journal.histories[S].steps] == pictures
    assert not core.session.disposed
