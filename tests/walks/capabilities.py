"""Which commands are open to a thing now, as the specification says it."""

from protocol.platform import Feature
from protocol.states import ChannelType, ConversationType, LoginState, RecordingState
from protocol.states import ConversationState as Leg
from protocol.states import InteractionState as It
from tests.walks.words import Thing
from tests.walks.world import World


class Capabilities(World):
    """What is open, and what the platform or the customer's side cannot do at all."""

    def capabilities(self, thing: Thing) -> frozenset[str]:
        """The commands that are open to a thing now."""
        match thing.kind:
            case "session":
                names = {f"session.{verb}" for verb in SESSION_VERBS} if self.state == "INITIALIZED" else set()
            case "channelgroup":
                names = self._of_group(thing)
            case "channel":
                names = self._of_channel(thing)
            case "interaction":
                names = {f"interaction.{verb}" for verb in self._of_interaction(thing)}
            case _:
                names = {f"conversation.{verb}" for verb in LEG_VERBS[thing["state"]]}
        return frozenset(name for name in names if self.can(name, thing))

    def can(self, command: str, thing: Thing) -> bool:
        """Is the platform, and the customer's side, able to do this at all?"""
        if ABILITY_OF.get(command) is not None and ABILITY_OF[command] not in thing["report"].abilities:
            return False
        return FEATURE_OF.get(command) in (None, *self.features)

    def _of_group(self, group: Thing) -> set[str]:
        members = self.channels(group)
        names = set()
        if any(member["loginstate"] == LoginState.INACTIVE for member in members):
            names |= {"channelgroup.activate", "channelgroup.activateall"}
        if any(member.active for member in members):
            names |= {f"channelgroup.{verb}" for verb in ("deactivate", "deactivateall", "ready", "notready")}
        return names

    def _of_channel(self, channel: Thing) -> set[str]:
        names = {"channel.externaldispositions"}
        idle = not self.interactions(channel)
        if channel["loginstate"] == LoginState.INACTIVE:
            names |= {"channel.activate"}
        if channel.active:
            names |= {"channel.notready"}
            names |= {"channel.deactivate"} if idle else set()
            names |= {"channel.dial"} if idle and channel["type"] == ChannelType.TELEPHONY else set()
            names |= set() if channel.is_ready() else {"channel.ready"}
        return names

    def _of_interaction(self, it: Thing) -> set[str]:
        report = it["report"]
        verbs = {"getdata", "setdata"}
        match report.state, report.type:
            case It.ALERTING, _:
                verbs |= {"accept", "reject"}
            case It.ENDED, _:
                verbs |= {"complete"}
            case It.STARTED, ChannelType.TELEPHONY:
                verbs |= self._of_call(it)
            case It.STARTED, kind:
                verbs |= {"release", "transfer"}
                verbs |= {"message.send"} if kind in (ChannelType.CHAT, ChannelType.EMAIL) else set()
                verbs |= {"reply"} if kind == ChannelType.EMAIL else set()
                verbs |= CHAT_VERBS if kind == ChannelType.CHAT else set()
        return verbs

    def _of_call(self, it: Thing) -> set[str]:
        """One that has started."""
        legs = self.legs(it)
        consults = [leg for leg in legs if leg["leg"].type == ConversationType.CONSULT]
        answered = all(leg["state"] in (Leg.CONNECTED, Leg.HELD) for leg in legs)
        verbs = {"consult"} if answered and not consults else set()
        if any(consult["state"] in (Leg.CONNECTED, Leg.HELD) for consult in consults):
            verbs |= {"consulttransfer", "consultconference"}
        if sorted(leg["state"] for leg in legs) == [Leg.CONNECTED, Leg.HELD]:
            verbs |= {"alternate"}
        match it["report"].recording:
            case RecordingState.STOPPED:
                verbs |= {"recording.start"}
            case RecordingState.RECORDING:
                verbs |= {"recording.stop", "recording.pause"}
            case RecordingState.PAUSED:
                verbs |= {"recording.stop", "recording.resume"}
        return verbs


SESSION_VERBS = (
    "logout",
    "addchannel",
    "removechannel",
    "addchannelgroup",
    "removechannelgroup",
    "request.getdirectory",
    "request.externalnotreadyreasons",
    "request.externallogoutreasons",
)

CHAT_VERBS = {
    "typing.start",
    "typing.stop",
    "file.send",
    "url.push",
    "form.show",
    "screenshot.request",
    "signal.send",
}

_ANSWERED = {"release", "blindtransfer"}

LEG_VERBS: dict[Leg, set[str]] = {
    Leg.ALERTING: {"answer", "release"},
    Leg.DIALING: {"release"},
    Leg.CONNECTED: {*_ANSWERED, "hold", "blindconference", "senddtmf"},
    Leg.HELD: {*_ANSWERED, "retrieve"},
    Leg.ENDED: set(),
}

ABILITY_OF = {
    "interaction.file.send": "file",
    "interaction.url.push": "url",
    "interaction.form.show": "form",
    "interaction.screenshot.request": "screenshot",
    "interaction.signal.send": "signal",
}
"""What the customer's side of the chat must be able to do, or the command is UNSUPPORTED."""

FEATURE_OF = {
    "session.addchannelgroup": Feature.CHANNELGROUPS,
    "session.removechannelgroup": Feature.CHANNELGROUPS,
    "session.request.getdirectory": Feature.DIRECTORY,
    "session.request.externalnotreadyreasons": Feature.NOTREADY_REASONS,
    "session.request.externallogoutreasons": Feature.LOGOUT_REASONS,
    "channel.externaldispositions": Feature.DISPOSITIONS,
    "channel.dial": Feature.DIAL,
    "interaction.reject": Feature.REJECT,
    "interaction.setdata": Feature.INTERACTION_DATA,
    "interaction.consult": Feature.CONSULT,
    "interaction.alternate": Feature.CONSULT,
    "interaction.consulttransfer": Feature.CONSULT,
    "interaction.consultconference": Feature.CONFERENCE,
    "interaction.recording.start": Feature.RECORDING,
    "interaction.recording.stop": Feature.RECORDING,
    "interaction.recording.pause": Feature.RECORDING,
    "interaction.recording.resume": Feature.RECORDING,
    "interaction.transfer": Feature.MEDIA_TRANSFER,
    "conversation.hold": Feature.HOLD,
    "conversation.retrieve": Feature.HOLD,
    "conversation.blindtransfer": Feature.BLIND_TRANSFER,
    "conversation.blindconference": Feature.CONFERENCE,
    "conversation.senddtmf": Feature.DTMF,
}
"""What the platform must be able to do, or the command is UNSUPPORTED."""
