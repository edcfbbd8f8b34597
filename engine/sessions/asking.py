"""What a session asks of the platform: one call at a time, which nothing gives up but the session's end."""

from typing import Any

from engine.adapters.platforms import Platforms
from engine.adapters.supervisor import GivenUp
from protocol.errors import FailureCode, Refused
from protocol.platform import LogoutAgent, PlatformCall
from protocol.states import CONNECTION_LOST
from statemachines.effects import Answered, CallRefused, End


class Asking:
    """For one agent. `ask` and `log_out` are the session's task's; `give_up` may be called from any."""

    def __init__(self, platform: Platforms, agent: str) -> None:
        self.asked = False
        """Has the platform been asked since `begin`?"""
        self._platform = platform
        self._agent = agent
        self._given_up: End | None = None
        self._under_way: PlatformCall[Any] | None = None

    def begin(self) -> None:
        """A request or an order is taken up."""
        self.asked = False

    def give_up(self, end: End) -> None:
        """Let go of the call under way, and of every one that comes, for this."""
        self._given_up = end
        if self._under_way is not None:
            self._platform.give_up(self._under_way)

    async def ask(self, call: PlatformCall[Any], *, again: bool = False) -> Answered | CallRefused | End:
        """What the platform says; or the End for which the call was given up. `again`: see effects.Call."""
        if (end := self._end()) is not None:
            return end
        self.asked, self._under_way = True, call
        try:
            return Answered(await self._platform.perform(self._agent, call, again=again))
        except Refused as refusal:
            return CallRefused(refusal.code, refusal.message)
        except GivenUp:
            return self._end() or CallRefused(FailureCode.PLATFORM_UNAVAILABLE, "the call was given up")
        finally:
            self._under_way = None

    def _end(self) -> End | None:
        """For what calls are given up by now."""
        return self._given_up

    async def log_out(self) -> None:
        """Nobody will do it any more, and the platform would go on as if there were a session."""
        for reason in (CONNECTION_LOST, None):  # as the core does it for a desktop that stays away
            try:
                await self._platform.perform(self._agent, LogoutAgent(reason=reason))
            except Refused as refused:
                if refused.code in (FailureCode.INVALID_REASON, FailureCode.REASON_REQUIRED):
                    continue
            return
