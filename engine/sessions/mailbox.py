"""What waits for one session's actor: a request is taken behind the reports that were there when its turn came.

Reports rank before requests because an adapter reports what a call changed before it answers the call: a request
that came in meanwhile must not be judged by the state before it.
"""

import enum
from collections import Counter
from collections.abc import Callable
from typing import Generic, TypeVar

import trio

from engine.sessions.leftout import LeftOut
from protocol.platform import Post, Report

Q = TypeVar("Q")
_Interaction = tuple[str, str]
"""Endpoint and id."""


class Put(enum.Enum):
    """What has become of a report. LEFT_OUT: its interaction has too many that wait, and it is told of in one word."""

    KEPT = enum.auto()
    LEFT_OUT = enum.auto()
    FULL = enum.auto()


class Mailbox(Generic[Q]):
    """Bounded queues of reports and of requests (Q), with one taker."""

    def __init__(self, *, requests: int, reports: int, posts: int) -> None:
        """`posts`: of the reports, how many of what comes up in one interaction may wait."""
        self._bounds = (requests, reports, posts)
        # Lists, for most are empty all day, and an empty deque takes the room of sixty-four.
        self._reports: list[Report] = []
        self._posts: Counter[_Interaction] = Counter()
        """How many of them wait."""
        self._left_out: dict[_Interaction, LeftOut] = {}
        self._requests: list[Q] = []
        self._news = trio.Event()
        self._poked = False
        self._ahead: int | None = None
        """How many reports are still taken before the request at the front; None: it has not been looked at."""

    @property
    def waiting_requests(self) -> int:
        return len(self._requests)

    def put_report(self, report: Report) -> Put:
        """FULL when the platform reports faster than the session can take it; the report is not kept."""
        if isinstance(report, Post):
            key = _interaction(report)
            if key in self._left_out or self._posts[key] >= self._bounds[2]:
                self._left_out.setdefault(key, LeftOut()).add(report)
                return Put.LEFT_OUT
        if len(self._reports) >= self._bounds[1]:
            return Put.FULL
        self._count(report)
        self._reports.append(report)
        self._news.set()
        return Put.KEPT

    def put_request(self, request: Q) -> bool:
        """False when too many wait already; the request is not kept."""
        if len(self._requests) >= self._bounds[0]:
            return False
        self._requests.append(request)
        self._news.set()
        return True

    def poke(self) -> None:
        """Let the taker look whether anything else is to be done, a deadline for one."""
        self._poked = True
        self._news.set()

    async def wait(self) -> Report | Q | None:
        """The next item; None when the taker was poked."""
        if self._reports or self._requests or self._poked:
            # A session with much to do must not keep the others waiting.
            await trio.lowlevel.cancel_shielded_checkpoint()
        while not (self._reports or self._requests or self._poked):  # what there was may have been taken away again
            self._news = trio.Event()
            await self._news.wait()
        self._poked = False
        if self._reports and self._goes_first():
            report = self._reports.pop(0)
            if isinstance(report, Post):
                self._posts[_interaction(report)] -= 1
                self._tell_left_out(lambda word: word)
            return report
        self._ahead = None
        if self._requests:
            return self._requests.pop(0)
        return None

    def _goes_first(self) -> bool:
        """A request waits for the reports that were there when it came to the front, and not for those behind them:
        a platform, or a customer, that tells without end would keep it waiting for ever."""
        if not self._requests:
            return True
        if self._ahead is None:
            self._ahead = len(self._reports)
        self._ahead -= 1
        return self._ahead >= 0

    def revise_reports(self, left: Callable[[Report], Report | None]) -> None:
        """Replace each waiting report by what is left of it; None: nothing."""
        before, self._reports = self._reports, []
        self._posts.clear()
        for report in before:
            if (kept := left(report)) is not None:
                self._count(kept)
                self._reports.append(kept)
        self._tell_left_out(left)

    def _count(self, report: Report) -> None:
        if isinstance(report, Post):
            self._posts[_interaction(report)] += 1

    def _tell_left_out(self, left: Callable[[Report], Report | None]) -> None:
        """Where all that came before has been taken, the word about what was left out comes next."""
        for key in [key for key in self._left_out if not self._posts[key]]:
            words = (left(word) for word in self._left_out.pop(key).words())
            for word in reversed([word for word in words if word is not None]):
                self._count(word)
                self._reports.insert(0, word)
                if self._ahead is not None:
                    self._ahead += 1
        self._posts = +self._posts

    def withdraw(self, wanted: Callable[[Q], bool]) -> list[Q]:
        """Take out the requests that are wanted, in their order."""
        taken = [item for item in self._requests if wanted(item)]
        self._requests = [item for item in self._requests if not wanted(item)]
        self._ahead = None
        return taken

    def withdraw_behind(self, marker: Q, wanted: Callable[[Q], bool]) -> list[Q]:
        """Take out the requests behind `marker` that are wanted, in their order; the marker itself stays."""
        if marker not in self._requests:
            return []
        at = self._requests.index(marker) + 1
        ahead, behind = self._requests[:at], self._requests[at:]
        self._requests = [*ahead, *(item for item in behind if not wanted(item))]
        return [item for item in behind if wanted(item)]

    def drain_requests(self) -> list[Q]:
        """All requests that still wait, which nobody will take any more."""
        left, self._requests = self._requests, []
        return left


def _interaction(post: Post) -> _Interaction:
    return post.endpoint, post.interaction
