"""Servers that tell things in another order, twice, or not at all; and number them otherwise."""

from collections.abc import Iterable
from typing import Final

from tests.engine.conformance.mutant import (
    Message,
    Mutant,
    add,
    alter,
    answer,
    drop,
    earlier,
    event,
    later,
    remembering,
    repeat,
    says,
    swap,
)

ACTIVATED: Final = "a channel is activated and deactivated"
ADDED: Final = "a channel is added in its bracket"
OFFERED: Final = "a call that comes in is told in eleven events"
REJECTED: Final = "a call is rejected"
GROUP_LEFT: Final = "a group is left with all its channels"
CONSULTED: Final = "a consult holds the call, and rings"


def _stale(message: Message, before: list[Message]) -> Iterable[Message]:
    """After a failure, the last two events once more, as if it had caused them."""
    cause = message["requestid"]
    pair = [each for each in before if event("channel.infochanged")(each) or event("state.updated", "c")(each)][-2:]
    return [message, *({**each, "cause": cause} for each in pair)]


def _pair_again(message: Message, before: list[Message]) -> Iterable[Message]:
    return [message, before[-1], {**message, "data": []}]


def _out_of_nothing(message: Message) -> Message:
    """A report of the platform, told in the midst of something else."""
    target = message["target"].split(".")[0]
    data = {"reasons": []}
    return {"name": "session.externalnotreadyreasons.updated", "target": target, "data": data, "seq": message["seq"]}


ORDER: Final = (
    Mutant(
        name="the answer comes behind its events",
        rules=("O2",),
        scenarios=(ACTIVATED,),
        make=says(later(answer("channel.activate"), event("state.updated", "c"))),
    ),
    Mutant(
        name="something else is told between an answer and its events",
        rules=("CMD-channel.activate",),
        scenarios=(ACTIVATED,),
        make=says(add(answer("channel.activate"), lambda message: [_out_of_nothing(message)])),
    ),
    Mutant(
        name="state.updated comes before channel.infochanged",
        rules=("O5",),
        scenarios=(ACTIVATED,),
        make=says(swap(event("channel.infochanged"))),
    ),
    Mutant(
        name="state.updated is left out of the pair",
        rules=("CMD-channel.activate",),
        scenarios=(ACTIVATED,),
        make=says(drop(lambda message: event("state.updated", "c")(message) and message.get("cause") == "r5")),
    ),
    Mutant(
        name="channel.infochanged is left out of the pair",
        rules=("O5",),
        scenarios=(ACTIVATED,),
        make=says(drop(event("channel.infochanged"))),
    ),
    Mutant(
        name="a change in several steps is told by two pairs",
        rules=("CMD-session.removechannel",),
        scenarios=("a ready channel is removed with one pair, and the final state",),
        make=says(
            remembering(lambda each: event("state.updated", "c")(each) and each.get("cause") == "r7", _pair_again)
        ),
    ),
    Mutant(
        name="an object is told of before it is created",
        rules=("O9",),
        scenarios=(ADDED,),
        make=says(drop(event("channel.created"))),
    ),
    Mutant(
        name="a bracket is not closed",
        rules=("CMD-session.addchannel",),
        scenarios=(ADDED,),
        make=says(drop(event("channel.initialized"))),
    ),
    Mutant(
        name="a bracket has no state.updated",
        rules=("O5",),
        scenarios=(ADDED,),
        make=says(drop(event("state.updated", "c"))),
    ),
    Mutant(
        name="a member is added before the conversation is created",
        rules=("O9",),
        scenarios=(OFFERED,),
        make=says(earlier(event("conversation.member.added"), event("conversation.created"))),
    ),
    Mutant(
        name="the bracket of a conversation closes behind that of its interaction",
        rules=("O5",),
        scenarios=(OFFERED,),
        make=says(later(event("conversation.initialized"), event("interaction.initialized"))),
    ),
    Mutant(
        name="what an interaction is about is not told within its bracket",
        rules=("EV-8",),
        scenarios=(OFFERED,),
        make=says(drop(event("interaction.datachanged"))),
    ),
    Mutant(
        name="a call is offered without a preview",
        rules=("O5",),
        scenarios=(OFFERED,),
        make=says(drop(event("interaction.preview"))),
    ),
    Mutant(
        name="a call is offered without the pair of its channel",
        rules=("UN-1",),
        scenarios=(OFFERED,),
        make=says(
            drop(
                lambda each: (
                    "cause" not in each and (event("channel.infochanged")(each) or event("state.updated", "c")(each))
                )
            )
        ),
    ),
    Mutant(
        name="an interaction that ends is not completed",
        rules=("O5",),
        scenarios=(REJECTED,),
        make=says(drop(event("interaction.completed"))),
    ),
    Mutant(
        name="an interaction that is completed is not disposed of",
        rules=("O5",),
        scenarios=(REJECTED,),
        make=says(drop(event("interaction.disposed"))),
    ),
    Mutant(
        name="an interaction ends before its conversation is disposed of",
        rules=("O5",),
        scenarios=(REJECTED,),
        make=says(later(event("conversation.disposed"), event("interaction.ended"))),
    ),
    Mutant(
        name="the channel is told to be free before the interaction is disposed of",
        rules=("O5",),
        scenarios=(REJECTED,),
        make=says(later(event("interaction.disposed"), event("channel.infochanged"))),
    ),
    Mutant(
        name="a channel ends after its group",
        rules=("CMD-session.removechannelgroup",),
        scenarios=(GROUP_LEFT,),
        make=says(later(event("channel.disposed"), event("channelgroup.disposed"))),
    ),
    Mutant(
        name="something is told of an object that is disposed of",
        rules=("O7",),
        scenarios=("a channel that is not active is removed without a pair",),
        make=says(add(event("channel.disposed"), lambda message: [message])),
    ),
    Mutant(
        name="a logout is told by an event, too",
        rules=("O3",),
        scenarios=("a logout is answered, and nothing follows",),
        make=says(
            add(
                answer("session.logout"),
                lambda message: [
                    {
                        "name": "session.disposed",
                        "target": message["target"],
                        "data": {"cause": "PLATFORM_LOST", "message": "bye"},
                        "seq": message["seq"],
                    }
                ],
            )
        ),
    ),
    Mutant(
        name="a failure is followed by events",
        rules=("O4",),
        scenarios=(ACTIVATED,),
        make=says(remembering(answer("channel.activate", "failure"), _stale)),
    ),
    Mutant(
        name="events come before the session is started",
        rules=("O8",),
        scenarios=("a session is prepared, bound and started",),
        make=says(add(answer("bindSession"), lambda message: [_out_of_nothing({**message, "seq": 1})])),
    ),
    Mutant(
        name="session.initialized comes twice",
        rules=("O8",),
        scenarios=("session.initialized tells who the agent is, and what the session can do",),
        make=says(repeat(event("session.initialized"))),
    ),
    Mutant(
        name="session.initialized comes before all is told",
        rules=("EV-3",),
        scenarios=("a group that is named at the preparation is joined at the start",),
        make=says(earlier(event("session.initialized"), event("channelgroup.created"))),
    ),
    Mutant(
        name="a report that changes nothing brings an event",
        rules=("UN-phone",),
        scenarios=("what is done at the phone itself is told without a cause",),
        make=says(
            remembering(
                event("interaction.started"),
                lambda message, before: [message, {**before[-1], "data": []}],
            )
        ),
    ),
    Mutant(
        name="the focus moves, and is not told of",
        rules=("CMD-interaction.consult",),
        scenarios=(CONSULTED,),
        make=says(drop(event("interaction.focuschanged"))),
    ),
)

