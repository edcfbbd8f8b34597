"""What the requests of chats, emails and callbacks do in the model, and what comes up in them."""

from typing import Any

import attrs

from protocol.errors import FailureCode as Code
from protocol.platform import (
    OVER,
    Attachment,
    FilePosted,
    FormSubmitted,
    MessagePosted,
    PartyChanged,
    Post,
    ScreenshotAnswered,
    SignalReceived,
    TypingChanged,
)
from tests.walks.calls import Calls, is_over
from tests.walks.telling import is_call, message_info, party_info, present
from tests.walks.words import Fail, Settled, Tell, Thing, Told


class Media(Calls):
    """Each method named after a command takes what the request is about, and its data."""

    # What comes up

    def posted(self, post: Post) -> Told | None:
        """Something comes up in an interaction. None: it is dropped."""
        channel = self.channel_at(post.endpoint)
        if self.state != "INITIALIZED" or channel is None:
            return None
        it = self.interaction_at(channel, post.interaction)
        if it is None or not self._takes(it, post):
            return None
        return self._post(it, post)

    def _takes(self, it: Thing, post: Post) -> bool:
        """Is it news, in an interaction in which something can come up?"""
        if is_call(it) or it["report"].state in OVER:
            return False
        if isinstance(post, TypingChanged):
            return post.typing != (post.party.id in it["typing"])
        return post.id not in it["posts"]

    def _post(self, it: Thing, post: Post) -> Told:
        match post:
            case TypingChanged():
                it["typing"] ^= {post.party.id}
            case PartyChanged(joined=False):
                it["typing"] -= {post.party.id}
                it["posts"] |= {post.id}
            case _:
                it["posts"] |= {post.id}
        name, shown = _shown(post)
        return [Tell(f"interaction.{name}", it, shown)]

    def _check_post(self, it: Thing, post: MessagePosted) -> None:
        """The agent's own message, as the platform answers it."""
        about_it = (post.endpoint, post.interaction) == (it.owner["endpoint"], it["report"].id)
        if not about_it or not self._takes(it, post):
            raise Fail(Code.PLATFORM_ERROR)

    # Requests

    def _interaction_transfer(self, it: Thing, data: dict[str, Any]) -> Settled:
        fields: dict[str, Any] = {field: data.get(field) for field in ("queue", "agent", "note")}
        return self._do(it, "TransferInteraction", is_over, **fields)

    def _interaction_message_send(self, it: Thing, data: dict[str, Any]) -> Settled:
        message = self.ask_about(it, "SendMessage", text=data["text"])
        self._check_post(it, message)
        return Settled(events=self._post(it, message))

    def _interaction_typing_start(self, it: Thing, _: dict[str, Any]) -> Settled:
        return self._pass_on(it, "SetTyping", typing=True)

    def _interaction_typing_stop(self, it: Thing, _: dict[str, Any]) -> Settled:
        return self._pass_on(it, "SetTyping", typing=False)

    def _interaction_file_send(self, it: Thing, data: dict[str, Any]) -> Settled:
        fields = {"type": None, "size": None, **data["file"]}
        return self._pass_on(it, "SendFile", **fields)

    def _interaction_url_push(self, it: Thing, data: dict[str, Any]) -> Settled:
        return self._pass_on(it, "PushUrl", url=data["url"], title=data.get("title"))

    def _interaction_form_show(self, it: Thing, data: dict[str, Any]) -> Settled:
        form = data["form"]
        return self._pass_on(it, "ShowForm", form=form["id"], title=form.get("title"), fields=form.get("fields", {}))

    def _interaction_screenshot_request(self, it: Thing, _: dict[str, Any]) -> Settled:
        return self._pass_on(it, "RequestScreenshot")

    def _interaction_signal_send(self, it: Thing, data: dict[str, Any]) -> Settled:
        signal = data["signal"]
        return self._pass_on(it, "SendSignal", name=signal["name"], data=signal.get("data", {}))

    def _pass_on(self, it: Thing, call: str, **fields: Any) -> Settled:
        """What the customer's side makes of it comes later, if anything does."""
        self.ask_about(it, call, **fields)
        return Settled()

    def _interaction_reply(self, it: Thing, data: dict[str, Any]) -> Settled:
        attachments = tuple(Attachment(**attachment) for attachment in data.get("attachments", []))
        replied = self.ask_about(
            it, "ReplyEmail", text=data["text"], subject=data.get("subject"), attachments=attachments
        )
        told_before = replied.message.id in it["posts"]  # the call before this one may have been out of time
        if not told_before:
            self._check_post(it, replied.message)
        settled = self.settle(it, replied.interaction, is_over)
        message = [] if told_before else self._post(it, replied.message)
        return attrs.evolve(settled, events=[*message, *settled.events])


def _shown(post: Any) -> tuple[str, dict[str, Any]]:
    """The event of a post, and what it shows."""
    party = {"party": party_info(post.party)}
    match post:
        case MessagePosted():
            return "message.added", {"message": message_info(post)}
        case TypingChanged():
            return "typing.started" if post.typing else "typing.stopped", party
        case FilePosted():
            file = present(id=post.id, name=post.name, url=post.url, type=post.type, size=post.size)
            return "file.added", {**party, "file": file}
        case FormSubmitted():
            return "form.submitted", {**party, "form": {"id": post.form, "values": post.values}}
        case ScreenshotAnswered():
            verb = "accepted" if post.accepted else "rejected"
            return f"screenshot.{verb}", {**party, "screenshot": present(id=post.id, url=post.url)}
        case SignalReceived():
            return "signal.received", {**party, "signal": {"id": post.id, "name": post.name, "data": post.data}}
        case PartyChanged():
            return "party.joined" if post.joined else "party.left", party
        case _:
            raise AssertionError(f"{post} is no post that the specification knows")
