"""Scenarios: what is sent, what is made to happen, and what must come of it. Read from YAML, strictly.

A scenario names the rules that it checks, and the prelude that brings about what it begins with. What it needs of the
server, of the driver and of whoever runs it can be seen from its steps. The form: specs/conformance/README.md.
"""

import functools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import attrs
import cattrs
from cattrs.errors import ClassValidationError
from cattrs.gen import make_dict_structure_fn
from cattrs.v import format_exception

from engine.conformance.data import read_yaml, shipped
from engine.conformance.drivers import DEEDS
from engine.conformance.matching import names_in, unknown_words
from engine.conformance.rules import rules

FIRST: Final = "desk"
"""The connection that is meant where none is named."""
SEEN: Final = "seen"
"""The name that always stands for the number of the last message of `$session`."""
Excuses = Mapping[str, Any]
"""What a server is that does otherwise, and breaks no rule by it; by that, a pattern of what is seen of it then."""


@attrs.frozen(kw_only=True)
class Ask:
    """A request, its answer, and the secondary events that follow, all of them unless there is a `rest`.

    `at` is the target; null is none. `id` is the requestid: one is drawn where none is given, and "none" leaves it out.
    `answer` is "success", "confirm", a failure code, or a pattern of the whole answer. `until`: after `then`, further
    secondary events are passed over until this one. `after`: so many seconds more than usual the answer may take.
    """

    ask: str
    at: str | None = "$session"
    data: Any = None
    id: str | None = None
    more: Mapping[str, Any] = MappingProxyType({})
    answer: Any = "success"
    then: Sequence[Any] = ()
    until: str | None = None
    rest: bool = False
    otherwise: Excuses = MappingProxyType({})
    after: Any = 0
    by: str = FIRST


@attrs.frozen(kw_only=True)
class Together:
    """Several requests, sent at once: they are answered one after the other, each with all that follows it."""

    together: Sequence[Ask]


@attrs.frozen(kw_only=True)
class Make:
    """The driver has something happen at the platform. `name` is for its handle, `then` has what tells of it."""

    make: str
    using: Mapping[str, Any] = MappingProxyType({})
    name: str | None = None
    then: Sequence[Any] = ()
    rest: bool = False
    otherwise: Excuses = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Hear:
    """Events of the session `of` that come by themselves; with `by`, messages of a connection beside any session."""

    hear: Sequence[Any]
    of: str = "$session"
    by: str | None = None
    rest: bool = False
    otherwise: Excuses = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Say:
    """Bytes on the line: a `text` frame, or raw `frames`, each {opcode, payload or hex, fin, masked, rsv}."""

    say: Any
    answers: Sequence[Any] = ()
    by: str = FIRST


@attrs.frozen(kw_only=True)
class Connect:
    """Another connection, under this name. `offers` are the subprotocols, `speaks` the one that must come of it."""

    connect: str
    offers: Sequence[str] = ("agent-session.v1",)
    speaks: str | None = None


@attrs.frozen(kw_only=True)
class Leave:
    """A connection ends: "cut" without a word, "close" as RFC 6455 has it."""

    leave: str
    how: str = "cut"


@attrs.frozen(kw_only=True)
class Closed:
    """The server closes the connection with one of these codes."""

    closed: Sequence[int]
    by: str = FIRST


@attrs.frozen(kw_only=True)
class Pong:
    """A pong comes, with this payload."""

    pong: str
    by: str = FIRST


@attrs.frozen(kw_only=True)
class Pause:
    """Let so many seconds pass, in which nothing can be seen."""

    pause: Any


Step = Ask | Together | Make | Hear | Say | Connect | Leave | Closed | Pong | Pause
STEPS: Final[Mapping[str, type[Any]]] = MappingProxyType(
    {kind.__name__.lower(): kind for kind in (Ask, Together, Make, Hear, Say, Connect, Leave, Closed, Pong, Pause)}
)
"""By the property that tells which it is."""


