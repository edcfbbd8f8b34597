"""What makes things happen at the platform below the server under test. Scenarios name deeds; drivers do them.

A driver of one's own is a class or function `MODULE:ATTRIBUTE`: called without arguments, it gives a `Driver`.
"""

import functools
import importlib
import inspect
import json
import math
import ssl
import sys
from collections.abc import Collection, Mapping
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol
from urllib.parse import quote

import attrs
import httpx2
import trio

ANSWER_S: Final = 30.0
DRIVE_S: Final = 60.0
"""So long any driver but a person may take."""
LOOK_EVERY_S: Final = 0.1

DEEDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "call": "have somebody outside, {from}, call {to}",
        "hangup": "have the caller of {call} hang up",
        "phone": "at the phone {extension}: {action}",
        "chat": "have a customer, {name}, begin a chat in {queue}",
        "say": "have the customer of {chat} write {text!r}",
        "type": "have the customer of {chat} type, or stop: {typing}",
        "file": "have the customer of {chat} send the file {name}",
        "form": "have the customer of {chat} fill in the form {form}",
        "screenshot": "have the customer of {chat} answer the request for a screenshot: {accepted}",
        "signal": "have the application of the customer of {chat} send the signal {name}",
        "leave": "have the customer of {chat} leave",
        "join": "have a supervisor, {name}, look on at {chat}",
        "part": "have the supervisor who looks on at {chat} leave",
        "email": "have {from} write an email to {queue}: {subject}",
        "callback": "have somebody ask at {queue} to be called at {number}",
        "withdraw_email": "withdraw {email}",
        "withdraw_callback": "withdraw {callback}",
        "refuse": "have the platform refuse with {code} when {agent} is to be ready next",
        "silence": "have the platform not answer when {agent} is to be ready next",
        "restart": "kill the server's process, and start it again",
        "lose_platform": "break the connection between the server and its platform",
        "await_platform": "wait until the server has its platform again",
    }
)
"""What scenarios may ask for, as a person is told. What is made returns its id."""

ENDS: Final[Mapping[str, str]] = MappingProxyType(
    {"call": "hangup", "chat": "leave", "email": "withdraw_email", "callback": "withdraw_callback"}
)
"""By what is made, the deed by which it goes away: a scenario leaves no customer behind."""


class CannotDrive(Exception):
    """It cannot be done; the message is for people."""


class OutOfReach(CannotDrive):
    """Nothing can be done: there is no such platform, or it lets nobody in."""


class Driver(Protocol):
    """Makes things happen. `deeds`: those of DEEDS that it can do."""

    @property
    def deeds(self) -> frozenset[str]: ...

    async def make(self, deed: str, arguments: Mapping[str, Any]) -> Any:
        """Do it; of what is made, return the id. Raises CannotDrive."""
        ...


async def drive(driver: Driver, deed: str, arguments: Mapping[str, Any]) -> Any:
    """Have it do it, and return the id of what it made. Raises CannotDrive, whatever somebody else's driver does."""
    with trio.move_on_after(math.inf if isinstance(driver, Person) else DRIVE_S):
        try:
            return await driver.make(deed, arguments)
        except CannotDrive:
            raise
        except Exception as error:
            raise CannotDrive(f"the driver failed at {deed}: {type(error).__name__}: {error}; mend it") from error
    raise CannotDrive(f"the driver took longer than {DRIVE_S:g} s over {deed}; mend it")


@attrs.frozen
class NoDriver:
    """Nothing can be made to happen; scenarios that need it are not run."""

    deeds: frozenset[str] = frozenset()

    async def make(self, deed: str, arguments: Mapping[str, Any]) -> Any:
        raise CannotDrive(f"nothing can {deed}; give --driver")


NO: Final = "no"


@attrs.frozen
class Person:
    """Asks whoever sits at the terminal, and waits until it is done."""

    deeds: frozenset[str] = frozenset(DEEDS)

    async def make(self, deed: str, arguments: Mapping[str, Any]) -> Any:
        answer = "its id, if it has one, then Enter" if deed in ENDS else "Enter when it is done"
        question = f"please {_told(deed, arguments)}; {answer}, or {NO} if you cannot: "
        print(question, end="", file=sys.stderr, flush=True)
        line = await trio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True)
        if not line:
            raise CannotDrive("nobody is at the terminal; give another --driver")
        if line.strip() == NO:
            raise CannotDrive(f"whoever was asked cannot {deed}")
        return line.strip()


def _told(deed: str, arguments: Mapping[str, Any]) -> str:
    """The deed, with all that it needs."""
    text = DEEDS[deed]
    beside = {name: value for name, value in arguments.items() if f"{{{name}}}" not in text}
    more = "".join(f", {name} {json.dumps(value, ensure_ascii=False)}" for name, value in beside.items())
    return text.format_map(_Given(arguments)) + more


