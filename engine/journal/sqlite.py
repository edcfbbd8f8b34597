"""The durable journal: one SQLite file. A process of its own writes it; the server opens it, and reads in a thread.

Group commit: while one transaction is being made durable, the steps of all sessions gather for the next. So sessions
share the wait for the disk, and none waits longer than for the transaction under way and its own.
"""

import math
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import attrs
import structlog
import trio

from engine.journal.file import read_ahead
from engine.journal.group import Group, GroupKept, part_of, sessions_of
from engine.journal.memory import check_numbers
from engine.journal.rows import Batch, Head, Loaded, StepRow
from engine.journal.spi import Fenced, JournalBroken, JournalError, Opening, Record, Step, Stored
from engine.journal.standing import Standing
from engine.journal.store import Store
from engine.journal.tail import Tail
from engine.journal.unclosed import mark_closed, mark_open, may_have_lost
from engine.journal.writer import Writer
from protocol.ids import SessionId

log = structlog.get_logger()
T = TypeVar("T")

FILE: Final = "journal.sqlite3"
FENCES_A_START: Final = 1 << 32
"""Fences count on from a multiple of this, one for each start: none of an earlier process is as great."""
TRIED_AGAIN_AFTER_S: Final = (0.02, 0.1, 0.5)
"""A full disk may have room again soon; what could not be written was not kept, so it may be tried again."""
FULL: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY})
LEFT_IN_LOG: Final = "nothing is lost: the next start reads the log that stands beside the file; leave it there"
TRIM_EVERY: Final = 8
"""At one picture of so many, the first of a process included, a session's old steps are looked at: whoever writes
waits meanwhile."""
FORGET_FIRST_S: Final = 60.0
"""So long after a start nothing is forgotten: those that live are taken up, and their desktops come back."""
FORGET_EVERY_S: Final = 600.0
PAGES_AT_ONCE: Final = 128
"""So many free pages are given back before those who wait to write have their turn."""
DAY_S: Final = 86_400.0


class _Unfit(JournalError):
    """A step is not as the file wants it, by a defect of ours: a number comes twice, say."""


@attrs.define(eq=False)
class _Writing:
    """A session that is written to. `lost`: a step of it was not kept, so none behind it may be."""

    fence: int
    head: Head
    tail: Tail = attrs.field(factory=Tail)
    pictures: int = 0
    lost: JournalError | None = None