@attrs.frozen(kw_only=True)
class Prelude:
    """What scenarios begin with. `after` is the prelude before it."""

    prelude: str
    steps: Sequence[Step]
    after: str | None = None


@attrs.frozen(kw_only=True)
class Scenario:
    """`rules`: those that it checks; a difference breaks the first. `given`: the prelude before its steps.

    `needs`: names that must be given beside those that the steps use.
    """

    scenario: str
    rules: Sequence[str]
    steps: Sequence[Step]
    given: str | None = None
    needs: Sequence[str] = ()


CHANGES: Final = frozenset({"opens", "shuts", "changes", "state"})
"""What may be expected of a state.updated."""


class BadScenario(ValueError):
    """A file of scenarios is wrong; the message says where, and what to do."""


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_structure_hook_func(lambda kind: kind is Any, lambda value, _: value)
    converter.register_structure_hook(Step, lambda value, _: _step(converter, value))
    converter.register_structure_hook(str, _text)
    for kind in (Ask, Make, Hear):
        plain = make_dict_structure_fn(kind, converter)
        converter.register_structure_hook(kind, partial(_checked, plain))
    return converter


def _checked(plain: Callable[[Any, Any], Any], value: Any, kind: Any) -> Any:
    """Of a step, every expected event has a form that can be looked for."""
    step = plain(value, kind)
    for event in step.hear if isinstance(step, Hear) else step.then:
        _check_event(event)
    return step


def _check_event(event: Any) -> None:
    if isinstance(event, str):
        return
    if not isinstance(event, Mapping) or (len(event) != 1 and "name" not in event):
        raise ValueError(f"an event is written NAME TARGET, with or without one pattern, which {event!r} is not")
    header, pattern = next(iter(event.items()))
    if str(header).startswith("state.updated") and (unknown := set(pattern) - CHANGES):
        raise ValueError(f"{header} may have {', '.join(sorted(CHANGES))}, not {', '.join(sorted(unknown))}")


