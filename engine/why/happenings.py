"""Which happening told a change: the heading of specs/sequences.md under which its events stand."""

from collections.abc import Iterable, Sequence
from typing import Final

from engine.why.causes import Caused, CauseKind
from engine.why.rules import Fields
from engine.why.steps import JsonObject
from protocol.commands import OrderLogout
from protocol.ids import ObjectKind
from protocol.messages import Request
from protocol.platform import ChannelReport, InteractionReport, Post
from statemachines.effects import DeadlineCame, Ordered, PlatformReturned, Reported, RequestCame
from statemachines.posts import POSTS
from statemachines.sequences import COMMAND_YIELDS, What


def happening(
    caused: Caused, message: JsonObject, kind: ObjectKind, before: Fields | None, after: Fields
) -> What | None:
    """What happened where this message, which is one of the step, tells a change.

    None for what no event tells: the success of a logout, and a session that is to be started anew. And where the
    state before would have to be known, or what was asked of the platform, and is not.
    """
    messages = caused.step.messages
    names = [each.get("name") for each in messages]
    if "session.disposed" in names and kind is ObjectKind.SESSION:
        return What.SESSION_DISPOSED
    match caused.began.given:
        case RequestCame(Request() as request):
            return _of_command(request.command.name, messages, names)
        case Ordered(order):
            return What.SESSION_DISPOSED if isinstance(order, OrderLogout) else What.CHANNEL_AGENT_CHANGED
        case Reported(ChannelReport()):
            # What was before may be kept no longer: which of both has changed cannot be told then.
            return _of_channel(before, after, new="channel.created" in names)
        case Reported(InteractionReport()):
            return _of_interaction(names)
        case Reported(Post() as post):
            return POSTS[type(post)].what(post)
        case PlatformReturned() | DeadlineCame():
            return _of_its_place(caused, message, kind, before, after)
        case _:
            return None


def _of_channel(before: Fields | None, after: Fields, *, new: bool = False) -> What | None:
    if before is None and not new:
        return None
    login_changed = before is None or before.get("loginstate") != after.get("loginstate")
    return What.CHANNEL_LOGIN_CHANGED if login_changed else What.CHANNEL_AGENT_CHANGED


def _of_command(command: str, messages: Sequence[JsonObject], names: Sequence[str | None]) -> What | None:
    what = COMMAND_YIELDS[command]
    if what is What.EMAIL_ANSWERED:
        answered = any(message.get("result") == "success" for message in messages)
        return what if answered and "interaction.message.added" in names else What.INTERACTION_CHANGED
    if what is What.INTERACTION_ADDED:
        return _of_interaction(names)
    return what


def _of_interaction(names: Sequence[str | None]) -> What:
    return What.INTERACTION_ADDED if "interaction.created" in names else What.INTERACTION_CHANGED


# Of many that are told together


_BEGINNINGS: Final = (
    ("channelgroup.created", What.GROUP_ADDED),
    ("channel.created", What.CHANNEL_ADDED),
    ("interaction.created", What.INTERACTION_ADDED),
)
"""Whatever begins within one of these begins with it."""


def _of_its_place(
    caused: Caused, message: JsonObject, kind: ObjectKind, before: Fields | None, after: Fields
) -> What | None:
    """By what is told of the object, and around this message, in a step that may tell of several happenings."""
    target = str(message["target"])
    told = [(str(each.get("name")), str(each.get("target"))) for each in caused.step.messages]
    parts = target.split(".")
    around = [".".join(parts[:length]) for length in range(2, len(parts) + 1)]
    for name, what in _BEGINNINGS:
        if any((name, each) in told for each in around):
            return what
    match kind:
        case ObjectKind.CHANNELGROUP:
            return What.GROUP_REMOVED if ("channelgroup.disposed", target) in told else None
        case ObjectKind.CHANNEL:
            return _of_pair(told, caused.step.messages.index(message), target) or (
                _of_channel(before, after) if caused.reconciles else What.CHANNEL_AGENT_CHANGED
            )
        case _:
            return None if before is None and caused.reconciles else What.INTERACTION_CHANGED


def _of_pair(told: Sequence[tuple[str, str]], at: int, target: str) -> What | None:
    """What a pair about a channel, or its end, belongs to; None where the channel alone has changed."""
    removed = ("channel.disposed", target)
    if removed in told[at : at + 3]:
        group = target.rpartition(".")[0]
        return What.GROUP_REMOVED if ("channelgroup.disposed", group) in told else What.CHANNEL_REMOVED
    within = f"{target}."
    if _begins(told[at + 2 : at + 3], within, "interaction.created"):
        return What.INTERACTION_ADDED
    return What.INTERACTION_CHANGED if _begins(told[max(at - 1, 0) : at], within) else None


def _begins(told: Iterable[tuple[str, str]], within: str, name: str | None = None) -> bool:
    return any(where.startswith(within) and name in (None, what) for what, where in told)


def caused_by_absence(what: What | None, kind: CauseKind) -> bool:
    """Is it what the core does when its timer says that no desktop came back?"""
    return kind is CauseKind.TIMER and what in (What.CHANNEL_AGENT_CHANGED, What.SESSION_DISPOSED)
