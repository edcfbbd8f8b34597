"""Sentences for people."""

import io
import sys

import pytest

from engine.terminal import complain, say

SENTENCE = "the connection is well-known and " * 5 + "ends"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_given_whole_words_and_a_pipe_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    for screen, lines in ((Terminal(), 5), (io.StringIO(), 1)):
        monkeypatch.setattr(sys, "stderr", screen)
        complain(SENTENCE)
        shown = screen.getvalue()
        assert " ".join(shown.split()) == f"ixp: {SENTENCE}"
        assert shown.count("\n") == lines
        assert lines == 1 or max(map(len, shown.splitlines())) <= 40


def test_what_is_said_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    say("done")
    assert capsys.readouterr() == ("done\n", "")
