"""The entry point, before and while its parts are loaded."""

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
CTRL_C_WHILE_LOADING: Final = """
import os, signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell lets programs in the background ignore

class Press:
    def find_spec(self, name, path=None, target=None):
        if name == "engine.cli":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Press())
from engine.__main__ import main
main()
"""


def test_ctrl_c_while_it_is_being_loaded_ends_it_in_silence() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CTRL_C_WHILE_LOADING],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
