"""The parts of which the platform consists: adapters, each with what it is used for."""

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

import attrs
import structlog

from engine.adapters.spi import MakeAdapter
from engine.adapters.supervisor import Platform
from protocol.errors import FailureCode, Refused
from protocol.platform import CHANNEL_FEATURES, Feature, GroupReport, PlatformCall, Snapshot, answers
from protocol.states import ChannelType
from statemachines.operation import platform_error

R = TypeVar("R")
log = structlog.get_logger()

AT_ONCE: Final = 64
"""When a part is back, so many agents are started there together, and so many logged out."""


@attrs.frozen(kw_only=True)
class Part:
    """One adapter, and what it is for: None is everything that it can do."""

    name: str
    make: MakeAdapter
    channels: frozenset[ChannelType] | None = None
    groups: frozenset[str] | None = None

    @property
    def for_all(self) -> bool:
        return self.channels is None and self.groups is None

    def serves(self, kind: ChannelType) -> bool:
        return self.channels is None or kind in self.channels

    def joins(self, group: str) -> bool:
        return self.groups is None or group in self.groups

    def used_of(self, snapshot: Snapshot) -> Snapshot:
        """Without what the part is not used for."""
        if self.for_all:
            return snapshot
        return Snapshot(
            agent_name=snapshot.agent_name,
            groups=tuple(self.used_of_group(group) for group in snapshot.groups if self.joins(group.name)),
            channels=tuple(channel for channel in snapshot.channels if self.serves(channel.type)),
            interactions=tuple(each for each in snapshot.interactions if self.serves(each.type)),
        )

    def used_of_group(self, group: GroupReport) -> GroupReport:
        return attrs.evolve(group, channels=tuple(each for each in group.channels if self.serves(each.type)))


@attrs.define(eq=False)
class Member:
    """A part, and its adapter as it runs."""

    part: Part
    platform: Platform
    _unable: set[ChannelType] = attrs.field(factory=set, init=False)
    """Of which types it is to have channels, and was found to have none."""

    @property
    def name(self) -> str:
        return self.part.name

    @property
    def available(self) -> bool:
        return self.platform.available

    @property
    def unknown(self) -> bool:
        """Has it never been there? Then nobody knows what it can do."""
        return not (self.platform.available or self.platform.features)

    @property
    def features(self) -> frozenset[Feature]:
        """What it is used for, of what it can do."""
        unused = {feature for kind, feature in CHANNEL_FEATURES.items() if not self.part.serves(kind)}
        if self.part.groups == frozenset():
            unused.add(Feature.CHANNELGROUPS)
        return self.platform.features - unused

    async def ask(self, agent: str, call: PlatformCall[R]) -> R:
        answer = await self.platform.perform(agent, call)
        if not answers(call, answer):
            raise platform_error(f"{type(answer).__name__} in answer to {type(call).__name__}")
        return answer

    def warn_of_types(self) -> None:
        """Once for each type that it is to have channels of, and cannot: nobody would be told why there are none."""
        for kind in sorted(self.part.channels or ()):
            if CHANNEL_FEATURES[kind] not in self.platform.features and kind not in self._unable:
                self._unable.add(kind)
                remedy = "take it out of the adapter's channels in [[adapters]], or name an adapter that can do it"
                log.warning("channel_type_not_possible", adapter=self.name, type=kind.value, remedy=remedy)


class Members:
    """All parts, in their order."""

    def __init__(self, members: Iterable[Member]) -> None:
        self._by_name = {member.name: member for member in members}

    def __iter__(self) -> Iterator[Member]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def __getitem__(self, name: str) -> Member:
        return self._by_name[name]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    @property
    def there(self) -> list[Member]:
        return [member for member in self if member.available]

    @property
    def is_plain(self) -> bool:
        """Is there one part, for everything? Then its word is passed on as it is, for the session to judge."""
        return len(self) == 1 and all(member.part.for_all for member in self)

    @property
    def features(self) -> frozenset[Feature]:
        """What they can do together, those too that are away for a while."""
        return frozenset().union(*(member.features for member in self))

    def can(self, member: Member, feature: Feature) -> bool:
        """A single part is asked in any case: it knows best why it cannot."""
        return feature in member.features or len(self) == 1


def unsupported(what: str) -> Refused:
    return Refused(FailureCode.UNSUPPORTED, f"no CTI platform here has {what}")
