"""What an agent has at several platforms: most of it is looked at in the tests beside this one, through them."""

import attrs

from engine.adapters.platforms.holdings import EARLY, Holdings
from protocol.platform import GroupReport
from protocol.states import ChannelType, InteractionState
from tests.engine.adapters.platforms.several import at, chat_at


def test_what_is_told_of_a_group_that_is_only_being_joined_counts_at_each_of_its_channels() -> None:
    holdings = Holdings(["media"])
    for endpoint in ("one", "two"):
        assert holdings.note("media", chat_at(endpoint))
    holdings.join(
        "media", GroupReport(name="Sales", channels=(at("one", ChannelType.CHAT), at("two", ChannelType.CHAT)))
    )
    assert holdings.snapshot().interactions == (chat_at("one"), chat_at("two"))


def test_what_was_told_early_of_channels_that_did_not_come_is_not_kept() -> None:
    holdings = Holdings(["media"])
    holdings.note("media", chat_at("one"))
    holdings.add("media", at("two", ChannelType.CHAT))
    holdings.add("media", at("one", ChannelType.CHAT))
    assert holdings.snapshot().interactions == ()


def test_what_is_over_before_its_channel_came_takes_no_room() -> None:
    """A platform may tell of a channel that the session has let go, and that for days."""
    holdings = Holdings(["media"])
    for number in range(EARLY):
        for state in (InteractionState.STARTED, InteractionState.COMPLETED):
            holdings.note("media", attrs.evolve(chat_at("one", state), id=str(number)))
    holdings.note("media", chat_at("one"))
    holdings.add("media", at("one", ChannelType.CHAT))
    assert holdings.snapshot().interactions == (chat_at("one"),)
