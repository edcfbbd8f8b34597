"""A story that breaks a rule, written as a scenario: the file that shows the defect to whoever has to mend it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs
import yaml

from engine.conformance.deeds import Break, Happening, Pause, Request, data_choices, made_by
from engine.conformance.drivers import ENDS
from engine.conformance.messages import JsonObject
from engine.conformance.play import NOBODY
from engine.conformance.scenario import FIRST
from engine.conformance.teller import PRELUDE, Done, Refused, Told

WIDTH: Final = 120


def as_scenario(told: Told) -> str:
    """YAML of one scenario, to be played with `ixp conformance URL --scenarios FILE`.

    What came before the rule was broken is expected as it came; where it is broken, whatever breaks no rule.
    """
    rule = told.broken.rule if told.broken is not None else ""
    steps = list(_Writer(told).steps())
    scenario = {"scenario": f"explored, breaks {rule}", "rules": [rule], "given": PRELUDE, "steps": steps}
    comment = "".join(f"# {line}\n" for line in str(told.broken).splitlines())
    return comment + yaml.safe_dump([scenario], sort_keys=False, allow_unicode=True, width=WIDTH)


@attrs.define
class _Writer:
    told: Told
    _names: dict[str, str] = attrs.field(factory=dict)
    """What stands for each target."""
    _counts: dict[str, int] = attrs.field(factory=dict)
    _desk: str = FIRST
    _seq: int = 0
    """That of the last message where the scenario is played, which has not the requests that the teller put in."""

    def steps(self) -> Iterator[JsonObject]:
        self._seq = self.told.begun
        for done in self.told.done:
            yield from self._steps(done, last=done is self.told.done[-1])
            self._seq += len(done.seen)

    def _steps(self, done: Done, *, last: bool) -> Iterator[JsonObject]:
        if done.given is None:  # it was not possible
            yield from self._hear(done.seen)
            return
        match done.deed:
            case Request():
                yield from self._ask(done.deed, done, last=last)
            case Happening():
                yield self._make(done.deed, done, last=last)
            case Break():
                yield from self._break(done.deed, done, last=last)
            case Pause():
                yield from self._hear([] if last else done.seen)

    def _ask(self, deed: Request, done: Done, *, last: bool) -> Iterator[JsonObject]:
        given = done.given or {}
        yield from self._hear([] if last else done.before)
        step: JsonObject = {"ask": deed.command}
        if "." in given["target"]:
            step["at"] = self._name(given["target"])
        if "data" in given:
            child = f"{self._name(done.child)}_id" if done.child is not None else NOBODY
            step["data"] = _replaced(data_choices(deed.command)[deed.choice], "$child", child)
        if self._desk != FIRST:
            step["by"] = self._desk
        if last:
            yield {**step, "answer": self._no_worse(), "rest": True}
            return
        answer = done.answer or {}
        if answer.get("result") != "success":
            step["answer"] = answer["failure"]["code"]
        if done.caused:
            step["then"] = [self._event(message) for message in done.caused]
        yield step
        yield from self._hear(done.after)

    def _no_worse(self) -> JsonObject:
        """Any answer but the one that breaks the rule."""
        if not isinstance(self.told.broken, Refused):
            return {"result": "$text"}
        other = {"failure": {"code": {"$not": self.told.broken.code}}}
        return {"$one_of": [{"result": "success"}, other]}

    def _make(self, deed: Happening, done: Done, *, last: bool) -> JsonObject:
        using = dict(deed.using)
        if (what := made_by(using)) is not None:
            using[what] = f"${what}{deed.of}"
        step: JsonObject = {"make": deed.deed, "using": using}
        if deed.deed in ENDS:
            step["name"] = f"{deed.deed}{deed.number}"
        if last:
            return {**step, "rest": True}
        return {**step, "then": [self._event(message) for message in done.seen]} if done.seen else step

    def _break(self, deed: Break, done: Done, *, last: bool) -> Iterator[JsonObject]:
        yield {"leave": self._desk}
        self._desk = f"desk{deed.number}"
        yield {"connect": self._desk}
        seq = max(0, self._seq - deed.missed)
        yield {
            "ask": "bindSession",
            "by": self._desk,
            "data": {"resume": {"token": "$token", "epoch": "$epoch", "seq": seq}},
            "answer": {"data": {"outcome": "RESUMED"}},
        }
        if seq < self._seq:
            yield {"hear": [{"message": {"seq": number}} for number in range(seq + 1, self._seq + 1)]}
        yield from self._hear([] if last else done.seen)

    def _hear(self, messages: Sequence[JsonObject]) -> Iterator[JsonObject]:
        if messages:
            yield {"hear": [self._event(message) for message in messages]}

    def _event(self, message: JsonObject) -> Any:
        """What is new is given a name."""
        name, target = message["name"], message["target"]
        if "." not in target:
            return name
        kind, _, verb = name.partition(".")
        if verb != "created":
            return f"{name} {self._name(target)}"
        self._counts[kind] = self._counts.get(kind, 0) + 1
        self._names[target] = f"${kind}{self._counts[kind]}"
        return {f"{name} {self._names[target]}": {kind: {"id": f"{self._names[target]}_id"}}}

    def _name(self, target: str) -> str:
        return self._names.get(target, target)


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _replaced(item, old, new) for key, item in value.items()}
    return new if value == old else value
