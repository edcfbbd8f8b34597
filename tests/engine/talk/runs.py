"""Scripts that are run by a test: what they print is kept."""

import json
from pathlib import Path

import pytest

from engine.talk import talk
from tests.engine.talk.fake_server import FakeServer, JsonObject


class Runs:
    """Runs a script and keeps what it printed."""

    def __init__(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._file = tmp_path / "script.txt"
        self._capsys = capsys
        self.text = self.errors = ""

    def __call__(
        self,
        server: FakeServer | str,
        *lines: str,
        batched: bool = False,
        override: bool = False,
        strict: bool = False,
        resume: Path | None = None,
    ) -> int:
        self._file.write_text("\n".join(lines), encoding="utf-8")
        status = talk(
            server if isinstance(server, str) else server.url,
            agent="agent1",
            password="hidden",
            override=override,
            groups=(),
            script=self._file,
            batched=batched,
            color=None,
            strict=strict,
            resume=resume,
        )
        self.text, self.errors = self._capsys.readouterr()
        return status

    @property
    def messages(self) -> list[JsonObject]:
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def names(self) -> list[str]:
        """What came after the binding, by command or event name."""
        return [message.get("name") or message["command"] for message in self.messages[2:]]
