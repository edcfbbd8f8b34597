"""How much Hypothesis tries: `HYPOTHESIS_PROFILE=long` for the long runs, `ci` by default."""

import os

from hypothesis import settings

settings.register_profile("ci", deadline=None, max_examples=100, stateful_step_count=50)
settings.register_profile("long", deadline=None, max_examples=1000, stateful_step_count=100)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
