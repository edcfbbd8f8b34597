"""Servers that bind, resume and take requests otherwise than promised."""

import copy
from collections.abc import Callable, Iterable
from typing import Any, Final

import attrs

from engine.conformance.relay import Change, Link, MakeChange, Unchanged
from tests.engine.conformance.mutant import Message, Mutant, alter, answer, changes, drop, event, hears, request, says

RESUMED: Final = "a lost connection is resumed where it broke off, byte for byte"
MEANWHILE: Final = "what happens meanwhile is told to whoever comes back"
ANEW: Final = "an unknown epoch is a RESET, and what exists is told anew"
ONCE: Final = "a requestid is answered once, with the same message again"


def _bound(outcome: str) -> Callable[[Message], bool]:
    return lambda message: answer("bindSession")(message) and message["data"]["outcome"] == outcome


def _taken(message: Message) -> None:
    """The request succeeds, after all."""
    message |= {"result": "success", "data": message["original"]["data"]}
    del message["failure"], message["original"]


@attrs.define(eq=False)
class Trusting(Unchanged):
    """Whatever token is shown, and where none is: the right one goes to the server."""

    known: dict[str, str]
    prepared: set[str] = attrs.field(factory=set)
    without: bool = False

    async def from_server(self, message: Message) -> Iterable[Message]:
        if answer("prepareSession")(message):
            self.prepared.add(message["data"]["session"]["id"])
            self.known[message["data"]["session"]["id"]] = message["data"]["resumetoken"]
        return [message]

    async def from_client(self, message: Message) -> Iterable[Message]:
        session = message.get("target")
        if message.get("command") != "bindSession" or session not in self.known:
            return [message]
        resume = message.get("data", {}).get("resume")
        if resume is None and (not self.without or session in self.prepared):
            return [message]
        resume = {**(resume or {"epoch": 1, "seq": 0}), "token": self.known[session]}
        return [{**message, "data": {"resume": resume}}]


def _trusting(*, without: bool) -> Callable[[], MakeChange]:
    def of_relay() -> MakeChange:
        known: dict[str, str] = {}
        return lambda link: Trusting(known, without=without)

    return of_relay


@attrs.define(eq=False)
class Again(Unchanged):
    """A requestid that was there before is another one for the server."""

    seen: set[str] = attrs.field(factory=set)

    async def from_client(self, message: Message) -> Iterable[Message]:
        requestid = message.get("requestid")
        if requestid in self.seen:
            return [{**message, "requestid": f"{requestid} again"}]
        self.seen.add(str(requestid))
        return [message]

    async def from_server(self, message: Message) -> Iterable[Message]:
        named = {key: str(message[key]).removesuffix(" again") for key in ("requestid", "cause") if key in message}
        return [{**message, **named}]


def _executed_twice() -> MakeChange:
    seen: set[str] = set()
    return lambda link: Again(seen)


@attrs.define(eq=False)
class Replaying(Unchanged):
    """What was sent on an earlier connection, and comes again, is changed."""

    sent: set[Any]
    how: Callable[[Message], Iterable[Message]]

    async def from_server(self, message: Message) -> Iterable[Message]:
        mark = (message.get("target", "").split(".")[0], message.get("seq"))
        if mark in self.sent:
            return self.how(message)
        if "seq" in message:
            self.sent.add(mark)
        return [message]


def _replaying(how: Callable[[Message], Iterable[Message]]) -> Callable[[], MakeChange]:
    def of_relay() -> MakeChange:
        sent: set[Any] = set()
        return lambda link: Replaying(sent, how)

    return of_relay


def _backwards(message: Message) -> list[Message]:
    """The same to JSON, in other bytes."""
    return [dict(reversed(message.items()))]


def _cold(message: Message) -> list[Message]:
    changed = copy.deepcopy(message)
    if "state" in changed:
        changed["data"] = []
    return [changed]


class Gone(Unchanged):
    """The session that is to be resumed is there no longer."""

    def __init__(self, link: Link) -> None:
        self._asked: Message = {}

    async def from_client(self, message: Message) -> Iterable[Message]:
        self._asked = message
        return [message]

    async def from_server(self, message: Message) -> Iterable[Message]:
        if not _bound("RESUMED")(message):
            return [message]
        named = {key: message[key] for key in ("command", "target", "requestid")}
        failure = {"code": "INVALID_TARGET", "message": "there is no such session"}
        return [{**named, "result": "failure", "failure": failure, "original": self._asked}]


class Forgetful(Unchanged):
    """What came while no desktop was there is not kept: numbers go on without it."""

    def __init__(self, link: Link) -> None:
        self._resumed = False

    async def from_server(self, message: Message) -> Iterable[Message]:
        self._resumed |= _bound("RESUMED")(message)
        return [] if self._resumed and "name" in message and "cause" not in message else [message]


@attrs.define(eq=False)
class FromOne(Unchanged):
    """After a RESET, the numbers begin with 1 again."""

    link: Link
    less: int = 0

    async def from_server(self, message: Message) -> Iterable[Message]:
        if _bound("RESET")(message):
            self.less = message["data"]["seq"]
        return [{**message, "seq": message["seq"] - self.less}] if self.less and "seq" in message else [message]


