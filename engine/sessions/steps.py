"""One input for the core and all that comes of it: kept, then sent, and the platform asked until that is over."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog

from engine.journal.spi import Record
from engine.observe import Metrics, Traces
from engine.observe.metrics import LOGOUT
from engine.sessions.asking import Asking
from engine.sessions.holding import Holding
from engine.sessions.items import Queued
from engine.sessions.ledger import Ledger, Taken
from engine.sessions.mailbox import Mailbox
from engine.supervision.oversight import Oversight
from protocol.messages import BadRequest, Request
from protocol.states import DisposalCause
from statemachines.effects import Answered, Call, Ended, Ignored, Input, OrderDone, SendAgain
from statemachines.older import left_of

log = structlog.get_logger()


class Steps:
    """For the session's task."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        mailbox: Mailbox[Queued],
        holding: Holding,
        oversight: Oversight,
        asking: Asking,
        metrics: Metrics,
        traces: Traces,
        remembered_bytes: int,
        on_ended: Callable[[DisposalCause | None], Awaitable[None]],
    ) -> None:
        """`remembered_bytes`: so much of responses may still be remembered."""
        self._ledger = ledger
        self._mailbox = mailbox
        self._holding = holding
        self._oversight = oversight
        self._asking = asking
        self._metrics = metrics
        self._traces = traces
        self._may_remember = remembered_bytes
        self._on_ended = on_ended

    def may_take(self, request: Request | BadRequest) -> bool:
        """May its response be remembered, where it has to be?"""
        new = request.requestid is not None and not self._ledger.core.remembers(request.requestid)
        return self._may_remember > 0 or not new

    async def take(self, given: Input) -> str:
        """Give the core one input, and go on until it asks the platform nothing more. Returns the first result.

        Raises JournalError when something of it could not be kept.
        """
        result = ""
        while True:
            taken = self._ledger.take(given)
            if isinstance(given, Answered) and self._ledger.core.believed:
                # The answer is the state at this moment; what was reported before it is older.
                self._mailbox.revise_reports(partial(left_of, answer=given.answer))
            result = result or taken.result
            call = await self._carry_out(taken)
            if call is None:
                return result
            given = await self._asking.ask(call.call, again=call.again)

    async def _carry_out(self, taken: Taken) -> Call | None:
        """Send the messages of a step when it is kept; whatever else it wants comes in its order. Returns its call."""
        if self._traces.on and taken.records:
            taken = self._traces.within(taken, "wait_kept", "journal")
        await taken.wait_kept()
        self._send(taken.records)
        for name in taken.events:
            self._metrics.event_sent(name)
        call: Call | None = None
        ended: Ended | None = None
        for effect in taken.others:
            match effect:
                case Call():
                    call = effect
                case SendAgain():
                    self._holding.deliver_again(await self._ledger.response(effect.seq))
                case Ignored():
                    log.debug("platform_report_ignored", endpoint=effect.report.endpoint, why=effect.why)
                case OrderDone():
                    self._oversight.settle(effect)
                case Ended():
                    ended = effect
                    disposal = effect.cause or LOGOUT
                    self._metrics.session_ended(disposal)
                    log.info("session_ended", disposal=disposal)
        if ended is not None:
            await self._on_ended(ended.cause)
        return call

    def _send(self, records: Sequence[Record]) -> None:
        """Send what has been kept."""
        if not records:
            return
        self._ledger.kept_up_to(records[-1].seq)
        self._may_remember -= sum(len(record.text) for record in records if record.requestid is not None)
        self._holding.deliver(records)
        self._oversight.tell(records)
