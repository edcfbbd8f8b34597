"""What a sound platform says of interactions: those that begin, and how each of them goes on."""

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from protocol.platform import (
    Disposition,
    FilePosted,
    FormSubmitted,
    InteractionReport,
    LegReport,
    Member,
    Message,
    MessagePosted,
    Party,
    PartyChanged,
    Post,
    ScreenshotAnswered,
    SignalReceived,
    TypingChanged,
)
from protocol.states import Ability, ChannelType, ConversationType, Direction, EndCause, PartyRole, RecordingState
from protocol.states import ConversationState as Leg
from protocol.states import InteractionState as It
from tests.strategies import Dice
from tests.walks.places import channel_report

TIME = "2026-11-21T09:30:00.000Z"
WRAPUPS_S = (10.0, 45.0, None, 0.5)
PRIMARY, CONSULT = ConversationType.PRIMARY, ConversationType.CONSULT
MEMBERS = tuple(Member(id=f"m{n}", address=f"0{n}", name=name) for n, name in enumerate((None, "Ben", None, "Dora")))
DATA: tuple[tuple[str, str | dict[str, str]], ...] = (("order", "17"), ("order", "18"), ("mood", {"now": "good"}))
PARTIES = (
    Party(id="p1", name="Carl", role=PartyRole.CUSTOMER),
    Party(id="p2", name="Ann Example", role=PartyRole.AGENT),
    Party(id="p3", name="Sue", role=PartyRole.SUPERVISOR),
)

Step = Callable[[Dice, InteractionReport], InteractionReport]
"""From a sound report to another one that can follow it."""


def evolve(report: InteractionReport, *legs: LegReport, **changes: Any) -> InteractionReport:
    return attrs.evolve(report, legs=legs, **changes) if legs else attrs.evolve(report, **changes)


# Beginning


def beginning(dice: Dice, endpoint: str, kind: ChannelType, key: str, *, talks: bool) -> InteractionReport:
    """One that is new at a channel. `talks`: another leg there is connected."""
    call = kind is ChannelType.TELEPHONY
    states = (It.ALERTING,) * 3 + (It.STARTED,) * 3 + ((It.DIALING,) if call else ()) + (It.ENDED,)
    state = dice.pick(states)
    legs: tuple[LegReport, ...] = ()
    if call and state is not It.ENDED:
        answered = Leg.HELD if talks or dice.one_in(3) else Leg.CONNECTED
        first = {It.ALERTING: Leg.ALERTING, It.DIALING: Leg.DIALING, It.STARTED: answered}[state]
        legs = (leg(dice, key, first),)
        if state is It.STARTED and dice.one_in(2):
            consult = (
                Leg.DIALING if dice.one_in(3) else Leg.HELD if talks or answered is Leg.CONNECTED else Leg.CONNECTED
            )
            legs += (leg(dice, key, consult, CONSULT),)
    said = Message(id=f"{key}.0", party=PARTIES[0], text="Hello?", time=TIME)
    report = InteractionReport(
        endpoint=endpoint,
        id=key,
        contact=dice.pick(("anna", "bert")),
        type=kind,
        direction=dice.pick(tuple(Direction)),
        state=It.ALERTING,
        data=dict(dice.some(DATA)),
        recording=dice.pick(tuple(RecordingState)) if call and dice.one_in(4) else RecordingState.STOPPED,
        abilities=frozenset(dice.pick(ABILITIES)) if kind is ChannelType.CHAT else frozenset(),
        transcript=(said,) if not call and dice.one_in(3) else (),
    )
    over = ending(dice) if state is It.ENDED else {"legs": legs}
    return evolve(report, **{"state": state, **over})


ABILITIES: tuple[Sequence[Ability], ...] = (tuple(Ability), (), (Ability.FILE,), (Ability.URL, Ability.FORM))


def leg(dice: Dice, key: str, state: Leg, kind: ConversationType = PRIMARY) -> LegReport:
    return LegReport(
        id=f"{key}/{dice.fresh()}",
        type=kind,
        state=state,
        direction=dice.pick(tuple(Direction)),
        members=tuple(dice.some(MEMBERS)),
    )


def ending(dice: Dice, state: It = It.ENDED, cause: EndCause | None = None) -> dict[str, Any]:
    """What is to be said of one that is over; ENDED, its wrap-up is due."""
    wrapup_s = dice.pick(WRAPUPS_S) if state is It.ENDED else None
    said = Disposition(code="3") if dice.one_in(6) else None
    return {
        "state": state,
        "cause": cause or dice.pick(tuple(EndCause)),
        "wrapup_s": wrapup_s,
        "disposition": said,
        "legs": (),
    }


