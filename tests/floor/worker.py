"""An agent of a day's plan who works through a session: reads messages, sends commands, never touches the switch."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import attrs

from engine.adapters.simulator.day_plan import TICKET, Act, Outbound, Pause, Plan, Reaction, Shift, Step
from protocol.states import AgentState, ChannelType, ConversationState, ConversationType, InteractionState
from statemachines.contact import Interaction
from statemachines.world import Channel
from tests.floor.floor import Floor, Seat
from tests.floor.stories import path

JsonObject = dict[str, Any]

TRY_AGAIN_S = 20.0
COME_BACK_S = 45.0


@attrs.define(eq=False)
class Doing:
    """What the worker does with one interaction, by its target."""

    ticket: str
    work: bool = False
    wrapup_s: float = 0.0
    disposition: str | None = None


class Worker:
    """`later` lets time pass until something is to be done; `had` counts the agents who have had a contact."""

    def __init__(self, floor: Floor, plan: Plan, shift: Shift, had: Callable[[str], int]) -> None:
        self.seat: Seat = floor.sit_down(shift.agent)
        self._floor = floor
        self._plan = plan
        self._shift = shift
        self._had = had
        self._doing: dict[str, Doing] = {}
        self._offers: dict[str, int] = {}
        self.dials: list[Outbound] = []
        """Calls to be made that have not been made yet."""
        self._away: Pause | None = None
        self._here = False
        self._come_in()
        self.seat.heard = self._heard

    def _come_in(self) -> None:
        serves = {f"{kind.lower()}": kind in self._shift.serves for kind in ChannelType}
        group = {"name": self._shift.group, **{kind: serves[kind] for kind in ("chat", "email", "callback")}}
        self.seat.ask("session.addchannelgroup", "", {"channelgroup": group})
        self._floor.settle()
        self.seat.ask("channelgroup.activateall", ".g1")
        self._floor.settle()

    def begin(self) -> None:
        """The day begins now."""
        self._later(self._shift.begins_s, self._sit_down)
        for pause in self._shift.pauses:
            self._later(pause.at_s, partial(self._go_away, pause))
            self._later(pause.at_s + pause.for_s, self._come_back)
        for dial in self._shift.dials:
            self._later(dial.at_s, partial(self._dial_in_turn, dial))

    def _later(self, delay_s: float, do: Callable[[], None]) -> None:
        self._floor.switch.timers.later(delay_s, do)

    # Agent states

    def _sit_down(self) -> None:
        self._here = True
        self._settle()

    def _go_away(self, pause: Pause) -> None:
        self._away = pause
        self._settle()

    def _come_back(self) -> None:
        self._away = None
        self._settle()

    def _settle(self) -> None:
        for channel in self.seat.channels():
            if not self._here or not channel.active or channel.type not in self._shift.serves:
                continue
            if self._away is None:
                self.seat.ask("channel.ready", path(self.seat, channel))
            else:
                reason = {"reason": {"code": self._away.reason}} if self._away.reason else {}
                self.seat.ask("channel.notready", path(self.seat, channel), reason)
        self._dial()

    # Own calls

    def _dial_in_turn(self, dial: Outbound) -> None:
        self.dials.append(dial)
        self._dial()

    def _dial(self) -> None:
        phones = [channel for channel in self.seat.channels() if channel.type is ChannelType.TELEPHONY]
        if not self.dials or not self._here or self._away or not phones:
            return
        if phones[0].interactions or not phones[0].active:
            return
        dial = self.dials.pop(0)
        data = {"destination": dial.destination, "extensions": dial.data}
        self.seat.ask("channel.dial", path(self.seat, phones[0]), data)
        self._later(dial.gives_up_s, partial(self._give_up, dial.ticket))

    def _give_up(self, ticket: str) -> None:
        for it in self.seat.interactions():
            if it.state is InteractionState.DIALING and it.data.get(TICKET) == ticket:
                self._do(Step(after_s=0, act=Act.RELEASE), str(it.target))

    # What is told

    def _heard(self, message: JsonObject) -> None:
        match message:
            case {
                "command": "channel.dial",
                "result": "failure",
                "original": {"data": {"extensions": {"ticket": ticket}}},
            }:
                self.dials += [dial for dial in self._shift.dials if dial.ticket == ticket]
                self._later(TRY_AGAIN_S, self._dial)
            case {"name": "interaction.preview", "target": target, "data": data}:
                self._offered(target, data)
            case {"name": "interaction.started", "target": target}:
                self._started(target)
            case {"name": "interaction.ended", "target": target, "data": {"wrapup": True}}:
                self._wrap_up(target)
            case {"name": "interaction.disposed", "target": target}:
                self._doing.pop(target, None)
                self._later(1.0, self._dial)
            case {"name": "channel.infochanged", "data": {"channel": {"agentstate": "NOTREADY"}}} if not self._away:
                self._later(COME_BACK_S, self._settle)

    def _offered(self, target: str, data: JsonObject) -> None:
        ticket = data["interactiondata"].get(TICKET, data["interaction"]["contact"])
        self._doing[target] = Doing(ticket)
        if data["interaction"]["state"] != InteractionState.ALERTING:
            return
        offer = self._offers[ticket] = self._offers.get(ticket, -1) + 1
        kind = ChannelType(data["interaction"]["modeltype"])
        response = self._plan.response(self.seat.agent, ticket, offer, kind)
        if response.reaction is not Reaction.IGNORE:
            verb = "accept" if response.reaction is Reaction.ACCEPT else "reject"
            self._later(response.after_s, partial(self._ask, f"interaction.{verb}", target))

    def _started(self, target: str) -> None:
        it = self._find(target)
        doing = self._doing.get(target)
        if it is None or doing is None or doing.work:
            return
        doing.work = True
        work = self._plan.work(self.seat.agent, doing.ticket, self._had(doing.ticket), it.type)
        doing.wrapup_s, doing.disposition = work.wrapup_s, work.disposition
        self._go_on(target, work.steps)

    def _wrap_up(self, target: str) -> None:
        doing = self._doing.get(target) or Doing("")
        data = {"disposition": {"code": doing.disposition}} if doing.disposition else {}
        self._later(doing.wrapup_s, partial(self._ask, "interaction.complete", target, data))

    def _go_on(self, target: str, steps: tuple[Step, ...]) -> None:
        if steps:
            first, *rest = steps
            self._later(first.after_s, partial(self._step, target, first, tuple(rest)))

    def _step(self, target: str, step: Step, rest: tuple[Step, ...]) -> None:
        it = self._find(target)
        if it is None or it.over:
            return
        self._go_on(target, rest)
        self._do(step, target)

    # Commands

    def _do(self, step: Step, target: str) -> None:
        it = self._find(target)
        if it is not None:
            for command, at, data in _COMMANDS[step.act](it, step.what):
                self._ask(command, str(at), data)

    def _ask(self, command: str, target: str, data: JsonObject | None = None) -> None:
        if self._find(target) is not None or command.startswith("conversation."):
            self.seat.ask(command, f".{target}".removeprefix(f".{self.seat.id}"), data)

    def _find(self, target: str) -> Interaction | None:
        return next((it for it in self.seat.interactions() if str(it.target) == target), None)


Asks = Iterator[tuple[str, Any, JsonObject]]


def _leg(it: Interaction, *states: ConversationState, kind: ConversationType | None = None) -> list[Any]:
    return [
        leg.target for leg in it.conversations.values() if leg.state in states and (kind is None or leg.type is kind)
    ]


def _at(command: str, *states: ConversationState, key: str | None = None) -> Callable[[Interaction, str], Asks]:
    return lambda it, what: iter([(command, at, {key: what} if key else {}) for at in _leg(it, *states)[:1]])


def _of(command: str, data: Callable[[str], JsonObject] = lambda _: {}) -> Callable[[Interaction, str], Asks]:
    return lambda it, what: iter([(command, it.target, data(what))])


def _release(it: Interaction, _: str) -> Asks:
    if not it.is_call:
        yield "interaction.release", it.target, {}
    for leg in tuple(it.conversations.values())[::-1]:
        yield "conversation.release", leg.target, {}


def _end_consult(it: Interaction, _: str) -> Asks:
    if it.consult is not None:
        yield "conversation.release", it.consult.target, {}


_C, _H = ConversationState.CONNECTED, ConversationState.HELD

_COMMANDS: dict[Act, Callable[[Interaction, str], Asks]] = {
    Act.HOLD: _at("conversation.hold", _C),
    Act.RETRIEVE: _at("conversation.retrieve", _H),
    Act.RECORD: lambda it, _: iter(
        [(f"interaction.recording.{'resume' if it.recording == 'PAUSED' else 'start'}", it.target, {})]
    ),
    Act.PAUSE_RECORDING: _of("interaction.recording.pause"),
    Act.STOP_RECORDING: _of("interaction.recording.stop"),
    Act.DIGITS: _at("conversation.senddtmf", _C, key="digits"),
    Act.NOTE: _of("interaction.setdata", lambda what: {"interactiondata": {"note": what}}),
    Act.CONSULT: _of("interaction.consult", lambda what: {"destination": what}),
    Act.ALTERNATE: _of("interaction.alternate"),
    Act.TRANSFER: _of("interaction.consulttransfer"),
    Act.CONFERENCE: _of("interaction.consultconference"),
    Act.END_CONSULT: _end_consult,
    Act.BLIND_TRANSFER: _at("conversation.blindtransfer", _C, key="destination"),
    Act.BLIND_CONFERENCE: _at("conversation.blindconference", _C, key="destination"),
    Act.TYPE: _of("interaction.typing.start"),
    Act.SAY: _of("interaction.message.send", lambda what: {"text": what}),
    Act.REPLY: _of("interaction.reply", lambda what: {"text": what}),
    Act.HAND_ON: _of("interaction.transfer", lambda what: {"queue": what}),
    Act.RELEASE: _release,
}


def channels_at_work(seat: Seat) -> list[Channel]:
    return [channel for channel in seat.channels() if channel.agentstate is AgentState.WORK]
