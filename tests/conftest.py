"""How much Hypothesis tries: `HYPOTHESIS_PROFILE=long` for the long runs, `ci` by default.

Where CI=true the same is tried each time: a change is judged by what it changes, and chance finds its finds elsewhere.
"""

import logging
import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

repeatable = os.environ.get("CI") == "true"
settings.register_profile("ci", deadline=None, max_examples=100, stateful_step_count=50, derandomize=repeatable)
settings.register_profile("long", deadline=None, max_examples=1000, stateful_step_count=100)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Whatever a test does to logging, by calling a command for example, the next one begins as if it had not."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    if structlog.is_configured():
        root.handlers, root.level = handlers, level
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
