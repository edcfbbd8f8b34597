"""Pictures, and where none can be drawn."""

import re
from pathlib import Path

import pytest

from engine.bench import picture
from engine.bench.errors import NoPicture
from engine.bench.picture import Panel, check_picture, draw

PANELS = [
    Panel(title="one", across="sessions", up="ms", lines={"all": [(1, 2), (10, 3)], "few": [(1, 1)]}, log_across=True),
    Panel(title="bars", up="messages/s", bars={"echo": 2.0, "engine": 1.0}),
    Panel(title="other", across="s", up="MB", lines={"memory": [(0, 5)]}, log_up=True, ticks={0: "begin"}),
]


@pytest.mark.parametrize(("name", "begins"), [("a.svg", b"<?xml"), ("a.png", b"\x89PNG")])
def test_the_name_says_which_form(tmp_path: Path, name: str, begins: bytes) -> None:
    file = tmp_path / name
    check_picture(file)
    draw(file, "both", PANELS)
    assert file.read_bytes().startswith(begins)


def test_the_same_figures_give_the_same_picture_with_its_words_as_text(tmp_path: Path) -> None:
    one, other = tmp_path / "one.svg", tmp_path / "other.svg"
    draw(one, "both", PANELS)
    draw(other, "both", PANELS)
    assert one.read_bytes() == other.read_bytes()
    text = one.read_text(encoding="utf-8")
    assert all(f">{word}<" in text for word in ("both", "one", "other", "sessions", "MB", "few", "begin", "echo"))


@pytest.mark.parametrize(
    ("name", "says"),
    [("a.pdf", r"let it end with .svg or .png"), ("none/a.svg", "there is no folder .*; make it first")],
)
def test_where_it_cannot_be_drawn_is_said_before_anything_is_measured(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(NoPicture, match=says):
        check_picture(tmp_path / name)


def test_without_the_library_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "find_spec", lambda _: None)
    with pytest.raises(NoPicture, match=r"pip install '\.\[bench\]'"):
        check_picture(tmp_path / "a.svg")


def test_a_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.svg").mkdir()
    with pytest.raises(NoPicture, match="cannot be written"):
        draw(tmp_path / "a.svg", "both", PANELS)


def test_many_panels_stand_in_rows(tmp_path: Path) -> None:
    few, many = tmp_path / "few.svg", tmp_path / "many.svg"
    draw(few, "few", PANELS)
    draw(many, "many", PANELS + PANELS[:2])
    heights = [re.search(r'height="([\d.]+)pt"', file.read_text(encoding="utf-8")) for file in (few, many)]
    one, two = (float(found[1]) for found in heights if found is not None)
    assert two == 2 * one
