"""Everything that a session does, one thing at a time: what each item of its mailbox means."""

import structlog
import trio

from engine.adapters.platforms import Platforms
from engine.observe import Metrics, Traces
from engine.sessions.asking import Asking
from engine.sessions.holding import Holding
from engine.sessions.items import Asked, Item, PlatformBack, StartAnew, cause_of
from engine.sessions.ledger import Ledger
from engine.sessions.replies import success
from engine.sessions.steps import Steps
from engine.supervision.oversight import Order, Oversight, Watch
from protocol.errors import FailureCode, Refused
from protocol.ids import SessionId
from protocol.platform import ChannelReport, InteractionReport, Post
from protocol.wire import encode
from statemachines.effects import DeadlineCame, End, PlatformReturned, Reported, RequestCame

log = structlog.get_logger()


class Turns:
    """For the session's task."""

    def __init__(
        self,
        session: SessionId,
        agent: str,
        *,
        ledger: Ledger,
        steps: Steps,
        holding: Holding,
        oversight: Oversight,
        asking: Asking,
        platform: Platforms,
        metrics: Metrics,
        traces: Traces,
    ) -> None:
        self._session = session
        self._agent = agent
        self._ledger = ledger
        self._steps = steps
        self._holding = holding
        self._oversight = oversight
        self._asking = asking
        self._platform = platform
        self._metrics = metrics
        self._traces = traces
        self._asked: Asked | None = None
        self._log = log.bind()

    def interrupted(self) -> Asked | None:
        """The request that was under way when a turn failed, once."""
        asked, self._asked = self._asked, None
        return asked

    async def take(self, item: Item) -> None:
        """Do one thing. Raises JournalError when it could not be kept."""
        if self._traces.on:
            await self._followed(item)
        else:
            await self._do(item)

    async def _followed(self, item: Item) -> None:
        """A turn that is traced. Bindings and watches are answered by their connections, which follow them."""
        idle = item is None and not self._ledger.is_due
        if idle or isinstance(item, StartAnew | Watch):
            await self._do(item)
            return
        cause = cause_of(item)
        what = " ".join(str(cause[key]) for key in ("cause", "command", "report") if key in cause)
        arrival = item.arrival if isinstance(item, Asked) else None
        with self._traces.turn(what, session=self._session, agent=self._agent, arrival=arrival) as turn:
            before = self._ledger.kept
            try:
                turn.done(await self._do(item))
            finally:
                turn.told(before + 1, self._ledger.kept, self._holding.desktop)

    async def _do(self, item: Item) -> str:
        """Returns how it fared."""
        match item:
            case Asked():
                return await self._request(item)
            case ChannelReport() | InteractionReport() | Post():
                result = await self._steps.take(Reported(item))
                self._metrics.platform_report("ignored" if result == "ignored" else "applied")
                return result
            case StartAnew():
                await self._holding.start_anew(item)
            case Order():
                self._asking.begin()
                await self._steps.take(self._oversight.take(item))
            case End():
                await self._steps.take(item)
            case PlatformBack():
                await self._steps.take(PlatformReturned(self._platform.features))
            case Watch():
                self._oversight.begin(item, self._ledger.core.session, self._ledger.kept)
            case None if self._ledger.is_due:
                await self._steps.take(DeadlineCame())
            case None:
                self._ledger.rest()
        return ""

    async def _request(self, asked: Asked) -> str:
        if asked.unbind:
            asked.desktop.release(self._session)
            self._holding.unbind(asked.desktop)
            asked.desktop.deliver(encode(success(asked.request)))
            return "success"
        if not self._steps.may_take(asked.request):
            refusal = Refused(
                FailureCode.OVERLOADED,
                "the session remembers as many responses as it may (sessions.remembered_bytes); send without "
                "requestid, or prepare a new session",
            )
            asked.refuse(refusal)
            return refusal.code
        self._asked = asked
        self._asking.begin()
        result = await self._steps.take(RequestCame(asked.request))
        self._asked = None
        took = trio.current_time() - asked.came
        self._metrics.command_done(asked.command, result, took)
        self._log.debug("request_answered", requestid=asked.request.requestid, result=result, seconds=took)
        return result
