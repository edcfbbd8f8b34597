"""Where a result came about: the step of the scenario, and the place in the record."""

from engine.conformance.runner import Result
from engine.conformance.scenario import Ask, Connect, Leave, Make, Step, prelude_steps, preludes


def step_of(result: Result) -> str:
    """Of the scenario itself, from 1, or of a prelude, and what it is."""
    at, before = result.step or 0, prelude_steps(result.scenario.given)
    own = at - len(before)
    if own > len(result.scenario.steps):
        return "at the end"
    if own > 0:
        return f"step {own} ({_what(result.scenario.steps[own - 1])})"
    return f"in the prelude {_prelude(result.scenario.given, at)} ({_what(before[at - 1])})"


def place_of(result: Result) -> int | None:
    """Where in the record the difference is, from 0: at what was seen, else at what was recorded last by then.

    Several messages may have come by the time that a step looks at the first of them.
    """
    if not result.met:
        return None
    until = result.record[: result.met]
    same = [number for number, each in enumerate(until) if result.seen is not None and each.what == result.seen]
    return same[-1] if same else len(until) - 1


def _prelude(name: str | None, at: int) -> str | None:
    """The one that has the step of this number, of this one and those before it."""
    while name is not None and at <= len(prelude_steps(before := preludes()[name].after)):
        name = before
    return name


def _what(step: Step) -> str:
    match step:
        case Ask(ask=name) | Make(make=name) | Connect(connect=name) | Leave(leave=name):
            return f"{type(step).__name__.lower()} {name}"
        case _:
            return type(step).__name__.lower()
