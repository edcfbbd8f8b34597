"""Which happening told a change: the heading of specs/sequences.md under which its events stand."""

from collections.abc import Sequence

from engine.why.causes import CauseKind
from engine.why.rules import Fields
from engine.why.steps import JsonObject, Step
from protocol.commands import OrderLogout
from protocol.ids import ObjectKind
from protocol.messages import Request
from protocol.platform import ChannelReport, InteractionReport, Post
from statemachines.effects import Ordered, Reported, RequestCame
from statemachines.posts import POSTS
from statemachines.sequences import COMMAND_YIELDS, What


def happening(
    began: Step, messages: Sequence[JsonObject], kind: ObjectKind, before: Fields | None, after: Fields
) -> What | None:
    """What happened in a step that tells these messages, and was begun by the input of `began`.

    None for what no event tells: the success of a logout, and a session that is to be started anew. And where the
    state before would have to be known, and is not.
    """
    names = [message.get("name") for message in messages]
    if "session.disposed" in names and kind is ObjectKind.SESSION:
        return What.SESSION_DISPOSED
    match began.given:
        case RequestCame(Request() as request):
            return _of_command(request.command.name, messages, names)
        case Ordered(order):
            return What.SESSION_DISPOSED if isinstance(order, OrderLogout) else What.CHANNEL_AGENT_CHANGED
        case Reported(ChannelReport()) if before is None and "channel.created" not in names:
            return None  # which of both has changed cannot be told: what was before is kept no longer
        case Reported(ChannelReport()):
            login_changed = before is None or before.get("loginstate") != after.get("loginstate")
            return What.CHANNEL_LOGIN_CHANGED if login_changed else What.CHANNEL_AGENT_CHANGED
        case Reported(InteractionReport()):
            return _of_interaction(names)
        case Reported(Post() as post):
            return POSTS[type(post)].what(post)
        case _ if any(str(name).startswith("interaction.") for name in names):
            return _of_interaction(names)
        case _:
            # Nobody is there: ready channels are made not ready, each for itself.
            return What.CHANNEL_AGENT_CHANGED if kind is ObjectKind.CHANNEL else None


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


def caused_by_absence(what: What | None, kind: CauseKind) -> bool:
    """Is it what the core does when its timer says that no desktop came back?"""
    return kind is CauseKind.TIMER and what in (What.CHANNEL_AGENT_CHANGED, What.SESSION_DISPOSED)
