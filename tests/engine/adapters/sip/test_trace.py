"""SIP messages are read from what a phone prints of them, whatever else it prints."""

from engine.adapters.sip.trace import SipMessage, Trace

PRINTED = """\
call: connecting to 'sip:b@127.0.0.1:56801'..
\x1b[36;1m#
UDP 127.0.0.1:40243 -> 127.0.0.1:56801
INVITE sip:b@127.0.0.1:56801 SIP/2.0
To: <sip:b@127.0.0.1:56801>
From: <sip:a@127.0.0.1:40243>;tag=0c24
Call-ID: 0433
Call-ID: 9999
CSeq: 6821 INVITE
User-to-User: 1234;encoding=hex
Subject: what a caller: wrote

v=0
Call-ID: not this
\x1b[;m
UDP 127.0.0.1:56801 -> 127.0.0.1:40243
SIP/2.0 202 Accepted
t: <sip:b@127.0.0.1:56801>;tag=7871
f: <sip:a@127.0.0.1:40243>;tag=0c24
i: 0433
CSeq: 6822 REFER

"""


def read(text: str) -> list[SipMessage]:
    trace = Trace()
    return [message for line in text.splitlines() if (message := trace.take(line))]


def test_requests_and_responses_are_read_with_their_headers() -> None:
    invite, accepted = read(PRINTED)
    assert (invite.method, invite.status, invite.call_id) == ("INVITE", None, "0433")
    assert (invite.tag("from"), invite.tag("to")) == ("0c24", None)
    assert invite.headers["user-to-user"] == "1234;encoding=hex"
    assert invite.headers["subject"] == "what a caller: wrote"
    assert (invite.source, invite.to) == ("127.0.0.1:40243", "127.0.0.1:56801")
    assert (accepted.method, accepted.status, accepted.call_id) == ("REFER", 202, "0433")
    assert accepted.tag("to") == "7871"


def test_a_message_with_endless_headers_or_lines_takes_no_endless_room() -> None:
    rows = "".join(f"X-{number}: {'x' * 20_000}\n" for number in range(1_000))
    (message,) = read(f"UDP a -> b\nOPTIONS sip:x SIP/2.0\n{rows}\n")
    assert len(message.headers) <= 200
    assert max(map(len, message.headers.values())) <= 10_000
