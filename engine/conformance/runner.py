"""Which scenarios are played at a server, and what became of each."""

import enum
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import MappingProxyType
from typing import Any, Final

import attrs
import trio

from engine.conformance.broken import Broken
from engine.conformance.desk import PATIENCE_S, Exchanged, Floor, Missing
from engine.conformance.drivers import CannotDrive, Driver
from engine.conformance.line import CannotConnect
from engine.conformance.matching import UnknownName
from engine.conformance.play import Mismatch, NotGiven, NotThere, Player
from engine.conformance.required import BY_PASSWORD
from engine.conformance.rules import is_watched, rules
from engine.conformance.scenario import Ask, Scenario, Step, makes, prelude_steps, steps_of, wants
from engine.conformance.tidy import tidy
from engine.conformance.veil import printable

AGENTS: Final = ("agent", "password", "extension")
"""What whoever runs it gives for each agent; the second one's are `agent2` and so on."""


NOT_USABLE: Final = ("AUTH_FAILED", "NOT_AUTHENTICATED", "FORBIDDEN", "CHANNEL_UNAVAILABLE")
"""What a server says of an agent, or of a phone, that is not as it was given."""


class WrongAgent(Exception):
    """The message says which, and what the server says."""


class Status(enum.StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_THERE = "not there"
    """The server has not what it is about."""
    NOT_RUN = "not run"
    """Something is missing that whoever runs it can give: a driver, another agent, a name."""


@attrs.frozen(kw_only=True)
class Result:
    """`rule`: the one that was broken. `problem` says what, or why it was not run.

    `step`: which, from 1, those of the preludes among them. `met`: so much was on the record by then.
    """

    scenario: Scenario
    status: Status
    took_s: float = 0.0
    problem: str = ""
    rule: str | None = None
    step: int | None = None
    expected: Any = None
    seen: Any = None
    met: int = 0
    record: Sequence[Exchanged] = attrs.field(default=(), repr=False)

    @property
    def about(self) -> Sequence[str]:
        """The rules of which it says something: all that were checked, or the one that was broken."""
        return self.scenario.rules if self.rule is None else (self.rule,)


@attrs.frozen(kw_only=True)
class Place:
    """The server under test, and what may be used there. `names` are those that scenarios may use, beside their own."""

    url: str
    driver: Driver
    names: Mapping[str, Any]
    bearer: str | None = attrs.field(default=None, repr=False)
    patience_s: float = PATIENCE_S


def agent_names(names: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    """What belongs to the agent of this number, from 1, as if to the first one. Nothing, where there is no such."""
    ending = str(number) if number > 1 else ""
    return {name: names[f"{name}{ending}"] for name in AGENTS if f"{name}{ending}" in names}


def select(all_: Iterable[Scenario], wanted: Sequence[str]) -> tuple[Scenario, ...]:
    """Those that check one of these rules, a rule of a section so called, or are called so. Raises ValueError."""
    everything = tuple(all_)
    if not wanted:
        return everything
    known = rules()
    chosen: list[Scenario] = []
    for word in wanted:
        ids = {id_ for id_, rule in known.items() if word in (id_, rule.section) or id_.startswith(f"{word}-")}
        found = [each for each in everything if ids & set(each.rules) or each.scenario == word]
        if not found and any(map(is_watched, ids)):
            raise ValueError(
                f"no scenario is about {word}: it is watched, whatever is played; select what plays enough"
            )
        if not found:
            raise ValueError(f"no scenario checks {word}; `ixp conformance --list` shows all rules and scenarios")
        chosen += found
    return tuple({each.scenario: each for each in chosen}.values())


async def play(scenario: Scenario, place: Place) -> Result:
    """Never raises for what the server does."""
    if missing := _missing(scenario, place):
        return Result(scenario=scenario, status=Status.NOT_RUN, problem=missing)
    begun = trio.current_time()
    async with AsyncExitStack() as open_, trio.open_nursery() as nursery:
        floor = Floor(place.url, nursery, open_, place.bearer, place.patience_s)
        player = Player(floor, place.driver, dict(place.names))
        result = attrs.evolve(await _played(scenario, player), met=len(floor.record))
        ended = await tidy(floor, place.driver, place.names, player.made)
        nursery.cancel_scope.cancel()
    took_s = trio.current_time() - begun
    if result.status is not Status.PASSED or not ended:
        for number in agents_of(scenario):
            await clear(place, number)
    return attrs.evolve(result, took_s=took_s, record=tuple(floor.record))


async def try_agents(place: Place, numbers: Iterable[int]) -> None:
    """See that those are let in and have the phones that they are said to have, and end what they have left.

    Raises WrongAgent where the server says that they do not; whatever else it does is for the scenarios to judge.
    """
    for number in sorted(numbers):
        if refusal := await _visit(place, number, _ADD_PHONE):
            raise WrongAgent(f"{printable(refusal)} (the server says so); check --agent")


async def clear(place: Place, number: int) -> None:
    """What a scenario may have left is cleared away by a session that takes it over, as far as that goes.

    `number` is that of the agent.
    """
    await _visit(place, number)


async def _visit(place: Place, number: int, *steps: Step) -> str:
    """Have the agent of this number begin a session, take these steps in it, and end all that is there.

    Returns what the server says of an agent who cannot be used; nothing where it is fine.
    """
    given = agent_names(place.names, number)
    if not given:
        return ""
    refusal = ""
    async with AsyncExitStack() as open_, trio.open_nursery() as nursery:
        floor = Floor(place.url, nursery, open_, place.bearer, place.patience_s)
        player = Player(floor, place.driver, {**place.names, **given})
        try:
            for step in (*prelude_steps("started"), *steps):
                await player.take(step)
        except Mismatch as mismatch:
            match mismatch.seen:
                case {"failure": {"code": code, "message": str(message)}} if code in NOT_USABLE:
                    refusal = f"--agent {given['agent']}: {message}"
        except (NotThere, NotGiven, Broken, Missing, CannotConnect, UnknownName, KeyError):
            await trio.lowlevel.checkpoint()  # whoever comes next meets it
        await tidy(floor, place.driver, place.names, ())
        nursery.cancel_scope.cancel()
    return refusal


_ADD_PHONE: Final = Ask(
    ask="session.addchannel", data={"channel": {"endpoint": "$extension", "type": "Telephony"}}, rest=True
)


def agents_of(scenario: Scenario) -> list[int]:
    """The numbers of those that it is played with."""
    return [int(name.removeprefix("agent") or 1) for name in wants(scenario) if re.fullmatch(r"agent\d*", name)]


def _missing(scenario: Scenario, place: Place) -> str:
    """What it needs of whoever runs it, and has not got."""
    if deeds := makes(scenario) - place.driver.deeds:
        what = ", ".join(sorted(deeds))
        if not place.driver.deeds:
            return f"needs a driver that can {what}; give --driver"
        return f"needs a driver that can {what}, which the one given cannot"
    absent = {name for name in scenario.needs if place.names.get(name) is None}
    if names := wants(scenario) - place.names.keys() | absent:
        return f"needs {'; '.join(dict.fromkeys(map(_remedy, sorted(names))))}"
    return ""


def _remedy(name: str) -> str:
    if re.fullmatch(rf"({'|'.join(AGENTS)})\d*", name):
        return "another agent; give one more --agent"
    if name == BY_PASSWORD:
        return "agents who log in by a password; play it without --bearer"
    return f"${name}; give --set {name}=…"


async def _played(scenario: Scenario, player: Player) -> Result:
    try:
        for step in steps_of(scenario):
            await player.take(step)
        await player.settle()
    except NotThere as error:
        return Result(scenario=scenario, status=Status.NOT_THERE, problem=printable(str(error)), step=player.at)
    except (CannotDrive, NotGiven, UnknownName) as error:
        return Result(scenario=scenario, status=Status.NOT_RUN, problem=printable(str(error)), step=player.at)
    except Mismatch as error:
        seen, expected = error.seen, error.expected
        return Result(
            scenario=scenario,
            status=Status.FAILED,
            problem=printable(str(error)),
            rule=error.rule or scenario.rules[0],
            step=player.at,
            expected=expected,
            seen=seen,
        )
    except Broken as error:
        return Result(
            scenario=scenario, status=Status.FAILED, problem=printable(str(error)), rule=error.rule, step=player.at
        )
    except (Missing, CannotConnect) as error:
        problem = printable(str(error))
        return Result(scenario=scenario, status=Status.FAILED, problem=problem, rule=scenario.rules[0], step=player.at)
    return Result(scenario=scenario, status=Status.PASSED)


async def play_all(
    chosen: Sequence[Scenario], place: Place, tell: Callable[[Result], None] = lambda result: None
) -> list[Result]:
    """One after the other: agents have one session each."""
    results: list[Result] = []
    for scenario in chosen:
        results.append(await play(scenario, place))
        tell(results[-1])
    return results


def by_rule(results: Iterable[Result]) -> Mapping[str, Sequence[Result]]:
    """Every rule with the results that are about it, in the order of the rules."""
    found: dict[str, list[Result]] = {id_: [] for id_ in rules()}
    for result in results:
        for rule in result.about:
            found.setdefault(rule, []).append(result)
    return MappingProxyType(found)
