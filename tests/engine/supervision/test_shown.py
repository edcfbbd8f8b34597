"""A message in its frame is the message; secrets are in none: specs/supervision.md, "Watching"."""

import json
from typing import Any

import msgspec
import pytest

from engine.supervision.shown import Frame, without_secrets
from protocol.events import ChannelDisposed, IdInfo, SupervisorMessage
from protocol.ids import SessionId
from protocol.messages import Event
from protocol.wire import encode

SESSION = SessionId("s-1_A")
TEXT = encode(Event(name="channel.disposed", target="s-1_A.c1", data=ChannelDisposed(channel=IdInfo(id="c1"))), seq=7)


def test_a_framed_message_is_what_the_wire_would_write() -> None:
    event = Event(name="supervisor.message", target=SESSION, data=SupervisorMessage(message=json.loads(TEXT)))
    assert Frame(SESSION).around(TEXT) == encode(event)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        b"{}",
        '{"data":{"text":"my \\"password\\" is größer {}"}}'.encode(),
        b'{"tokens":1,"passwords":["token"]}',
        b'{"interactiondata":{"key":"4711"},"changed":["key"]}',
    ],
)
def test_what_holds_no_secret_is_left_byte_for_byte(text: bytes) -> None:
    assert without_secrets(text) is text
    assert text in Frame(SESSION).around(text)


@pytest.mark.parametrize("name", ["password", "token", "resumetoken", "authorization", "PassWord"])
@pytest.mark.parametrize("value", ["hush", ["hush"], {"deeper": "hush"}, 5, None])
def test_the_value_of_a_secret_is_not_shown_however_deep(name: str, value: Any) -> None:
    message = {"original": {"data": [{"x": 1, name: value}]}, "seq": 3}
    found = json.loads(without_secrets(msgspec.json.encode(message)))
    assert found == {"original": {"data": [{"x": 1, name: "[redacted]"}]}, "seq": 3}
