"""What no sound platform says: reports that cannot be, and answers of another type or about something else."""

import math
from typing import Any

import attrs

from protocol import platform
from protocol.platform import (
    ChannelReport,
    DirectoryEntry,
    Disposition,
    GroupReport,
    InteractionCall,
    InteractionReport,
    Message,
    MessagePosted,
    PlatformCall,
    ReasonCode,
    Replied,
    Snapshot,
)
from protocol.states import Ability, AgentState, ChannelType, Direction, EndCause, LoginState, RecordingState
from protocol.states import ConversationState as Leg
from protocol.states import InteractionState as It
from tests.strategies import Dice
from tests.walks import answers, reports
from tests.walks.places import channel_report, impossible_channel

ODD: tuple[Any, ...] = (7, "ready", [], {}, object, (None,), (7,), Snapshot)

TALKING = platform.LegReport(id="x1", state=Leg.CONNECTED, direction=Direction.INBOUND, members=())
HELD = attrs.evolve(TALKING, id="x2", state=Leg.HELD, type=reports.CONSULT)
SAID = Message(id="t", party=reports.PARTIES[0], text="Hi", time=reports.TIME)


# Interactions


def spoilt(dice: Dice, report: InteractionReport) -> InteractionReport:
    """A sound report, made impossible in itself."""
    wrong: list[dict[str, Any]] = [
        {dice.pick(("endpoint", "id", "contact")): ""},
        {"channel": impossible_channel(dice, report.endpoint)},
        {"channel": channel_report(dice, "elsewhere")},
    ]
    if report.state in (It.ENDED, It.COMPLETED):
        wrong += [{"cause": None}, {"wrapup_s": dice.pick((0.0, -1.0, math.inf))}]
        wrong += [{"legs": (TALKING,)}]
    else:
        wrong += [{"cause": EndCause.BUSY}, {"disposition": Disposition(code="1")}, {"wrapup_s": 10.0}]
        wrong += _wrong_legs(report) if report.type is ChannelType.TELEPHONY else _wrong_media(report)
    if report.type is ChannelType.TELEPHONY:
        wrong += [{"transcript": (SAID,)}, {"abilities": frozenset({Ability.FILE})}]
    else:
        wrong += [{"recording": RecordingState.PAUSED}]
    if report.state is It.COMPLETED:
        wrong += [{"wrapup_s": 10.0}]
    return attrs.evolve(report, **dice.pick(wrong))


def _wrong_legs(report: InteractionReport) -> list[dict[str, Any]]:
    """Of a call that is not over: none, a consult alone, two that talk, the same twice, too many, in a wrong state."""
    first = report.legs[0]
    member = platform.Member(id="m", address="1")
    other = {It.ALERTING: Leg.DIALING, It.DIALING: Leg.ALERTING, It.STARTED: Leg.ALERTING}[report.state]
    wrong: list[Any] = [
        (),
        (attrs.evolve(first, type=reports.CONSULT),),
        (first, attrs.evolve(HELD, type=reports.PRIMARY)),
        (first, attrs.evolve(HELD, id=first.id)),
        (first, HELD, attrs.evolve(HELD, id="x3")),
        (attrs.evolve(first, id=""),),
        (attrs.evolve(first, state=other),),
        (attrs.evolve(first, state=Leg.ENDED),),
        (attrs.evolve(first, members=(member, member)),),
        (HELD, first),
    ]
    if report.state is It.STARTED:
        wrong += [(attrs.evolve(first, state=Leg.CONNECTED), attrs.evolve(HELD, state=Leg.CONNECTED))]
        wrong += [(first, attrs.evolve(HELD, state=state)) for state in (Leg.ALERTING, Leg.ENDED)]
        wrong += [(attrs.evolve(first, state=Leg.DIALING), HELD)]
    else:
        wrong += [(first, HELD)]
    return [{"legs": legs} for legs in wrong]


def _wrong_media(report: InteractionReport) -> list[dict[str, Any]]:
    wrong: list[dict[str, Any]] = [{"legs": (TALKING,)}, {"state": It.DIALING}]
    return wrong if report.type is ChannelType.CHAT else [*wrong, {"abilities": frozenset({Ability.URL})}]


def nonsense_about(dice: Dice, call: InteractionCall[Any], report: InteractionReport, *, talks: bool) -> Any:
    """In answer to a call about an interaction."""
    if dice.one_in(3):
        return dice.pick((*ODD, None) if platform.CALLS[type(call)].answer is not type(None) else (*ODD, (), True))
    good = answers.good_answer_about(dice, call, report, talks=talks)
    match good:
        case InteractionReport():
            return spoilt(dice, good)
        case Replied():
            return attrs.evolve(good, interaction=spoilt(dice, good.interaction))
        case MessagePosted():
            other = reports.post(dice, report, good.id)
            return report if isinstance(other, MessagePosted) else other
        case _:
            return dice.pick((report, True, ()))


