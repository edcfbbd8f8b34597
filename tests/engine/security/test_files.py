from pathlib import Path

from engine.security.files import Watched


def test_a_change_is_seen_once(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("1")
    watched = Watched(one, other)
    assert not watched.due()
    other.write_text("2")
    assert watched.due()
    assert not watched.due()
    fresh = tmp_path / "fresh"
    fresh.write_text("3")
    fresh.replace(one)
    assert watched.due()
    one.unlink()
    assert watched.due()
    assert not watched.due()


def test_a_file_that_others_may_read_at_last_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("1")
    file.chmod(0o000)
    watched = Watched(file)
    began = file.stat().st_ctime_ns
    while file.stat().st_ctime_ns == began:  # the clock of files goes in steps of milliseconds
        file.chmod(0o600)
    assert watched.due()


def test_what_could_not_be_read_is_due_again_and_told_once_for_each_reason_and_change(tmp_path: Path) -> None:
    file = tmp_path / "file"
    watched = Watched(file)
    assert watched.failed("no descriptors")
    for why, new in (("no descriptors", False), ("no memory", True)):
        assert watched.due()
        assert watched.failed(why) is new
    file.write_text("1")
    assert watched.due()
    assert watched.failed("no memory")
    assert watched.due()
    assert not watched.due()
