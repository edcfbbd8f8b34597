"""The customer's side of a chat: what it has been shown, and the script by which it acts of its own accord."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol

import attrs

from engine.adapters.simulator.customer_script import (
    AnswerScreenshot,
    AnswerSignal,
    AwaitAgent,
    AwaitMessage,
    FillForm,
    Leave,
    PutFile,
    Say,
    Script,
    Step,
    TypeFor,
    Wait,
)
from engine.adapters.simulator.timers import Timer, Timers
from protocol.platform import PushUrl, SendSignal, ShowForm

FASTEST_S: Final = 0.005
"""How fast a chat takes what a customer's script writes, in seconds of the world, whatever the switch's time does."""


@attrs.define
class Page:
    """What the customer sees. Of each kind of thing it is the latest one that counts.

    `taken`: an agent has the chat. `unread` counts messages of agents since the customer last read. `form` is open,
    the screenshot and `signal` wait for an answer; all three go with the agent who sent them.
    """

    taken: bool = False
    unread: int = 0
    agent_typing: bool = False
    url: PushUrl | None = None
    form: ShowForm | None = None
    screenshot_asked: bool = False
    signal: SendSignal | None = None

    def agent_left(self) -> None:
        self.taken = self.agent_typing = self.screenshot_asked = False
        self.form = self.signal = None


class Acts(Protocol):
    """What customers do in the chat of this id."""

    def message(self, contact: str, text: str) -> None: ...
    def typing(self, contact: str, on: bool) -> None: ...
    def file(
        self, contact: str, name: str, url: str, content_type: str | None = None, size: int | None = None
    ) -> None: ...
    def form(self, contact: str, form: str, values: dict[str, str]) -> None: ...
    def screenshot(self, contact: str, accepted: bool, url: str | None = None) -> None: ...
    def signal(self, contact: str, name: str, data: dict[str, str] | None = None) -> None: ...
    def leaves(self, contact: str) -> None: ...


Pause = float | Callable[[], bool]
"""What a script waits for: seconds to pass, or a claim about the page to hold."""


class Customer:
    """One customer, who acts by a script, and loses patience.

    A reaction to the agent is the very next thing after the agent's call, never a part of it.
    """

    def __init__(self, script: Script, patience_s: float, contact: str, page: Page, acts: Acts, timers: Timers) -> None:
        """`patience_s` is for scripts that say nothing of it."""
        self._script = script
        self._patience_s = patience_s if script.patience_s is None else script.patience_s
        self._contact = contact
        self._page = page
        self._acts = acts
        self._timers = timers
        self._steps = self._play()
        self._until: Callable[[], bool] | None = None
        self._step_timer: Timer | None = None
        self._patience_timer: Timer | None = None
        self._since = timers.now
        self._over = False

    # What the chat tells

    def begin(self) -> None:
        """Go on with the first step, as the very next thing."""
        self._step_timer = self._timers.later(0, self._go_on)

    def handed_on(self) -> None:
        """An agent has taken the chat, or nobody has it now."""
        self._since = self._timers.now
        if self._patience_timer is not None:
            self._patience_timer.cancel()
        self._await_deadline()
        self._look()

    def stirred(self) -> None:
        """Somebody has done something in the chat."""
        if self._page.taken:
            self._since = self._timers.now
        self._look()

    def over(self) -> None:
        """The chat has ended."""
        self._over = True
        for timer in (self._step_timer, self._patience_timer):
            if timer is not None:
                timer.cancel()

    # Patience

    @property
    def _limit_s(self) -> float | None:
        return self._script.idle_s if self._page.taken else self._patience_s

    def _await_deadline(self) -> None:
        """Look again when the time is up; it may have moved on by then, and is never earlier."""
        self._patience_timer = None
        if self._limit_s is not None:
            left_s = max(0.0, self._since + self._limit_s - self._timers.now)
            self._patience_timer = self._timers.later(left_s, self._on_deadline)

    def _on_deadline(self) -> None:
        if self._limit_s is not None and self._timers.now >= self._since + self._limit_s:
            self._acts.leaves(self._contact)
        else:
            self._await_deadline()

    # The script

    def _look(self) -> None:
        """If what the script waits for has come about, go on with it, as the very next thing."""
        if self._until is not None and self._step_timer is None and self._until():
            self._step_timer = self._timers.later(0, self._go_on)

    def _go_on(self) -> None:
        self._step_timer = None
        if self._until is not None and not self._until():
            return
        self._until = None
        pause = next(self._steps, None)
        if pause is None:
            return
        if callable(pause):
            self._until = pause
            self._look()
        else:
            self._step_timer = self._timers.later(pause, self._go_on)

    def _play(self) -> Iterator[Pause]:
        for step in self._script.steps:
            if self._over:
                return
            yield from _DO[type(step)](self, step)

    def _wait(self, step: Wait) -> Iterator[Pause]:
        yield step.seconds

    def _await_agent(self, _: AwaitAgent) -> Iterator[Pause]:
        yield lambda: self._page.taken

    def _await_message(self, _: AwaitMessage) -> Iterator[Pause]:
        yield lambda: self._page.unread > 0
        self._page.unread = 0

    def _say(self, step: Say) -> Iterator[Pause]:
        for n in range(step.times):
            if n:
                yield max(step.every_s, FASTEST_S * self._timers.speed)
            self._acts.message(self._contact, step.text)

    def _type(self, step: TypeFor) -> Iterator[Pause]:
        self._acts.typing(self._contact, True)
        yield step.seconds
        self._acts.typing(self._contact, False)

    def _put_file(self, step: PutFile) -> Iterator[Pause]:
        self._acts.file(self._contact, step.name, step.url, step.type, step.size)
        yield from ()

    def _fill_form(self, step: FillForm) -> Iterator[Pause]:
        while (shown := self._form_for(step)) is None:
            yield lambda: self._form_for(step) is not None
        self._acts.form(self._contact, shown, step.values)

    def _form_for(self, step: FillForm) -> str | None:
        """The form that is shown, if it is one that this step fills in."""
        shown = self._page.form
        return shown.form if shown is not None and step.form in (None, shown.form) else None

    def _answer_screenshot(self, step: AnswerScreenshot) -> Iterator[Pause]:
        yield lambda: self._page.screenshot_asked
        self._acts.screenshot(self._contact, step.accepted, step.url)

    def _answer_signal(self, step: AnswerSignal) -> Iterator[Pause]:
        yield lambda: self._page.signal is not None
        self._acts.signal(self._contact, step.name, step.data)

    def _leave(self, _: Leave) -> Iterator[Pause]:
        self._acts.leaves(self._contact)
        yield from ()


_DO: Final[Mapping[type[Step], Callable[[Customer, Any], Iterator[Pause]]]] = MappingProxyType(
    {
        Wait: Customer._wait,
        AwaitAgent: Customer._await_agent,
        AwaitMessage: Customer._await_message,
        Say: Customer._say,
        TypeFor: Customer._type,
        PutFile: Customer._put_file,
        FillForm: Customer._fill_form,
        AnswerScreenshot: Customer._answer_screenshot,
        AnswerSignal: Customer._answer_signal,
        Leave: Customer._leave,
    }
)
