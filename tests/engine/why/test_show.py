"""An explanation as people and programs are shown it."""

import io
import json

import attrs
import pytest
from rich.console import Console

from engine.why import Cause, CauseKind, Explanation, as_json, render, why
from tests.engine.why.recording import Recorder
from tests.floor import stories

SHOWN = """\
s1.c1.i1  interaction, now ENDED
earlier changes that are not shown: 1

2027-01-15 08:00:00.000Z  ALERTING → STARTED
  message   seq 26, state.updated, in step 12
  happening interaction changed
  rule      interaction: started, ALERTING → STARTED
  cause     request r5: interaction.accept (step 11)

2027-01-15 08:00:00.000Z  STARTED → ENDED
  message   seq 31, interaction.ended, in step 14
  happening interaction changed
  rule      interaction: ended, STARTED → ENDED
  cause     request r6: conversation.release (step 13)
"""


@pytest.fixture
def explanation(recorder: Recorder) -> Explanation:
    at = stories.floor("ann")
    stories.talking(at)
    stories.do(at, "ann", "conversation.release")
    return why(recorder.steps["s1"], "s1.c1.i1", last=2)


def lines(explanation: Explanation) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=80, color_system=None).print(render(explanation))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_for_people(explanation: Explanation) -> None:
    assert lines(explanation) == SHOWN.splitlines()


def test_what_people_wrote_breaks_no_line_and_moves_no_cursor(explanation: Explanation) -> None:
    cause = Cause(kind=CauseKind.SUPERVISOR, text="[bold]\x1b[2J" + "long " * 60 + "x" * 200, step=1)
    first = attrs.evolve(explanation.changes[0], cause=cause)
    shown = lines(attrs.evolve(explanation, changes=(first,)))
    assert max(map(len, shown)) <= 80
    assert "[bold]\\x1b[2J" in "".join(shown)
    assert "\x1b" not in "".join(shown)


def test_what_has_no_rule_or_no_message_says_so(explanation: Explanation) -> None:
    change = attrs.evolve(explanation.changes[0], rules=(), seq=None, event=None, happening=None, after={})
    shown = "\n".join(lines(attrs.evolve(explanation, changes=(change,), earlier=0)))
    assert "ALERTING" in shown
    assert "removed" in shown
    assert "message none, in step 12" in shown
    assert "none of the tables" in shown
    assert "happening" not in shown
    begun = "\n".join(lines(attrs.evolve(explanation, changes=(attrs.evolve(change, before=None, begins=True),))))
    assert ("(begins) → " in begun, "it begins so" in begun) == (True, True)
    cut = "\n".join(lines(attrs.evolve(explanation, changes=(attrs.evolve(change, before=None),))))
    assert ("(not known) → " in cut, "what was before is kept no longer" in cut) == (True, True)
    assert "begins" not in cut


def test_an_object_of_which_no_change_is_kept_is_shown_as_unknown(explanation: Explanation) -> None:
    nothing = attrs.evolve(explanation, changes=(), earlier=0)
    assert " ".join(lines(nothing)).startswith("s1.c1.i1  interaction, now not known: of the steps that are kept, none")
    assert json.loads(as_json(nothing)) == {"target": "s1.c1.i1", "kind": "interaction", "changes": [], "earlier": 0}


def test_for_programs(explanation: Explanation) -> None:
    text = as_json(explanation)
    assert "\n" not in text
    shown = json.loads(text)
    assert (shown["target"], shown["kind"], shown["earlier"]) == ("s1.c1.i1", "interaction", 1)
    assert shown["now"]["state"] == "ENDED"
    change = shown["changes"][1]
    assert change["rules"] == [{"table": "interaction", "trigger": "ended", "source": "STARTED", "dest": "ENDED"}]
    assert change["happening"] == "interaction changed"
    assert (change["seq"], change["event"], change["step"]) == (31, "interaction.ended", 14)
    assert change["cause"] == {
        "kind": "request",
        "text": "request r6: conversation.release",
        "step": 13,
        "command": "conversation.release",
        "requestid": "r6",
    }
