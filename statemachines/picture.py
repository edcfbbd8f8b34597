"""What exists in a session now, for somebody who looks on. Source: specs/supervision.md, "Watching"."""

from protocol.events import (
    AgentInfo,
    PicturedChannel,
    PicturedConversation,
    PicturedGroup,
    PicturedInteraction,
    PicturedSession,
    SupervisorSnapshot,
)
from protocol.states import SessionState
from statemachines.capabilities import open_now
from statemachines.contact import Interaction
from statemachines.posts import message_info
from statemachines.world import Channel, ChannelGroup, Session


def known(session: Session) -> bool:
    """Is what the session has kept up to date? Before the start it may be what was before a reset."""
    return session.state in (SessionState.INITIALIZED, SessionState.LOGGINGOUT)


def agent_of(session: Session) -> AgentInfo:
    """Until the platform has told the agent's name, the id is the name."""
    return AgentInfo(id=session.agent_id, name=session.agent_name or session.agent_id)


def picture(session: Session, *, since: str, seq: int) -> SupervisorSnapshot:
    """As things stand after the message `seq`; `since` is when the session was prepared. Changes nothing."""
    there = known(session)
    groups = tuple(session.groups.values()) if there else ()
    channels = tuple(session.all_channels()) if there else ()
    interactions = tuple(session.all_interactions()) if there else ()
    return SupervisorSnapshot(
        seq=seq,
        session=PicturedSession(
            id=session.id,
            agent=agent_of(session),
            state=session.state,
            since=since,
            capabilities=open_now(session, session.features),
        ),
        channelgroups=tuple(_group(session, group) for group in groups),
        channels=tuple(_channel(session, channel) for channel in channels),
        interactions=tuple(_interaction(session, interaction) for interaction in interactions),
        conversations=tuple(
            PicturedConversation(
                target=str(leg.target), conversation=leg.info(), capabilities=open_now(leg, session.features)
            )
            for interaction in interactions
            for leg in interaction.conversations.values()
        ),
    )


def _group(session: Session, group: ChannelGroup) -> PicturedGroup:
    return PicturedGroup(
        target=str(group.target), channelgroup=group.info(), capabilities=open_now(group, session.features)
    )


def _channel(session: Session, channel: Channel) -> PicturedChannel:
    return PicturedChannel(
        target=str(channel.target), channel=channel.info(), capabilities=open_now(channel, session.features)
    )


def _interaction(session: Session, it: Interaction) -> PicturedInteraction:
    return PicturedInteraction(
        target=str(it.target),
        interaction=it.info(),
        interactiondata=it.data,
        transcript=tuple(message_info(message) for message in it.transcript),
        cause=it.cause,
        capabilities=open_now(it, session.features),
    )
