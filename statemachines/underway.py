"""The operation under way: it asks the platform one call after the other, and all else waits until it is over."""

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from protocol.errors import Refused
from protocol.platform import PlatformCall, answers
from statemachines.effects import Call, Effect
from statemachines.operation import Operation, Outcome, platform_error


@attrs.define
class _Running:
    operation: Operation
    finish: Callable[[Outcome], Iterator[Effect]]
    fail: Callable[[Refused], Iterator[Effect]]
    owed: bool
    anew: bool
    requestid: str | None
    call: PlatformCall[Any] | None = None


class Underway:
    """At most one. Whatever goes on with it makes the effects of that."""

    def __init__(self) -> None:
        self._running: _Running | None = None
        self._believed = False

    @property
    def busy(self) -> bool:
        return self._running is not None

    @property
    def anew(self) -> bool:
        """Is there one that may be begun anew?"""
        return self._running is not None and self._running.anew

    @property
    def believed(self) -> bool:
        """Was the last outcome of a call an answer that was taken in?"""
        return self._believed

    def is_for(self, requestid: str | None) -> bool:
        """Is it what was requested with this requestid?"""
        return requestid is not None and self._running is not None and self._running.requestid == requestid

    def begin(
        self,
        operation: Operation,
        finish: Callable[[Outcome], Iterator[Effect]],
        fail: Callable[[Refused], Iterator[Effect]],
        *,
        owed: bool = True,
        anew: bool = False,
        requestid: str | None = None,
    ) -> Iterator[Effect]:
        """`finish` makes effects of its outcome, `fail` of a refusal.

        `owed`: somebody waits for the outcome. `anew`: it has changed nothing before its last call, and is begun anew
        where its outcome was not heard.
        """
        self._running = _Running(operation, finish, fail, owed, anew, requestid)
        yield from self._advance()

    def answer(self, answer: object) -> Iterator[Effect]:
        """The platform has answered its call."""
        call = self._running.call if self._running else None
        if call is not None and not answers(call, answer):
            problem = f"{type(answer).__name__} in answer to {type(call).__name__}"
            yield from self._advance(refusal=platform_error(problem))
        else:
            yield from self._advance(answer)

    def refuse(self, refusal: Refused) -> Iterator[Effect]:
        """Its call has failed."""
        yield from self._advance(refusal=refusal)

    def drop(self, refusal: Refused) -> Iterator[Effect]:
        """If there is one, let go of it where it stands; whoever waits for its outcome is told this."""
        if self._running is not None:
            running, self._running = self._running, None
            running.operation.close()
            if running.owed:
                yield from running.fail(refusal)

    def _advance(self, answer: object = None, refusal: Refused | None = None) -> Iterator[Effect]:
        running = self._running
        if running is None:
            raise RuntimeError("an outcome came, and no call is under way")
        try:
            operation = running.operation
            running.call = operation.send(answer) if refusal is None else operation.throw(refusal)
            self._believed = refusal is None
        except StopIteration as stop:
            self._believed = refusal is None
            # Still running while it is told: should that fail, End answers the request.
            yield from running.finish(stop.value)
            self._running = None
        except Refused as refused:
            self._believed = False
            yield from running.fail(refused)
            self._running = None
        else:
            yield Call(running.call, again=running.anew)