NUMBERS: Final = (
    Mutant(
        name="a number is left out",
        rules=("ENV-7",),
        scenarios=(ACTIVATED,),
        make=says(drop(event("channel.infochanged")), numbered=False),
    ),
    Mutant(
        name="a number comes twice",
        rules=("ENV-7",),
        scenarios=(ACTIVATED,),
        make=says(alter(event("channel.infochanged"), lambda each: each.update(seq=each["seq"] - 1)), numbered=False),
    ),
    Mutant(
        name="numbers begin with 0",
        rules=("ENV-7",),
        scenarios=(ADDED,),
        make=says(
            alter(
                lambda each: "seq" in each and "name" not in each and each["seq"] > 0,
                lambda each: each.update(seq=each["seq"] - 1),
            ),
            numbered=False,
        ),
    ),
    Mutant(
        name="an event has no number",
        rules=("ENV-8",),
        scenarios=(ACTIVATED,),
        make=says(alter(event("channel.infochanged"), lambda each: each.pop("seq"))),
    ),
    Mutant(
        name="an answer has no number",
        rules=("ENV-8",),
        scenarios=(ACTIVATED,),
        make=says(alter(answer("channel.activate"), lambda each: each.pop("seq"))),
    ),
    Mutant(
        name="numbers are texts",
        rules=("ENV-8",),
        scenarios=(ACTIVATED,),
        make=says(alter(event("channel.infochanged"), lambda each: each.update(seq=str(each["seq"]))), numbered=False),
    ),
    Mutant(
        name="a refusal at the door has a number",
        rules=("ENV-8",),
        scenarios=("a session that is not bound here takes no requests",),
        make=says(alter(answer("session.start", "failure"), lambda each: each.update(seq=1)), numbered=False),
    ),
    Mutant(
        name="an event has the cause of another request",
        rules=("EV-6",),
        scenarios=(ACTIVATED,),
        make=says(alter(event("channel.infochanged"), lambda each: each.update(cause="r4"))),
    ),
    Mutant(
        name="a secondary event has no cause",
        rules=("EV-6",),
        scenarios=(ACTIVATED,),
        make=says(alter(event("channel.infochanged"), lambda each: each.pop("cause"))),
    ),
    Mutant(
        name="what comes by itself has a cause",
        rules=("EV-6",),
        scenarios=(OFFERED,),
        make=says(alter(event("channel.infochanged"), lambda each: each.setdefault("cause", "r5"))),
    ),
)
