"""Both ends act at the same instant, in every order: one is too late, is told so, and nothing is left behind."""

from collections.abc import Callable

import attrs
import pytest

from engine.adapters.simulator.settings import SimulatorSettings
from protocol.errors import Refused
from tests.floor import stories
from tests.floor.floor import Floor
from tests.floor.stories import consulting, do, end_all, floor, ringing, start, talking, told
from tests.floor.words import AGENTS

JsonObject = stories.JsonObject


@attrs.frozen
class Clash:
    """What the agent asks for, and what somebody else does at the same instant."""

    name: str
    begin: Callable[[Floor], str]
    command: str
    other: Callable[[Floor, str], None]
    data: JsonObject | None = None
    leg: int = 0


def caller_leaves(at: Floor, contact: str) -> None:
    at.switch.hangup(contact)


def hands(agent: str, action: str, **details: str) -> Callable[[Floor, str], None]:
    return lambda at, _: at.switch.phone(AGENTS[agent], action, **details)


CLASHES = [
    Clash("accept, abandoned", ringing, "interaction.accept", caller_leaves),
    Clash("answer, abandoned", ringing, "conversation.answer", caller_leaves),
    Clash("reject, abandoned", ringing, "interaction.reject", caller_leaves),
    Clash("accept, answered at the phone", ringing, "interaction.accept", hands("ann", "answer")),
    Clash("accept, rejected at the phone", ringing, "interaction.accept", hands("ann", "reject")),
    Clash("release, caller leaves", talking, "conversation.release", caller_leaves),
    Clash("hold, caller leaves", talking, "conversation.hold", caller_leaves),
    Clash("hold, held at the phone", talking, "conversation.hold", hands("ann", "hold")),
    Clash(
        "blind transfer, caller leaves", talking, "conversation.blindtransfer", caller_leaves, {"destination": "4002"}
    ),
    Clash("conference, caller leaves", talking, "conversation.blindconference", caller_leaves, {"destination": "4002"}),
    Clash("consult, caller leaves", talking, "interaction.consult", caller_leaves, {"destination": "4002"}),
    Clash("set data, caller leaves", talking, "interaction.setdata", caller_leaves, {"interactiondata": {"a": "b"}}),
    Clash("record, caller leaves", talking, "interaction.recording.start", caller_leaves),
    Clash("digits, caller leaves", talking, "conversation.senddtmf", caller_leaves, {"digits": "1"}),
    Clash("consult transfer, caller leaves", consulting, "interaction.consulttransfer", caller_leaves),
    Clash("transfer, colleague leaves", consulting, "interaction.consulttransfer", hands("bob", "hangup")),
    Clash("transfer, hung up at the phone", consulting, "interaction.consulttransfer", hands("ann", "hangup")),
    Clash("conference, caller leaves", consulting, "interaction.consultconference", caller_leaves),
    Clash("conference, colleague leaves", consulting, "interaction.consultconference", hands("bob", "hangup")),
    Clash("alternate, caller leaves", consulting, "interaction.alternate", caller_leaves),
    Clash("alternate, colleague leaves", consulting, "interaction.alternate", hands("bob", "hangup")),
    Clash("release consult, colleague leaves", consulting, "conversation.release", hands("bob", "hangup"), leg=1),
    Clash("release primary, caller leaves", consulting, "conversation.release", caller_leaves),
    Clash("hold consult, colleague leaves", consulting, "conversation.hold", hands("bob", "hangup"), leg=1),
]

ORDERS = ("asked, other, answered", "asked, answered, other", "other, asked, heard, answered")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("clash", CLASHES, ids=lambda clash: clash.name)
def test_of_two_at_the_same_instant_the_later_is_too_late(clash: Clash, order: str) -> None:
    at = floor("ann", "bob")
    contact = clash.begin(at)
    ann = at.seats["ann"]
    before = len(ann.journal)
    first, *_ = order.split(", ")
    if first == "other":
        clash.other(at, contact)  # the report of it waits, and is heard before the request
        start_if_there_is_one(at, clash)
    else:
        start(at, "ann", clash.command, clash.data, clash.leg)
        if order == "asked, answered, other":
            ann.platform_answers()
            ignoring_refusals(clash.other, at, contact)
        else:
            clash.other(at, contact)
    at.settle()
    (response,) = [what for what in told(ann, before) if not what.startswith(NAMES)]
    assert response in ("success", "INVALID_STATE", "INVALID_TARGET")
    at.check_truth()
    end_all(at)


