"""What debug mode adds to messages: the addressed object in its owners. Source: specs/protocol.md, "Debug mode"."""

from protocol.ids import Target
from protocol.strictjson import Json
from statemachines.contact import Conversation, Interaction
from statemachines.world import Channel, ChannelGroup, Session


def context_of(session: Session, target: Target) -> Json:
    """The addressed object within its owners, innermost first."""
    subject = session.find(target)
    match subject:
        case Conversation():
            return {"conversation": {"id": subject.id, **context_of(session, subject.interaction.target)}}
        case Interaction():
            shown = {
                "id": subject.id,
                "type": subject.type.capitalize(),
                "modeltype": subject.type,
                **context_of(session, subject.channel.target),
            }
            return {"interaction": shown}
        case Channel():
            owner = subject.group or session
            shown = {
                "id": subject.id,
                "name": subject.name,
                "type": subject.type,
                "modeltype": subject.type,
                **context_of(session, owner.target),
            }
            return {"channel": shown}
        case ChannelGroup():
            return {"channelgroup": {"id": subject.id, "name": subject.name, **context_of(session, session.target)}}
        case _:
            return {"session": {"id": session.id}}
