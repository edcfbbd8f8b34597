"""Tests with real programs: skipped where one is missing, unless all must run."""

import os
import shutil

import pytest


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(
        bool(missing) and os.environ.get("CI") != "true",
        reason=f"{', '.join(missing)} not installed (Debian: baresip-core, sip-tester)",
    )
