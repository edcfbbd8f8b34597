"""The demo as a file: it is what runs without one."""

from pathlib import Path

import attrs

from engine.config import Operator, demo, load
from engine.config_text import config_text


def test_the_file_is_the_demo(tmp_path: Path) -> None:
    file = tmp_path / "ixp.toml"
    file.write_text(config_text(demo()), encoding="utf-8")
    assert load(file) == demo()
    assert max(map(len, config_text(demo()).splitlines())) <= 120


def test_an_operator_is_added_by_taking_the_marks_out(tmp_path: Path) -> None:
    head, mark, operator = config_text(demo()).partition("# [[operators]]")
    text = head + (mark + operator).replace("# ", "").replace("…", "a key of many letters")
    file = tmp_path / "ixp.toml"
    file.write_text(text, encoding="utf-8")
    assert load(file) == attrs.evolve(demo(), operators=(Operator(id="ops", key="a key of many letters"),))
