"""How a session goes on from what was kept of it: after a restart, and when a step could not be kept."""

from collections.abc import Callable
from typing import Final

import structlog
import trio

from engine.adapters.platforms import Platforms
from engine.journal.rebuild import ReplayDiffers, words_of
from engine.journal.spi import JournalError
from engine.sessions.asking import Asking
from engine.sessions.holding import Holding
from engine.sessions.items import Asked, Queued, not_kept, outcome_unknown
from engine.sessions.ledger import Ledger
from engine.sessions.mailbox import Mailbox
from engine.sessions.steps import Steps
from engine.supervision.oversight import Order, Oversight, Watch
from statemachines.effects import DesktopBound, OrderDone, PlatformReturned, Restarted
from statemachines.settings import CoreSettings

log = structlog.get_logger()

RECOVER_FIRST_S: Final = 0.25
"""The pause before a session whose step could not be kept is taken from the journal; it doubles each time …"""
RECOVER_MOST_S: Final = 4.0
"""… up to this. From the moment that it is as long as …"""
RECOVER_PATIENCE_S: Final = 1.0
"""… this, requests are refused rather than left waiting."""


class Recovery:
    """For the session's task."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        steps: Steps,
        mailbox: Mailbox[Queued],
        holding: Holding,
        oversight: Oversight,
        asking: Asking,
        platform: Platforms,
        settings: CoreSettings,
        due: bool,
        give_up: Callable[[str], None],
    ) -> None:
        """`give_up` ends the session here without a word; it is told why."""
        self.due = due
        """Has the session been taken from the journal, and not gone on since?"""
        self._ledger = ledger
        self._steps = steps
        self._mailbox = mailbox
        self._holding = holding
        self._oversight = oversight
        self._asking = asking
        self._platform = platform
        self._settings = settings
        self._give_up = give_up
        self._pause_s = RECOVER_FIRST_S

    async def come_back(self) -> None:
        """Go on from what was kept, and see what has changed. Raises JournalError."""
        await self._steps.take(Restarted(self._settings))
        if self._ledger.core.session.disposed:
            return
        await self._holding.settle_doubt()
        if self._holding.desktop is not None:
            self._ledger.note(DesktopBound())
        await self._steps.take(PlatformReturned(self._platform.features))
        self.due = False

    async def confirm(self) -> None:
        """Return when it is sure that the journal can be written again. Raises JournalError where it can not."""
        if self._pause_s > RECOVER_FIRST_S:
            await self._ledger.all_kept()
        self._pause_s = RECOVER_FIRST_S

    async def begin(self, asked: Asked | None) -> None:
        """A step could not be kept: take the session from the journal. `asked` is the request under way, if any."""
        await self._rebuild(asked)
        if self._pause_s >= RECOVER_PATIENCE_S:
            self._refuse_waiting()
        await trio.sleep(self._pause_s)
        self._pause_s = min(2 * self._pause_s, RECOVER_MOST_S)

    async def _rebuild(self, asked: Asked | None) -> None:
        """What could not be kept has not happened."""
        try:
            await self._ledger.rebuild()
        except (JournalError, ReplayDiffers) as error:
            log.error("session_lost", error=words_of(error))  # noqa: TRY400 - no defect of ours
            self._refuse_unkept(asked)
            self._give_up("not kept")
            return
        if not self._ledger.core.busy:  # else the request was kept, and is going to be answered
            self._refuse_unkept(asked)
        self._mailbox.revise_reports(lambda _: None)  # the platform is asked how things stand
        self.due = True

    def _refuse_unkept(self, asked: Asked | None) -> None:
        """Tell whoever asked for it, by a message that is kept nowhere."""
        refusal = outcome_unknown() if self._asking.asked else not_kept()
        if asked is not None:
            asked.refuse(refusal)
        self._oversight.settle(OrderDone(refusal.code, refusal.message))

    def _refuse_waiting(self) -> None:
        """Nobody can tell when the journal will be written again; let those who asked know that they may ask again.

        A request that was kept before the platform was asked is going to be answered: one that repeats it waits.
        """

        def stays(item: Queued) -> bool:
            return isinstance(item, Asked) and (item.unbind or self._ledger.core.is_at(item.request.requestid))

        self._holding.give_up_waiting(not_kept())
        for waiting in self._mailbox.withdraw(lambda item: not stays(item)):
            match waiting:
                case Asked():
                    waiting.refuse(not_kept())
                case Order() | Watch():
                    self._oversight.turn_away(waiting)
