"""What the composition decides by itself."""

from types import SimpleNamespace
from typing import Any

from engine.app import _Health


def test_readiness_is_lacking_where_the_platform_or_the_journal_is() -> None:
    platform: Any = SimpleNamespace(away=[])
    journal: Any = SimpleNamespace(trouble="")
    health = _Health(platform, journal)
    assert health.unready_reasons() == []
    journal.trouble = "the journal stands still"
    platform.away.append("media")
    health.stopping = True
    assert health.unready_reasons() == [
        "the server is stopping",
        "the CTI platform media is away",
        "the journal stands still",
    ]
