"""Scripts as text: where it comes from, and what its lines mean."""

import io
from importlib.resources import files
from pathlib import Path

import pytest

from engine.talk.errors import TalkError
from engine.talk.script import EXPECT_S, SAMPLES, Expect, Line, Sleep, Work, parse_script, read
from engine.talk.shorthand import Ask, Raw


def test_a_script_is_requests_waits_and_expectations_with_comments_between() -> None:
    lines = parse_script(
        "# first\n"
        "\n"
        "session.start\n"
        "  sleep 0.5\n"
        "expect channel.created\n"
        "expect channel.created @4001\n"
        "expect channel.created --timeout 3\n"
        'expect channel.created @"Second line" --timeout 0.1\n'
        '{"command": 5}\n'
        "work\n"
        "work --timeout 3\n"
    )
    assert [line.place for line in lines] == [f"line {number}" for number in range(3, 12)]
    assert [line.does for line in lines[1:]] == [
        Sleep(0.5),
        Expect("channel.created", None, EXPECT_S),
        Expect("channel.created", "4001", EXPECT_S),
        Expect("channel.created", None, 3.0),
        Expect("channel.created", "Second line", 0.1),
        Raw('{"command": 5}'),
        Work(60.0),
        Work(3.0),
    ]
    assert isinstance(lines[0].does, Ask)
    assert isinstance(lines[0], Line)
    assert lines[0].text == "session.start"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("chanel.ready", "column 1: there is no command chanel.ready; did you mean channel.ready or"),
        ("sleep", "write sleep and a number of seconds"),
        ("sleep 1 2", "write sleep and a number of seconds"),
        ("sleep soon", "column 7: soon is no number of seconds; write one like 0.5"),
        ("sleep -1", "column 7: -1 is no number of seconds; write one like 0.5"),
        ("sleep inf", "column 7: inf is no number of seconds; write one like 0.5"),
        ("sleep nan", "column 7: nan is no number of seconds; write one like 0.5"),
        ("work hard", "write work [--timeout SECONDS]"),
        ("work --timeout long", "column 16: long is no number of seconds; write one like 0.5"),
        ("expect", "write expect EVENT [@TARGET] [--timeout SECONDS]"),
        ("expect channel.created @a @b", "write expect EVENT [@TARGET] [--timeout SECONDS]"),
        ("expect channel.created --timeout", "column 24: --timeout is no target; write @ before it"),
        ("expect channel.created 4001", "column 24: 4001 is no target; write @ before it"),
        ("expect channel.creatd", "column 8: there is no event channel.creatd; did you mean channel.created or"),
        ("expect xyzzy @4001", "column 8: there is no event xyzzy; the events are state.updated,"),
        ("expect channel.created --timeout x", "column 34: x is no number of seconds"),
        ('expect channel.created @"x', "column 25: a quote is not closed"),
    ],
)
def test_what_cannot_be_understood_names_line_column_and_remedy(line: str, said: str) -> None:
    with pytest.raises(TalkError) as raised:
        parse_script(f"# one\nsession.start\n{line}\n")
    assert str(raised.value).startswith(f"line 3, {said}")


def test_a_script_is_a_file_standard_input_or_a_shipped_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "sample"
    file.write_text("session.start", encoding="utf-8")
    assert read(file) == "session.start"
    monkeypatch.setattr("sys.stdin", io.StringIO("session.logout"))
    assert read(Path("-")) == "session.logout"
    assert "A first session" in read(Path("sample"))
    assert "The next call" in read(Path("call"))


def test_a_script_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        TalkError,
        match=r"nowhere.txt cannot be read \(.*No such file.*\); give a text file in UTF-8, or one of sample, call,",
    ):
        read(tmp_path / "nowhere.txt")
    (tmp_path / "latin").write_bytes(b"\xff")
    with pytest.raises(TalkError, match="give a text file in UTF-8"):
        read(tmp_path / "latin")


def test_every_shipped_script_has_a_name_and_can_be_understood() -> None:
    shipped = {file.name for file in (files("engine.talk") / "samples").iterdir()}
    assert shipped == set(SAMPLES.values())
    for name in SAMPLES:
        assert len(parse_script(read(Path(name)))) > 5
