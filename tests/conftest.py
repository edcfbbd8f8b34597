"""How much Hypothesis tries: `HYPOTHESIS_PROFILE=long` for the long runs, `ci` by default.

Where CI=true the same is tried each time: a change is judged by what it changes, and chance finds its finds elsewhere.
"""

import os

from hypothesis import settings

repeatable = os.environ.get("CI") == "true"
settings.register_profile("ci", deadline=None, max_examples=100, stateful_step_count=50, derandomize=repeatable)
settings.register_profile("long", deadline=None, max_examples=1000, stateful_step_count=100)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
