"""The pieces of a typed line: words with their columns, texts in quotes, JSON; and the error about a wrong one."""

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from protocol.strictjson import Json

_TOKEN: Final = re.compile(r'(?:[^\s"]|"(?:[^"\\]|\\.)*")+')
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_KEY: Final = re.compile(r'([^\s"={]+)=')
_SPACE: Final = re.compile(r"\s*")


class ShorthandError(ValueError):
    """The line cannot be understood, or names nothing there is; the message says what to write instead."""

    def __init__(self, message: str, column: int | None = None) -> None:
        super().__init__(message if column is None else f"column {column}: {message}")


class Words:
    """A line that is read word by word, from the left."""

    def __init__(self, line: str) -> None:
        self._line = line.rstrip()
        self._position = 0
        self._skip(_SPACE)

    def __bool__(self) -> bool:
        return self._position < len(self._line)

    @property
    def column(self) -> int:
        """Where the next word begins, from 1."""
        return self._position + 1

    def copy(self) -> "Words":
        """The same line, read as far: to read on in another way."""
        other = Words(self._line)
        other._position = self._position
        return other

    def starts_with(self, prefix: str) -> bool:
        return self._line.startswith(prefix, self._position)

    def key_ahead(self) -> str:
        """What stands before the equals sign of the next word; empty where it has none."""
        match = _KEY.match(self._line, self._position)
        return match[1] if match else ""

    def take(self) -> tuple[int, str]:
        """The next word and its column; what begins with a brace is one word to the end of the line.

        Raises ShorthandError where a quote is not closed.
        """
        column, start = self.column, self._position
        if self.starts_with("{"):
            self._position = len(self._line)
        else:
            self._skip(_TOKEN)
            if self.starts_with('"'):
                raise ShorthandError('a quote is not closed; put a " at the end of the text', self.column)
        word = self._line[start : self._position]
        self._skip(_SPACE)
        return column, word

    def take_rest(self) -> str:
        """All that is left, as it stands; or, where that is one text in quotes, what is in them."""
        column, rest = self.column, self._line[self._position :]
        quoted = _QUOTED.match(rest)
        if rest.startswith('"') and quoted is None:
            raise ShorthandError('a quote is not closed; put a " at the end of the text', len(self._line) + 1)
        self._position = len(self._line)
        return text_of(rest, column) if quoted and quoted.end() == len(rest) else rest

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._line, self._position)
        self._position = match.end() if match else self._position


def split(line: str) -> list[tuple[int, str]]:
    """The words of a line with their columns. Raises ShorthandError where a quote is not closed."""
    return list(_all(Words(line)))


def _all(words: Words) -> Iterator[tuple[int, str]]:
    while words:
        yield words.take()


def text_of(word: str, column: int) -> str:
    """A text as it stands, or what is in its quotes. Raises ShorthandError."""
    if not word.startswith('"'):
        return word
    return str(json_of(word, column))


def json_of(text: str, column: int) -> Json:
    """The value that a JSON text says. Raises ShorthandError with the column of what is wrong."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ShorthandError(f"this is no JSON: {error.msg}", column + error.pos) from None


def name_of(word: str, column: int) -> str:
    """The name in `@NAME`. Raises ShorthandError."""
    if not word.startswith("@"):
        raise ShorthandError(f"{word} is no target; write @ before it", column)
    return text_of(word[1:], column + 1)


def close_to(word: str, names: Iterable[str], otherwise: str) -> str:
    """The remedy for a word that is none of `names`: those that look like it, or else `otherwise`."""
    near = difflib.get_close_matches(word, names, n=3)
    return f"did you mean {' or '.join(near)}?" if near else otherwise
