"""What phones say is read as they say it."""

import pytest

from engine.adapters.sip.words import (
    CallState,
    Happening,
    Listed,
    accounts_of,
    bare,
    event_of,
    is_uri,
    listing_of,
    user_of,
)
from protocol.states import Direction

LISTING = """
--- Active calls (3) ---
  [line 1]  0:00:02  ESTABLISHED  (on hold)  sip:a@127.0.0.1:40243
> [line 2]  1:10:00    RINGING             sip:c@127.0.0.1:35614
  [line 12]  0:00:00   INCOMING             sip:d@127.0.0.1;transport=udp

"""


def test_a_listing_has_lines_states_holds_and_peers() -> None:
    assert listing_of(LISTING) == (
        Listed(line=1, state=CallState.ESTABLISHED, held=True, peer="sip:a@127.0.0.1:40243"),
        Listed(line=2, state=CallState.RINGING, held=False, peer="sip:c@127.0.0.1:35614"),
        Listed(line=12, state=CallState.INCOMING, held=False, peer="sip:d@127.0.0.1;transport=udp"),
    )
    assert listing_of("\n--- Active calls (0) ---\n\n") == ()


def test_what_is_no_listing_is_not_taken_for_no_calls() -> None:
    assert listing_of("") is None
    assert listing_of("command not found (listcalls)") is None


def test_accounts_are_those_of_the_registrations() -> None:
    text = "\n--- User Agents (2) ---\n  sip:b@127.0.0.1                           \n> sip:b2@127.0.0.1:5070   OK\n\n"
    assert accounts_of(text) == ("sip:b@127.0.0.1", "sip:b2@127.0.0.1:5070")


def test_an_event_says_what_where_and_which() -> None:
    event = event_of(
        {
            "event": True,
            "type": "CALL_CLOSED",
            "class": "call",
            "accountaor": "sip:b@127.0.0.1",
            "direction": "outgoing",
            "peeruri": "sip:a@127.0.0.1:53698",
            "id": "db06d0fa",
            "param": "486 Rejected\0\ud800",
        }
    )
    assert event is not None
    assert (event.happening, event.id, event.direction) == (Happening.CLOSED, "db06d0fa", Direction.OUTBOUND)
    assert event.text == "486 Rejected?"


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "REGISTER_OK", "id": "1", "peeruri": "sip:a@b"},
        {"type": "CALL_CLOSED", "peeruri": "sip:a@b"},
        {"type": "CALL_CLOSED", "id": 5, "peeruri": "sip:a@b"},
        {"type": ["CALL_CLOSED"], "id": "5", "peeruri": "sip:a@b"},
        {"type": "CALL_LOCAL_SDP", "direction": "outgoing", "peeruri": "sip:a@b"},
    ],
)
def test_what_means_nothing_is_no_event(message: dict[str, object]) -> None:
    assert event_of(message) is None


@pytest.mark.parametrize(
    ("uri", "address", "user"),
    [
        ("sip:4001@PBX.example.org", "sip:4001@pbx.example.org", "4001"),
        ('"Ann" <sip:ann@pbx:5060;transport=tcp>;tag=1', "sip:ann@pbx", "ann"),
        ("sip:ann@127.0.0.1:5070?Subject=x", "sip:ann@127.0.0.1:5070", "ann"),
        ("sip:[::1]:5062", "sip:[::1]:5062", "sip:[::1]:5062"),
        ("anonymous", "anonymous", "anonymous"),
    ],
)
def test_addresses_are_the_same_whatever_surrounds_them(uri: str, address: str, user: str) -> None:
    assert (bare(uri), user_of(uri)) == (address, user)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4001",
        "tel:4001",
        "sip:a b@c",
        "sip:a@b\r\nmodule x",
        "sip:%n%n@b",
        "<sip:a@b>",
        "sip:" + "a" * 600 + "@b",
        "sip:ä@b",
    ],
)
def test_what_a_phone_should_not_be_given_is_no_address(text: str) -> None:
    assert not is_uri(text)
