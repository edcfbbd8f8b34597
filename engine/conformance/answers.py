"""Which request each response of a log answers, where the requests are on record."""

from collections.abc import Callable
from typing import Final

import attrs

from engine.conformance.broken import Broken, demand
from engine.conformance.forms import command_of
from engine.conformance.logs import OUT, Exchange
from engine.conformance.messages import JsonObject
from protocol.commands import Success
from protocol.wire import ORIGINAL_TEXT_CHARS

NOT_REMEMBERED: Final = ("INVALID_REQUEST", "UNKNOWN_COMMAND", "NOT_BOUND", "OVERLOADED")
"""The codes of failures after which the same request may be tried again."""


def begun(log: list[Exchange]) -> set[str]:
    """The connections of which it has the beginning."""
    first = {exchange.connection: exchange for exchange in reversed(log)}
    return {connection for connection, exchange in first.items() if exchange.direction == OUT and _begins(exchange)}


def _begins(request: Exchange) -> bool:
    message = request.message
    return isinstance(message, dict) and message.get("command") in ("prepareSession", "bindSession")


@attrs.define
class Answers:
    """The requests that wait for their response, oldest first. Without requests on record it judges nothing."""

    _begun: set[str]
    """Connections and sessions of which the beginning is on record: whatever is answered there was asked for."""
    waiting: list[Exchange] = attrs.field(factory=list)
    _asked: set[str] = attrs.field(factory=set)
    """Connections whose requests are on record."""
    _given: set[tuple[str, str]] = attrs.field(factory=set)
    """Sessions, each with a requestid that was answered there for good."""

    def asked(self, request: Exchange) -> None:
        self._asked.add(request.connection)
        self.waiting.append(request)

    def forget(self, response: Exchange) -> bool:
        """It answers something, but is not to be held against it. Is it on record what?"""
        found = self._first(_is_named_by, response)
        if found is not None:
            self.waiting.remove(found)
        return found is not None

    def repeated(self, response: Exchange) -> None:
        """It is one that came before: then somebody has asked again. Raises Broken."""
        fine = self.forget(response) or not self._knows_all(response)
        demand(
            fine, "ENV-11", f"the response to {response.message.get('command')} came again, and nobody had asked again"
        )

    def lost(self, session: str, binding: Exchange) -> None:
        """The binding was a RESET: what was asked before it on its connection, and has no answer yet, gets none."""
        gone = [each for each in self.waiting if each.session == session and each.order < binding.order]
        self.waiting = [each for each in self.waiting if each not in gone or each.connection != binding.connection]

    def answered(self, response: Exchange) -> Exchange | None:
        """The request that it answers, if that is on record. Raises Broken."""
        message = response.message
        if response.connection not in self._asked:
            return None
        match message:
            case {"command": "prepareSession", "result": "success", "data": {"session": {"id": str(session)}}}:
                self._begun.add(session)
        self._check_once(response)
        found = self._fitting(response) or self._first(_is_of_whole_batch, response) or self._alike(response)
        if found is None:
            fine = "seq" in message or not self._knows_all(response)
            demand(fine, "ENV-11", f"a response to {message.get('command', 'something')}, which nobody asked for")
            return None
        if not _fits(found, response) and _is_of_whole_batch(found, response):
            self.waiting = [each for each in self.waiting if each.batch is not found.batch]
            return None
        self.waiting.remove(found)
        request = found.message
        if not isinstance(request, dict):
            demand(_is_given_back(found, message), "ENV-13", "original is not the beginning of what was sent")
            return None
        _check_repeats(request, message)
        if (passed := self._passed_over(found, response)) is not None:
            self.waiting.remove(passed)
            what = f"the earlier request {passed.message['command']} ({passed.place})"
            raise Broken("O1", f"answered before {what}")
        return found

    def _knows_all(self, response: Exchange) -> bool:
        """Is whatever it may answer on record?"""
        return (response.session or response.connection) in self._begun

    def _check_once(self, response: Exchange) -> None:
        """What was answered for good is not answered with another number. Raises Broken."""
        message = response.message
        code = message["failure"]["code"] if message["result"] == "failure" else None
        if "seq" not in message or "requestid" not in message or code in NOT_REMEMBERED:
            return
        key = (response.session, str(message["requestid"]))
        if key in self._given:
            what = f"the request {message['requestid']!r}, which was answered before,"
            asked = self.forget(response)
            demand(not asked, "ENV-3", f"{what} is executed again")
            demand(False, "ENV-11", f"{what} is answered once more")
        self._given.add(key)

    def _fitting(self, response: Exchange) -> Exchange | None:
        """If possible, one whose turn it is."""
        found = self._all(_fits, response)
        due = [each for each in found if self._passed_over(each, response) is None]
        return next(iter(due or found), None)

    def _first(self, answers: Callable[[Exchange, Exchange], bool], response: Exchange) -> Exchange | None:
        return next(iter(self._all(answers, response)), None)

    def _all(self, answers: Callable[[Exchange, Exchange], bool], response: Exchange) -> list[Exchange]:
        """Those of its own connection before others: the same may have been asked on two."""
        found = [each for each in self.waiting if answers(each, response)]
        return sorted(found, key=lambda each: each.connection != response.connection)

    def _alike(self, response: Exchange) -> Exchange | None:
        """What it was meant to answer, though it repeats it wrongly."""
        found = self._first(_is_named_by, response)
        if found is not None or not self._knows_all(response):
            return found
        return self._first(_is_of_its_kind, response)

    def _passed_over(self, found: Exchange, response: Exchange) -> Exchange | None:
        """Requests of a session are answered in the order in which they came: one that should have been before."""
        certain = self._knows_all(response) or "requestid" in response.message
        if "seq" not in response.message or found.connection != response.connection or not certain:
            return None
        for each in self.waiting:
            beside = each.connection == found.connection and each.session == found.session and each.order < found.order
            command = str(each.message.get("command")) if beside and isinstance(each.message, dict) else ""
            if "." in command and not command.startswith("supervisor."):
                return each
        return None


