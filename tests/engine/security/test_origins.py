import pytest

from engine.security.origins import Origins, check_origin
from protocol.errors import Refused

HOST = "desk.example:8765"


def allows(origins: Origins, *given: str, host: str = HOST) -> bool:
    try:
        origins.check(given, host)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("origins", [Origins(), Origins(allowed=("https://a.example",)), Origins(allowed=("*",))])
def test_what_is_no_browser_says_nothing_and_comes_in(origins: Origins) -> None:
    assert allows(origins)


def test_who_says_nothing_is_refused_where_an_origin_is_required() -> None:
    for allowed in ((), ("https://desk.example",), ("*",)):
        origins = Origins(allowed=allowed, required=True)
        assert not allows(origins)
        assert allows(origins, "https://desk.example")
    assert not allows(Origins(required=True), "https://evil.example")


def test_unless_told_otherwise_pages_of_the_same_host_alone() -> None:
    for origin in ("https://desk.example", "http://desk.example:3000", "https://desk.example:8765"):
        assert allows(Origins(), origin)
    for origin in ("https://evil.example", "https://x.desk.example", "null", "", "file://", "ftp://desk.example"):
        assert not allows(Origins(), origin)
    assert not allows(Origins(), "https://", host="")


def test_named_origins_are_exact() -> None:
    origins = Origins(allowed=("https://desk.example",))
    assert allows(origins, "https://desk.example")
    for origin in (
        "http://desk.example",
        "https://desk.example:8443",
        "https://desk.example.evil.example",
        "https://desk.example/",
        "HTTPS://desk.example",
        "null",
        "https://[broken",
    ):
        assert not allows(origins, origin)
    assert not allows(origins, "https://desk.example", "https://desk.example")


def test_a_star_is_for_all() -> None:
    assert allows(Origins(allowed=("*",)), "https://evil.example")


def test_the_demo_is_for_this_machine() -> None:
    demo = Origins(loopback_only=True)
    for origin in ("http://127.0.0.1:3000", "http://localhost", "https://[::1]:1"):
        assert allows(demo, origin, host="127.0.0.1:8765")
    assert not allows(demo, "http://evil.example:8765", host="127.0.0.1:8765")
    assert not allows(demo, "null", host="127.0.0.1:8765")
    # A name of theirs that leads here.
    assert not allows(demo, "http://evil.example:8765", host="evil.example:8765")
    assert not allows(demo, host="evil.example:8765")


@pytest.mark.parametrize("origin", ["*", "https://desk.example", "http://desk.example:8080", "app://desk"])
def test_settings_take_what_browsers_write(origin: str) -> None:
    check_origin(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "desk.example",
        "https://desk.example/",
        "https://Desk.example",
        "https://desk.example:443",
        "http://a:80",
        "null",
    ],
)
def test_settings_refuse_what_would_never_match(origin: str) -> None:
    with pytest.raises(ValueError, match=r"origin|leave it out"):
        check_origin(origin)