NAMES = ("channel.", "interaction.", "conversation.", "state.")


def start_if_there_is_one(at: Floor, clash: Clash) -> None:
    """The desktop has not heard of it yet, so it still knows the old targets."""
    seat = at.seats["ann"]
    it = seat.interactions()[-1]
    subject = list(it.conversations.values())[clash.leg] if clash.command.startswith("conversation.") else it
    seat.ask(clash.command, stories.path(seat, subject), clash.data)


def ignoring_refusals(do_it: Callable[[Floor, str], None], at: Floor, contact: str) -> None:
    """Who comes second at the phone finds nothing to do."""
    try:
        do_it(at, contact)
    except Refused:
        return


# What exactly is told


def test_answered_just_after_the_caller_has_gone() -> None:
    at = floor("ann")
    contact = ringing(at)
    before = len(at.seats["ann"].journal)
    start(at, "ann", "conversation.answer")
    at.switch.hangup(contact)
    at.settle()
    assert told(at.seats["ann"], before) == [
        "INVALID_STATE",
        "state.updated",
        "conversation.disposed",
        "interaction.ended ABANDONED",
        "interaction.completed",
        "interaction.disposed",
        "channel.infochanged",
        "state.updated",
    ]
    end_all(at)


def test_two_accepts() -> None:
    at = floor("ann")
    ringing(at)
    before = len(at.seats["ann"].journal)
    start(at, "ann", "interaction.accept")
    start(at, "ann", "interaction.accept")
    at.settle()
    assert told(at.seats["ann"], before) == [
        "success",
        "state.updated",
        "state.updated",
        "interaction.started",
        "INVALID_STATE",
    ]
    end_all(at)


def test_two_agents_accept_what_has_moved_on_from_one_to_the_other() -> None:
    at = floor("ann", "bob")
    at.switch.call("Service", stories.CALLER)
    at.settle()
    first, second = sorted(("ann", "bob"), key=lambda agent: not at.seats[agent].interactions())
    before = len(at.seats[first].journal)
    start(at, first, "interaction.accept")
    at.pass_time(SimulatorSettings().ring_s + 1.0, settling=False)
    at.hear()
    start(at, second, "interaction.accept")
    at.settle()
    assert "INVALID_STATE" in told(at.seats[first], before)
    assert [it.state for it in at.seats[second].interactions()] == ["STARTED"]
    assert at.seats[first].interactions() == []
    end_all(at)


@pytest.mark.parametrize(
    ("command", "leg", "destination"),
    [
        ("interaction.consult", 0, AGENTS["ann"]),
        ("interaction.consult", 0, "nobody"),
        ("conversation.blindtransfer", 0, "nobody"),
        ("conversation.blindtransfer", 0, AGENTS["ann"]),
        ("conversation.blindconference", 0, "nobody"),
        ("conversation.blindconference", 0, AGENTS["ann"]),
    ],
)
def test_no_such_destination(command: str, leg: int, destination: str) -> None:
    at = floor("ann")
    talking(at)
    before = len(at.seats["ann"].journal)
    do(at, "ann", command, {"destination": destination}, leg)
    assert told(at.seats["ann"], before) == ["INVALID_DESTINATION"]
    do(at, "ann", "conversation.hold")
    assert told(at.seats["ann"], before + 1) == ["success", "state.updated"]
    end_all(at)


def test_what_lives_in_two_sessions_keeps_its_contact_and_its_data() -> None:
    at = floor("ann", "bob")
    contact = consulting(at)
    do(at, "ann", "interaction.setdata", {"interactiondata": {"vip": "yes"}})
    do(at, "ann", "interaction.consulttransfer")
    (it,) = at.seats["bob"].interactions()
    (leg,) = it.conversations.values()
    assert it.contact == contact
    assert it.data == {"order": "4711", "vip": "yes"}
    assert [member.address for member in leg.members.values()] == [stories.CALLER]
    end_all(at)