class SqliteJournal:
    """`run` is its task, which opens the file and closes it at the end. Limits as for any journal.

    `durability`: "full" survives the loss of power, "normal" that of the process.
    """

    durable = True

    def __init__(
        self,
        folder: Path,
        *,
        durability: str,
        history_messages: int,
        history_bytes: int,
        keep_days: float,
        keep_bytes: int,
        wall: Callable[[], float] = time.time,
        committed: Callable[[int, float], None] = lambda steps, seconds: None,
        held: Sequence[int] = (),
    ) -> None:
        """`committed` is told of each transaction: how many steps it kept, and how long it took.

        `held`: open files that stay open as long as the file may be written to, whatever becomes of this process.
        """
        self.path = folder / FILE
        self.first_fence = 1
        self.may_have_lost = False
        self._durability = durability
        self._history = (history_messages, history_bytes)
        self._keep = (keep_days, keep_bytes)
        self._wall = wall
        self._committed = committed
        self._writer = Writer(self.path, durability=durability, held=held)
        self._reader: Store
        self._read_turn = trio.CapacityLimiter(1)
        self._sessions: dict[SessionId, _Writing] = {}
        self._numbers = 0
        self._gathering = Group()
        self._under_way: Group | None = None
        self._news = trio.Event()
        self._grown, self._to_trim = trio.open_memory_channel[SessionId](math.inf)
        self._standing = Standing()
        self._broken = trio.Event()
        self._over: JournalError | None = None
        """Why nothing is kept any longer."""

    @property
    def trouble(self) -> str:
        return self._standing.trouble

    @property
    def waiting(self) -> int:
        """How many steps wait to be kept."""
        return len(self._gathering.batch.steps)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep what is put until cancelled. Raises JournalBroken when the file cannot be used, or not any longer."""
        all_durable = False
        await self._writer.start()
        try:
            await self._in_thread(self._open)
            try:
                task_status.started()
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._watch_writer)
                    nursery.start_soon(self._trim)
                    nursery.start_soon(self._forget_now_and_then)
                    nursery.start_soon(self._standing.watch, self._try_again)
                    while True:
                        await self._news.wait()
                        self._news = trio.Event()
                        await self._keep_gathered()
            finally:
                self._give_up_gathered()
                with trio.CancelScope(shield=True):
                    all_durable = await self._close_in_order()
        finally:
            with trio.CancelScope(shield=True):
                await self._writer.close()
                if all_durable:
                    await self._in_thread(lambda: mark_closed(self.path.parent))

    async def wait_broken(self) -> NoReturn:
        """Raises JournalBroken as soon as it is: `run` does so when it has closed what can still be closed."""
        await self._broken.wait()
        assert self._over is not None  # noqa: S101 - it is set first
        raise self._over

    def _open(self) -> None:
        folder = self.path.parent
        self.may_have_lost = may_have_lost(folder)
        read_ahead(self.path)
        self._reader = Store(self.path, durability=self._durability, may_migrate=True)
        try:
            self._reader.check()
            # The mark of now says nothing of what an earlier process has left: that is made durable before.
            all_durable = self._reader.empty_log()
            mark_open(folder, self._durability if all_durable else "normal", doubtful=self.may_have_lost)
            self.first_fence = self._reader.count_start() * FENCES_A_START
            self._numbers = self._reader.sessions_so_far()
        except BaseException:
            self._reader.close()
            raise

    async def _close_in_order(self) -> bool:
        """Is all that was kept in the file itself, durably?"""
        await self._in_thread(self._reader.close)
        if isinstance(self._over, JournalBroken):
            return False
        try:
            emptied, why = await self._writer.empty_log(), "somebody else reads the journal"
        except JournalBroken as error:  # the disk is full, say
            emptied, why = False, str(error)
        if not emptied:
            log.warning("journal_left_in_log", error=why, promise=LEFT_IN_LOG)
        return emptied

    async def _in_thread(self, do: Callable[[], T]) -> T:
        """Not given up when cancelled: the file's one reader would go on while the next one begins."""
        return await trio.to_thread.run_sync(do, limiter=self._read_turn)

    # Writing

    async def open(self, opening: Opening, fence: int) -> None:
        self._refuse_if_over()
        self._numbers += 1
        self._sessions[opening.session] = _Writing(fence, Head(0, 0))
        self._gathering.batch.openings.append((opening, self._numbers))
        await self._gathered(opening.session).wait()

    def put(self, session: SessionId, fence: int, step: Step) -> GroupKept:
        self._refuse_if_over()
        writing = self._sessions.get(session)
        if writing is None:
            raise JournalError(f"session {session}: is not open for writing")
        if writing.lost is not None:
            raise writing.lost
        if fence < writing.fence:
            raise Fenced(f"session {session}: fence {fence} is older than {writing.fence}")
        check_numbers(session, writing.head.seq, step)
        writing.fence = fence
        writing.head = writing.head.after(step)
        row = StepRow(session=session, ends=writing.head, wall=self._wall(), step=step)
        self._gathering.batch.steps.append(row)
        if step.picture is not None:
            writing.pictures += 1
            if writing.pictures % TRIM_EVERY == 1 % TRIM_EVERY:
                self._grown.send_nowait(session)
        return self._gathered(session)

    def _gathered(self, session: SessionId) -> GroupKept:
        self._news.set()
        return GroupKept(self._gathering, session)

    def _refuse_if_over(self) -> None:
        if self._over is not None:
            raise self._over

    async def _keep_gathered(self) -> None:
        group, self._gathering = self._gathering, Group()
        self._under_way = group
        self._without_lost(group)
        try:
            group.failed |= await self._keep_what_fits(group.batch)
        except BaseException:
            group.give_up(self._stopping())
            raise
        finally:
            self._under_way = None
            group.done.set()
        for session, error in group.failed.items():
            if session in self._sessions:
                self._sessions[session].lost = error
        for row in group.batch.steps:
            if row.step.over:
                self._sessions.pop(row.session, None)
            elif row.session not in group.failed and row.session in self._sessions:
                self._sessions[row.session].tail.add(row.step.records)
        self._refuse_if_over()

    def _stopping(self) -> JournalError:
        return JournalError(f"{self.path}: the server is stopping")

    def _give_up_gathered(self) -> None:
        """Nobody is going to write it: whoever waits for it, however shielded, is told."""
        self._over = self._over or self._stopping()
        for group in (self._gathering, empty := Group()):
            group.give_up(self._over)
            group.done.set()
        self._gathering = empty

    async def _keep_what_fits(self, batch: Batch) -> dict[SessionId, JournalError]:
        """Write it; return the sessions of which nothing of it was kept. What does not fit is one session's own."""
        begun = trio.current_time()
        sessions = sessions_of(batch)
        try:
            await self._write(batch)
        except _Unfit as error:
            if len(sessions) == 1:
                return dict.fromkeys(sessions, error)
            failed: dict[SessionId, JournalError] = {}
            for session in sessions:
                failed |= await self._keep_what_fits(part_of(batch, session))
            return failed
        except JournalError as error:
            return dict.fromkeys(sessions, error)
        self._committed(len(batch.steps), trio.current_time() - begun)
        return {}

    def _without_lost(self, group: Group) -> None:
        """Of a session of which a step was not kept, none behind it is kept."""
        for row in group.batch.steps:
            writing = self._sessions.get(row.session)
            if writing is not None and writing.lost is not None:
                group.failed[row.session] = writing.lost
        group.batch.steps = [row for row in group.batch.steps if row.session not in group.failed]

    async def _write(self, batch: Batch) -> None:
        """Raises JournalError, and then nothing was kept, unless it is JournalBroken: that tells neither."""
        self._refuse_if_over()
        for pause_s in (*TRIED_AGAIN_AFTER_S, None):
            try:
                with self._standing.attempt():
                    await self._writer.write(batch)
            except JournalBroken as error:
                raise self._break(error) from None
            except sqlite3.IntegrityError as error:
                raise _Unfit(f"{self.path}: a step contradicts what is kept ({error})") from error
            except sqlite3.Error as error:
                if not _is_full(error):
                    raise self._break(self._unwritable(error), str(error)) from error
                if pause_s is None:
                    self._standing.failed(error)
                    log.error("journal_full", error=str(error), steps=len(batch.steps))  # noqa: TRY400 - no defect
                    raise JournalError(
                        f"{self.path}: cannot be written now ({error}); make room on the disk"
                    ) from error
                await trio.sleep(pause_s)
            else:
                return

    def _unwritable(self, error: sqlite3.Error) -> JournalBroken:
        """What a failed fsync has done to the file, nobody knows: nothing more may be promised."""
        return JournalBroken(
            f"{self.path}: cannot be written ({error}); see to the disk, then start the server again: "
            "it goes on with what was kept"
        )

    async def _watch_writer(self) -> None:
        """Also while there is nothing to write."""
        self._break(await self._writer.wait_ended())

    def _break(self, error: JournalBroken, why: str = "") -> JournalError:
        """Nothing is kept any longer; what ended it first is what counts. `why` is what the log has."""
        if self._over is None:
            log.critical("journal_broken", error=why or str(error))
            self._over = error
            self._broken.set()
            self._news.set()  # for `run` to end by it
        return self._over

    def hurry(self) -> None:
        """See `Writer.hurry`."""
        self._writer.hurry()

    async def flush(self) -> None:
        group = self._gathering
        self._news.set()
        await group.done.wait()

    # Reading

    async def _look_up(self, do: Callable[[], T]) -> T:
        """Whoever asks once it is over is not answered: the file may be closed, which is no damage to tell of."""
        try:
            found = await self._in_thread(do)
        except JournalError:
            if self._over is None:
                raise
        else:
            if self._over is None:
                return found
        return await trio.sleep_forever()

    async def read(self, session: SessionId, after: int, *, at_most: int) -> Sequence[Record] | None:
        writing = self._sessions.get(session)
        if writing is not None and (records := writing.tail.behind(after, at_most)) is not None:
            await trio.lowlevel.checkpoint()
            return records
        return await self._look_up(
            lambda: self._reading(lambda: self._reader.read(session, after, at_most=at_most), session)
        )

    async def response(self, session: SessionId, seq: int) -> bytes | JournalError:
        return await self._look_up(lambda: self._found(lambda: self._reader.response(session, seq), session))

    async def living(self) -> Sequence[SessionId]:
        return await self._look_up(self._reader.living)

    async def load(self, session: SessionId) -> Stored:
        (stored,) = await self.load_each((session,))
        if isinstance(stored, JournalError):
            raise stored
        return stored

    async def load_each(self, sessions: Sequence[SessionId]) -> Sequence[Stored | JournalError]:
        await self._until_kept(sessions)
        loaded = await self._look_up(lambda: [self._load(session) for session in sessions])
        found: list[Stored | JournalError] = []
        for session, each in zip(sessions, loaded, strict=True):
            if isinstance(each, JournalError):
                found.append(each)
            else:
                self._sessions[session] = _Writing(self.first_fence, each.ends, Tail(each.recent))
                found.append(each.stored)
        return found

    async def _until_kept(self, sessions: Sequence[SessionId]) -> None:
        """Nothing of these sessions gathers or is being written any more: else what is read may end before it."""
        while True:
            for group in (self._under_way, self._gathering):
                if group is not None and not sessions_of(group.batch).isdisjoint(sessions):
                    await group.done.wait()
                    break
            else:
                return

    def _load(self, session: SessionId) -> Loaded | JournalError:
        return self._found(lambda: self._reader.load(session), session)

    def _found(self, do: Callable[[], T], session: str) -> T | JournalError:
        """What is read, or what is wrong with it."""
        try:
            return self._reading(do, session)
        except JournalError as error:
            return error

    def _reading(self, do: Callable[[], T], session: str) -> T:
        try:
            return do()
        except sqlite3.Error as error:
            raise JournalError(f"{self.path}: session {session}: cannot be read ({error})") from error

    async def end(self, session: SessionId) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        self._sessions.pop(session, None)

    # Forgetting

    async def _trim(self) -> None:
        """One session behind the other; what is to be kept has its turn between any two."""
        messages, size = self._history
        async for session in self._to_trim:
            await self._forgetting(self._writer.trim(session, messages=messages, size=size))

    async def _forget_now_and_then(self) -> None:
        days, size = self._keep
        await trio.sleep(FORGET_FIRST_S)
        while True:
            await self._forgetting(self._forget_ended(before=self._wall() - days * DAY_S, bytes_at_most=size))
            await trio.sleep(FORGET_EVERY_S)

    async def _forget_ended(self, *, before: float, bytes_at_most: int) -> None:
        """One session by an order, then some pages by each: what is to be kept has its turn between any two."""
        forgotten = 0
        while True:
            due = await self._look_up(lambda: self._reader.due(before=before, bytes_at_most=bytes_at_most))
            gone = [
                await self._writer.forget_ended(session, before=before, bytes_at_most=bytes_at_most) for session in due
            ]
            forgotten += sum(gone)
            if not any(gone):
                break
        if forgotten:
            while await self._writer.give_back(PAGES_AT_ONCE):
                pass

    async def _forgetting(self, done: Awaitable[None]) -> None:
        """What cannot be forgotten now is forgotten another time."""
        if why := await self._beside(done):
            log.warning("journal_not_trimmed", error=why)

    async def _try_again(self) -> None:
        if not await self._beside(self._writer.touch()):
            self._standing.written()

    async def _beside(self, done: Awaitable[None]) -> str:
        """Of what is no step: what is in its way now, such as a full disk; empty when it is done."""
        try:
            await done
        except JournalBroken as error:
            self._break(error)
        except (sqlite3.Error, JournalError) as error:
            if isinstance(error, sqlite3.Error) and not _is_full(error):
                self._break(self._unwritable(error), str(error))
            else:
                return str(error)
        return ""


def _is_full(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) in FULL