# Channels and groups


def nonsense_answer(dice: Dice, call: PlatformCall[Any], used: frozenset[str]) -> Any:
    """In answer to any other call; `used` are the endpoints that the session has."""
    listed = isinstance(call, (platform.ListDirectory, platform.ListNotReadyReasons, platform.ListLogoutReasons))
    if platform.CALLS[type(call)].answer is type(None):
        return dice.pick((*ODD, (), True))
    if dice.one_in(3):
        return dice.pick((*ODD, None))
    match call:
        case platform.StartAgent():
            return _wrong_snapshot(dice)
        case platform.Dial(endpoint=endpoint):
            return spoilt(dice, answers.dialled(dice, endpoint))
        case platform.AddGroup():
            return _wrong_group(dice, call, used)
        case _ if listed or isinstance(call, platform.ListDispositions):
            entry = DirectoryEntry(name="Front desk", number="9", type="internal")
            return (entry, ReasonCode(code="1", name="Lunch"))
        case _:
            return _wrong_channel(dice, call, used)


def _wrong_snapshot(dice: Dice) -> Snapshot:
    sound = channel_report(dice, "4001")
    alone, twin = GroupReport(name="Sales", channels=(sound,)), GroupReport(name="Sales", channels=())
    begun = reports.beginning(dice, sound.endpoint, sound.type, "i0", talks=False)
    calls = attrs.evolve(sound, type=ChannelType.TELEPHONY)
    talking = InteractionReport(
        endpoint="4001",
        id="i1",
        contact="anna",
        type=ChannelType.TELEPHONY,
        direction=Direction.INBOUND,
        state=It.STARTED,
        legs=(TALKING,),
    )
    other = ChannelType.CHAT if sound.type is ChannelType.EMAIL else ChannelType.EMAIL
    wrong: list[dict[str, Any]] = [
        {"channels": (sound, sound)},
        {"channels": (impossible_channel(dice, "4001"),)},
        {"groups": (twin, twin)},
        {"groups": (alone,), "channels": (sound,)},
        {"interactions": (begun,)},
        {"channels": (attrs.evolve(sound, type=other),), "interactions": (begun,)},
        {"channels": (sound,), "interactions": (begun, begun)},
        {"channels": (sound,), "interactions": (spoilt(dice, begun),)},
        {"channels": (calls,), "interactions": (talking, attrs.evolve(talking, id="i2"))},
        {"channels": (sound,), "interactions": (reports.completes(dice, _over(begun)),)},
    ]
    return Snapshot(agent_name="", **dice.pick(wrong))


def _over(report: InteractionReport) -> InteractionReport:
    return attrs.evolve(report, state=It.ENDED, cause=EndCause.REMOTE, legs=())


def _wrong_group(dice: Dice, call: platform.AddGroup, used: frozenset[str]) -> GroupReport:
    good: GroupReport = answers.good_answer(dice, call, used)
    sound, bad = channel_report(dice, "X1"), impossible_channel(dice, "X1")
    wrong = [attrs.evolve(good, channels=(*good.channels, *more)) for more in ((sound, sound), (bad,))]
    wrong += [attrs.evolve(good, channels=(attrs.evolve(sound, endpoint=at),)) for at in sorted(used)]
    return dice.pick([*wrong, attrs.evolve(good, name=f"not {good.name}")])


def _wrong_channel(dice: Dice, call: Any, used: frozenset[str]) -> ChannelReport:
    """Impossible, about another endpoint, of another type, or not what was asked for."""
    good: ChannelReport = answers.good_answer(dice, call, used)
    wrong = [attrs.evolve(good, endpoint=f"not {good.endpoint}"), impossible_channel(dice, good.endpoint)]
    match call:
        case platform.AddChannel():
            wrong += [attrs.evolve(good, type=kind) for kind in ChannelType if kind is not call.type]
        case platform.SetAgentState(agentstate=wanted):
            other = AgentState.READY if wanted is AgentState.NOTREADY else AgentState.NOTREADY
            wrong += [attrs.evolve(good, agentstate=other, pendingagentstate=None)]
            wrong += [channel_report(dice, good.endpoint, loginstate=LoginState.INACTIVE)]
        case _:
            others = [login for login in LoginState if login is not good.loginstate]
            wrong += [channel_report(dice, good.endpoint, loginstate=login) for login in others]
    return dice.pick(wrong)
