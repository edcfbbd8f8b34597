"""Adapters by name: whatever is wrong with one is said with what to do."""

from pathlib import Path

import pytest

from engine.adapters import kinds


def test_adapters_that_are_installed_are_found_by_name() -> None:
    assert {"csta", "link", "simulator", "sip"} <= set(kinds.names())
    assert callable(kinds.find("simulator"))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def open_adapter(,): ...", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("", "has no open_adapter"),
        ("open_adapter = 5", "is no function"),
    ],
)
def test_a_module_that_cannot_be_used_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    name = f"adapter_{abs(hash(code))}"
    (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(kinds.NoSuchAdapter) as refused:
        kinds.find(f"{name}:open_adapter")
    assert name in str(refused.value)
    assert said in str(refused.value)
