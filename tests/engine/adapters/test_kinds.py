"""Adapters by name: whatever is wrong with one is said with what to do."""

from pathlib import Path
from typing import Any

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


@pytest.mark.parametrize(
    "name", ["./tiny/adapter.py:open", "tiny.adapter:open-adapter", "my-adapter:open", "../rack.toml:x", ":x", "a:"]
)
def test_a_name_that_is_no_path_of_python_is_told_how_to_be_written(name: str) -> None:
    with pytest.raises(kinds.NoSuchAdapter, match=r"write MODULE:ATTRIBUTE, such as tiny.adapter:open_adapter"):
        kinds.find(name)


async def _async(settings: object, folder: object) -> object:
    return object


def _broken(settings: object, folder: object) -> object:
    raise ZeroDivisionError("a defect")


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (_async, "take the `async` away"),
        (_broken, r"ZeroDivisionError: a defect \(.*test_kinds\.py:\d+, in _broken\); mend it"),
        (lambda settings: object, r"takes \(settings, folder\)"),
        (lambda settings, folder: object(), "returned object, which cannot be called; give how an adapter is made"),
    ],
)
def test_a_function_that_does_not_open_adapters_is_refused_with_what_to_do(function: Any, said: str) -> None:
    with pytest.raises(kinds.NoSuchAdapter, match=said):
        kinds.opened("tiny:open", function, {}, Path())


def test_what_is_wrong_with_the_settings_is_told_as_the_adapter_says_it() -> None:
    def picky(settings: object, folder: object) -> Any:
        raise ValueError("port: is taken")

    with pytest.raises(ValueError, match=r"^port: is taken$"):
        kinds.opened("tiny:open", picky, {}, Path())
