"""The data of the interaction commands."""

import attrs

from protocol.commands.parts import CommandData, Reason
from protocol.texts import Count, DataChanges, DataKey, Digits, Name, Note, Text, Url


@attrs.frozen(kw_only=True)
class Dial(CommandData):
    """`extensions` are the platform's own additions to the call, passed through to it."""

    destination: Name
    extensions: dict[DataKey, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Destination(CommandData):
    """An extension, a queue, or an outside number, as the platform dials it."""

    destination: Name


@attrs.frozen(kw_only=True)
class Reject(CommandData):
    reason: Reason | None = None


@attrs.frozen(kw_only=True)
class NewDisposition:
    """How the agent sums the interaction up: a code of the channel's dispositions, and a free note."""

    code: Name
    note: Note | None = None


@attrs.frozen(kw_only=True)
class Complete(CommandData):
    disposition: NewDisposition | None = None


@attrs.frozen(kw_only=True)
class GetData(CommandData):
    """The keys that are wanted; left out, all."""

    keys: tuple[DataKey, ...] | None = None


@attrs.frozen(kw_only=True)
class SetData(CommandData):
    """A text, or one level of texts by name, for each key; null removes the key."""

    interactiondata: DataChanges


@attrs.frozen(kw_only=True)
class TransferMedia(CommandData):
    """To a queue or to an agent: exactly one of the two. `note` is for whoever takes it."""

    queue: Name | None = None
    agent: Name | None = None
    note: Note | None = None

    def __attrs_post_init__(self) -> None:
        if (self.queue is None) == (self.agent is None):
            raise ValueError("wants queue or agent, exactly one of the two")


@attrs.frozen(kw_only=True)
class SendText(CommandData):
    text: Text


@attrs.frozen(kw_only=True)
class NewFile:
    """Where the customer's side can fetch the file. `size` in bytes."""

    name: Name
    url: Url
    type: Name | None = None
    size: Count | None = None


@attrs.frozen(kw_only=True)
class SendFile(CommandData):
    file: NewFile


@attrs.frozen(kw_only=True)
class PushUrl(CommandData):
    url: Url
    title: Name | None = None


@attrs.frozen(kw_only=True)
class NewForm:
    """`fields` are the labels of what is asked, by name."""

    id: Name
    title: Name | None = None
    fields: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class ShowForm(CommandData):
    form: NewForm


@attrs.frozen(kw_only=True)
class NewSignal:
    """What the two applications make of `data` is their own affair."""

    name: Name
    data: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class SendSignal(CommandData):
    signal: NewSignal


@attrs.frozen(kw_only=True)
class NewAttachment:
    """Where the attachment can be fetched."""

    name: Name
    url: Url


@attrs.frozen(kw_only=True)
class Reply(CommandData):
    """The answer to an email. Left out, `subject` is that of the email."""

    text: Text
    subject: Note | None = None
    attachments: tuple[NewAttachment, ...] = ()


@attrs.frozen(kw_only=True)
class SendDtmf(CommandData):
    digits: Digits