def _text(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {value!r}; put it into quotes")
    return value


def _told(error: BaseException, kind: type | None) -> str:
    """In the error's own words, if it has some."""
    own = isinstance(error, TypeError | ValueError) and not isinstance(error, KeyError)
    return str(error) if own else format_exception(error, kind)


def _step(converter: cattrs.Converter, value: Any) -> Any:
    kinds = [kind for key, kind in STEPS.items() if isinstance(value, Mapping) and key in value]
    if len(kinds) != 1:
        raise ValueError(f"a step has one of {', '.join(STEPS)}, which {value!r} has not")
    return converter.structure(value, kinds[0])


_CONVERTER: Final = _converter()


def read_scenarios(source: str, values: Any) -> tuple[Scenario, ...]:
    """Those of one file. Raises BadScenario."""
    found = tuple(_read(source, value, Scenario) for value in _listed(source, values))
    for each in found:
        _check(source, each)
        _check_connections(source, each)
    twice = [name for name, count in Counter(each.scenario for each in found).items() if count > 1]
    if twice:
        raise BadScenario(f"{source}: several scenarios are called {twice[0]}; give each a name of its own")
    return found


def _check(source: str, scenario: Scenario) -> None:
    """Raises BadScenario."""
    at = f"{source}: {scenario.scenario}"
    if not (scenario.rules and scenario.steps):
        raise BadScenario(f"{at}: has no rules or no steps; give some")
    for rule in scenario.rules:
        if rule not in rules():
            raise BadScenario(f"{at}: there is no rule {rule}; `ixp conformance check --list` shows all")
    for deed in makes(scenario) - DEEDS.keys():
        raise BadScenario(f"{at}: there is no deed {deed}; take one of {', '.join(DEEDS)}")
    for step in scenario.steps:
        given, expected = _parts(step)
        for word in unknown_words([given, expected]):
            raise BadScenario(f"{at}: there is no word {word}; specs/conformance/README.md has all")


def _check_connections(source: str, scenario: Scenario) -> None:
    """Every connection that is named has been made by then. Raises BadScenario."""
    made: set[str] = set()
    for step in steps_of(scenario):
        if isinstance(step, Connect):
            made.add(step.connect)
        for name in _connections(step) - made:
            remedy = "have a step connect it, or begin with a prelude (`given: started`)"
            raise BadScenario(f"{source}: {scenario.scenario}: there is no connection {name}; {remedy}")


def _connections(step: Step) -> set[str]:
    if isinstance(step, Together):
        return {each.by for each in step.together}
    named: str | None = step.leave if isinstance(step, Leave) else getattr(step, "by", None)
    return set() if named is None else {named}


def read_preludes(source: str, values: Any) -> tuple[Prelude, ...]:
    """Raises BadScenario."""
    return tuple(_read(source, value, Prelude) for value in _listed(source, values))


def _listed(source: str, values: Any) -> Sequence[Any]:
    if not isinstance(values, list):
        raise BadScenario(f"{source}: a list was expected; begin each entry with a dash")
    return values


def _read(source: str, value: Any, kind: type[Any]) -> Any:
    if not isinstance(value, Mapping):
        raise BadScenario(f"{source}: {value!r} is no {kind.__name__.lower()}; write its properties below each other")
    name = value.get(kind.__name__.lower(), value)
    try:
        return _CONVERTER.structure(value, kind)
    except ClassValidationError as error:
        problems = "; ".join(cattrs.transform_error(error, path=str(name), format_exception=_told))
        raise BadScenario(f"{source}: {problems}; mend the file") from None
    except (TypeError, ValueError) as error:
        raise BadScenario(f"{source}: {name}: {error}; mend the file") from None


@functools.cache
def preludes() -> Mapping[str, Prelude]:
    """Those that are shipped, by name."""
    return MappingProxyType({each.prelude: each for each in read_preludes("preludes.yaml", read_yaml("preludes.yaml"))})


@functools.cache
def scenarios() -> tuple[Scenario, ...]:
    """All that are shipped, file by file."""
    names = sorted(entry.name for entry in shipped().iterdir() if entry.name[:1].isdigit())
    return tuple(each for name in names for each in read_scenarios(name, read_yaml(name)))


def steps_of(scenario: Scenario) -> tuple[Step, ...]:
    """Those of its preludes, and its own. Raises BadScenario."""
    return (*prelude_steps(scenario.given), *scenario.steps)


def prelude_steps(name: str | None) -> tuple[Step, ...]:
    """Those of a prelude, and of those before it. Raises BadScenario."""
    if name is None:
        return ()
    if name not in preludes():
        raise BadScenario(f"there is no prelude {name}; take one of {', '.join(preludes())}")
    prelude = preludes()[name]
    return (*prelude_steps(prelude.after), *prelude.steps)


def makes(scenario: Scenario) -> frozenset[str]:
    """What the driver must be able to do for it."""
    return frozenset(step.make for step in steps_of(scenario) if isinstance(step, Make))


def wants(scenario: Scenario) -> frozenset[str]:
    """The names that whoever runs it must give: all that are used before an expectation has taken them."""
    taken: set[str] = {SEEN}
    wanted: set[str] = set(scenario.needs)
    for step in steps_of(scenario):
        given, expected = _parts(step)
        wanted |= names_in(given) - taken
        taken |= names_in(expected)
    return frozenset(wanted)


def _parts(step: Step) -> tuple[list[Any], list[Any]]:
    """What it sends or does, and what it expects."""
    match step:
        case Ask():
            return [step.at, step.data, step.id, dict(step.more), step.after], [step.answer, list(step.then)]
        case Together():
            parts = [_parts(each) for each in step.together]
            return [given for given, _ in parts], [expected for _, expected in parts]
        case Make():
            return [dict(step.using)], [f"${step.name}" if step.name else None, list(step.then)]
        case Hear():
            return [step.of], [list(step.hear)]
        case Say():
            return [step.say], [list(step.answers)]
        case Pause():
            return [step.pause], []
        case _:
            return [], []
