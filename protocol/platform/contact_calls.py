"""What the core asks of the platform about interactions. The answer is the interaction as it stands after it."""

from typing import TypeVar

import attrs

from protocol.platform.call import PlatformCall
from protocol.platform.contacts import Disposition, InteractionReport, MessagePosted, Replied
from protocol.states import RecordingState

R = TypeVar("R")


@attrs.frozen(kw_only=True)
class Dial(PlatformCall[InteractionReport]):
    """Call `destination` from the agent's phone. `extensions` are the platform's own, passed through."""

    endpoint: str
    destination: str
    extensions: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class InteractionCall(PlatformCall[R]):
    """Base of the calls about one interaction, by the ids that its reports have."""

    endpoint: str
    interaction: str


@attrs.frozen(kw_only=True)
class AcceptInteraction(InteractionCall[InteractionReport]):
    """Take what is offered; of a call: answer it."""


@attrs.frozen(kw_only=True)
class RejectInteraction(InteractionCall[InteractionReport]):
    """Refuse what is offered: it goes to somebody else, or is turned away."""

    reason: str | None = None


@attrs.frozen(kw_only=True)
class ReleaseInteraction(InteractionCall[InteractionReport]):
    """End a media interaction."""


@attrs.frozen(kw_only=True)
class CompleteInteraction(InteractionCall[InteractionReport]):
    """Wrap-up is done: the channel goes to its pending or previous agent state.

    `timed_out`: nobody asked for it, the time for wrap-up is over; then a disposition cannot be insisted on.
    """

    disposition: Disposition | None = None
    timed_out: bool = False


@attrs.frozen(kw_only=True)
class ChangeData(InteractionCall[InteractionReport]):
    """Set these keys of the attached data; None removes one."""

    changes: dict[str, str | dict[str, str] | None]


@attrs.frozen(kw_only=True)
class SetRecording(InteractionCall[InteractionReport]):
    """Record the call from now on, pause, or stop."""

    recording: RecordingState


@attrs.frozen(kw_only=True)
class StartConsult(InteractionCall[InteractionReport]):
    """Hold the primary leg if it is connected, and call `destination` beside it."""

    destination: str


@attrs.frozen(kw_only=True)
class AlternateLegs(InteractionCall[InteractionReport]):
    """Hold the connected leg and retrieve the held one."""


@attrs.frozen(kw_only=True)
class TransferConsult(InteractionCall[InteractionReport]):
    """Connect the contact with the consulted party, and leave the call."""


@attrs.frozen(kw_only=True)
class ConferenceConsult(InteractionCall[InteractionReport]):
    """Join both legs in the primary one."""


@attrs.frozen(kw_only=True)
class LegCall(InteractionCall[R]):
    """Base of the calls about one leg."""

    leg: str


@attrs.frozen(kw_only=True)
class HoldLeg(LegCall[InteractionReport]):
    """The far end hears music."""


@attrs.frozen(kw_only=True)
class RetrieveLeg(LegCall[InteractionReport]):
    """Talk on with a far end that was held."""


@attrs.frozen(kw_only=True)
class ReleaseLeg(LegCall[InteractionReport]):
    """Hang up; where it was the last leg, the interaction is over."""


@attrs.frozen(kw_only=True)
class BlindTransfer(LegCall[InteractionReport]):
    """Send the far end on to `destination`, whoever answers there, and leave the call."""

    destination: str


@attrs.frozen(kw_only=True)
class BlindConference(LegCall[InteractionReport]):
    """Take `destination` into the call as it stands."""

    destination: str


@attrs.frozen(kw_only=True)
class SendDigits(LegCall[None]):
    """Send DTMF tones, `0-9*#A-D`, to the far end."""

    digits: str


# Media


@attrs.frozen(kw_only=True)
class TransferInteraction(InteractionCall[InteractionReport]):
    """Offer it to a queue or to an agent, by name or id, with the transcript so far. Exactly one of the two is set."""

    queue: str | None = None
    agent: str | None = None
    note: str | None = None


@attrs.frozen(kw_only=True)
class SendMessage(InteractionCall[MessagePosted]):
    text: str


@attrs.frozen(kw_only=True)
class SetTyping(InteractionCall[None]):
    """Let the customer know that the agent is typing, or no longer."""

    typing: bool


@attrs.frozen(kw_only=True)
class SendFile(InteractionCall[None]):
    """Offer a file that lies at `url`. `size` in bytes. Once the customer's side has it, it comes as FilePosted."""

    name: str
    url: str
    type: str | None = None
    size: int | None = None


@attrs.frozen(kw_only=True)
class PushUrl(InteractionCall[None]):
    """Have the customer's side show this page."""

    url: str
    title: str | None = None


@attrs.frozen(kw_only=True)
class ShowForm(InteractionCall[None]):
    """Have the customer's side show a form; what is filled in comes as FormSubmitted. `fields` are names by key."""

    form: str
    title: str | None = None
    fields: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class RequestScreenshot(InteractionCall[None]):
    """Ask for a picture of the customer's page; the answer comes as ScreenshotAnswered."""


@attrs.frozen(kw_only=True)
class SendSignal(InteractionCall[None]):
    """Something for the customer's application; what it says to that comes as SignalReceived."""

    name: str
    data: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Attachment:
    name: str
    url: str


@attrs.frozen(kw_only=True)
class ReplyEmail(InteractionCall[Replied]):
    """Answer the email, which ends the interaction. Without `subject`, that of the email."""

    text: str
    subject: str | None = None
    attachments: tuple[Attachment, ...] = ()
