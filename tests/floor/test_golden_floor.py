"""The sequences of calls in specs/contacts.md, "What is told", literally, as the simulator brings them about."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.floor.floor import Floor
from tests.floor.golden import Story, by, customer_goes
from tests.floor.stories import consulting, do, floor, talking

FAR: Final = {"destination": "4002"}


def calls(situation: Callable[..., str], *then: tuple[str, int], **more: Any) -> Callable[[], Floor]:
    """Ann and Bob at their phones, in this situation, and with these commands of Ann's behind it."""

    def begin() -> Floor:
        at = floor("ann", "bob")
        situation(at, **more)
        for command, leg in then:
            do(at, "ann", command, leg=leg)
        return at

    return begin


talk, ask = calls(talking), calls(consulting)
alternated = calls(consulting, ("interaction.alternate", 0))
consult_held = calls(consulting, ("conversation.hold", 1))
conferenced = calls(consulting, ("interaction.consultconference", 0))
wrapping = calls(talking, ("conversation.release", 0))


def recorded(*verbs: str) -> Callable[[], Floor]:
    return calls(talking, *((f"interaction.recording.{verb}", 0) for verb in verbs))


def bob_hangs(at: Floor) -> None:
    at.switch.phone("4002", "hangup")
    at.settle()


STORIES: Final = {
    "consult": Story(
        talk,
        by("ann", "interaction.consult", FAR),
        ann=(
            "success c1.i1",
            "state.updated c1.i1.v1",
            "conversation.created c1.i1.v2",
            "state.updated c1.i1.v2",
            "conversation.member.added c1.i1.v2",
            "conversation.initialized c1.i1.v2",
            "interaction.focuschanged c1.i1",
            "state.updated c1.i1",
        ),
        bob=(
            "channel.infochanged c1",
            "state.updated c1",
            "interaction.created c1.i1",
            "state.updated c1.i1",
            "conversation.created c1.i1.v1",
            "state.updated c1.i1.v1",
            "conversation.member.added c1.i1.v1",
            "conversation.initialized c1.i1.v1",
            "interaction.datachanged c1.i1",
            "interaction.preview c1.i1",
            "interaction.initialized c1.i1",
        ),
    ),
    "consult answered": Story(
        calls(consulting, answered=False),
        by("bob", "interaction.accept"),
        ann=(
            "state.updated c1.i1.v2",
            "state.updated c1.i1",
        ),
        bob=(
            "success c1.i1",
            "state.updated c1.i1.v1",
            "state.updated c1.i1",
            "interaction.started c1.i1",
        ),
    ),
    "consult rejected": Story(
        calls(consulting, answered=False),
        by("bob", "interaction.reject"),
        ann=(
            "state.updated c1.i1.v2",
            "conversation.disposed c1.i1.v2",
            "interaction.focuschanged c1.i1",
            "state.updated c1.i1",
        ),
        bob=(
            "success c1.i1",
            "state.updated c1.i1.v1",
            "conversation.disposed c1.i1.v1",
            "interaction.ended c1.i1 REJECTED",
            "interaction.completed c1.i1",
            "interaction.disposed c1.i1",
            "channel.infochanged c1",
            "state.updated c1",
        ),
    ),
    "alternate": Story(
        ask,
        by("ann", "interaction.alternate"),
        ann=(
            "success c1.i1",
            "state.updated c1.i1.v2",
            "state.updated c1.i1.v1",
            "interaction.focuschanged c1.i1",
        ),
    ),
    "alternate back": Story(
        alternated,
        by("ann", "interaction.alternate"),
        ann=(
            "success c1.i1",
            "state.updated c1.i1.v1",
            "state.updated c1.i1.v2",
            "interaction.focuschanged c1.i1",
        ),
    ),
    "consulttransfer": Story(
        ask,
        by("ann", "interaction.consulttransfer"),
        ann=(
            "success c1.i1",
            "state.updated c1.i1.v1",
            "conversation.disposed c1.i1.v1",
            "interaction.focuschanged c1.i1",
            "state.updated c1.i1.v2",
            "conversation.disposed c1.i1.v2",
            "interaction.ended c1.i1 TRANSFERRED",
            "state.updated c1.i1",
            "channel.infochanged c1",
            "state.updated c1",
        ),
        bob=(
            "conversation.member.removed c1.i1.v1",
            "state.updated c1.i1.v1",
            "conversation.member.added c1.i1.v1",
        ),
    ),
    "consultconference": Story(
        ask,
        by("ann", "interaction.consultconference"),
        ann=(
            "success c1.i1",
            "state.updated c1.i1.v1",
            "conversation.member.added c1.i1.v1",
            "state.updated c1.i1.v2",
            "conversation.disposed c1.i1.v2",
            "interaction.focuschanged c1.i1",
            "state.updated c1.i1",
        ),
        bob=(
            "state.updated c1.i1.v1",
            "conversation.member.added c1.i1.v1",
        ),
    ),
    "the customer leaves a conference": Story(
        conferenced,
        customer_goes,
        ann=(
            "conversation.member.removed c1.i1.v1",
            "state.updated c1.i1.v1",
        ),
        bob=(
            "conversation.member.removed c1.i1.v1",
            "state.updated c1.i1.v1",
        ),
    ),
    "bob leaves a conference": Story(
        conferenced,
        bob_hangs,
        ann=(
            "conversation.member.removed c1.i1.v1",
            "state.updated c1.i1.v1",
        ),
        bob=(
            "state.updated c1.i1.v1",
            "conversation.disposed c1.i1.v1",
            "interaction.ended c1.i1 RELEASED",
            "state.updated c1.i1",
            "channel.infochanged c1",
            "state.updated c1",
        ),
    ),
    "blindtransfer": Story(
        talk,
        by("ann", "conversation.blindtransfer", FAR),
        ann=(
            "success c1.i1.v1",
            "state.updated c1.i1.v1",
            "conversation.disposed c1.i1.v1",
            "interaction.ended c1.i1 TRANSFERRED",
            "state.updated c1.i1",
            "channel.infochanged c1",
            "state.updated c1",
        ),
        bob=(
            "channel.infochanged c1",
            "state.updated c1",
            "interaction.created c1.i1",
            "state.updated c1.i1",
            "conversation.created c1.i1.v1",
            "state.updated c1.i1.v1",
            "conversation.member.added c1.i1.v1",
            "conversation.initialized c1.i1.v1",
            "interaction.datachanged c1.i1",
            "interaction.preview c1.i1",
            "interaction.initialized c1.i1",
        ),
    ),
    "blindconference": Story(
        talk,
        by("ann", "conversation.blindconference", FAR),
        ann=(
            "success c1.i1.v1",
            "state.updated c1.i1.v1",
            "conversation.member.added c1.i1.v1",
        ),
        bob=(
            "channel.infochanged c1",
            "state.updated c1",
            "interaction.created c1.i1",
            "state.updated c1.i1",
            "conversation.created c1.i1.v1",
            "state.updated c1.i1.v1",
            "conversation.member.added c1.i1.v1",
            "conversation.member.added c1.i1.v1",
            "conversation.initialized c1.i1.v1",
            "interaction.datachanged c1.i1",
            "interaction.preview c1.i1",
            "interaction.initialized c1.i1",
        ),
    ),
    "release of the consult": Story(
        ask,
        by("ann", "conversation.release", leg=1),
        ann=(
            "success c1.i1.v2",
            "state.updated c1.i1.v2",
            "conversation.disposed c1.i1.v2",
            "interaction.focuschanged c1.i1",
            "state.updated c1.i1",
        ),
        bob=(
            "state.updated c1.i1.v1",
            "conversation.disposed c1.i1.v1",
            "interaction.ended c1.i1 REMOTE",
            "state.updated c1.i1",
            "channel.infochanged c1",
            "state.updated c1",
        ),
    ),
    "release of the primary beside a consult": Story(
        ask,
        by("ann", "conversation.release", leg=0),
        ann=(
            "success c1.i1.v1",
            "state.updated c1.i1.v1",
            "conversation.disposed c1.i1.v1",
            "conversation.infochanged c1.i1.v2",
            "interaction.focuschanged c1.i1",
            "state.updated c1.i1",
        ),
    ),
    "release of the primary beside a consult that rings": Story(
        calls(consulting, answered=False),
        by("ann", "conversation.release", leg=0),
        ann=(
            "success c1.i1.v1",
            "state.updated c1.i1.v1",
            "conversation.disposed c1.i1.v1",
            "conversation.infochanged c1.i1.v2",
            "interaction.focuschanged c1.i1",
            "state.updated c1.i1",
        ),
    ),
    "the consulted party hangs up": Story(
        ask,
        bob_hangs,
        ann=(
            "state.updated c1.i1.v2",
            "conversation.disposed c1.i1.v2",
            "interaction.focuschanged c1.i1",
            "state.updated c1.i1",
        ),
        bob=(
            "state.updated c1.i1.v1",
            "conversation.disposed c1.i1.v1",
            "interaction.ended c1.i1 RELEASED",
            "state.updated c1.i1",
            "channel.infochanged c1",
            "state.updated c1",
        ),
    ),
    "the caller hangs up beside a consult": Story(
        ask,
        customer_goes,
        ann=(
            "state.updated c1.i1.v1",
            "conversation.disposed c1.i1.v1",
            "conversation.infochanged c1.i1.v2",
            "interaction.focuschanged c1.i1",
            "state.updated c1.i1",
        ),
    ),
    "hold of the consult": Story(
        ask,
        by("ann", "conversation.hold", leg=1),
        ann=(
            "success c1.i1.v2",
            "state.updated c1.i1.v2",
            "state.updated c1.i1",
        ),
    ),
    "retrieve of the primary beside a held consult": Story(
        consult_held,
        by("ann", "conversation.retrieve", leg=0),
        ann=(
            "success c1.i1.v1",
            "state.updated c1.i1.v1",
            "interaction.focuschanged c1.i1",
            "state.updated c1.i1",
        ),
    ),
    "retrieve of the primary beside a connected consult": Story(
        ask,
        by("ann", "conversation.retrieve", leg=0),
        ann=("CONSULT_EXISTS c1.i1.v1",),
    ),
    "recording.start": Story(
        talk,
        by("ann", "interaction.recording.start"),
        ann=(
            "success c1.i1",
            "state.updated c1.i1",
        ),
    ),
    "recording.start again": Story(
        recorded("start"),
        by("ann", "interaction.recording.start"),
        ann=(
            "success c1.i1",
            "state.updated c1.i1",
        ),
    ),
    "recording.pause": Story(
        recorded("start"),
        by("ann", "interaction.recording.pause"),
        ann=(
            "success c1.i1",
            "state.updated c1.i1",
        ),
    ),
    "recording.resume": Story(
        recorded("start", "pause"),
        by("ann", "interaction.recording.resume"),
        ann=(
            "success c1.i1",
            "state.updated c1.i1",
        ),
    ),
    "recording.stop": Story(
        recorded("start"),
        by("ann", "interaction.recording.stop"),
        ann=(
            "success c1.i1",
            "state.updated c1.i1",
        ),
    ),
    "senddtmf": Story(
        talk,
        by("ann", "conversation.senddtmf", {"digits": "12#"}),
        ann=("success c1.i1.v1",),
    ),
    "release": Story(
        talk,
        by("ann", "conversation.release"),
        ann=(
            "success c1.i1.v1",
            "state.updated c1.i1.v1",
            "conversation.disposed c1.i1.v1",
            "interaction.ended c1.i1 RELEASED",
            "state.updated c1.i1",
            "channel.infochanged c1",
            "state.updated c1",
        ),
    ),
    "complete": Story(
        wrapping,
        by("ann", "interaction.complete", {"disposition": {"code": "SOLD"}}),
        ann=(
            "success c1.i1",
            "interaction.completed c1.i1",
            "interaction.disposed c1.i1",
            "channel.infochanged c1",
            "state.updated c1",
        ),
    ),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_story_is_told_so_and_not_otherwise(story: Story) -> None:
    story.check()
