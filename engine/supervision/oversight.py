"""The supervisors' hold on one session: who watches, and the order under way. Its actor owns it, and calls it in turn.

Nothing here blocks. A supervisor who reads too slowly is cut by their own connection, as anybody is.
"""

from collections.abc import Callable, Iterable
from typing import Final

import attrs

from engine.journal.spi import Record
from engine.sessions.desktop import Desktop
from engine.supervision.shown import Frame, snapshot
from protocol.errors import FailureCode, Refused
from protocol.events import SupervisorUnwatched
from protocol.ids import SessionId
from protocol.messages import Event
from protocol.wire import encode
from statemachines.effects import OrderDone, Ordered
from statemachines.world import Session

WAITING_AT_MOST: Final = 16
"""How many wishes of supervisors may wait for one session: the rest of its inbox is the agent's."""


@attrs.frozen(eq=False)
class Order:
    """An order on its way to the core. One of `done` and `refuse` is called, once."""

    given: Ordered
    done: Callable[[], None]
    refuse: Callable[[Refused], None]


@attrs.define(eq=False)
class Watch:
    """One connection's watch: it waits for its turn, then begins or is refused, and `ended` tells of the session's end.

    `live`: it has begun. `over`: given up by its supervisor, or at its end.
    """

    desktop: Desktop
    begun: Callable[[], None]
    refuse: Callable[[Refused], None]
    ended: Callable[[], None]
    live: bool = False
    over: bool = False


Wish = Order | Watch
"""What supervisors want of a session; it waits for its turn like a request."""


class Oversight:
    def __init__(self, session: SessionId, since: str, *, watches_at_most: int) -> None:
        self.waiting = 0
        """How many wishes wait for their turn."""
        self._session = session
        self._since = since
        self._watches_at_most = watches_at_most
        self._frame = Frame(session)
        self._watches: dict[Watch, None] = {}
        self._under_way: Order | None = None

    @property
    def has_room(self) -> bool:
        """May another wish wait?"""
        return self.waiting < WAITING_AT_MOST

    # In the session's turn

    def take(self, order: Order) -> Ordered:
        """The order is under way from now on."""
        self.waiting -= 1
        self._under_way = order
        return order.given

    def settle(self, outcome: OrderDone) -> None:
        """Answer the order under way, if whoever gave it still waits: one of a process before waits no longer."""
        order, self._under_way = self._under_way, None
        if order is None:
            return
        if outcome.code is None:
            order.done()
        else:
            order.refuse(Refused(outcome.code, outcome.message))

    def begin(self, watch: Watch, session: Session, seq: int) -> None:
        """Show what there is after the message `seq`; every later message follows."""
        self.waiting -= 1
        if watch.over:
            return
        if len(self._watches) >= self._watches_at_most:
            limit = f"as many as limits.watches_per_session lets: {self._watches_at_most}"
            watch.refuse(overloaded(f"the session is watched by other connections already, {limit}"))
            return
        watch.live = True
        watch.begun()
        watch.desktop.deliver(snapshot(session, since=self._since, seq=seq))
        self._watches[watch] = None

    def tell(self, records: Iterable[Record]) -> None:
        """Show what has just been kept."""
        if self._watches:
            for record in records:
                text = self._frame.around(record.text)
                for watch in self._watches:
                    watch.desktop.deliver(text)

    # At any time

    def turn_away(self, wish: Wish) -> None:
        """The journal cannot be written, and nobody knows for how long: the wish waits no longer."""
        self.waiting -= 1
        _refuse(wish, overloaded("the journal cannot be written at the moment"))

    def stop(self, watch: Watch) -> None:
        """The supervisor watches no longer."""
        watch.over = True
        self._watches.pop(watch, None)

    def end(self, waiting: Iterable[Wish]) -> None:
        """The session is over: tell who watched, and refuse the wishes that still wait."""
        if self._under_way is not None:
            self._under_way.refuse(Refused(FailureCode.INTERNAL_ERROR, "the processor has a defect; the session ended"))
            self._under_way = None
        for wish in waiting:
            _refuse(wish, ended(self._session))
        notice = encode(
            Event(
                name="supervisor.unwatched",
                target=self._session,
                data=SupervisorUnwatched(message="the session has ended; supervisor.list shows those that there are"),
            )
        )
        watches, self._watches = tuple(self._watches), {}
        for watch in watches:
            watch.over = True
            watch.ended()
            watch.desktop.deliver(notice)


def _refuse(wish: Wish, refusal: Refused) -> None:
    """A wish that waited. Not a watch that its supervisor has given up: that was answered then."""
    if isinstance(wish, Order) or not wish.over:
        wish.refuse(refusal)


def overloaded(what: str) -> Refused:
    return Refused(FailureCode.OVERLOADED, f"{what}; repeat this in a moment")


def ended(session: SessionId) -> Refused:
    return Refused(
        FailureCode.INVALID_TARGET, f"session {session} has ended; supervisor.list shows those that there are"
    )
