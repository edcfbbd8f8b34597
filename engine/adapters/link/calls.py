"""The calls under way on a link: asked once on each connection until they are answered or given up.

An id is never used for a second call, so the program knows one that comes again after a cut. Source:
specs/adapter-link.md, "Cut and lost".
"""

from collections.abc import Iterator
from typing import Any, Final

import attrs
import trio

from engine.adapters.link import rpc
from engine.adapters.link.words import call_params, read_answer
from protocol.errors import FailureCode, Refused
from protocol.platform import LogoutAgent, PlatformCall, StartAgent

FOREVER_S: Final = 3_600.0
"""What a call without a deadline says."""


@attrs.define(eq=False)
class Pending:
    """One call. Who waits for it takes the answer before anything else is read of the program."""

    id: int
    agent: str
    call: PlatformCall[Any]
    deadline: float
    watched_before: bool
    done: trio.Event = attrs.field(factory=trio.Event)
    taken: trio.Event = attrs.field(factory=trio.Event)
    answer: Any = None
    refused: Refused | None = None

    def settle(self, answer: Any) -> None:
        if isinstance(answer, Refused):
            self.refused = answer
        else:
            self.answer = answer
        self.done.set()


class Calls:
    """By id. `agents` are those whom the program watches, as far as we know: reports about others are dropped."""

    def __init__(self) -> None:
        self.agents: set[str] = set()
        self._pending: dict[int, Pending] = {}
        self._last = 0

    def ask(self, agent: str, call: PlatformCall[Any], deadline: float) -> Pending:
        self._last += 1
        pending = Pending(self._last, agent, call, deadline, watched_before=agent in self.agents)
        self._pending[self._last] = pending
        if isinstance(call, StartAgent):  # what is told before its answer is the core's to judge
            self.agents.add(agent)
        return pending

    def text_of(self, pending: Pending) -> bytes:
        """The request, as it has to be asked now."""
        within_s = max(0.0, min(FOREVER_S, pending.deadline - trio.current_time()))
        settled = next(iter(self._pending), self._last + 1) - 1
        params = call_params(pending.agent, pending.call, within_s=within_s, settled=settled)
        return rpc.request(pending.id, type(pending.call).__name__, params)

    def under_way(self) -> Iterator[Pending]:
        """In the order in which they were asked."""
        yield from self._pending.values()

    def give_up(self, pending: Pending) -> bool:
        """Nobody waits for it any longer. False when it is settled already."""
        return self._pending.pop(pending.id, None) is not None

    def answered(self, answer: rpc.Answer) -> Pending | None:
        """The call that this settles; None for one that was settled or given up before. Raises BadMessage."""
        if answer.id > self._last:
            raise rpc.BadMessage(rpc.INVALID_REQUEST, f"no call has had the id {answer.id}")
        pending = self._pending.pop(answer.id, None)
        if pending is None:
            return None
        if answer.error is not None:
            self._refuse(pending, _refusal(answer.error))
            return pending
        try:
            pending.settle(read_answer(pending.call, answer.result))
        except ValueError as problem:
            name = type(pending.call).__name__
            self._refuse(
                pending,
                Refused(FailureCode.PLATFORM_ERROR, f"the CTI platform answered {name} with nonsense; try again"),
            )
            raise Nonsense(pending, str(problem)) from None
        if isinstance(pending.call, LogoutAgent):
            self.agents.discard(pending.agent)
        return pending

    def end(self, refused: Refused) -> None:
        """None of them will be answered."""
        while self._pending:
            self._refuse(self._pending.pop(next(iter(self._pending))), refused)

    def _refuse(self, pending: Pending, refused: Refused) -> None:
        if isinstance(pending.call, StartAgent) and not pending.watched_before:
            self.agents.discard(pending.agent)
        pending.settle(refused)


class Nonsense(rpc.BadMessage):
    """The answer is not of the call's type: who waits is told that the platform failed."""

    def __init__(self, pending: Pending, problem: str) -> None:
        super().__init__(rpc.INVALID_PARAMS, f"the answer to {pending.id}: {problem}")
        self.pending = pending


def _refusal(error: rpc.Error) -> Refused:
    message = error.message or "the CTI platform refused without a word; try again"
    if error.failure is not None and error.failure in FailureCode.__members__:
        return Refused(FailureCode[error.failure], message)
    code = FailureCode.UNSUPPORTED if error.code == rpc.NO_METHOD else FailureCode.PLATFORM_ERROR
    return Refused(code, message)
