"""Ways to break a sound conversation: each takes the messages and breaks one promise in them."""

import copy
from collections.abc import Callable
from typing import Any

from engine.conformance.view import ClientView, JsonObject

Messages = list[JsonObject]
Corruption = Callable[[Messages], None]


def at(messages: Messages, name: str, target: str = "", nth: int = 0) -> int:
    """Where the nth event or response of this name stands whose target ends so."""
    found = [
        index
        for index, message in enumerate(messages)
        if name in (message.get("name"), message.get("command")) and message["target"].endswith(target)
    ]
    return found[nth]


def renumbered(messages: Messages) -> Messages:
    return [{**message, "seq": seq} for seq, message in enumerate(messages, 1)]


def follow(messages: Messages) -> ClientView:
    """Raises Broken where the client complains."""
    view = heard(messages)
    view.check_settled()
    return view


def heard(messages: Messages) -> ClientView:
    """As `follow`, in the middle of what is told."""
    view = ClientView("s1")
    for message in messages:
        view.take(message)
    return view


def swap(name: str, target: str = "", nth: int = 0) -> Corruption:
    """An event and what comes before it change places."""

    def corrupt(messages: Messages) -> None:
        index = at(messages, name, target, nth)
        messages[index - 1 : index + 1] = messages[index - 1 : index + 1][::-1]

    return corrupt


def drop(name: str, target: str = "", nth: int = 0) -> Corruption:
    def corrupt(messages: Messages) -> None:
        del messages[at(messages, name, target, nth)]

    return corrupt


def repeat(name: str, target: str = "", nth: int = 0) -> Corruption:
    def corrupt(messages: Messages) -> None:
        index = at(messages, name, target, nth)
        messages.insert(index, copy.deepcopy(messages[index]))

    return corrupt


def change(name: str, target: str, *path: Any, nth: int = 0) -> Corruption:
    """Put the last item of `path` where the others lead; None takes away what is there."""

    def corrupt(messages: Messages) -> None:
        *steps, last, value = path
        found: Any = messages[at(messages, name, target, nth)]
        for step in steps:
            found = found[step]
        found[last] = value
        if value is None:
            del found[last]

    return corrupt


def insert(event: JsonObject, name: str, target: str, nth: int = 0) -> Corruption:
    """One event more right before another one."""

    def corrupt(messages: Messages) -> None:
        messages.insert(at(messages, name, target, nth), copy.deepcopy(event))

    return corrupt


def late(name: str, target: str) -> Corruption:
    """An event comes once more just before the end, when its target has been disposed of."""

    def corrupt(messages: Messages) -> None:
        messages.insert(-1, copy.deepcopy(messages[at(messages, name, target)]))

    return corrupt


def together(*corruptions: Corruption) -> Corruption:
    def corrupt(messages: Messages) -> None:
        for each in corruptions:
            each(messages)

    return corrupt
