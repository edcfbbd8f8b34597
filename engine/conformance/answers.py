"""Which request each response of a log answers, where the requests are on record."""

from collections.abc import Callable
from typing import Any

import attrs

from engine.conformance.broken import Broken, demand
from engine.conformance.forms import command_of
from engine.conformance.logs import Exchange
from engine.conformance.messages import JsonObject
from protocol.commands import Success
from protocol.wire import ORIGINAL_TEXT_CHARS


@attrs.define
class Answers:
    """The requests that wait for their response, oldest first. Without requests on record it judges nothing."""

    waiting: list[Exchange] = attrs.field(factory=list)
    _asked: set[str] = attrs.field(factory=set)
    """Connections whose requests are on record."""
    _whole: set[str] = attrs.field(factory=set)
    """Those of which the beginning is on record: whatever is answered was asked for there."""
    _given: set[str] = attrs.field(factory=set)
    """requestids that were answered."""

    def asked(self, request: Exchange) -> None:
        self._asked.add(request.connection)
        if isinstance(request.message, dict) and request.message.get("command") in ("prepareSession", "bindSession"):
            self._whole.add(request.connection)
        self.waiting.append(request)

    def forget(self, response: Any) -> None:
        """It answers something, but cannot be read."""
        named = [each for each in self.waiting if isinstance(response, dict) and _is_named(each.message, response)]
        for each in named[:1]:
            self.waiting.remove(each)

    def answered(self, response: Exchange) -> JsonObject | None:
        """The request that it answers, if that is on record. Raises Broken."""
        message = response.message
        if response.connection not in self._asked:
            return None
        if message.get("requestid") in self._given:
            self.forget(message)  # a repetition: whether it is the same answer, the numbers tell
            return None
        found = self._first(_fits, message) or self._first(_is_of_whole_batch, message) or self._alike(response)
        if found is None:
            what = message.get("command", "something")
            demand("seq" in message, "ENV-11", f"a response to {what}, which nobody asked for")
            return None
        if not _fits(found, message) and _is_of_whole_batch(found, message):
            self.waiting = [each for each in self.waiting if each.batch is not found.batch]
            return None
        self.waiting.remove(found)
        request = found.message
        if not isinstance(request, dict):
            demand(_is_given_back(found, message), "ENV-13", "original is not the beginning of what was sent")
            return None
        if "requestid" in request:
            self._given.add(str(request["requestid"]))
        _check_repeats(request, message)
        if "seq" in message:
            self._check_turn(found, response)
        return request

    def _first(self, answers: Callable[[Exchange, JsonObject], bool], response: JsonObject) -> Exchange | None:
        return next((each for each in self.waiting if answers(each, response)), None)

    def _alike(self, response: Exchange) -> Exchange | None:
        """What it was meant to answer, though it repeats it wrongly."""
        fields_of = [("requestid",), *([("command", "target")] if response.connection in self._whole else [])]
        for fields in fields_of:
            for each in self.waiting:
                if isinstance(each.message, dict) and all(
                    field in response.message and response.message[field] == each.message.get(field) for field in fields
                ):
                    return each
        if response.connection in self._whole and isinstance(response.message.get("original"), str):
            sent = [each for each in self.waiting if each.connection == response.connection]
            return next((each for each in sent if not isinstance(each.message, dict)), None)
        return None

    def _check_turn(self, found: Exchange, response: Exchange) -> None:
        """Requests of a session are answered in the order in which they came."""
        session = _session_of(found.message)
        for each in self.waiting:
            beside = each.connection == found.connection == response.connection and _session_of(each.message) == session
            command = str(each.message.get("command")) if beside and isinstance(each.message, dict) else ""
            if each.order < found.order and "." in command:
                self.waiting.remove(each)
                raise Broken("O1", f"answered before the earlier request {command} ({each.place})")


def _session_of(message: Any) -> str:
    return str(message.get("target", "")).split(".")[0] if isinstance(message, dict) else ""


def _is_named(request: Any, response: JsonObject) -> bool:
    return isinstance(request, dict) and "requestid" in request and request["requestid"] == response.get("requestid")


def _fits(sent: Exchange, response: JsonObject) -> bool:
    request = sent.message
    if response["result"] != "success":
        return _is_given_back(sent, response)
    if not isinstance(request, dict):
        return False
    fields = ("command", "target", "requestid")
    return all(request.get(field) == response.get(field) for field in fields if field != "target" or field in response)


def _is_given_back(sent: Exchange, response: JsonObject) -> bool:
    """Is the original what was sent? Of what is no JSON, and of a text, it is the beginning."""
    original = response.get("original")
    if sent.problem is not None and sent.decoded:
        return isinstance(original, str)
    what = sent.message if sent.problem is None else sent.text
    return bool(original == (what[:ORIGINAL_TEXT_CHARS] if isinstance(what, str) else what))


def _is_of_whole_batch(sent: Exchange, response: JsonObject) -> bool:
    """An array is refused as one where the connection takes none, and where it is too long: then without original."""
    if sent.batch is None or response["result"] != "failure" or "command" in response:
        return False
    too_long = response["original"] is None and response["failure"]["code"] == "OVERLOADED"
    return too_long or bool(response["original"] == sent.batch)


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
