"""The decoder, led by its coverage: `python -m tests.faults.fuzz_by_coverage -runs=1000000`.

It needs `pip install atheris` and Linux. The options are libFuzzer's. It ends at the number of runs, or with the
input that crashed the decoder.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["protocol"]):
    from tests.faults.fuzz import SEEDS, decode


def one(data: bytes) -> None:
    for _ in decode(data):
        pass


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as corpus:
        for number, text in enumerate(SEEDS):
            (Path(corpus) / str(number)).write_bytes(text)
        atheris.Setup([sys.argv[0], "-max_len=1024", "-print_final_stats=1", *sys.argv[1:], corpus], one)
        atheris.Fuzz()
