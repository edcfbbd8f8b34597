"""A process that serves has the garbage collector look rarely."""

import gc

from engine import collector


def test_what_is_there_is_looked_at_no_more_and_the_rest_rarely() -> None:
    before = gc.get_threshold()
    try:
        collector.settle()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold() == collector.THRESHOLDS
        assert gc.isenabled()
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def test_nobody_waits_long_for_it() -> None:
    """An object takes it about a microsecond."""
    young, middle, _ = collector.THRESHOLDS
    assert young * middle <= 50_000
