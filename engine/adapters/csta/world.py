"""The switch as the adapter sees it: phones that are looked at, the calls there, and the agents. Waits for nothing.

The reader of the link hands each event on to `on_event`, and what answers say is taken in by the reader as well: so all
of it comes in the switch's order. Whoever waits for something to become so, waits by `until`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import attrs
import structlog
import trio

from engine.adapters.csta.calls import Call, Calls
from engine.adapters.csta.desks import Desk, Phone
from engine.adapters.csta.events import (
    AgentEvent,
    CallEvent,
    CallKind,
    MonitorEnded,
    SessionEnded,
    Unread,
    event_of,
)
from engine.adapters.csta.replies import AgentStatus, CallAtDevice, CallSnapshot
from engine.adapters.csta.settings import CstaSettings
from engine.adapters.csta.telling import Telling
from engine.adapters.csta.visits import Line, Visit
from engine.adapters.csta.words import ConnectionState
from engine.adapters.csta.xml import Node
from engine.adapters.spi import Sink
from protocol.states import InteractionState

log = structlog.get_logger()


MOST_ORPHANS: Final = 500
"""So many calls are remembered that no phone is in which is looked at: they may come to one again."""

_BEGINNINGS: Final = (CallKind.INITIATED, CallKind.ORIGINATED, CallKind.DELIVERED)
_MIDDLES: Final = (CallKind.ESTABLISHED, CallKind.HELD, CallKind.RETRIEVED)
"""What does not happen to a call first."""


@attrs.frozen(kw_only=True)
class Chores:
    """What the world asks for by itself. None of them waits."""

    watch_again: Callable[[Phone], None]
    """The switch looks at this phone no longer."""
    look_again: Callable[[Phone], None]
    """A call has come up there of whose beginning nothing was told."""
    hang_up: Callable[[Phone, Call], None]
    """A call that the agent has dialled did not come about, and the phone hears a tone."""
    begin_work: Callable[[Phone], None]
    """A call is over, and its wrap-up has begun."""
    session_ended: Callable[[str], None]
    """The switch has ended the session, for this reason."""


class World:
    """All that is known."""

    def __init__(self, settings: CstaSettings, sink: Sink, chores: Chores) -> None:
        self.settings: Final = settings
        self.desks: Final = {agent.id: Desk(agent, agent.extension) for agent in settings.agents}
        self.phones: Final[dict[str, Phone]] = {}
        self.calls: Final = Calls()
        self.telling: Final = Telling(sink)
        self._chores = chores
        self._names = {agent.extension: agent.name or agent.id for agent in settings.agents}
        self._by_login = {desk.agent.login_id: desk for desk in self.desks.values()}
        self._by_home = {agent.extension: agent.login_id for agent in settings.agents}
        self._by_monitor: dict[str, Phone] = {}
        self._gone: dict[str, list[Visit]] = {}
        self._orphans: dict[str, Call] = {}
        self._changed = trio.Event()

    # Phones

    def phone(self, address: str) -> Phone:
        """The phone of this number, which is made where there is none."""
        phone = self.phones.get(address)
        if phone is None:
            phone = self.phones[address] = Phone(line=Line(address, self._names))
        return phone

    def monitored(self, phone: Phone, monitor: str) -> None:
        """The switch looks at this phone from now on."""
        self.unmonitored(phone)
        phone.monitor = monitor
        self._by_monitor[monitor] = phone

    def unmonitored(self, phone: Phone) -> None:
        if phone.monitor is not None:
            self._by_monitor.pop(phone.monitor, None)
            phone.monitor = None

    def drop(self, phone: Phone) -> None:
        """Nobody has to do with this phone any longer."""
        self.unmonitored(phone)
        self._gone.pop(phone.address, None)
        if self.phones.get(phone.address) is phone:
            del self.phones[phone.address]
        for call in self.calls.of(phone.address):
            self._remember(call)

    def holder(self, phone: Phone) -> Desk | None:
        """The agent who is logged in there, if a session is there for the agent, with a channel at this phone."""
        desk = self._by_login.get(phone.login or "")
        return desk if desk is not None and desk.watched and desk.id in phone.users else None

    # What comes from the switch

    def on_event(self, node: Node) -> None:
        match event_of(node):
            case CallEvent() as event:
                self._on_call(event)
            case AgentEvent() as event:
                self._on_agent(event)
            case MonitorEnded(monitor):
                phone = self._by_monitor.get(monitor)
                if phone is not None:
                    log.warning(
                        "csta_monitor_lost", endpoint=phone.address, why="ended by the switch; it is begun anew"
                    )
                    self.unmonitored(phone)
                    self._chores.watch_again(phone)
            case SessionEnded(_, reason):
                self._chores.session_ended(reason)
            case Unread(name, why):
                log.debug("csta_event_left_out", what=name, why=why)
        self._wake()

    def _on_call(self, event: CallEvent) -> None:
        at = self._by_monitor.get(event.monitor)
        if at is None:
            self._look_again(event.subject.device)
            return
        orphan = self._orphans.get(event.subject.call)
        if orphan is not None and event.kind in _BEGINNINGS and event.ucid != orphan.ucid:
            self.calls.forget(orphan)  # its id has come to another call
        if event.kind in _MIDDLES and self.calls.get(event.subject.call) is None:
            self._look_again(at.address)
        self._settle(self.calls.apply(event, at.address))

    def _look_again(self, address: str) -> None:
        """What is told of this phone cannot be trusted: a monitor that is not ours, or a call that has no beginning."""
        phone = self.phones.get(address)
        if phone is not None and phone.monitor is not None:
            self._chores.look_again(phone)

    def _settle(self, changed: list[Call]) -> None:
        """Make the phones that these calls touch fit them, and tell."""
        touched = dict.fromkeys(device for call in changed for device in (*call.parties, *call.left))
        phones = [phone for device in touched if (phone := self.phones.get(device)) is not None]
        for phone in phones:
            for visit in phone.line.settle(changed):
                self._end(phone, visit)
            self._hang_up_failed(phone, changed)
        for call in changed:
            self._remember(call)
        for phone in phones:
            self.tell(phone)

    def _remember(self, call: Call) -> None:
        """As long as it may come up again."""
        self._orphans.pop(call.id, None)
        if not call.parties:
            self.calls.forget(call)
        elif not any(device in self.phones for device in call.parties):
            self._orphans[call.id] = call
            if len(self._orphans) > MOST_ORPHANS:
                self.calls.forget(self._orphans.pop(next(iter(self._orphans))))

    def _end(self, phone: Phone, visit: Visit) -> None:
        """It is over: completed, unless it had started and the agent is to wrap it up."""
        wrapup_s = self.settings.wrapup_s
        if wrapup_s is not None and visit.started and self.holder(phone) is not None:
            visit.state, visit.wrapup_s = InteractionState.ENDED, wrapup_s
            self._chores.begin_work(phone)
        else:
            self.complete(phone, visit)

    def complete(self, phone: Phone, visit: Visit) -> None:
        """Nothing is left to do for it."""
        visit.state, visit.wrapup_s = InteractionState.COMPLETED, None
        del phone.line.visits[visit.id]
        if not phone.line.wraps_up:
            phone.after_work = None
        self._gone.setdefault(phone.address, []).append(visit)

    def _hang_up_failed(self, phone: Phone, changed: list[Call]) -> None:
        for call in changed:
            in_it = phone.address in call.parties and phone.address == call.calling
            if call.failure is not None and in_it and not call.answered and self.holder(phone) is not None:
                self._chores.hang_up(phone, call)

    def _on_agent(self, event: AgentEvent) -> None:
        phone = self._by_monitor.get(event.monitor)
        if phone is None:
            return
        if event.state is None and event.login not in (None, phone.login):
            return  # somebody else has logged off
        if event.logged_on and phone.state is not None and event.login in (None, phone.login):
            return  # of whom more is known already
        pending = phone.pending if event.state is phone.state else None
        self.take_agent(phone, AgentStatus(event.login, event.state, pending, event.reason))

    def take_agent(self, phone: Phone, status: AgentStatus) -> None:
        phone.take(status, home=self._by_home.get(phone.address, "?"))
        self.tell(phone)
        self._wake()

    def take_snapshot(self, phone: Phone, calls: tuple[CallAtDevice, ...]) -> list[CallAtDevice]:
        """The calls that the phone has. Those that it has no longer are over; returns those to be asked about."""
        there = {each.call: each for each in calls if each.state not in (ConnectionState.NULL, ConnectionState.FAIL)}
        gone = [call for call in self.calls.of(phone.address) if call.id not in there]
        for call in gone:
            self.calls.vanish(call, phone.address)
            self._settle([call])
        return list(there.values())

    def take_call(self, phone: Phone, at: CallAtDevice, snapshot: CallSnapshot | None) -> None:
        """How a call of the phone stands; None where the switch does not say more than that it is there."""
        self._settle([self.calls.set(at.call, phone.address, at.state, snapshot)])
        self._wake()

    # Telling, and waiting

    def tell(self, phone: Phone) -> None:
        """Tell whoever has a channel there what has changed, unless the phone is muted."""
        if phone.muted:
            return
        gone = self._gone.pop(phone.address, [])
        holder = self.holder(phone)
        if holder is not None:
            self.telling.visits(holder, phone, gone)
        for agent in phone.users:
            if self.desks[agent].watched:
                self.telling.channel(self.desks[agent], phone)

    @contextmanager
    def quiet(self, phone: Phone) -> Iterator[None]:
        """What happens at the phone meanwhile is told at the end, as one."""
        phone.muted += 1
        try:
            yield
        finally:
            phone.muted -= 1
            self.tell(phone)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    async def until(self, so: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until it is so, as far as the time goes; is it?"""
        with trio.move_on_after(timeout_s):
            while not so():
                await self._changed.wait()
        return so()