# Going on


def going_on(dice: Dice, report: InteractionReport, *, talks: bool, steps: int = 1) -> InteractionReport:
    """As it may stand after some steps, which the platform tells of as one."""
    for _ in range(steps):
        if report.state is It.COMPLETED:
            break
        report = dice.pick(possible_steps(report, talks=talks))(dice, report)
    return report


def with_channel(dice: Dice, report: InteractionReport) -> InteractionReport:
    """Every now and then the channel has changed by the same happening."""
    if not dice.one_in(3):
        return attrs.evolve(report, channel=None)
    return attrs.evolve(report, channel=channel_report(dice, report.endpoint, report.type))


def possible_steps(report: InteractionReport, *, talks: bool) -> tuple[Step, ...]:
    """Those that stand first come first when a story is made shorter."""
    if report.state is It.ENDED:
        return (data_changes, completes, completes, completes, lingers, recorded) if _is_call(report) else MEDIA_ENDED
    if not _is_call(report):
        return MEDIA_ALERTS if report.state is It.ALERTING else MEDIA_STARTED
    if report.state is not It.STARTED:
        return (answered_and_held if talks else answered, *CALL_RINGS)
    steps: list[Step] = [data_changes, member_comes, member_goes, recorded, described, ends]
    states = [each.state for each in report.legs]
    if Leg.CONNECTED in states:
        steps += [holds]
    elif Leg.HELD in states and not talks:
        steps += [retrieves]
    if states == [Leg.DIALING]:  # a consult that was left alone before it was answered
        steps += [answered_and_held if talks else answered, is_replaced]
    elif len(states) == 1:
        steps += [consults] * 2 + [is_replaced]
    else:
        steps += [consult_goes, primary_goes]
        if report.legs[1].state is Leg.DIALING:
            steps += [consult_answers_held if talks or Leg.CONNECTED in states else consult_answers] * 8
        else:
            steps += [joins]
        if set(states) == {Leg.CONNECTED, Leg.HELD}:
            steps += [alternates] * 2
    return tuple(steps)


def _is_call(report: InteractionReport) -> bool:
    return report.type is ChannelType.TELEPHONY


def answered(_: Dice, report: InteractionReport) -> InteractionReport:
    if not _is_call(report):
        return evolve(report, state=It.STARTED)
    return evolve(report, attrs.evolve(report.legs[0], state=Leg.CONNECTED), state=It.STARTED)


def answered_and_held(_: Dice, report: InteractionReport) -> InteractionReport:
    return evolve(report, attrs.evolve(report.legs[0], state=Leg.HELD), state=It.STARTED)


def holds(_: Dice, report: InteractionReport) -> InteractionReport:
    return evolve(report, *(_swapped(each, Leg.CONNECTED, Leg.HELD) for each in report.legs))


def retrieves(dice: Dice, report: InteractionReport) -> InteractionReport:
    wanted = dice.pick([each for each in report.legs if each.state is Leg.HELD])
    return evolve(
        report, *(attrs.evolve(each, state=Leg.CONNECTED) if each is wanted else each for each in report.legs)
    )


def alternates(_: Dice, report: InteractionReport) -> InteractionReport:
    other = {Leg.CONNECTED: Leg.HELD, Leg.HELD: Leg.CONNECTED}
    return evolve(report, *(attrs.evolve(each, state=other[each.state]) for each in report.legs))


def consults(dice: Dice, report: InteractionReport) -> InteractionReport:
    primary = _swapped(report.legs[0], Leg.CONNECTED, Leg.HELD)
    return evolve(report, primary, leg(dice, report.id, Leg.DIALING, CONSULT))


def consult_answers(_: Dice, report: InteractionReport) -> InteractionReport:
    return evolve(report, report.legs[0], attrs.evolve(report.legs[1], state=Leg.CONNECTED))


def consult_answers_held(_: Dice, report: InteractionReport) -> InteractionReport:
    return evolve(report, report.legs[0], attrs.evolve(report.legs[1], state=Leg.HELD))


def consult_goes(_: Dice, report: InteractionReport) -> InteractionReport:
    return evolve(report, report.legs[0])


def primary_goes(_: Dice, report: InteractionReport) -> InteractionReport:
    return evolve(report, attrs.evolve(report.legs[1], type=PRIMARY))


