"""Which request each response of a log answers, where the requests are on record."""

from typing import Any

import attrs

from engine.conformance.broken import Broken, demand
from engine.conformance.forms import command_of
from engine.conformance.logs import Exchange
from protocol.commands import Success

JsonObject = dict[str, Any]


@attrs.define
class Answers:
    """The requests that wait for their response, oldest first. Without requests on record it judges nothing."""

    waiting: list[Exchange] = attrs.field(factory=list)
    _asked: set[str] = attrs.field(factory=set)
    """Connections whose requests are on record."""
    _given: set[str] = attrs.field(factory=set)
    """requestids that were answered."""

    def asked(self, request: Exchange) -> None:
        self._asked.add(request.connection)
        self.waiting.append(request)

    def answered(self, response: Exchange) -> JsonObject | None:
        """The request that it answers, if that is on record. Raises Broken."""
        message = response.message
        if response.connection not in self._asked:
            return None
        found = next((each for each in self.waiting if _fits(each.message, message)), None)
        if found is None:
            self._explain(message)
            return None
        self.waiting.remove(found)
        request: JsonObject = found.message
        again = request.get("requestid") in self._given
        self._given.add(str(request.get("requestid")))
        _check_repeats(request, message)
        if "seq" in message and not again:
            self._check_turn(found, response)
        return request

    def _explain(self, message: JsonObject) -> None:
        """It answers nothing that waits."""
        named = [each.message for each in self.waiting if _is_named(each.message, message)]
        if named:
            _check_repeats(named[0], message)
        demand("seq" in message, "ENV-11", f"a response to {message.get('command')}, which nobody asked for")

    def _check_turn(self, found: Exchange, response: Exchange) -> None:
        """Requests of a session are answered in the order in which they came."""
        session = _session_of(found.message)
        for each in self.waiting:
            beside = each.connection == found.connection == response.connection and _session_of(each.message) == session
            if beside and each.order < found.order and "." in str(each.message.get("command")):
                raise Broken("O1", f"answered before the earlier request {each.message.get('command')} ({each.place})")


def _session_of(message: Any) -> str:
    return str(message.get("target", "")).split(".")[0] if isinstance(message, dict) else ""


def _is_named(request: Any, response: JsonObject) -> bool:
    return isinstance(request, dict) and "requestid" in request and request["requestid"] == response.get("requestid")


def _fits(request: Any, response: JsonObject) -> bool:
    if response["result"] != "success":
        return bool(request == response.get("original"))
    if not isinstance(request, dict):
        return False
    fields = ("command", "target", "requestid")
    return all(request.get(field) == response.get(field) for field in fields if field != "target" or field in response)


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
