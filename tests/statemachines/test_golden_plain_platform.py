"""A platform that can do next to nothing for a desktop tells the same sequences: what is empty is told all the same.

Agents consult, record and transfer at such a platform's phones by themselves. Every list here is copied from the
tables of the specification: specs/protocol.md, "Events".
"""

import attrs
import pytest

from protocol.platform import Feature, InteractionReport
from protocol.states import EndCause, RecordingState
from tests.fakes.calls import (
    alternated,
    answered,
    call,
    chat,
    conferenced,
    consulting,
    in_state,
    joined,
    over,
    without_leg,
)
from tests.fakes.desk import Desk, completion, story, su, with_interaction, wrapup
from tests.fakes.platform import FakePlatform, channel

IT, V, W = ".c1.i1", ".c1.i1.v1", ".c1.i1.v2"
NOTHING: frozenset[Feature] = frozenset()
TALKING = call("STARTED")
RINGING = consulting(TALKING, "4002")
ASKING = answered(RINGING)
FOCUS = ("interaction.focuschanged", IT)

HAPPENINGS: dict[str, tuple[InteractionReport, InteractionReport, list[tuple[str, str]]]] = {
    "answer": (call(), TALKING, [su(V), su(IT), ("interaction.started", IT)]),
    "dialled party answers": (call("DIALING"), answered(call("DIALING")), [su(V), su(IT), ("interaction.started", IT)]),
    "hold": (TALKING, in_state(TALKING, "a", "HELD"), [su(V)]),
    "retrieve": (in_state(TALKING, "a", "HELD"), TALKING, [su(V)]),
    "recording": (TALKING, attrs.evolve(TALKING, recording=RecordingState.RECORDING), [su(IT)]),
    "member joins": (TALKING, joined(TALKING, "a", "4002"), [su(V), ("conversation.member.added", V)]),
    "consult": (
        TALKING,
        RINGING,
        [
            su(V),
            ("conversation.created", W),
            su(W),
            ("conversation.member.added", W),
            ("conversation.initialized", W),
            FOCUS,
            su(IT),
        ],
    ),
    "consult party answers": (RINGING, ASKING, [su(W), su(IT)]),
    "alternate": (ASKING, alternated(ASKING), [su(W), su(V), FOCUS]),
    "alternate back": (alternated(ASKING), ASKING, [su(V), su(W), FOCUS]),
    "consultconference": (
        ASKING,
        conferenced(ASKING),
        [su(V), ("conversation.member.added", V), su(W), ("conversation.disposed", W), FOCUS, su(IT)],
    ),
    "consulttransfer": (
        ASKING,
        over(ASKING, EndCause.TRANSFERRED),
        [
            su(V),
            ("conversation.disposed", V),
            FOCUS,
            su(W),
            ("conversation.disposed", W),
            ("interaction.ended", IT),
            *completion(IT),
        ],
    ),
    "consult party hangs up": (
        ASKING,
        without_leg(ASKING, "b"),
        [su(W), ("conversation.disposed", W), FOCUS, su(IT)],
    ),
    "consult party is busy": (
        RINGING,
        without_leg(RINGING, "b"),
        [su(W), ("conversation.disposed", W), FOCUS, su(IT)],
    ),
    "caller hangs up beside a consult": (
        ASKING,
        without_leg(ASKING, "a"),
        [su(V), ("conversation.disposed", V), ("conversation.infochanged", W), FOCUS, su(IT)],
    ),
    "far end hangs up": (
        TALKING,
        over(TALKING, EndCause.REMOTE),
        [su(V), ("conversation.disposed", V), ("interaction.ended", IT), *completion(IT)],
    ),
    "far end hangs up, and wrap-up is due": (
        TALKING,
        over(TALKING, EndCause.REMOTE, wrapup_s=10.0),
        [su(V), ("conversation.disposed", V), ("interaction.ended", IT), *wrapup(IT)],
    ),
    "media accepted": (chat(), chat("STARTED"), [su(IT), ("interaction.started", IT)]),
}


@pytest.mark.parametrize("name", HAPPENINGS)
def test_sequences_keep_their_length(name: str) -> None:
    begin, report, told = HAPPENINGS[name]
    assert story(with_interaction(begin, features=NOTHING).report(report)) == told
    assert story(with_interaction(begin).report(report)) == told, "and so on a platform that can do everything"


def test_inbound_call() -> None:
    desk = Desk(FakePlatform().with_channels(channel("4001", "READY")), features=NOTHING).started()
    messages = desk.report(call())
    assert len(messages) == 11
    assert messages[7]["name"] == "conversation.initialized"
