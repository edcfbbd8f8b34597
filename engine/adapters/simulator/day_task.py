"""One interaction of an agent who is played: the answer to the offer, then the work, step by step."""

from collections.abc import Callable
from typing import Any, Protocol

import attrs

from engine.adapters.simulator.day_plan import TICKET, Act, Plan, Reaction, Step, Work
from engine.adapters.simulator.day_steps import calls_for
from engine.adapters.simulator.timers import Timer
from protocol.errors import Refused
from protocol.platform import OVER, AcceptInteraction, InteractionReport, PlatformCall, RejectInteraction
from protocol.states import InteractionState


class Hands(Protocol):
    """The agent who does it."""

    @property
    def agent(self) -> str: ...

    def later(self, delay_s: float, do: Callable[[], None]) -> Timer:
        """Do it then, unless the agent is not played any more."""
        ...

    def perform(self, call: PlatformCall[Any]) -> None:
        """Raises Refused."""
        ...

    def had(self, ticket: str) -> int:
        """How many agents have had this contact before; this one has it from now on."""
        ...

    def did(self, what: str) -> None:
        """Something of the plan was done."""
        ...


def ticket_of(report: InteractionReport) -> str:
    """What a plan knows the contact by. One that is none of the plan's goes by its id."""
    ticket = report.data.get(TICKET)
    return ticket if isinstance(ticket, str) else report.contact


@attrs.define(eq=False)
class Task:
    """What goes on with one interaction. `work` is there once it is answered."""

    hands: Hands
    plan: Plan
    report: InteractionReport
    work: Work | None = None
    _timer: Timer | None = None

    def offered(self, offer: int) -> None:
        """It is offered to the agent, who was offered the contact `offer` times before."""
        response = self.plan.response(self.hands.agent, ticket_of(self.report), offer, self.report.type)
        if response.reaction is Reaction.IGNORE:
            self.hands.did(Reaction.IGNORE)
        else:
            self._timer = self.hands.later(response.after_s, lambda: self._respond(response.reaction))

    def dialling(self, gives_up_s: float) -> None:
        """It was dialled, and rings."""
        self._timer = self.hands.later(gives_up_s, self._give_up)

    def changed(self, report: InteractionReport) -> None:
        """It stands so now."""
        self.report = report
        if report.state in OVER:
            self.stop()
        elif report.state is InteractionState.STARTED and self.work is None:
            self.stop()
            ticket = ticket_of(report)
            self.work = self.plan.work(self.hands.agent, ticket, self.hands.had(ticket), report.type)
            self._go_on(self.work.steps)

    def stop(self) -> None:
        """Do nothing more about it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _respond(self, reaction: Reaction) -> None:
        call = AcceptInteraction if reaction is Reaction.ACCEPT else RejectInteraction
        self._try(call(endpoint=self.report.endpoint, interaction=self.report.id), reaction)

    def _give_up(self) -> None:
        for call in calls_for(Act.RELEASE, "", self.report):
            self._try(call, Act.RELEASE)

    def _go_on(self, steps: tuple[Step, ...]) -> None:
        if steps:
            self._timer = self.hands.later(steps[0].after_s, lambda: self._step(steps))

    def _step(self, steps: tuple[Step, ...]) -> None:
        step, *rest = steps
        self._go_on(tuple(rest))
        for call in calls_for(step.act, step.what, self.report):
            self._try(call, step.act)

    def _try(self, call: PlatformCall[Any], what: str) -> None:
        """What is refused is left out: the other side may have been faster."""
        try:
            self.hands.perform(call)
        except Refused:
            return
        self.hands.did(what)