def _is_named_by(sent: Exchange, response: Exchange) -> bool:
    """Does the response name it by its requestid, within its session as far as that can be read?"""
    if not isinstance(sent.message, dict) or not isinstance(response.message, dict) or "requestid" not in sent.message:
        return False
    same = sent.message["requestid"] == response.message.get("requestid")
    return same and response.session in ("", sent.session)


def _is_of_its_kind(sent: Exchange, response: Exchange) -> bool:
    """The same command for the same target; or, on its connection, what was no request, and something of that kind."""
    request, message = sent.message, response.message
    if isinstance(request, dict):
        return all(field in message and message[field] == request.get(field) for field in ("command", "target"))
    return sent.connection == response.connection and isinstance(message.get("original"), str)


def _fits(sent: Exchange, response: Exchange) -> bool:
    request, message = sent.message, response.message
    if message["result"] != "success":
        return _is_given_back(sent, message)
    if not isinstance(request, dict):
        return False
    fields = ("command", "target", "requestid")
    return all(request.get(field) == message.get(field) for field in fields if field != "target" or field in message)


def _is_given_back(sent: Exchange, response: JsonObject) -> bool:
    """Is the original what was sent? Of what is no JSON, and of a text, it is the beginning."""
    original = response.get("original")
    if sent.problem is not None and sent.decoded:
        return isinstance(original, str)
    what = sent.message if sent.problem is None else sent.text
    return bool(original == (what[:ORIGINAL_TEXT_CHARS] if isinstance(what, str) else what))


def _is_of_whole_batch(sent: Exchange, response: Exchange) -> bool:
    """An array is refused as one where the connection takes none, and where it is too long: then without original."""
    message = response.message
    if sent.batch is None or message["result"] != "failure" or "command" in message:
        return False
    too_long = message["original"] is None and message["failure"]["code"] == "OVERLOADED"
    return too_long or bool(message["original"] == sent.batch)


def _check_repeats(request: JsonObject, response: JsonObject) -> None:
    for field in ("command", "target", "requestid"):
        if field in response or response["result"] == "success":
            same = response.get(field) == request.get(field) or (field == "target" and field not in response)
            demand(same, "ENV-10", f"{field} is {response.get(field)!r}, where the request had {request.get(field)!r}")
    if response["result"] != "success":
        demand(response.get("original") == request, "ENV-10", "original is not the request")
        return
    command = command_of(response)
    if command is not None and command.success is Success.ECHO:
        fine = response.get("data") == request.get("data", {})
        demand(fine, f"CMD-{command.name}", f"the data are not those of the request, {request.get('data')!r}")
