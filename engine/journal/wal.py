"""The write-ahead log of the journal's file, looked through before SQLite opens it.

SQLite takes what it finds up to the first frame that does not follow from the one before, and silently forgets the
rest. That is right for a transaction that was being written when the power went, which nobody was told of. It is wrong
when the frame was damaged later: what stands behind it was acknowledged. So such a log is refused, and left as it is.

A log is a header and frames, one for each page that a transaction writes; the last frame of a transaction says how
large the file is then. Each frame carries the salts of the header, and a checksum of all that stands before it. Frames
with other salts are left from earlier, and mean nothing. (The form: https://sqlite.org/fileformat2.html.)
"""

import struct
from collections.abc import Iterator
from functools import cache
from operator import mul
from pathlib import Path
from typing import Any, BinaryIO, Final

import attrs

from engine.journal.spi import JournalBroken

MAGIC: Final = 0x377F0682
"""Its last bit tells the byte order of the words that checksums are made of."""
HEADER: Final = struct.Struct(">8I")
FRAME: Final = struct.Struct(">6I")
WORD: Final = 1 << 32

Sum = tuple[int, int]


def wal_of(path: Path) -> Path:
    """The log of this file."""
    return path.with_name(path.name + "-wal")


def check_wal(path: Path, *, may_be_torn: bool = False) -> None:
    """Raises JournalBroken, naming the place, when this log has lost what was committed.

    `may_be_torn`: it was written without waiting for the disk, and the power went; then any part of it may be missing.
    """
    seen: str | None = ""
    # A process that writes meanwhile can be met in the middle of a frame: damage is what stays where it is.
    while (place := _find_damage(path, may_be_torn=may_be_torn)) != seen:
        if place is None:
            return
        seen = place
    raise JournalBroken(
        f"{path}: {place} is damaged, and what was kept behind it would be lost; restore a copy of the whole folder, "
        "or give another folder with --data, where everybody begins anew"
    )


def _find_damage(path: Path, *, may_be_torn: bool) -> str | None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        header = file.read(HEADER.size)
        if len(header) < HEADER.size or path.stat().st_size == HEADER.size:
            return None  # nothing was committed into it
        form = _Form.of(header)
        if form is None:
            return "its header"
        return _find_bad_frame(form, form.frames(file), may_be_torn=may_be_torn)


def _find_bad_frame(form: "_Form", frames: "Iterator[_Frame]", *, may_be_torn: bool) -> str | None:
    before: Sum = form.seed
    for bad in frames:
        if not bad.follows(before):
            break
        before = bad.sum
    else:
        return None
    if bad.is_changed_in_one_byte(before):
        return bad.place
    if may_be_torn:
        return None
    # A transaction that was being written is the last one: nothing of another stands behind its last frame.
    ended = bad.ends_transaction
    before = bad.sum
    for frame in frames:
        if ended and frame.follows(before):
            return bad.place
        ended = ended or frame.ends_transaction
        before = frame.sum
    return None


@attrs.frozen
class _Form:
    """What the header says."""

    order: str
    page: int
    salts: Sum
    seed: Sum

    @classmethod
    def of(cls, header: bytes) -> "_Form | None":
        """None when this is no header, or a damaged one."""
        magic, _, page, _, *salts, first, second = HEADER.unpack(header)
        order = "<" if magic == MAGIC else ">"
        sound = magic in (MAGIC, MAGIC + 1) and page.bit_count() == 1 and 512 <= page <= 65_536
        if not sound or _sum((0, 0), header[:-8], order) != (first, second):
            return None
        return cls(order, page, (salts[0], salts[1]), (first, second))

    def frames(self, file: BinaryIO) -> "Iterator[_Frame]":
        """The frames that are there as a whole."""
        number, size = 1, FRAME.size + self.page
        while len(raw := file.read(size)) == size:
            yield _Frame(self, number, raw)
            number += 1


