"""Two platforms as one, without sockets: what each answers, and what came of it."""

from typing import Any

import attrs
import pytest
import trio

from engine.adapters.platforms import Part, Platforms
from engine.config import PlatformSettings
from engine.observe import Metrics
from protocol.errors import FailureCode, Refused
from protocol.platform import ChannelReport, Feature, InteractionReport, PlatformCall, Report
from protocol.states import AgentState, ChannelType, Direction, EndCause, InteractionState, LoginState
from tests.fakes.adapter import FakeAdapter

SETTINGS = PlatformSettings(call_timeout_s=10, restart_first_s=1, restart_most_s=200, hold_s=60)
MEDIA = frozenset({Feature.CHAT, Feature.EMAIL, Feature.CHANNELGROUPS})


def at(endpoint: str, kind: ChannelType = ChannelType.TELEPHONY, *, active: bool = False) -> ChannelReport:
    return ChannelReport(
        endpoint=endpoint,
        type=kind,
        name=endpoint,
        loginstate=LoginState.ACTIVE if active else LoginState.INACTIVE,
        agentstate=AgentState.READY if active else None,
    )


def chat_at(endpoint: str, state: InteractionState = InteractionState.STARTED) -> InteractionReport:
    over = state is InteractionState.COMPLETED
    return InteractionReport(
        endpoint=endpoint,
        id="i1",
        contact="c1",
        type=ChannelType.CHAT,
        direction=Direction.INBOUND,
        state=state,
        cause=EndCause.REMOTE if over else None,
    )


class Fake(FakeAdapter):
    """What it answers stands in `has`, by the call's class; what is not there is refused."""

    def __init__(self, features: frozenset[Feature], **has: Any) -> None:
        super().__init__()
        self.features = features  # type: ignore[misc]
        self.has: dict[str, Any] = {"LogoutAgent": None, "RemoveChannel": None, "RemoveGroup": None, **has}
        self.answer = self._answer

    async def _answer(self, _: str, call: PlatformCall[Any]) -> Any:
        answer = self.has.get(type(call).__name__, FailureCode.CHANNEL_UNAVAILABLE)
        if isinstance(answer, FailureCode):
            raise Refused(answer, "not here; ask another")
        return answer

    @property
    def asked(self) -> list[str]:
        return [type(call).__name__ for _, call in self.calls]


@attrs.define
class World:
    """Phones at one platform, mail and chat at another."""

    phones: Fake
    media: Fake
    told: list[tuple[str, Report]] = attrs.field(factory=list)
    lost: list[float] = attrs.field(factory=list)
    back: list[float] = attrs.field(factory=list)
    platforms: Any = None

    async def up(self, nursery: trio.Nursery, *parts: Part) -> Platforms:
        self.platforms = Platforms(
            parts
            or (
                Part(name="phones", make=lambda: self.phones, channels=frozenset({ChannelType.TELEPHONY})),
                Part(name="media", make=lambda: self.media, channels=frozenset({ChannelType.CHAT, ChannelType.EMAIL})),
            ),
            SETTINGS,
            Metrics(),
            on_report=lambda agent, report: self.told.append((agent, report)),
            on_lost=lambda: self.lost.append(trio.current_time()),
            on_back=lambda: self.back.append(trio.current_time()),
        )
        await nursery.start(self.platforms.run)
        return self.platforms

    async def ask(self, call: PlatformCall[Any], *, again: bool = False) -> Any:
        return await self.platforms.perform("ada", call, again=again)

    async def refusal(self, call: PlatformCall[Any]) -> FailureCode:
        with pytest.raises(Refused) as refused:
            await self.ask(call)
        return refused.value.code
