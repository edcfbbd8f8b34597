"""Looking at phones: beginning to, finding out how things stand there, and ending it."""

from collections.abc import Callable
from typing import TypeVar

import structlog

from engine.adapters.csta import replies, requests
from engine.adapters.csta.desks import Phone
from engine.adapters.csta.link import nothing
from engine.adapters.csta.requests import Request
from engine.adapters.csta.session import Asks
from engine.adapters.csta.world import World
from engine.adapters.csta.xml import Node
from protocol.errors import FailureCode, Refused

log = structlog.get_logger()
T = TypeVar("T")


class Watching:
    """The phones that are looked at, over whatever link there is."""

    def __init__(self, world: World, link: Callable[[], Asks]) -> None:
        self._world = world
        self._link = link
        """Raises Refused while there is none."""

    async def ask(self, request: Request, read: Callable[[Node], T]) -> T:
        return await self._link().ask(request, read)

    async def watch(self, address: str) -> Phone:
        """The phone, looked at. Raises Refused, and then it is as if it had not been asked for."""
        while True:
            phone = self._world.phone(address)
            async with phone.lock:
                if self._world.phones.get(address) is not phone:
                    continue  # it was let go of meanwhile
                try:
                    if phone.monitor is None:
                        await self._begin(phone)
                except Refused:
                    if phone.monitor is None and not phone.users:
                        self._world.drop(phone)
                    raise
                return phone

    async def watch_again(self, phone: Phone) -> None:
        """The switch has ended the monitor, or forgotten it."""
        async with phone.lock:
            if phone.monitor is None and self._world.phones.get(phone.address) is phone:
                await self._begin(phone)

    async def _begin(self, phone: Phone) -> None:
        switch = self._world.settings.switch_name
        try:
            phone.device = await self.ask(requests.get_device_id(switch, phone.address), replies.device_of)
        except Refused as refused:
            if refused.code is FailureCode.CHANNEL_UNAVAILABLE:
                log.warning("csta_phone_unknown", endpoint=phone.address, why=refused.message, remedy=_remedy(switch))
            raise
        await self.ask(
            requests.monitor_start(phone.device),
            lambda reply: self._world.monitored(phone, replies.monitor_of(reply)),
        )
        await self.look(phone)

    async def let_go(self, phone: Phone) -> None:
        """Look at it no longer, if nobody has a channel there."""
        async with phone.lock:
            if phone.users or phone.monitor is None or self._world.phones.get(phone.address) is not phone:
                return
            try:
                await self.ask(requests.monitor_stop(phone.monitor), nothing)
                await self.ask(requests.release_device_id(phone.device), nothing)
            except Refused as refused:
                log.info("csta_refused", what="end of a monitor", why=refused.message)
            if not phone.users:
                self._world.drop(phone)

    # How things stand

    async def look(self, phone: Phone) -> None:
        """Find out who is logged in, and which calls there are; what is otherwise than was thought is told."""
        await self.look_at_agent(phone)
        await self.look_at_calls(phone)

    async def look_at_agent(self, phone: Phone) -> None:
        """Where the switch has no agents at this device, nobody is logged in."""

        def take(reply: Node) -> None:
            self._world.take_agent(phone, replies.agent_status(reply))

        try:
            await self.ask(requests.get_agent_state(phone.device), take)
        except Refused as refused:
            if refused.code is FailureCode.PLATFORM_UNAVAILABLE:
                raise
            log.info("csta_refused", what="agent state", why=refused.message)

    async def look_at_calls(self, phone: Phone) -> None:
        found = await self.ask(
            requests.snapshot_device(phone.device),
            lambda reply: self._world.take_snapshot(phone, replies.calls_at_device(reply)),
        )
        for at in found:

            def take(reply: Node, at: replies.CallAtDevice = at) -> None:
                self._world.take_call(phone, at, replies.call_snapshot(reply))

            try:
                await self.ask(requests.snapshot_call(at.call, phone.device), take)
            except Refused as refused:
                if refused.code is FailureCode.PLATFORM_UNAVAILABLE:
                    raise
                log.info("csta_refused", what="snapshot of a call", why=refused.message)

    async def reconcile(self, *, kept: bool) -> None:
        """The link is back. Find out what has changed at all phones; unless `kept`, their monitors are gone."""
        for phone in tuple(self._world.phones.values()):
            if not kept:
                self._world.unmonitored(phone)
            try:
                if phone.monitor is None:
                    await self.watch_again(phone)
                else:
                    await self.look(phone)
            except Refused as refused:
                if refused.code is FailureCode.PLATFORM_UNAVAILABLE:
                    raise
                log.warning("csta_monitor_lost", endpoint=phone.address, why=refused.message)


def _remedy(switch: str) -> str:
    return (
        f"if it is so for every phone, switch_name, {switch}, may be wrong: take the name of the switch connection in "
        "AES; otherwise check the extension"
    )
