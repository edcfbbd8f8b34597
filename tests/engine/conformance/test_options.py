"""What comes of the options by which a server is told of."""

from engine.conformance.options import NAMES, OF_THE_DEMO, names_of, place_of
from engine.conformance.required import BY_PASSWORD


def test_the_names_of_the_demo_can_be_changed_and_taken_away() -> None:
    found = names_of((), ("queue=Service", "busy=", "answer_s=0.5", "frame_limit=1024", "notready_reason=LUNCH"))
    assert {**NAMES, "queue": "Service", "answer_s": 0.5, "frame_limit": 1024}.items() - {("busy", NAMES["busy"])} <= (
        found.items()
    )
    assert "busy" not in found
    assert found["notready_reason"] == "LUNCH"


def test_what_only_the_demo_calls_so_is_not_taken_for_granted_elsewhere() -> None:
    assert names_of(("ada:demo:4001",), ()).keys().isdisjoint(OF_THE_DEMO)
    assert names_of(("ada:demo:4001",), ("queue=Sales",))["queue"] == "Sales"
    assert names_of((), ())["queue"] == "Sales"


def test_agents_without_a_password() -> None:
    found = names_of(("ada:demo:4001", "bob::4002"), ())
    assert [found[name] for name in ("agent", "password", "extension")] == ["ada", "demo", "4001"]
    assert [found[name] for name in ("agent2", "password2", "extension2")] == ["bob", None, "4002"]


def test_who_has_shown_who_it_is_in_the_handshake_is_asked_for_no_password() -> None:
    def given(bearer: str | None) -> object:
        place = place_of(
            "ws://x", agents=None, bearer=bearer, driver=None, key=None, given=None, patience_s=1.0, wanted=()
        )
        return place.names[BY_PASSWORD]

    assert given(None) is True
    assert given("token") is None
