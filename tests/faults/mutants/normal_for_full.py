"""A server whose journal is written with durability normal, whatever the settings say."""

from pathlib import Path

from engine.journal import writer
from tests.faults import serve

command = writer.command


def careless(path: Path, _: str) -> list[str]:
    return command(path, "normal")


if __name__ == "__main__":
    writer.command = careless  # that is the defect
    serve.main()
