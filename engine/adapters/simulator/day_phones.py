"""Plays the agents of a day who have no session of their own, at their phones and media consoles.

Each agent does what the plan says, by calls on the switch such as a session would make. As soon as a session is there
for the agent, whoever sits at it has the agent to themselves, with all that is going on.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from engine.adapters.simulator.day_plan import Outbound, Pause, Plan, Shift
from engine.adapters.simulator.day_task import Task, ticket_of
from engine.adapters.simulator.day_totals import Ledger
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.routing import NO_ANSWER
from engine.adapters.simulator.timers import Timer
from protocol.errors import Refused
from protocol.platform import (
    OVER,
    ActivateChannel,
    AddChannel,
    AddGroup,
    ChannelReport,
    Dial,
    Feature,
    InteractionReport,
    LogoutAgent,
    PlatformCall,
    Report,
    SetAgentState,
)
from protocol.states import AgentState, ChannelType, InteractionState

TRY_AGAIN_S: Final = 20.0
"""When an agent tries again to make a call that could not be made, or to go home."""
COME_BACK_S: Final = 45.0
"""After how long an agent notices that the switch has made it not ready."""


class Attendant:
    """One agent, played."""

    def __init__(self, switch: Switch, plan: Plan, shift: Shift, ledger: Ledger, had: Callable[[str], int]) -> None:
        """`had` counts the agents who have had a contact."""
        self._switch = switch
        self._plan = plan
        self._shift = shift
        self._ledger = ledger
        self.had = had
        self._endpoints: dict[str, ChannelType] = {}
        self._tasks: dict[str, Task] = {}
        self._offers: dict[str, int] = {}
        self._dials: list[Outbound] = []
        self._dialled: dict[str, Outbound] = {}
        self._redial: Timer | None = None
        self._timers: list[Timer] = []
        self._away: Pause | None = None
        self._wrapping = False
        self._here = False
        self._left = False
        self._leaving = False

    @property
    def agent(self) -> str:
        return self._shift.agent

    @property
    def gone(self) -> bool:
        """Nothing of this agent is played any more."""
        return self._left

    # Coming and going

    def begin(self) -> None:
        """The day begins now, for this agent as for all."""
        self.later(self._shift.begins_s, self._sit_down)
        for pause in self._shift.pauses:
            self.later(pause.at_s, partial(self._go_away, pause))
            self.later(pause.at_s + pause.for_s, self._come_back)
        for dial in self._shift.dials:
            self.later(dial.at_s, partial(self._dial_in_turn, dial))
        if self._shift.ends_s is not None:
            self.later(self._shift.ends_s, self.go_home)

    def _sit_down(self) -> None:
        phone = self._shift.extension
        self._here = True
        try:
            if Feature.TELEPHONY in self._switch.features:
                self._switch.phone(phone, "login", agent=self.agent)
                self._endpoints[phone] = ChannelType.TELEPHONY
            self._open_channels(phone)
        except Refused:  # somebody else sits there
            self.leave_at_once()
        else:
            self._settle()

    def _open_channels(self, phone: str) -> None:
        if self._shift.group is None:
            self.perform(AddChannel(endpoint=phone, type=ChannelType.TELEPHONY))
            return
        wants = {kind.lower(): kind in self._shift.serves for kind in ChannelType if kind is not ChannelType.TELEPHONY}
        group = self._switch.perform(self.agent, AddGroup(name=self._shift.group, **wants))
        for channel in group.channels:
            if channel.type in self._shift.serves and channel.type is not ChannelType.TELEPHONY:
                self.perform(ActivateChannel(endpoint=channel.endpoint))
                self._endpoints[channel.endpoint] = channel.type

    def go_home(self) -> None:
        """Take nothing new, finish what there is, and leave."""
        if not self._leaving:
            self._leaving = True
            self._settle()
            self._leave()

    def _leave(self) -> None:
        if not self._here:
            self._forget()
        elif self._tasks or self._wrapping or self._dials:
            self._dial()
            self.later(TRY_AGAIN_S, self._leave)
        else:
            self.leave_at_once()

    def leave_at_once(self) -> None:
        """Drop everything: calls go on at the phone, the rest goes back to the queues."""
        if self._here and not self._has_session():
            self._try(LogoutAgent(reason=self._plan.logout_reason))
        self._forget()

    def _forget(self) -> None:
        """Play this agent no more."""
        self._left, self._here = True, False
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._tasks.clear()

    # Agent states

    def _go_away(self, pause: Pause) -> None:
        self._away = pause
        self._settle()

    def _come_back(self) -> None:
        self._away = None
        self._settle()

    def _settle(self) -> None:
        """Be ready, or not, as the plan has it; at the phone once the call there and its wrap-up are over."""
        if not self._here:
            return
        for endpoint, kind in self._endpoints.items():
            if kind is ChannelType.TELEPHONY and (self._wrapping or self._on_the_phone()):
                continue
            ready = kind in self._shift.serves and self._away is None and not self._leaving
            reason = self._away.reason if self._away is not None else self._shift.off_reason
            self._try(
                SetAgentState(
                    endpoint=endpoint,
                    agentstate=AgentState.READY if ready else AgentState.NOTREADY,
                    reason=None if ready else reason,
                )
            )
        self._dial()

    def _on_the_phone(self) -> bool:
        return any(task.report.type is ChannelType.TELEPHONY for task in self._tasks.values())

    def _wrapped_up(self) -> None:
        self._wrapping = False
        self._settle()

    # Calls of the agent's own

    def _dial_in_turn(self, dial: Outbound) -> None:
        self._dials.append(dial)
        self._dial()

    def _dial(self) -> None:
        """Make the next call, if the phone is free for it."""
        if not self._dials or not self._here or self._away is not None or self._wrapping or self._on_the_phone():
            return
        dial = self._dials[0]
        self._dialled[dial.ticket] = dial
        call = Dial(endpoint=self._shift.extension, destination=dial.destination, extensions=dial.data)
        if self._try(call):
            self._dials.remove(dial)
        elif self._redial is None or not self._redial.pending:
            self._redial = self.later(TRY_AGAIN_S, self._dial)

    # What is reported

    def changed(self, report: Report) -> None:
        """Something of this agent's is now as the report says."""
        if not self._here or self._has_session():
            return
        match report:
            case ChannelReport(reason=reason) | InteractionReport(channel=ChannelReport(reason=reason)) if (
                reason == NO_ANSWER
            ):
                self.later(COME_BACK_S, self._settle)
        if isinstance(report, InteractionReport):
            self._interaction(report)

    def _interaction(self, report: InteractionReport) -> None:
        task = self._tasks.get(report.id)
        if task is None:
            if report.state in OVER:
                return
            task = self._tasks[report.id] = self._begin(report)
        answered = task.work is not None
        task.changed(report)
        if report.type is ChannelType.TELEPHONY and task.work is not None and not answered:
            self._soon(SetAgentState(endpoint=report.endpoint, agentstate=AgentState.WORK))
        if report.state in OVER:
            self._over(task)

    def _begin(self, report: InteractionReport) -> Task:
        task, ticket = Task(self, self._plan, report), ticket_of(report)
        match report.state:
            case InteractionState.ALERTING:
                offer = self._offers[ticket] = self._offers.get(ticket, -1) + 1
                task.offered(offer)
            case InteractionState.DIALING if ticket in self._dialled:
                task.dialling(self._dialled[ticket].gives_up_s)
        return task

    def _over(self, task: Task) -> None:
        del self._tasks[task.report.id]
        if task.work is None:
            return
        if task.work.disposition is not None:
            self._ledger.dispositions[task.work.disposition] += 1
        if task.report.type is ChannelType.TELEPHONY:
            self._wrapping = True
            self.later(task.work.wrapup_s, self._wrapped_up)

    # Hands

    def later(self, delay_s: float, do: Callable[[], None]) -> Timer:
        def then() -> None:
            if self._has_session():
                self._forget()
            else:
                do()

        timer = self._switch.timers.later(delay_s, then)
        self._timers = [*(each for each in self._timers if each.pending), timer]
        return timer

    def perform(self, call: PlatformCall[Any]) -> None:
        self._switch.perform(self.agent, call)

    def did(self, what: str) -> None:
        self._ledger.done[what] += 1

    def _soon(self, call: PlatformCall[Any]) -> None:
        """As the very next thing: nothing is done to the switch while it tells of a change."""

        def do() -> None:
            self._try(call)

        self.later(0, do)

    def _try(self, call: PlatformCall[Any]) -> bool:
        try:
            self.perform(call)
        except Refused:
            return False
        return True

    def _has_session(self) -> bool:
        return self._switch.agents.desks[self.agent].watched