class _Given(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "call": "calls",
        "hangup": "calls/{call}/hangup",
        "phone": "phones/{extension}/{action}",
        "chat": "chats",
        "say": "chats/{chat}/messages",
        "type": "chats/{chat}/typing",
        "file": "chats/{chat}/file",
        "form": "chats/{chat}/form",
        "screenshot": "chats/{chat}/screenshot",
        "signal": "chats/{chat}/signal",
        "leave": "chats/{chat}/leave",
        "join": "chats/{chat}/join",
        "part": "chats/{chat}/part",
        "email": "emails",
        "callback": "callbacks",
        "withdraw_email": "emails/{email}/withdraw",
        "withdraw_callback": "callbacks/{callback}/withdraw",
        "refuse": "platform/faults",
        "silence": "platform/faults",
        "lose_platform": "platform/lose",
    }
)
"""Below /simulator. What stands in braces goes into the path, all else into the body."""

VALUES: Final[Mapping[str, str]] = MappingProxyType({"dial": "destination", "login": "agent", "state": "agentstate"})
"""What the value of something done at a phone is called in the body."""


FAULTS: Final[Mapping[str, str]] = MappingProxyType({"refuse": "error", "silence": "hang"})
"""What kind of fault it is at the simulator."""


def _body(deed: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """As the simulator wants it."""
    if deed == "phone":
        return {VALUES[given["action"]]: given["value"]} if "value" in given else {}
    body = {name: value for name, value in given.items() if f"{{{name}}}" not in PATHS[deed]}
    if deed == "chat" and "text" in body:
        body["script"] = {"steps": [{"do": "say", "text": body.pop("text")}]}
    if deed in FAULTS:
        body |= {"call": "SetAgentState", "kind": FAULTS[deed]}
    if deed == "type":
        body["on"] = body.pop("typing")
    if deed == "call" and "name" in body:
        body["script"] = {"name": body.pop("name")}
    return body


@attrs.frozen
class SimulatorControl:
    """The control of this project's simulator over HTTP. Source: specs/simulator.md, "Control over HTTP"."""

    url: str
    key: str | None = attrs.field(default=None, repr=False)
    deeds: frozenset[str] = frozenset({*PATHS, "await_platform"})

    async def make(self, deed: str, arguments: Mapping[str, Any]) -> Any:
        async with httpx2.AsyncClient(timeout=ANSWER_S, trust_env=False, verify=_trusted()) as client:
            if deed == "await_platform":
                return await self._await_platform(client)
            return await self._make(client, deed, arguments)

    async def _await_platform(self, client: httpx2.AsyncClient) -> None:
        with trio.move_on_after(ANSWER_S):
            while (await self._ask(client, "GET", "readyz")).status_code != HTTPStatus.OK:  # noqa: ASYNC110 - HTTP
                await trio.sleep(LOOK_EVERY_S)
            return
        raise CannotDrive(f"{self.url} has no platform after {ANSWER_S:g} s; see to the server's log")

    async def _make(self, client: httpx2.AsyncClient, deed: str, arguments: Mapping[str, Any]) -> Any:
        path = PATHS[deed].format_map({name: quote(str(value), safe="") for name, value in arguments.items()})
        response = await self._ask(client, "POST", f"simulator/{path}", _body(deed, arguments))
        if response.is_error and not response.headers.get("content-type", "").startswith("application/json"):
            raise OutOfReach(f"{self.url} is no control of a simulator ({response.status_code}); check --driver")
        if response.is_error:
            raise CannotDrive(f"{deed} {json.dumps(dict(arguments))}: {response.status_code} {response.text[:400]}")
        made = response.json() if response.content else {}
        return next(iter(made.values()), None)

    async def _ask(self, client: httpx2.AsyncClient, method: str, path: str, body: Any = None) -> httpx2.Response:
        url = f"{self.url.rstrip('/')}/{path}"
        headers = {"Authorization": f"Bearer {self.key}"} if self.key is not None else {}
        try:
            response = await client.request(method, url, json=body, headers=headers)
        except httpx2.HTTPError as error:
            raise OutOfReach(f"{url} cannot be reached ({error}); check --driver") from None
        if response.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise OutOfReach(f"{url} lets nobody in: {response.text[:400]}; give an operator's --key")
        return response


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Read once: it takes longer than most of what is made to happen."""
    return ssl.create_default_context()


def find_driver(name: str | None, key: str | None) -> Driver:
    """By what was given as --driver: nothing, "person", a URL of a simulator's control, or MODULE:ATTRIBUTE.

    Raises CannotDrive.
    """
    if name is None:
        return NoDriver()
    if name == "person":
        return Person()
    if name.startswith(("http://", "https://")):
        return SimulatorControl(name, key)
    module, _, attribute = name.partition(":")
    sys.path.insert(0, str(Path.cwd()))  # where an installed command does not look by itself
    try:
        found = getattr(importlib.import_module(module), attribute)
        made: Driver = found if hasattr(found, "make") and not isinstance(found, type) else found()
    except Exception as error:
        raise CannotDrive(
            f"--driver {name}: {error}; give person, the http:// URL of a simulator, or MODULE:ATTRIBUTE"
        ) from None
    deeds = getattr(made, "deeds", None)
    if isinstance(deeds, str) or not isinstance(deeds, Collection) or not set(deeds) <= DEEDS.keys():
        raise CannotDrive(f"--driver {name}: deeds is {deeds!r}; have it be a set of some of {', '.join(DEEDS)}")
    if not inspect.iscoroutinefunction(getattr(made, "make", None)):
        raise CannotDrive(f"--driver {name}: has no `async def make(self, deed, arguments)`; add that")
    return made
