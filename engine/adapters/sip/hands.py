"""The phones of all agents, as those see them who have something done: turns, and waiting for what comes of it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import trio

from engine.adapters.sip.desks import Endpoint
from engine.adapters.sip.phone import Phone, Turn
from engine.adapters.sip.trace import SipMessage

_DIALOGS_KEPT: Final = 2_000


class Hands:
    """`phones` by extension."""

    def __init__(self, phones: Mapping[str, Phone]) -> None:
        self._phones = phones
        self._changes = {address: trio.lowlevel.ParkingLot() for address in phones}
        self._tags: dict[str, tuple[str, str]] = {}
        self._referred: dict[str, None] = {}

    def phone(self, endpoint: Endpoint) -> Phone:
        return self._phones[endpoint.address]

    def turn(self, endpoint: Endpoint) -> AbstractAsyncContextManager[Turn]:
        return self._phones[endpoint.address].turn(endpoint)

    # Waiting

    def changed(self, endpoint: Endpoint) -> None:
        """Something is otherwise at this phone; those who wait look again."""
        self._changes[endpoint.address].unpark_all()

    async def until(self, endpoint: Endpoint, holds: Callable[[], bool], within_s: float) -> bool:
        """Wait until it holds; False where it does not in time."""
        with trio.move_on_after(within_s):
            while not holds():
                await self._changes[endpoint.address].park()
        return holds()

    # What only the trace tells

    def traced(self, message: SipMessage) -> None:
        if message.method == "REFER" and message.status is not None and message.status // 100 == 2:
            self._referred[message.call_id] = None
            _keep_latest(self._referred)
            for lot in self._changes.values():
                lot.unpark_all()
        if message.method == "INVITE" and message.status is not None and message.status // 100 == 2:
            here, there = message.tag("from"), message.tag("to")
            if here and there:
                # The first one: when the far end invites anew, it is the other way round.
                self._tags.setdefault(message.call_id, (here, there))
                _keep_latest(self._tags)

    def refer_accepted(self, call_id: str) -> bool:
        """Has the far end of this call agreed to go elsewhere?"""
        return call_id in self._referred

    def tags(self, call_id: str) -> tuple[str, str] | None:
        """Of the call's dialog: that of its From, and that of its To, as its INVITE has them."""
        return self._tags.get(call_id)


def _keep_latest(memory: dict[str, Any]) -> None:
    if len(memory) > _DIALOGS_KEPT:
        del memory[next(iter(memory))]
