"""A recorder that hears every core."""

import pytest

from statemachines.core import SessionCore
from statemachines.outbox import Outbox
from tests.engine.why.recording import Recorder
from tests.floor.floor import Seat


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(SessionCore, "handle", recorder.around(SessionCore.handle))
    monkeypatch.setattr(Outbox, "tell", recorder.around_telling(Outbox.tell))
    monkeypatch.setattr(Seat, "_rebuilt", recorder.around_replay(Seat._rebuilt))
    return recorder
