"""Messages as they are shown: exactly as they came, without the secrets in them."""

import json

import pytest

from engine.talk.received import Received


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            '{"data":{"session":{"id":"s"},"resumetoken":"x"}, "a" : 1}',
            '{"data":{"session":{"id":"s"},"resumetoken":"***"},"a":1}',
        ),
        (
            '{"result":"failure","original":{"data":{"agent":{"id":"a","password":"x"}}}}',
            '{"result":"failure","original":{"data":{"agent":{"id":"a","password":"***"}}}}',
        ),
        (
            '{"original":{"data":{"resume":{"token":"x","epoch":1}}}}',
            '{"original":{"data":{"resume":{"token":"***","epoch":1}}}}',
        ),
        (
            '{"original":{"command":"supervisor.login","data":{"supervisor":{"id":"s","password":"x"}}}}',
            '{"original":{"command":"supervisor.login","data":{"supervisor":{"id":"s","password":"***"}}}}',
        ),
        ('{"name" : "x",  "data":{"token":"not a secret"}}', '{"name" : "x",  "data":{"token":"not a secret"}}'),
        ('{"original":"no object","data":[1]}', '{"original":"no object","data":[1]}'),
    ],
)
def test_messages_are_shown_as_they_came_but_for_secrets(text: str, shown: str) -> None:
    assert Received(text, json.loads(text)).shown() == shown
