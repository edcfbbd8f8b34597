"""How many connections the system allows. The limit itself is tried by tests/faults, case 24."""

import resource

import pytest
from structlog.testing import capture_logs

from engine.descriptors import RESERVED, connections_possible


class System:
    """A limit that can be raised to its own limit."""

    def __init__(self, soft: int, hard: int) -> None:
        self.limit = soft, hard

    def set(self, _: int, limit: tuple[int, int]) -> None:
        assert limit[1] == self.limit[1]
        self.limit = limit


@pytest.mark.parametrize(
    ("soft", "hard", "possible", "raised"),
    [
        (1024, 1_000_000, 10_000, 10_000 + RESERVED),
        (1024, resource.RLIM_INFINITY, 10_000, 10_000 + RESERVED),
        (1024, 4096, 4096 - RESERVED, 4096),
        (1_000_000, 1_000_000, 10_000, 1_000_000),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, 10_000, resource.RLIM_INFINITY),
        (200, 200, 100, 200),
    ],
)
def test_what_is_possible(monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, possible: int, raised: int) -> None:
    system = System(soft, hard)
    monkeypatch.setattr(resource, "getrlimit", lambda _: system.limit)
    monkeypatch.setattr(resource, "setrlimit", system.set)
    with capture_logs() as logs:
        assert connections_possible(10_000) == possible
    assert system.limit[0] == raised
    assert [entry["event"] for entry in logs] == ([] if possible == 10_000 else ["few_file_descriptors"])
