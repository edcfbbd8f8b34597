"""Which desktop holds a session: who may resume, who has to begin anew, and who loses it."""

from collections.abc import Callable, Iterable

import structlog
import trio

from engine.journal.spi import Journal, JournalBroken, JournalError, Record
from engine.observe import Metrics
from engine.sessions.binding import Binding
from engine.sessions.desktop import Desktop
from engine.sessions.items import Asked, Queued, StartAnew, bound_meanwhile, not_bound, not_kept, session_over
from engine.sessions.ledger import Ledger
from engine.sessions.mailbox import Mailbox
from engine.sessions.replies import bound_elsewhere, failure
from protocol.commands import Resume
from protocol.errors import FailureCode, Refused
from protocol.ids import SessionId
from protocol.results import BindOutcome, Bound, BoundSession
from protocol.wire import encode
from statemachines.effects import DesktopBound, DesktopLost

log = structlog.get_logger()


class Holding:
    """For the session's task, but for `bind` and `unbind`, which other tasks call between its awaits."""

    def __init__(
        self,
        session: SessionId,
        agent: str,
        *,
        ledger: Ledger,
        journal: Journal,
        mailbox: Mailbox[Queued],
        metrics: Metrics,
        over: trio.Event,
        doubtful: bool = False,
    ) -> None:
        """`doubtful`: more may have been said in the session than was kept."""
        self._session = session
        self._agent = agent
        self._ledger = ledger
        self._journal = journal
        self._mailbox = mailbox
        self._metrics = metrics
        self._over = over
        self._binding: Binding | None = None
        self._waiting: StartAnew | None = None
        """The one desktop that waits to start anew; it stands in the mailbox, too."""
        self._readable_from = 0
        """Of messages before this one some are damaged."""
        self._doubtful = doubtful
        """Until a new epoch has begun, numbers of the one before say nothing."""

    @property
    def desktop(self) -> Desktop | None:
        """Who has bound the session now."""
        return self._binding.desktop if self._binding else None

    # Coming

    async def bind(
        self,
        desktop: Desktop,
        resume: Resume | None,
        answer: Callable[[Bound], None],
        refuse: Callable[[Refused], None],
    ) -> None:
        """Bind a desktop that has the right to it. `answer` or `refuse` is called before anything else is sent.

        A desktop that resumes, or is the first, is bound at once, even while the platform is being asked; one that
        has to start anew is bound in its turn, unless another comes in between.
        """
        readable = resume is not None and await self._is_readable(resume.seq)
        if self._waiting is not None:
            self.give_up_waiting(bound_meanwhile())
        if self._over.is_set():
            refuse(session_over())
        elif resume is not None and readable and self._knows(resume):
            binding = self._take(desktop, BindOutcome.RESUMED)
            answer(self._bound(BindOutcome.RESUMED))
            binding.resume_after(resume.seq)
        elif resume is None and self._ledger.kept == 0 and not (self._ledger.core.busy or self._doubtful):
            self._take(desktop, BindOutcome.NEW)
            answer(self._bound(BindOutcome.NEW))
        else:
            waiting = StartAnew(desktop, answer, refuse)
            if self._mailbox.put_request(waiting):
                self._waiting = waiting
            else:
                refuse(Refused(FailureCode.OVERLOADED, "too many requests wait; bind again in a moment"))

    def _knows(self, resume: Resume) -> bool:
        """Has this session said what the desktop says it has seen, in the epoch that it says?"""
        ledger, core = self._ledger, self._ledger.core
        return not self._doubtful and resume.epoch == core.epoch and core.epoch_began <= resume.seq <= ledger.kept

    async def settle_doubt(self) -> None:
        """Begin a new epoch where one is needed. Raises JournalError when it cannot be kept."""
        if self._doubtful:
            await self._ledger.reset(DesktopBound(reset=True))
            self._ledger.note(DesktopLost())
            self._doubtful = False

    async def _is_readable(self, cursor: int) -> bool:
        if cursor == self._ledger.kept:
            return True  # nothing was missed
        if cursor < self._readable_from:
            return False
        try:
            return await self._journal.read(self._session, cursor, at_most=1) is not None
        except JournalError as error:
            log.error("journal_damaged", error=str(error))  # noqa: TRY400 - no defect of ours
            return False

    async def start_anew(self, waiting: StartAnew) -> None:
        """Its turn has come. Raises JournalError when the new epoch cannot be kept; nobody is bound then."""
        if waiting is not self._waiting:
            return  # given up, or another has bound the session since
        try:
            await self._ledger.reset(DesktopBound(reset=True))  # an epoch that somebody was told does not come twice
        except JournalBroken:
            raise  # it may be kept, or not: nobody is told
        except JournalError:
            self.give_up_waiting(not_kept())
            raise
        if waiting is not self._waiting:
            return
        self._waiting = None
        self._take(waiting.desktop, BindOutcome.RESET)
        waiting.answer(self._bound(BindOutcome.RESET))

    def _take(self, desktop: Desktop, outcome: BindOutcome) -> Binding:
        """Make `desktop` the one that binds the session, and tell both where another had it."""
        before = self.let_go()
        if before is not None and before is not desktop:
            before.deliver(encode(bound_elsewhere(self._session)))
            before.release(self._session)
            desktop.took_over(self._session, self._agent, outcome)
        self._binding = Binding(desktop, self._session, self._journal, lambda: self._ledger.kept, self._found_damage)
        self._ledger.note(DesktopBound())
        self._mailbox.poke()
        return self._binding

    def _bound(self, outcome: BindOutcome) -> Bound:
        self._metrics.session_bound(outcome)
        core = self._ledger.core
        return Bound(
            session=BoundSession(id=self._session, state=core.session.state),
            epoch=core.epoch,
            seq=self._ledger.kept,
            outcome=outcome,
        )

    def _found_damage(self, error: JournalError) -> None:
        """Who resumes before this point is told to begin anew."""
        log.error("journal_damaged", error=str(error))
        self._readable_from = self._ledger.kept

    # Being there

    def deliver(self, records: Iterable[Record]) -> None:
        if self._binding is not None:
            self._binding.deliver(records)

    def deliver_again(self, response: bytes | JournalError) -> None:
        """Answer the ledger's `repeated`, in its turn: as it was answered, or by what is wrong with that answer."""
        if isinstance(response, JournalError):
            log.error("journal_damaged", error=str(response))
            response = encode(failure(_response_damaged(), self._ledger.repeated))
        if self._binding is not None:
            self._binding.deliver_again(response)

    def cut(self, why: str) -> None:
        """There is no message that could tell it: the desktop finds out when it comes back."""
        if self._binding is not None:
            self._binding.desktop.cut(why)

    # Going

    def unbind(self, desktop: Desktop) -> None:
        """The desktop is gone or gives the session up. Does nothing when another has bound the session since."""
        if self._waiting is not None and self._waiting.desktop is desktop:
            self.give_up_waiting(not_bound())
        if self.desktop is desktop:
            self.let_go()
            log.info("desktop_lost", session=self._session, agent=self._agent, seq=self._ledger.kept, cause="desktop")
            self._ledger.note(DesktopLost())
            self._mailbox.poke()

    def give_up_waiting(self, refusal: Refused) -> None:
        """Who waits to start anew will not be bound: what it sent behind its binding is not carried out."""
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        waiting.refuse(refusal)
        sent_behind = self._mailbox.withdraw_behind(
            waiting, lambda item: isinstance(item, Asked) and item.desktop is waiting.desktop
        )
        for asked in sent_behind:
            if isinstance(asked, Asked):
                asked.refuse(not_bound())

    def let_go(self, *, release: bool = False) -> Desktop | None:
        """End the present binding; return its desktop."""
        binding, self._binding = self._binding, None
        if binding is None:
            return None
        binding.end()
        if release:
            binding.desktop.release(self._session)
        return binding.desktop

    # The end of the session

    def finish(self) -> None:
        """Let go of a desktop that has all it should; one that is catching up has still to be told of the end."""
        if self._binding is not None and self._binding.live:
            self.let_go(release=True)

    def refuse_waiting(self, waiting: StartAnew) -> None:
        if waiting is self._waiting:
            waiting.refuse(session_over())

    async def settle(self, patience_s: float) -> None:
        """Let a desktop that is catching up have the last messages, in good time or not at all."""
        if self._binding is None:
            return
        with trio.move_on_after(patience_s) as patience:
            await self._binding.caught_up.wait()
        if self._binding is not None:
            if patience.cancelled_caught:
                self._binding.desktop.cut("slow consumer")
            self.let_go(release=True)


def _response_damaged() -> Refused:
    """It stays so: a code that says that nothing was tried, or that it may be repeated, would be untrue for ever."""
    return Refused(
        FailureCode.TIMEOUT,
        "this request was answered before, and the answer is damaged in the journal; it is not executed again. Do not "
        "repeat it: see what came of it in the events, and send a new requestid if it is still wanted",
    )
