"""Promises about chats and emails, which customers begin."""

import contextlib
from collections.abc import AsyncIterator, Mapping

import attrs

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.broken import BenchFailed, BrokenPromise, require
from engine.adapters.contract.floor import Floor, about, floor, is_over
from protocol.errors import FailureCode
from protocol.platform import (
    AcceptInteraction,
    AddChannel,
    InteractionReport,
    MessagePosted,
    Post,
    RejectInteraction,
    ReleaseInteraction,
    ReplyEmail,
    SendMessage,
    TransferInteraction,
)
from protocol.states import EndCause, InteractionState


@contextlib.asynccontextmanager
async def _chats(bench: Bench, *, ready: int = 1) -> AsyncIterator[Floor]:
    async with floor(bench, _known(bench.chats), ready=ready) as at:
        yield at
        _require_posts_once(at)


def _known(channels: Mapping[str, AddChannel] | None) -> Mapping[str, AddChannel]:
    if channels is None:
        raise BenchFailed("the bench has no such channels; give chats and mailboxes")
    return channels


async def a_chat_is_told_from_its_offer_to_its_end(bench: Bench) -> None:
    async with _chats(bench) as at:
        one, *_ = at.agents
        await bench.do("customer_chats", one)
        started = await _take(at, one)
        released = await at.link.ask(one, about(ReleaseInteraction, started))
        require(
            released.cause is EndCause.RELEASED, f"a chat that its agent ended is {released.state}, {released.cause}"
        )
        over = await at.complete(one)
        code = await at.link.refusal(one, SendMessage(endpoint=over.endpoint, interaction=over.id, text="Too late"))
        require(code is FailureCode.INVALID_TARGET, f"a message to a chat that is over is refused with {code}")


async def what_the_customer_writes_is_told_once(bench: Bench) -> None:
    async with _chats(bench) as at:
        one, *_ = at.agents
        chat = await bench.do("customer_chats", one)
        started = await _take(at, one)
        texts = [f"Message {number}, with ä, 漢 and 🙂" for number in range(1, 4)]
        for text in texts:
            await bench.do("customer_says", chat, text)
        await at.link.wait(lambda: len(_messages(at, one, started)) >= len(texts))
        told = [post.text for post in _messages(at, one, started)]
        require(told == texts, f"the customer wrote {texts}, and {one} is told {told}")


async def a_message_is_its_answer_and_is_sent_each_time(bench: Bench) -> None:
    async with _chats(bench) as at:
        one, *_ = at.agents
        await bench.do("customer_chats", one)
        started = await _take(at, one)
        call = SendMessage(endpoint=started.endpoint, interaction=started.id, text="Hello, how can I help?")
        posted = []
        for _ in range(2):
            answer = await at.link.ask(one, call)
            require(answer.text == call.text, f"{call} is answered with the text {answer.text!r}")
            require((answer.endpoint, answer.interaction) == (call.endpoint, call.interaction), f"{call}: {answer}")
            told = [post for post in _messages(at, one, started) if post.id == answer.id]
            require(told in ([], [answer]), f"{call} is told in one way and answered in another")
            posted.append(answer)
        ids = {answer.id for answer in posted}
        require(len(ids) == len(posted), "two messages with the same text have the same id: was the second one sent?")


async def a_customer_who_leaves_is_told_as_gone(bench: Bench) -> None:
    async with _chats(bench) as at:
        one, *_ = at.agents
        chat = await bench.do("customer_chats", one)
        await _take(at, one)
        await bench.do("customer_leaves", chat)
        await at.told(one, "that the customer has left", lambda it: it.cause is EndCause.REMOTE)
        await at.complete(one)


async def a_rejected_chat_is_over_for_the_agent(bench: Bench) -> None:
    async with _chats(bench) as at:
        one, *_ = at.agents
        await bench.do("customer_chats", one)
        offered = await _offer(at, one)
        rejected = await at.link.ask(one, about(RejectInteraction, offered))
        require(rejected.cause is EndCause.REJECTED, f"a rejected chat is {rejected.state}, {rejected.cause}")
        code = await at.link.refusal(one, about(AcceptInteraction, offered))
        require(code is FailureCode.INVALID_TARGET, f"a chat that was rejected is refused with {code}")


async def a_transferred_chat_comes_with_its_contact_and_transcript(bench: Bench) -> None:
    async with _chats(bench, ready=2) as at:
        one, two, _ = at.agents
        chat = await bench.do("customer_chats", one)
        started = await _take(at, one)
        await bench.do("customer_says", chat, "It is about my order")
        await at.link.wait(lambda: len(_messages(at, one, started)) == 1)
        call = TransferInteraction(endpoint=started.endpoint, interaction=started.id, agent=two)
        handed_on = await at.link.ask(one, call)
        require(handed_on.cause is EndCause.TRANSFERRED, f"a transferred chat is {handed_on.state}, {handed_on.cause}")
        offered = await _offer(at, two)
        require(offered.contact == started.contact, f"{two} is offered the chat as another contact")
        texts = [message.text for message in offered.transcript]
        require("It is about my order" in texts, f"the transcript that {two} gets is {texts}")
        unknown = attrs.evolve(call, endpoint=offered.endpoint, interaction=offered.id, agent=bench.unknown_agent)
        await at.accept(two, offered)
        code = await at.link.refusal(two, unknown)
        require(code is FailureCode.INVALID_DESTINATION, f"an agent that there is not is refused with {code}")


async def a_reply_ends_the_email(bench: Bench) -> None:
    async with floor(bench, _known(bench.mailboxes), ready=1) as at:
        one, *_ = at.agents
        await bench.do("customer_mails", one)
        offered = await _offer(at, one)
        require(offered.transcript, "an email is offered without its text in the transcript")
        await at.accept(one, offered)
        call = ReplyEmail(endpoint=offered.endpoint, interaction=offered.id, text="It is on its way.")
        replied = await at.link.ask(one, call)
        require(replied.message.text == call.text, f"{call} is answered with the text {replied.message.text!r}")
        require(is_over(replied.interaction), f"an email that was answered is {replied.interaction.state}")
        await at.complete(one)


async def _offer(at: Floor, agent: str) -> InteractionReport:
    kind = at.channels[agent].type
    return await at.told(agent, f"of the {kind}", lambda it: (it.type, it.state) == (kind, InteractionState.ALERTING))


async def _take(at: Floor, agent: str) -> InteractionReport:
    return await at.accept(agent, await _offer(at, agent))


def _messages(at: Floor, agent: str, about_: InteractionReport) -> list[MessagePosted]:
    """What was told to be written in the interaction, once each."""
    posts = {
        post.id: post
        for post in at.link.sink.of(agent)
        if isinstance(post, MessagePosted) and post.interaction == about_.id
    }
    return list(posts.values())


def _require_posts_once(at: Floor) -> None:
    """An id may be repeated with its post, and must not come with another."""
    seen: dict[tuple[str, str, str], Post] = {}
    for agent, post in at.link.sink.told:
        if isinstance(post, Post):
            known = seen.setdefault((agent, post.interaction, post.id), post)
            if known != post:
                raise BrokenPromise(f"{post.id} is the id of two posts in {post.interaction}: {known}, and {post}")
