"""What the commands of chats and emails do."""

import attrs

from protocol import platform
from protocol.commands import NoData, PushUrl, Reply, SendFile, SendSignal, SendText, ShowForm, TransferMedia
from protocol.platform import Attachment, PlatformCall
from statemachines import changes
from statemachines.actions.interaction import carry_out, is_over, settle
from statemachines.contact import Interaction
from statemachines.operation import Done, Operation, Stopped, ask, check_interaction, platform_error
from statemachines.posts import take_in_post
from statemachines.sequences import Happening, What
from statemachines.world import Session


def transfer(session: Session, it: Interaction, data: TransferMedia) -> Operation:
    call = platform.TransferInteraction(
        endpoint=it.channel.endpoint, interaction=it.key, queue=data.queue, agent=data.agent, note=data.note
    )
    return carry_out(session, it, call, is_over)


def send_message(_: Session, it: Interaction, data: SendText) -> Operation:
    message = yield from ask(platform.SendMessage(endpoint=it.channel.endpoint, interaction=it.key, text=data.text))
    _note(it, message)
    return Done(happenings=(Happening(what=What.MESSAGE_ADDED, subject=it, post=message),))


def _check_message(it: Interaction, message: platform.MessagePosted) -> None:
    if (message.endpoint, message.interaction) != (it.channel.endpoint, it.key):
        raise platform_error(f"asked about {it.key}, it told of a message in {message.interaction}")


def _note(it: Interaction, message: platform.MessagePosted) -> None:
    _check_message(it, message)
    if problem := take_in_post(it, message):
        raise platform_error(problem)


def start_typing(_: Session, it: Interaction, __: NoData) -> Operation:
    return _silent(platform.SetTyping(endpoint=it.channel.endpoint, interaction=it.key, typing=True))


def stop_typing(_: Session, it: Interaction, __: NoData) -> Operation:
    return _silent(platform.SetTyping(endpoint=it.channel.endpoint, interaction=it.key, typing=False))


def send_file(_: Session, it: Interaction, data: SendFile) -> Operation:
    file = data.file
    return _silent(
        platform.SendFile(
            endpoint=it.channel.endpoint,
            interaction=it.key,
            name=file.name,
            url=file.url,
            type=file.type,
            size=file.size,
        )
    )


def push_url(_: Session, it: Interaction, data: PushUrl) -> Operation:
    return _silent(platform.PushUrl(endpoint=it.channel.endpoint, interaction=it.key, url=data.url, title=data.title))


def show_form(_: Session, it: Interaction, data: ShowForm) -> Operation:
    form = data.form
    return _silent(
        platform.ShowForm(
            endpoint=it.channel.endpoint, interaction=it.key, form=form.id, title=form.title, fields=form.fields
        )
    )


def request_screenshot(_: Session, it: Interaction, __: NoData) -> Operation:
    return _silent(platform.RequestScreenshot(endpoint=it.channel.endpoint, interaction=it.key))


def send_signal(_: Session, it: Interaction, data: SendSignal) -> Operation:
    signal = data.signal
    return _silent(
        platform.SendSignal(endpoint=it.channel.endpoint, interaction=it.key, name=signal.name, data=signal.data)
    )


def _silent(call: PlatformCall[None]) -> Operation:
    """What the customer's side makes of it comes later, if anything does."""
    yield from ask(call)
    return Done()


def reply(session: Session, it: Interaction, data: Reply) -> Operation:
    call = platform.ReplyEmail(
        endpoint=it.channel.endpoint,
        interaction=it.key,
        text=data.text,
        subject=data.subject,
        attachments=tuple(Attachment(name=each.name, url=each.url) for each in data.attachments),
    )
    replied = yield from ask(call)
    check_interaction(replied.interaction, it.channel.endpoint, it.key)
    if problem := changes.problem(it.channel, replied.interaction):
        raise platform_error(problem)
    _check_message(it, replied.message)
    known = replied.message.id in it.seen
    if not known:
        _note(it, replied.message)
    outcome = settle(session, it, replied.interaction, "ReplyEmail", is_over)
    if known:  # told before, after a timeout: what is new is the end
        return outcome
    if isinstance(outcome, Stopped):
        message = Happening(what=What.MESSAGE_ADDED, subject=it, post=replied.message)
        return attrs.evolve(outcome, happenings=(message, *outcome.happenings))
    (ended,) = outcome.happenings
    return Done(happenings=(attrs.evolve(ended, what=What.EMAIL_ANSWERED, post=replied.message),))
