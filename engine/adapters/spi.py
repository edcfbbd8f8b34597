"""What a CTI platform's adapter must be: one task that lives, one method that does. This page is the contract.

An adapter imports this module and `protocol`, nothing else of the processor. The words it speaks (calls, answers,
reports, features) stand in `protocol.platform`. `ixp adapter check` checks every promise made here.

Making
    A package names one function, `open_adapter(settings, folder)`: it checks the adapter's own settings, and returns
    how an adapter is made. That is called anew whenever the one before has lost its platform.

Life
    The processor calls `run` once in a task of its own and stops the adapter by cancelling that task. `run` opens
    the connection to the platform, calls `task_status.started()` when `perform` may be used, and returns or raises
    only when the platform is lost for good; a new adapter is then made after a while. What `run` opens, it closes.
    Sessions are held meanwhile. When a new adapter is up, each agent that has one is started anew by `StartAgent`,
    and what its `Snapshot` has otherwise than before is told to the desktop: an adapter keeps nothing over a loss.

Calls
    `perform` may be called from many tasks at once, for different agents; for one agent there is at most one call at
    a time. It returns an answer of the call's type, or raises `Refused` with a code that the table of failure codes
    allows a platform, and a message that tells the agent what to do. Any other exception is taken as PLATFORM_ERROR.
    A refused call has changed nothing. A call that takes longer than the deadline is cancelled; what the platform
    did of it is reported when it is known. Asked for a state that holds already, a call succeeds; what is sent, such as
    a message, is sent each time. A call about an interaction that the platform does not have is refused with
    INVALID_TARGET, and the interaction is over for the session, too. All share one event loop, `run` as well: whatever
    takes its time is awaited, and what cannot be awaited is done by a thread, `trio.to_thread.run_sync`.

Reports
    Whatever changes at the platform for an agent after its `StartAgent`, by whomever, is told to the sink in the
    platform's order: as the whole new state of the channel or of the interaction, or as a post, for what comes up once.
    A change that a call brought about may be told as well; then it is told before `perform` returns. A repeated report
    does no harm. An answer is the state at the moment when `perform` returns: reports of the same channel or
    interaction that came during the call are older, and are dropped.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol, TypeVar

import trio

from protocol.convert import make_strict_converter, structure
from protocol.platform import Feature, PlatformCall, Report

R = TypeVar("R")
T = TypeVar("T")
_SETTINGS: Final = make_strict_converter(refuse_unknown=True)


class Sink(Protocol):
    """Where an adapter tells of what happens at the platform. Never blocks, may be called from any trio task."""

    def report(self, agent: str, report: Report) -> None:
        """At `report.endpoint`, where `agent` has a channel, things stand now as the report says."""
        ...


class Adapter(Protocol):
    """One CTI platform."""

    @property
    def features(self) -> frozenset[Feature]:
        """What the platform can do; does not change while the adapter lives."""
        ...

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:
        """Be connected until cancelled. Returning or raising means that the platform is lost."""
        ...

    async def perform(self, agent: str, call: PlatformCall[R]) -> R:
        """Do what the call says for the agent with this id. Raises Refused; see the module's text."""
        ...


MakeAdapter = Callable[[], Adapter]
"""How the processor makes a new adapter when the old one has lost its platform."""


class OpenAdapter(Protocol):
    """What the entry point of a kind of adapter names."""

    def __call__(self, settings: Mapping[str, object], folder: Path) -> MakeAdapter:
        """Check the adapter's own table of the TOML file, and return how adapters are made.

        `folder` is that of the file: relative paths are taken from it. Nothing is opened yet. Raises ValueError,
        "key: what is wrong, and what to do", as `settings_of` does.
        """
        ...


def settings_of(table: Mapping[str, object], kind: type[T]) -> T:
    """The table as an attrs class with types and validators. Raises ValueError that names the key and the remedy."""
    try:
        return structure(dict(table), kind, at="", converter=_SETTINGS)
    except ValueError as error:
        where, _, what = str(error).partition(": ")
        raise ValueError(f"{where.removeprefix('.') or 'settings'}: {what}") from None
