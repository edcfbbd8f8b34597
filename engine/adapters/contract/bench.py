"""What the suite has to know of the platform behind an adapter, and what it can have that platform do.

Who writes an adapter writes one function beside it, `open_bench`, which yields a `Bench`:

    @contextlib.asynccontextmanager
    async def open_bench() -> AsyncIterator[Bench]:
        make = open_adapter({"host": "127.0.0.1"}, Path.cwd())
        yield Bench(
            make=make,
            agents={name: AddChannel(endpoint=phone, type=ChannelType.TELEPHONY) for name, phone in PHONES.items()},
            unknown_agent="nobody",
            unknown_extension="9999",
        )

It is called for every promise anew. The platform is then to be as new: no agent is logged in, none has a channel.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType
from typing import Any, Final

import attrs
import trio

from engine.adapters.contract.broken import BenchFailed
from engine.adapters.contract.exchange import Exchange
from engine.adapters.spi import MakeAdapter
from protocol.platform import AddChannel, PlatformCall
from protocol.states import AgentState

AGENTS: Final = 3
"""How many agents the promises need."""


def _three(_: object, attribute: "attrs.Attribute[Any]", agents: Mapping[str, AddChannel]) -> None:
    if len(agents) < AGENTS:
        raise ValueError(f"{attribute.name}: {len(agents)} of the {AGENTS} that are needed; add the others")


def _makes(_: object, attribute: "attrs.Attribute[Any]", make: object) -> None:
    if not callable(make):
        raise ValueError(  # noqa: TRY004 # as other wrong values
            f"{attribute.name}: {make!r} cannot be called; give how an adapter is made, which is what open_adapter "
            "returns: a function, or the class"
        )


_SAYS: Final = "says"

# ruff: noqa: RUF009 - _may makes a field, as attrs.field does


def _may(says: str) -> Any:
    """Something that a bench may offer: what it is, for the page on the contract."""
    return attrs.field(default=None, metadata={_SAYS: says})


async def _all_at_rest() -> None:
    from trio.testing import wait_all_tasks_blocked  # which imports pytest, where there is one, and takes its time

    await wait_all_tasks_blocked()


@attrs.frozen(kw_only=True)
class Bench:
    """One platform, as new, for one promise.

    What comes after `settle` is optional: a hook that is left out makes the promises that need it "not tried".
    Hooks return when the platform has done it; the adapter may hear of it later.
    """

    make: MakeAdapter = attrs.field(validator=_makes)
    """A new adapter for this one platform."""
    agents: Mapping[str, AddChannel] = attrs.field(validator=_three)
    """Three agents or more, by the id that sessions know them by, each with a channel of its own that it may add."""
    unknown_agent: str
    """An id that no agent has."""
    unknown_extension: str
    """An endpoint that there is not, and that nobody can call."""
    groups: tuple[str, ...] = ()
    """Groups that all agents may join."""
    unknown_group: str = "no such group"
    calls_only: bool = False
    """Has the platform calls alone, so that the adapter keeps logins and agent states itself? Then nothing that is
    asked about those reaches the platform, and its faults are tried with calls."""
    settle: Callable[[], Awaitable[None]] = _all_at_rest
    """Waits until the adapter has told all that it is going to tell. The default is for platforms in memory; for
    those that are reached over a network there is `quiet(0.2)`."""
    patience_s: float = 3.0
    """How long what is promised to be told may take to come."""
    deadline_s: float = 10.0
    """How long a call may take."""

    # What the platform can be made to do

    customer_calls: Callable[[str], Awaitable[str]] | None = _may(
        "(endpoint) A customer calls this endpoint of an agent. Returns a name for the call."
    )
    customer_hangs_up: Callable[[str], Awaitable[None]] | None = _may("(call) The customer of this call hangs up.")
    phone_answers: Callable[[str], Awaitable[None]] | None = _may(
        "(endpoint) The agent answers at the phone itself the call that rings there."
    )
    phone_hangs_up: Callable[[str], Awaitable[None]] | None = _may("(endpoint) The agent hangs up at the phone itself.")
    phone_state: Callable[[str, AgentState], Awaitable[None]] | None = _may(
        "(endpoint, agentstate) The agent logged in there goes READY or NOTREADY at the phone itself."
    )

    chats: Mapping[str, AddChannel] | None = _may("By id, for all of `agents`, a chat channel that each may add.")
    mailboxes: Mapping[str, AddChannel] | None = _may("By id, for all of `agents`, an email channel.")
    customer_chats: Callable[[str], Awaitable[str]] | None = _may(
        "(agent) A customer begins a chat that this agent, who is ready, is offered. Returns a name for it."
    )
    customer_says: Callable[[str, str], Awaitable[None]] | None = _may("(chat, text) Its customer writes this.")
    customer_leaves: Callable[[str], Awaitable[None]] | None = _may("(chat) Its customer ends it.")
    customer_mails: Callable[[str], Awaitable[str]] | None = _may(
        "(agent) An email comes that this agent, who is ready, is offered. Returns a name for it."
    )

    # What the platform can be made to do wrong

    tell_twice: Callable[[], Awaitable[None]] | None = _may(
        "() From now on the platform tells the adapter of each event twice."
    )
    events_first: Callable[[], Awaitable[None]] | None = _may(
        "() From now on the platform tells what a request brings about before it replies to the request."
    )
    unknown_call: Callable[[str], Awaitable[None]] | None = _may(
        "(endpoint) The platform tells of a call that the adapter has not heard of: at an agent whom nobody started "
        "and, where it can, at this endpoint the end of a call whose beginning was never told."
    )
    lose_reply: Callable[[type[PlatformCall[Any]]], Awaitable[None]] | None = _may(
        "(class of the call) The next request that such a call leads to is carried out, and its reply is lost."
    )
    cut: Callable[[], Awaitable[None]] | None = _may(
        "() The connection to the platform breaks, and cannot be made until `restore`. The platform itself goes on."
    )
    restore: Callable[[], Awaitable[None]] | None = _may("() The platform can be reached again.")
    crash: Callable[[], Awaitable[None]] | None = _may(
        "() In the middle of the next `SetAgentState`, or `Dial` where the platform has calls only, the platform dies, "
        "and cannot be reached until `restore`."
    )
    slow: Callable[[float], Awaitable[None]] | None = _may(
        "(seconds) From now on the platform takes so long for each request."
    )
    flood: Callable[[str, int], Awaitable[None]] | None = _may(
        "(endpoint, changes) The agent state at this endpoint changes so many times, at one go. Where the platform has "
        "calls only: callers ring there and give up so many times in all, and the last one goes on to ring."
    )

    exchange: Exchange = attrs.field(factory=Exchange, init=False, eq=False, repr=False)
    """What was asked and told; the suite keeps it."""

    def __attrs_post_init__(self) -> None:
        if self.calls_only and self.slow is not None and self.customer_calls is None:
            raise ValueError("slow: where the platform has calls only, it is tried with customers; add customer_calls")

    def offers(self, name: str) -> bool:
        """Is there this hook, or this map of channels?"""
        return getattr(self, name) is not None

    async def do(self, name: str, *details: Any) -> Any:
        """Have the platform do what the hook of this name does. Raises BenchFailed for whatever the hook raises."""
        self.exchange.note("bench", "does", f"{name}({', '.join(map(_word, details))})")
        hook: Callable[..., Awaitable[Any]] = getattr(self, name)
        try:
            return await hook(*details)
        except Exception as error:
            raise BenchFailed(f"{name} of the bench raised {type(error).__name__}: {error}") from error


OpenBench = Callable[[], AbstractAsyncContextManager[Bench]]

OFFERS: Final[Mapping[str, str]] = MappingProxyType(
    {field.name: field.metadata[_SAYS] for field in attrs.fields(Bench) if _SAYS in field.metadata}
)
"""What a bench may offer, and what each is."""
HOOKS: Final = tuple(name for name in OFFERS if name not in ("chats", "mailboxes"))
"""The names of the functions among them."""


def quiet(seconds: float) -> Callable[[], Awaitable[None]]:
    """A `settle` for platforms that are reached over a network: what has not come by then does not come."""

    async def settle() -> None:
        await trio.sleep(seconds)

    return settle


def _word(detail: object) -> str:
    return detail.__name__ if isinstance(detail, type) else str(detail)