def joins(_: Dice, report: InteractionReport) -> InteractionReport:
    """Both legs become one, as in a conference."""
    primary, consult = report.legs
    members = {member.id: member for member in (*consult.members, *primary.members)}
    state = max(primary.state, consult.state, key=lambda each: each is Leg.CONNECTED)
    return evolve(report, attrs.evolve(primary, state=state, members=tuple(members.values())))


def is_replaced(dice: Dice, report: InteractionReport) -> InteractionReport:
    """The switch has made a new leg of the only one."""
    return evolve(report, leg(dice, report.id, report.legs[0].state))


def member_comes(dice: Dice, report: InteractionReport) -> InteractionReport:
    """Or is known under another name from now on."""
    new = dice.pick(MEMBERS)
    new = attrs.evolve(new, name="Eve") if dice.one_in(3) else new
    primary = report.legs[0]
    members = (*(member for member in primary.members if member.id != new.id), new)
    return evolve(report, attrs.evolve(primary, members=members), *report.legs[1:])


def member_goes(dice: Dice, report: InteractionReport) -> InteractionReport:
    primary = report.legs[0]
    return evolve(report, attrs.evolve(primary, members=primary.members[1:]), *report.legs[1:])


def recorded(dice: Dice, report: InteractionReport) -> InteractionReport:
    return evolve(report, recording=dice.pick(tuple(RecordingState)))


def data_changes(dice: Dice, report: InteractionReport) -> InteractionReport:
    key, value = dice.pick(DATA)
    kept = {each: said for each, said in report.data.items() if each != key}
    return evolve(report, data=kept if dice.one_in(3) else {**kept, key: value})


def described(dice: Dice, report: InteractionReport) -> InteractionReport:
    """Another contact, or another direction."""
    return evolve(report, contact=dice.pick(("anna", "bert", "anna and bert")), direction=dice.pick(tuple(Direction)))


def can_otherwise(dice: Dice, report: InteractionReport) -> InteractionReport:
    """The customer's side can do more, or less."""
    return evolve(report, abilities=frozenset(dice.pick(ABILITIES)) if report.type is ChannelType.CHAT else frozenset())


def ends(dice: Dice, report: InteractionReport) -> InteractionReport:
    return evolve(report, **ending(dice, dice.pick((It.ENDED, It.ENDED, It.COMPLETED))))


def completes(dice: Dice, report: InteractionReport) -> InteractionReport:
    said = dice.pick((None, Disposition(code="1"), Disposition(code="2", note="later")))
    return evolve(report, state=It.COMPLETED, wrapup_s=None, disposition=said)


def lingers(dice: Dice, report: InteractionReport) -> InteractionReport:
    """Still over, though the platform has another cause or time for it."""
    return evolve(report, **ending(dice))


def _swapped(each: LegReport, state: Leg, now: Leg) -> LegReport:
    return attrs.evolve(each, state=now) if each.state is state else each


CALL_RINGS: tuple[Step, ...] = (data_changes, described, recorded, ends, member_comes)
MEDIA_ALERTS: tuple[Step, ...] = (answered, answered, answered, data_changes, described, can_otherwise, ends)
MEDIA_STARTED: tuple[Step, ...] = (data_changes, can_otherwise, described, ends)
MEDIA_ENDED: tuple[Step, ...] = (completes, completes, data_changes, lingers)


# What comes up


def post(dice: Dice, report: InteractionReport, key: str) -> Post:
    """Something that comes up in the interaction, under the id `key`."""
    about: dict[str, Any] = {"endpoint": report.endpoint, "interaction": report.id, "id": key}
    about["party"] = party = dice.pick(PARTIES)
    kinds: tuple[Callable[[], Post], ...] = (
        lambda: MessagePosted(**about, text=f"{party.name} was here", time=TIME),
        lambda: TypingChanged(**about, typing=not dice.one_in(3)),
        lambda: FilePosted(**about, name="a.txt", url="https://files/a", size=dice.pick((None, 0, 17))),
        lambda: FormSubmitted(**about, form="f1", values={"name": "Carl"}),
        lambda: ScreenshotAnswered(**about, accepted=dice.one_in(2), url=dice.pick((None, "https://shots/1"))),
        lambda: SignalReceived(**about, name="sdp", data={"offer": "v=0"}),
        lambda: PartyChanged(**about, joined=dice.one_in(2)),
    )
    return dice.pick(kinds)()


def message(report: InteractionReport, key: str, text: str) -> MessagePosted:
    """The agent's own message."""
    return MessagePosted(
        endpoint=report.endpoint, interaction=report.id, id=key, party=PARTIES[1], text=text, time=TIME
    )
