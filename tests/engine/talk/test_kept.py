"""The file that keeps a session: what is in it, whose it is, and when it goes."""

import json
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.talk.kept import Kept, Place
from engine.talk.received import Received
from tests.engine.talk.fake_server import JsonObject, bound, success
from tests.engine.talk.talking import refused

URL = "ws://127.0.0.1:1/agent"
PLACE = Place(url=URL, agent="ada", session="s1", token="tkn", epoch=1, seq=0, talk=1)
BIND: JsonObject = {"command": "bindSession", "target": "s1"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session"


def take(kept: Kept, *messages: JsonObject) -> None:
    for message in messages:
        kept.take(Received(json.dumps(message, indent=1), message))


def prepared(session: str = "s1", opened_by: str = "tkn") -> JsonObject:
    return success({"command": "prepareSession"}, {"session": {"id": session}, "resumetoken": opened_by})


def event(seq: int, name: str = "channel.created", target: str = "s1.c1") -> JsonObject:
    return {"name": name, "target": target, "data": {}, "seq": seq}


def keep(path: Path, *messages: JsonObject) -> None:
    """A first talk, of a session that has been told this."""
    with Kept(path) as kept:
        take(kept, prepared())
        kept.make_room(URL, "ada")
        take(kept, bound(BIND), *messages)


def test_what_was_told_is_there_for_the_next_talk(path: Path) -> None:
    keep(path, success({"command": "session.start", "target": "s1"}, seq=1), event(2))
    with Kept(path) as kept:
        assert (kept.place, kept.seq) == (PLACE, 2)
        assert [message["seq"] for _, message in kept.told] == [1, 2]
    assert "tkn" not in repr(PLACE)


def test_only_messages_of_the_session_with_a_number_are_kept_and_each_once(path: Path) -> None:
    notice = {"name": "session.unbound", "target": "s1", "data": {}}
    keep(path, event(1), event(2), event(1), notice, event(3, target="s2.c1"))
    with Kept(path) as kept:
        assert [message for _, message in kept.told] == [event(1), event(2)]


def test_nobody_but_the_owner_may_read_it(path: Path) -> None:
    keep(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    keep(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "end",
    [
        event(2, "session.disposed", "s1"),
        success({"command": "session.logout", "target": "s1"}, seq=2),
        success({"command": "session.request.logout", "target": "s1"}, seq=2),
    ],
)
def test_it_goes_with_the_session(path: Path, end: JsonObject) -> None:
    keep(path, event(1), end)
    assert not path.exists()


def test_without_a_session_there_is_no_file(path: Path) -> None:
    with Kept(path) as kept:
        take(kept, prepared())
    assert not path.exists()


def test_after_a_reset_only_what_came_since_counts(path: Path) -> None:
    keep(path, event(1), event(2), bound(BIND, "RESET", seq=9, epoch=2), event(10))
    with Kept(path) as kept:
        assert kept.place == Place(url=URL, agent="ada", session="s1", token="tkn", epoch=2, seq=9, talk=1)
        assert [message["seq"] for _, message in kept.told] == [10]


def test_a_resumption_goes_on_in_the_file(path: Path) -> None:
    keep(path, event(1))
    with Kept(path) as kept:
        take(kept, bound(BIND, "RESUMED", seq=2), event(2))
    with Kept(path) as kept:
        assert (kept.place, kept.seq) == (PLACE, 2)


def test_every_talk_of_a_session_has_a_number_of_its_own_also_after_a_reset(path: Path) -> None:
    keep(path)
    with Kept(path) as kept:
        assert kept.count_talk() == 2
    with Kept(path) as kept:
        assert kept.count_talk() == 3
        take(kept, bound(BIND, "RESET", seq=1, epoch=2))
    with Kept(path) as kept:
        assert kept.count_talk() == 4
        kept.make_room(URL, "ada")
        assert kept.count_talk() == 2, "another session knows nothing of the talks of this one"


def test_another_session_that_is_bound_by_hand_is_not_kept_in_its_stead(path: Path) -> None:
    keep(path, prepared("s2", "other"), bound({"command": "bindSession", "target": "s2"}), event(1, target="s2.c1"))
    with Kept(path) as kept:
        assert (kept.place, kept.told) == (PLACE, [])


def test_a_session_that_was_never_prepared_here_cannot_be_kept(path: Path) -> None:
    with Kept(path) as kept:
        take(kept, bound(BIND))
        assert kept.place is None


def test_a_line_that_was_cut_short_is_as_if_it_had_never_come(path: Path) -> None:
    keep(path, event(1), event(2))
    path.write_bytes(path.read_bytes()[:-5])
    with Kept(path) as kept:
        assert kept.seq == 1
        take(kept, event(2))
    with Kept(path) as kept:
        assert [message["seq"] for _, message in kept.told] == [1, 2]


@pytest.mark.parametrize("text", ["session.start\n", "{}\n", "half a line", '{"url":1}\n', "\n", "\x00"])
def test_a_file_of_another_kind_is_refused_and_left_alone(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    assert refused(lambda: Kept(path)) == (
        f"--resume {path}: is no session that `ixp talk` keeps; name another file, or remove it"
    )
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("line", ["[]", "{", '{"message":{"seq":"2"}}', '{"message":[1]}'])
def test_a_file_that_is_damaged_is_refused(path: Path, line: str) -> None:
    keep(path, event(1))
    path.write_text(f"{path.read_text(encoding='utf-8')}{line}\n", encoding="utf-8")
    assert "is no session that `ixp talk` keeps" in refused(lambda: Kept(path))


def test_one_talk_at_a_time_has_the_file(path: Path) -> None:
    keep(path)
    with Kept(path):
        assert refused(lambda: Kept(path)) == (
            f"--resume {path}: another `ixp talk` is in this session; leave it there, or name another file"
        )
    with Kept(path) as kept:
        assert kept.place == PLACE


def test_a_place_that_cannot_be_a_file_is_explained(tmp_path: Path) -> None:
    assert refused(lambda: Kept(tmp_path)) == (
        f"--resume {tmp_path}: cannot be used (Is a directory); name a file that may be written to"
    )
    assert "cannot be used (No such file or directory)" in refused(lambda: Kept(tmp_path / "no" / "folder"))
    assert refused(lambda: Kept(Path("/dev/null"))) == "--resume /dev/null: is no file; name one"


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(("more", "why"), [(0, "File too large"), (20, "no more than half a line")])
def test_a_file_that_can_take_no_more_ends_the_talk_and_keeps_what_it_has(path: Path, more: int, why: str) -> None:
    keep(path, event(1))
    with Kept(path) as kept, no_file_longer_than(path.stat().st_size + more):
        said = refused(lambda: take(kept, event(2)))
    assert said == f"--resume {path}: cannot be written ({why}); make room, and run `ixp talk` again"
    with Kept(path) as kept:
        assert kept.seq == 1