def _second(link: Link) -> Change:
    """Of the sessions of a connection, only the first is told of."""

    class Second(Unchanged):
        first = ""

        async def from_server(self, message: Message) -> Iterable[Message]:
            session = str(message.get("target", "")).split(".")[0]
            if "seq" in message and not self.first:
                self.first = session
            return [] if "name" in message and session != self.first else [message]

    return Second()


BINDING: Final = (
    Mutant(
        name="no password is checked",
        rules=("F-AUTH_FAILED",),
        scenarios=("with a wrong password nobody gets a session",),
        make=hears(alter(request("prepareSession"), lambda each: each["data"]["agent"].update(password="demo"))),
    ),
    Mutant(
        name="no password is needed",
        rules=("F-NOT_AUTHENTICATED",),
        scenarios=("without a password nobody gets a session",),
        make=hears(alter(request("prepareSession"), lambda each: each["data"]["agent"].update(password="demo"))),
    ),
    Mutant(
        name="no token is checked",
        rules=("F-ALREADY_BOUND",),
        scenarios=("an untrue token opens nothing",),
        make=_trusting(without=False),
    ),
    Mutant(
        name="a free session is anybody's",
        rules=("F-FORBIDDEN",),
        scenarios=("a free session cannot be bound by others without its token",),
        make=_trusting(without=True),
    ),
    Mutant(
        name="an agent's session is taken over without asking",
        rules=("CMD-prepareSession",),
        scenarios=("an agent has one session, and is asked before it is taken over",),
        make=hears(alter(request("prepareSession"), lambda each: each["data"].update(override=True))),
    ),
    Mutant(
        name="the session that is taken over is not told",
        rules=("UN-session.disposed",),
        scenarios=("with override, the old session ends with TAKEOVER",),
        make=says(drop(event("session.disposed"))),
    ),
    Mutant(
        name="the session that is taken over is told to have expired",
        rules=("UN-session.disposed",),
        scenarios=("with override, the old session ends with TAKEOVER",),
        make=says(alter(event("session.disposed"), lambda each: each["data"].update(cause="EXPIRED"))),
    ),
    Mutant(
        name="who loses a session to another connection is not told",
        rules=("SVC-3",),
        scenarios=("who shows the token takes the session from the other connection",),
        make=says(drop(event("session.unbound"))),
    ),
    Mutant(
        name="a session is bound, and begins in the middle",
        rules=("CMD-session.start",),
        scenarios=("a session is prepared, bound and started",),
        make=says(alter(_bound("NEW"), lambda each: each["data"].update(seq=7))),
    ),
    Mutant(
        name="of several sessions of a connection one is told of",
        rules=("SVC-4",),
        scenarios=("one connection serves several sessions",),
        make=changes(_second),
    ),
    Mutant(
        name="requests are taken before the start",
        rules=("O8",),
        scenarios=("nothing is accepted before the start",),
        make=says(alter(answer("session.addchannel", "failure"), _taken)),
    ),
)

RESUMING: Final = (
    Mutant(
        name="a session does not outlive its connection",
        rules=("LOSS-1",),
        scenarios=("a connection that says goodbye leaves the session, too",),
        make=changes(Gone),
    ),
    Mutant(
        name="a session that must be reset is said to be resumed",
        rules=("LOSS-3",),
        scenarios=(ANEW,),
        make=says(alter(_bound("RESET"), lambda each: each["data"].update(outcome="RESUMED"))),
    ),
    Mutant(
        name="of what was missed, one message is left out",
        rules=("LOSS-1",),
        scenarios=(RESUMED,),
        make=_replaying(lambda message: [] if event("channel.infochanged")(message) else [message]),
    ),
    Mutant(
        name="what was missed begins one too early",
        rules=("LOSS-1",),
        scenarios=(RESUMED,),
        make=hears(
            alter(
                lambda each: "resume" in (each.get("data") or {}),
                lambda each: each["data"]["resume"].update(seq=each["data"]["resume"]["seq"] - 1),
            )
        ),
    ),
    Mutant(
        name="what was missed comes in other words",
        rules=("LOSS-1",),
        scenarios=(RESUMED,),
        make=_replaying(_cold),
    ),
    Mutant(
        name="what was missed comes in other bytes",
        rules=("LOSS-1", "ENV-3"),
        scenarios=(RESUMED,),
        make=_replaying(_backwards),
    ),
    Mutant(
        name="what comes while no desktop is there is not kept",
        rules=("LOSS-1",),
        scenarios=(MEANWHILE,),
        make=changes(Forgetful),
    ),
    Mutant(
        name="after a RESET the numbers begin anew",
        rules=("ENV-3",),
        scenarios=(ANEW,),
        make=changes(FromOne),
    ),
    Mutant(
        name="a request is executed again where it is repeated",
        rules=("ENV-3",),
        scenarios=(ONCE,),
        make=_executed_twice,
    ),
    Mutant(
        name="a request is executed again where its answer was lost",
        rules=("LOSS-2",),
        scenarios=("a request whose answer was lost is not executed twice",),
        make=_executed_twice,
    ),
    Mutant(
        name="a repeated request is answered in other bytes",
        rules=("ENV-3",),
        scenarios=(ONCE,),
        make=_replaying(_backwards),
    ),
)
