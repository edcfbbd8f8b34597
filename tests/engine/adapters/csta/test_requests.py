"""Requests as ECMA-323, ECMA-354 and AES want them: golden texts, made from what the standards say."""

import pytest

from engine.adapters.csta import requests
from engine.adapters.csta.requests import Request
from engine.adapters.csta.words import CSTA
from engine.adapters.csta.xml import Unsendable

PROTOCOL = f"{CSTA}/priv6"
PHONE = "4001:CM1::0"
PREFIXES = 'xmlns:acx="http://www.avaya.com/csta" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
DEVICE = 'typeOfNumber="other" mediaClass="notKnown"'
AT_7 = f"<deviceID {DEVICE}>4001:CM1::0</deviceID><callID>7</callID>"
AT_8 = f"<deviceID {DEVICE}>4001:CM1::0</deviceID><callID>8</callID>"


def text_of(request: Request) -> str:
    declaration, _, text = request.encode(PROTOCOL).decode().partition("\n")
    assert declaration == "<?xml version='1.0' encoding='UTF-8'?>"
    return text


def test_the_start_of_a_session_has_the_login_of_aes_in_it() -> None:
    request = requests.start_application_session(
        "ixp", "p&ss", (PROTOCOL,), duration_s=180, cleanup_s=60, previous="old"
    )
    assert text_of(request) == (
        '<StartApplicationSession xmlns="http://www.ecma-international.org/standards/ecma-354/appl_session" '
        f"{PREFIXES}><applicationInfo><applicationID>ixp</applicationID><applicationSpecificInfo>"
        '<acx:SessionLoginInfo xsi:type="acx:SessionLoginInfo"><acx:userName>ixp</acx:userName>'
        "<acx:password>p&amp;ss</acx:password><acx:sessionCleanupDelay>60</acx:sessionCleanupDelay>"
        "<acx:sessionID>old</acx:sessionID></acx:SessionLoginInfo></applicationSpecificInfo></applicationInfo>"
        f"<requestedProtocolVersions><protocolVersion>{PROTOCOL}</protocolVersion></requestedProtocolVersions>"
        "<requestedSessionDuration>180</requestedSessionDuration></StartApplicationSession>"
    )


def test_the_password_shows_nowhere() -> None:
    request = requests.start_application_session("ixp", "hush", (PROTOCOL,), duration_s=1, cleanup_s=1, previous=None)
    login = requests.set_agent_state(PHONE, "loggedOn", login="5001", password="hush")
    assert "hush" not in repr(request) + repr(login) + request.name


def csta(name: str, inside: str) -> str:
    return f'<{name} xmlns="{PROTOCOL}" {PREFIXES}>{inside}</{name}>'


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (
            requests.make_call(PHONE, "+15550100", "A7"),
            csta(
                "MakeCall",
                f"<callingDevice {DEVICE}>{PHONE}</callingDevice><calledDirectoryNumber {DEVICE}>+15550100"
                "</calledDirectoryNumber><userData><string>A7</string></userData>",
            ),
        ),
        (requests.answer_call("7", PHONE), csta("AnswerCall", f"<callToBeAnswered>{AT_7}</callToBeAnswered>")),
        (requests.hold_call("7", PHONE), csta("HoldCall", f"<callToBeHeld>{AT_7}</callToBeHeld>")),
        (requests.retrieve_call("7", PHONE), csta("RetrieveCall", f"<callToBeRetrieved>{AT_7}</callToBeRetrieved>")),
        (
            requests.clear_connection("7", PHONE),
            csta("ClearConnection", f"<connectionToBeCleared>{AT_7}</connectionToBeCleared>"),
        ),
        (
            requests.deflect_call("7", PHONE, "4002"),
            csta(
                "DeflectCall",
                f"<callToBeDiverted>{AT_7}</callToBeDiverted><newDestination {DEVICE}>4002</newDestination>",
            ),
        ),
        (
            requests.generate_digits("7", PHONE, "12#"),
            csta(
                "GenerateDigits",
                f"<connectionToSendDigits>{AT_7}</connectionToSendDigits><charactersToSend>12#</charactersToSend>",
            ),
        ),
        (
            requests.consultation_call("7", PHONE, "4002"),
            csta(
                "ConsultationCall",
                f"<existingCall>{AT_7}</existingCall><consultedDevice {DEVICE}>4002</consultedDevice>",
            ),
        ),
        (
            requests.single_step_transfer_call("7", PHONE, "4002"),
            csta(
                "SingleStepTransferCall",
                f"<activeCall>{AT_7}</activeCall><transferredTo {DEVICE}>4002</transferredTo>",
            ),
        ),
        (
            requests.single_step_conference_call("7", PHONE, "4002"),
            csta(
                "SingleStepConferenceCall",
                f"<activeCall>{AT_7}</activeCall><deviceToJoin {DEVICE}>4002</deviceToJoin>"
                "<participationType>active</participationType>",
            ),
        ),
        *(
            (
                make("7", "8", PHONE),
                csta(name, f"<heldCall>{AT_7}</heldCall><activeCall>{AT_8}</activeCall>"),
            )
            for name, make in (
                ("AlternateCall", requests.alternate_call),
                ("ReconnectCall", requests.reconnect_call),
                ("TransferCall", requests.transfer_call),
                ("ConferenceCall", requests.conference_call),
            )
        ),
        (
            requests.set_agent_state(PHONE, "notReady", reason="3"),
            csta(
                "SetAgentState",
                f"<device {DEVICE}>{PHONE}</device><requestedAgentState>notReady</requestedAgentState>"
                "<extensions><privateData><private><acx:SetAgentStatePrivateData><acx:reasonCode>3</acx:reasonCode>"
                "<acx:enablePending>true</acx:enablePending></acx:SetAgentStatePrivateData></private></privateData>"
                "</extensions>",
            ),
        ),
        (requests.get_agent_state(PHONE), csta("GetAgentState", f"<device {DEVICE}>{PHONE}</device>")),
        (requests.snapshot_call("7", PHONE), csta("SnapshotCall", f"<snapshotObject>{AT_7}</snapshotObject>")),
    ],
    ids=lambda value: value.name if isinstance(value, Request) else "",
)
def test_a_request_is_as_the_standard_has_it(request_: Request, text: str) -> None:
    assert text_of(request_) == text


def test_devices_are_asked_for_in_the_namespace_of_aes() -> None:
    assert text_of(requests.get_device_id("CM1", "4001")).startswith('<GetDeviceId xmlns="http://www.avaya.com/csta"')


def test_a_monitor_asks_for_all_events_that_are_known() -> None:
    text = text_of(requests.monitor_start(PHONE))
    for name in (*requests.CALL_EVENTS, *requests.AGENT_EVENTS, "acx:invertFilter"):
        assert f"<{name}>true</{name}>" in text


@pytest.mark.parametrize("number", ["x" * 70_000, "\x07"])
def test_what_fits_in_no_message_is_not_sent(number: str) -> None:
    with pytest.raises(Unsendable):
        requests.make_call(PHONE, number).encode(PROTOCOL)
