"""A recorder that hears every core."""

import pytest

from statemachines.core import SessionCore
from tests.engine.why.recording import Recorder


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(SessionCore, "handle", recorder.around(SessionCore.handle))
    return recorder
