"""The configuration of the servers that the load tool starts."""

import tomllib
from pathlib import Path

from engine.bench.configuration import configuration
from engine.config import load


def test_it_is_one_that_the_server_takes(tmp_path: Path) -> None:
    file = tmp_path / "ixp.toml"
    file.write_text(configuration(60, "memory", supervisors=[{"id": "eve", "password": "demo"}]), encoding="utf-8")
    settings = load(file)
    assert [agent.id for agent in settings.agents] == [f"agent{n}" for n in range(1, 61)]
    assert [agent.extension for agent in settings.simulator.agents][-1] == "4060"
    assert settings.journal.durability == "memory"
    assert settings.limits.requests_per_s == 1_000_000
    assert len(settings.simulator.directory) > 3
    assert [each.id for each in settings.supervisors] == ["eve"]
    assert settings.log_level == "warning"


def test_nobody_has_a_hash() -> None:
    """With one, everybody would cost as much at each login as a hash does."""
    assert all("password_hash" not in agent for agent in tomllib.loads(configuration(2, "full"))["agents"])
