from pathlib import Path

from engine.security.files import Watched


def test_a_change_is_seen_once(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("1")
    watched = Watched(one, other)
    assert not watched.changed()
    other.write_text("2")
    assert watched.changed()
    assert not watched.changed()
    fresh = tmp_path / "fresh"
    fresh.write_text("3")
    fresh.replace(one)
    assert watched.changed()
    one.unlink()
    assert watched.changed()
    assert not watched.changed()
