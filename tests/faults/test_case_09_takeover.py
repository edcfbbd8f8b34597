"""Case 9: two sockets race for one session: it has one owner, the loser is told why, and its messages stay in order."""

import itertools
import json
import threading
from collections import Counter
from pathlib import Path
from typing import Final

import attrs
import pytest

from engine.conformance.broken import Broken
from tests.blackbox.client import AgentSession, Desktop, JsonObject, code_of, message_of
from tests.faults.one import KEEPS_ALL, Place, all_again, mutant, place, unnoticed
from tests.faults.sizes import size

ROUNDS: Final = size(50, 1000)
WARM_UP: Final = 100
COMMAND: Final = "session.request.externalnotreadyreasons"
ASKED: Final = 3

_numbers: Final = itertools.count(1)


@attrs.define
class Racer:
    """One of two sockets that want the session, and what it was told, in the order in which that came."""

    desktop: Desktop
    session: AgentSession
    owns: bool = False
    told: int = 0
    """How many times it was told that it has lost the session."""
    answered: Counter[str] = attrs.field(factory=Counter)
    """What the session has carried out, by requestid."""
    _waiting: set[str] = attrs.field(factory=set)

    def run(self, gate: threading.Barrier) -> None:
        """Bind, and go on with commands at once, as whoever has the session may."""
        number = next(_numbers)
        resume = {"resume": self.session.cursor()}
        asked = [message_of("bindSession", self.session.id, resume, requestid=f"bind{number}")]
        asked += [message_of(COMMAND, self.session.id, {}, requestid=f"ask{number}-{n}") for n in range(ASKED)]
        self._waiting = {request["requestid"] for request in asked}
        gate.wait()
        self.desktop.send(*asked)

    def settle(self) -> None:
        """Read until everything is answered."""
        while self._waiting:
            self._take(self.desktop.read())

    def hear_notices(self) -> None:
        """What was decided before this call has been told after it."""
        mark = f"mark{next(_numbers)}"
        self.desktop.send(message_of("session.start", "nobody", {}, requestid=mark))
        while (message := self.desktop.read()).get("requestid") != mark:
            self._take(message)

    def hear_all(self) -> None:
        """The owner: what the other one had asked before it lost the session is answered here."""
        requestid = f"all{next(_numbers)}"
        self._waiting = {requestid}
        self.desktop.send(message_of(COMMAND, self.session.id, {}, requestid=requestid))
        self.settle()

    def _take(self, message: JsonObject) -> None:
        requestid = message.get("requestid", "")
        match message:
            case {"seq": _}:
                assert self.owns, f"a message of the session came to a socket that does not have it: {message}"
                self.answered[requestid] += 1
            case {"name": "session.unbound"}:
                assert self.owns, "it has lost what it did not have"
                assert message["data"]["message"], "it was not told why"
                self.owns = False
                self.told += 1
                # What it asked while it had the session is answered to whoever has it now.
                self._waiting = {each for each in self._waiting if each.startswith("bind")}
            case {"command": "bindSession"}:
                assert code_of(message) == "success", message
                self.owns = True
            case _:
                assert (code_of(message), self.owns) == ("NOT_BOUND", False), message
        self._waiting.discard(requestid)


def race(here: Place, rounds: int) -> tuple[int, int]:
    """Returns how many times one was told that it has lost, and how many commands were carried out."""
    with Desktop(here.server.url) as first, Desktop(here.server.url) as second:
        session = here.prepare(first)
        racers = [Racer(desktop, attrs.evolve(session, desktop=desktop)) for desktop in (first, second)]
        for racer in racers:
            racer.desktop.sessions[session.id] = racer.session
        for _ in range(rounds):
            gate = threading.Barrier(2)
            threads = [threading.Thread(target=racer.run, args=(gate,)) for racer in racers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for racer in racers:
                racer.settle()
            for racer in racers:
                racer.hear_notices()
            (owner,) = (racer for racer in racers if racer.owns)
            owner.hear_all()
    kept = Counter(json.loads(text).get("requestid") for text in all_again(here, racers[0].session))
    assert all(count == 1 for count in kept.values()), "carried out twice"
    for racer in racers:
        assert racer.answered.keys() <= kept.keys()
        assert all(count == 1 for count in racer.answered.values()), "came twice"
    return sum(racer.told for racer in racers), len(kept)


def test_a_session_has_one_owner_and_the_loser_is_told(tmp_path: Path) -> None:
    with place(tmp_path, *KEEPS_ALL, agents=2) as here, unnoticed(here, 2, lambda: race(here, WARM_UP)):
        told, carried_out = race(here, ROUNDS)
    assert told >= ROUNDS - 1, "in every round somebody loses, but for the first one"
    assert carried_out >= ROUNDS * ASKED


def test_a_server_that_lets_two_have_it_is_found_out(tmp_path: Path) -> None:
    with place(tmp_path, module=mutant("two_owners")) as here, pytest.raises((AssertionError, Broken, ValueError)):
        race(here, ROUNDS)
