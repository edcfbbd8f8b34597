"""What one agent has at the platforms, by their latest word: where each channel is, and what lives there."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from protocol.platform import AddGroup, ChannelReport, GroupReport, InteractionReport, Report, Snapshot
from protocol.states import InteractionState, LoginState

EARLY: Final = 200
"""So many interactions are remembered of channels that nobody has yet."""


@attrs.define
class _Place:
    """A channel at the part with this name; `group` is None where it stands alone."""

    part: str
    report: ChannelReport
    group: str | None


class Holdings:
    """Kept by every snapshot, answer and report. Parts are platforms, by name."""

    def __init__(self, parts: Iterable[str]) -> None:
        """`parts`: all, in their order."""
        self._parts = tuple(parts)
        self.names: dict[str, str] = {}
        """Under which name each part knows the agent."""
        self.heard: set[str] = set()
        """The parts that have said, since they came up, what they have or that they do not know the agent."""
        self._groups: dict[str, dict[str, None]] = {}
        """By name, the parts at which it was joined."""
        self._places: dict[str, _Place] = {}
        self._interactions: dict[tuple[str, str], InteractionReport] = {}
        self._early: dict[tuple[str, str, str], InteractionReport] = {}
        """By part, endpoint and id, what was told of channels that are only being added."""
        self._owed: dict[tuple[str, str], AddGroup] = {}
        """By part and name, groups that were joined while the part was away."""

    def at(self, endpoint: str) -> str | None:
        """The part that has the channel."""
        place = self._places.get(endpoint)
        return None if place is None else place.part

    def joined(self, group: str) -> tuple[str, ...]:
        """The parts at which the agent is in the group."""
        return tuple(self._groups.get(group, ()))

    # What parts say

    def take_snapshot(self, part: str, snapshot: Snapshot) -> list[str]:
        """All that the part has. Returns the endpoints that another part has already: they stay there."""
        self.leave(part)
        self.names[part] = snapshot.agent_name
        taken = [endpoint for group in snapshot.groups for endpoint in self.join(part, group)]
        taken += [channel.endpoint for channel in snapshot.channels if not self.add(part, channel)]
        for interaction in snapshot.interactions:
            self.note(part, interaction)
        return taken

    def join(self, part: str, group: GroupReport) -> list[str]:
        """Returns the endpoints that another part has already."""
        self._groups.setdefault(group.name, {})[part] = None
        self.settle(part, group.name)
        taken = [channel.endpoint for channel in group.channels if not self._put(part, channel, group.name)]
        self._early.clear()
        return taken

    def add(self, part: str, channel: ChannelReport) -> bool:
        """False when another part has a channel at this endpoint."""
        done = self._put(part, channel, None)
        self._early.clear()
        return done

    def _put(self, part: str, channel: ChannelReport, group: str | None) -> bool:
        known = self._places.get(channel.endpoint)
        if known is not None and known.part != part:
            return False
        self._places[channel.endpoint] = _Place(part, channel, group)
        for (whose, endpoint, _), interaction in tuple(self._early.items()):
            if (whose, endpoint) == (part, channel.endpoint):
                self.note(part, interaction)
        return True

    def note(self, part: str, report: Report) -> bool:
        """Remember how things stand now. False when another part has the channel: then it is not this one's to tell."""
        place = self._places.get(report.endpoint)
        if place is None:
            if isinstance(report, InteractionReport):
                self._note_early(part, report)
            return True
        if place.part != part:
            return False
        match report:
            case ChannelReport():
                place.report = report
            case InteractionReport():
                place.report = report.channel or place.report
                if report.state is InteractionState.COMPLETED:
                    self._interactions.pop((report.endpoint, report.id), None)
                else:
                    self._interactions[report.endpoint, report.id] = report
        return True

    def _note_early(self, part: str, report: InteractionReport) -> None:
        self._early.pop((part, report.endpoint, report.id), None)
        if report.state is not InteractionState.COMPLETED and len(self._early) < EARLY:
            self._early[part, report.endpoint, report.id] = report

    # What a part that is away has missed

    def owe(self, part: str, call: AddGroup) -> None:
        """The first word counts: it is the agent's own, and says of which kinds the group's channels are to be."""
        if part not in self.joined(call.name):
            self._owed.setdefault((part, call.name), call)

    def owed(self, part: str) -> tuple[AddGroup, ...]:
        """The groups to join there as soon as the part is back."""
        return tuple(call for (whose, _), call in self._owed.items() if whose == part)

    def settle(self, part: str, group: str) -> None:
        """The part has it, or will not have it."""
        self._owed.pop((part, group), None)

    # What is let go

    def leave(self, part: str) -> None:
        """Nothing is at this part any more."""
        self.names.pop(part, None)
        for name in tuple(self._groups):
            self.leave_group(part, name)
        for endpoint in [endpoint for endpoint, place in self._places.items() if place.part == part]:
            self.remove(endpoint)

    def leave_group(self, part: str, group: str) -> None:
        joined = self._groups.get(group, {})
        joined.pop(part, None)
        if not joined:
            self._groups.pop(group, None)
        for endpoint, place in tuple(self._places.items()):
            if (place.part, place.group) == (part, group):
                self.remove(endpoint)

    def remove(self, endpoint: str) -> None:
        self._places.pop(endpoint, None)
        for key in [key for key in self._interactions if key[0] == endpoint]:
            del self._interactions[key]

    def remove_interaction(self, endpoint: str, interaction: str) -> None:
        self._interactions.pop((endpoint, interaction), None)

    def lose(self, part: str) -> Iterator[ChannelReport]:
        """Nobody can be reached there: each channel that was not UNAVAILABLE is so now. What lives there stays."""
        self.heard.discard(part)
        for place in self._places.values():
            if place.part == part and place.report.loginstate is not LoginState.UNAVAILABLE:
                place.report = _unavailable(place.report)
                yield place.report

    # All together

    def group(self, name: str) -> GroupReport:
        """The group as all parts together have it."""
        return GroupReport(name=name, channels=tuple(self._channels(name)))

    def snapshot(self) -> Snapshot:
        """What all parts have, as one platform. The agent's name is that of the first part which knows one."""
        return Snapshot(
            agent_name=next((self.names[part] for part in self._parts if part in self.names), ""),
            groups=tuple(self.group(name) for name in self._groups),
            channels=tuple(self._channels(None)),
            interactions=tuple(self._interactions.values()),
        )

    def _channels(self, group: str | None) -> Iterator[ChannelReport]:
        """One part behind the other, whichever was asked first."""
        for part in self._parts:
            for place in self._places.values():
                if (place.part, place.group) == (part, group):
                    yield place.report


Agents = defaultdict[str, Holdings]
"""By agent: whoever is looked up has some from then on."""


def _unavailable(report: ChannelReport) -> ChannelReport:
    return ChannelReport(
        endpoint=report.endpoint, type=report.type, name=report.name, loginstate=LoginState.UNAVAILABLE
    )
