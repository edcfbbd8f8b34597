"""What the platform tells by itself: taken in where it is possible, and what is told of it."""

from protocol.platform import ChannelReport, InteractionReport, Post, Report
from protocol.states import SessionState
from statemachines import changes
from statemachines.actions.interaction import changed
from statemachines.effects import Ignored
from statemachines.posts import POSTS, take_in_post
from statemachines.sequences import Happening, What
from statemachines.world import Channel, Session


def take_in_report(session: Session, report: Report) -> Happening | Ignored | None:
    """None: it is so already."""
    channel = session.channel_at(report.endpoint)
    if session.state is not SessionState.INITIALIZED or channel is None:
        return Ignored(report, "no such channel in the session")
    match report:
        case ChannelReport():
            return _of_channel(channel, report)
        case InteractionReport():
            return _of_interaction(session, channel, report)
        case _:
            return _posted(channel, report)


def _of_channel(channel: Channel, report: ChannelReport) -> Happening | Ignored | None:
    if problem := report.problem():
        return Ignored(report, problem)
    if channel.matches(report):
        return None
    login_changed = channel.loginstate is not report.loginstate
    channel.take_in(report)
    what = What.CHANNEL_LOGIN_CHANGED if login_changed else What.CHANNEL_AGENT_CHANGED
    return Happening(what=what, subject=channel)


def _of_interaction(session: Session, channel: Channel, report: InteractionReport) -> Happening | Ignored | None:
    if problem := changes.problem(channel, report):
        return Ignored(report, problem)
    change = changes.take_in(session, channel, report)
    return changed(change) if change.tells else None


def _posted(channel: Channel, post: Post) -> Happening | Ignored:
    interaction = changes.find(channel, post.interaction)
    if interaction is None:
        return Ignored(post, "no such interaction in the session")
    if problem := take_in_post(interaction, post):
        return Ignored(post, problem)
    return Happening(what=POSTS[type(post)].what(post), subject=interaction, post=post)
