"""Which line of a phone's listing is which of the calls that are known. Pure."""

from collections.abc import Iterable

import attrs

from engine.adapters.sip.visits import PhoneCall
from engine.adapters.sip.words import UNANSWERED_OUT, CallState, Listed, bare
from protocol.states import Direction


@attrs.frozen
class Compared:
    """`there`: the calls that the phone has, each with its line; `gone`: those that it has not, or not any longer.

    `new`: the lines of calls that are unknown.
    """

    there: list[tuple[PhoneCall, Listed]]
    gone: list[PhoneCall]
    new: list[Listed]


def compare(calls: Iterable[PhoneCall], entries: Iterable[Listed]) -> Compared:
    """Calls whose line is known choose first, then the others by their peer."""
    calls, left = tuple(calls), list(entries)
    there: list[tuple[PhoneCall, Listed]] = []
    for by_line in (True, False):
        for call in calls:
            if any(call is each for each, _ in there) or (by_line and call.line is None):
                continue
            entry = next((each for each in left if _fits(call, each) and (not by_line or each.line == call.line)), None)
            if entry is not None:
                left.remove(entry)
                there.append((call, entry))
    found = [call for call, _ in there]
    return Compared(there, [call for call in calls if call not in found], left)


def direction_of(state: CallState) -> Direction:
    """Of one that is established the listing does not tell: an agent is called more often than calling."""
    return Direction.OUTBOUND if state in UNANSWERED_OUT else Direction.INBOUND


def _fits(call: PhoneCall, entry: Listed) -> bool:
    """May the entry be this call?"""
    if bare(call.peer) != bare(entry.peer):
        return False
    return entry.state is CallState.ESTABLISHED or call.direction is direction_of(entry.state)
