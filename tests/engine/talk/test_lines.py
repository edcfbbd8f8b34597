"""The pieces of a typed line."""

import pytest

from engine.talk.lines import ShorthandError, Words, close_to, name_of, split, text_of


def test_words_come_with_their_columns() -> None:
    assert split('  one two="a b" "c \\" d" ') == [(3, "one"), (7, 'two="a b"'), (17, '"c \\" d"')]
    assert split("") == []


def test_what_begins_with_a_brace_is_one_word_to_the_end() -> None:
    assert split('x {"a": [1, 2]} y ') == [(1, "x"), (3, '{"a": [1, 2]} y')]


def test_a_quote_that_is_not_closed_is_refused_where_the_text_ends() -> None:
    with pytest.raises(ShorthandError, match=r"^column 3: a quote is not closed"):
        split('x "a b')


def test_words_are_read_one_by_one_and_the_rest_as_it_stands() -> None:
    words = Words(' say  @i1  5" is "wide"  ')
    assert words.take() == (2, "say")
    assert words.starts_with("@")
    assert words.take() == (7, "@i1")
    assert (bool(words), words.column) == (True, 12)
    assert words.copy().take_rest() == '5" is "wide"'
    assert words.take_rest() == '5" is "wide"', "reading a copy does not read the line"
    assert not words


@pytest.mark.parametrize(
    ("line", "key"),
    [("a=b", "a"), ("a.b=", "a.b"), ("a", ""), ("=b", ""), ('"a=b"', ""), ("a b=c", ""), ('{"a":"="}', "")],
)
def test_the_key_of_the_next_word_is_seen_before_it_is_taken(line: str, key: str) -> None:
    words = Words(line)
    assert words.key_ahead() == key
    assert words.column == 1


def test_a_text_is_what_is_in_its_quotes() -> None:
    assert text_of("plain", 1) == "plain"
    assert text_of('"a \\u00e4"', 1) == "a ä"
    with pytest.raises(ShorthandError, match=r"^column 8: this is no JSON: Invalid \\escape$"):
        text_of(r'"\q"', 7)


def test_a_name_begins_with_an_at_sign() -> None:
    assert name_of("@4001", 1) == "4001"
    assert name_of('@"Second line"', 1) == "Second line"
    with pytest.raises(ShorthandError, match=r"^column 9: 4001 is no target; write @ before it$"):
        name_of("4001", 9)


def test_the_remedy_for_a_word_is_those_that_look_like_it() -> None:
    assert close_to("hodl", ["hold", "retrieve"], "nothing") == "did you mean hold?"
    assert close_to("xyzzy", ["hold", "retrieve"], "nothing") == "nothing"