@attrs.define
class _Frame:
    form: _Form
    number: int
    raw: bytes = attrs.field(repr=False)
    size_after: int = attrs.field(init=False)
    salts: Sum = attrs.field(init=False)
    sum: Sum = attrs.field(init=False)
    """As it is written there."""

    def __attrs_post_init__(self) -> None:
        _, self.size_after, salt1, salt2, first, second = FRAME.unpack_from(self.raw)
        self.salts, self.sum = (salt1, salt2), (first, second)

    @property
    def place(self) -> str:
        return f"frame {self.number} (at byte {HEADER.size + (self.number - 1) * len(self.raw)})"

    @property
    def ends_transaction(self) -> bool:
        return self.salts == self.form.salts and self.size_after != 0

    def follows(self, before: Sum) -> bool:
        return self.salts == self.form.salts and self._sum_behind(before) == self.sum

    def is_changed_in_one_byte(self, before: Sum) -> bool:
        """Would it follow if one byte of it were another? A frame that was half written is not so near."""
        found = self._sum_behind(before)
        if self.salts != self.form.salts:
            return found == self.sum and _differ_in_one_byte(self.salts, self.form.salts)
        return _differ_in_one_byte(found, self.sum) or _one_byte_makes(self._words, found, self.sum, self.form.order)

    @property
    def _words(self) -> bytes:
        """What the checksum is made of."""
        return self.raw[:8] + self.raw[FRAME.size :]

    def _sum_behind(self, before: Sum) -> Sum:
        return _sum(before, self._words, self.form.order)


# Checksums: both sums add up the words, each with a factor that depends only on how many words come behind it.


@cache
def _factors(words: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """For the sums before, and then for each word."""
    first, second = [0] * (words + 2), [0] * (words + 2)
    one = (0, 1)  # what the second word of the last pair adds to either sum
    other = (1, 1)  # and the first word
    for at in range(words, -1, -2):
        first[at + 1], second[at + 1] = one
        first[at], second[at] = other
        one = (one[0] + one[1]) % WORD, (one[0] + 2 * one[1]) % WORD
        other = (other[0] + other[1]) % WORD, (other[0] + 2 * other[1]) % WORD
    # The sums before stand where a pair would, but are multiplied as they are.
    first[0], second[0] = (first[0] - first[1]) % WORD, (second[0] - second[1]) % WORD
    return tuple(first), tuple(second)


@cache
def _reader(words: int, order: str) -> struct.Struct:
    return struct.Struct(f"{order}{words}I")


def _sum(before: Sum, data: bytes, order: str) -> Sum:
    words = (*before, *_reader(len(data) // 4, order).unpack(data))
    first, second = _factors(len(data) // 4)
    return sum(map(mul, words, first)) % WORD, sum(map(mul, words, second)) % WORD


def _one_byte_makes(data: bytes, found: Sum, wanted: Sum, order: str) -> bool:
    """Is there a byte of `data` with which its sums would be those wanted?"""
    words = _reader(len(data) // 4, order).unpack(data)
    lack = (wanted[0] - found[0]) % WORD, (wanted[1] - found[1]) % WORD
    for word, *factors in zip(words, *(each[2:] for each in _factors(len(words))), strict=True):
        at = 0 if factors[0] % 2 else 1  # of neighbours in Fibonacci's row one at least is odd, and has an inverse
        change = lack[at] * pow(factors[at], -1, WORD) % WORD
        right = all(factor * change % WORD == each for factor, each in zip(factors, lack, strict=True))
        if right and _differ_in_one_byte((word,), ((word + change) % WORD,)):
            return True
    return False


def _differ_in_one_byte(these: tuple[int, ...], those: tuple[int, ...]) -> bool:
    changed: list[Any] = [
        byte for one, other in zip(these, those, strict=True) for byte in (one ^ other).to_bytes(4, "big") if byte
    ]
    return len(changed) == 1
