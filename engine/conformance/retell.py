"""A story that breaks a rule, written as a scenario: the file that shows the defect to whoever has to mend it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import yaml

from engine.conformance.deeds import Break, Deed, Happening, Request, choices
from engine.conformance.desk import JsonObject
from engine.conformance.explore import Told


def as_scenario(told: Told, prelude: str = "started") -> str:
    """YAML of one scenario, to be played with `ixp conformance URL --scenarios FILE`."""
    rule = told.broken.rule if told.broken is not None else ""
    steps = list(_Writer(told).steps())
    scenario = {"scenario": f"explored, breaks {rule}", "rules": [rule], "given": prelude, "steps": steps}
    return f"# {told.broken}\n" + yaml.safe_dump([scenario], sort_keys=False, allow_unicode=True, width=120)


@attrs.define
class _Writer:
    told: Told
    _names: dict[str, str] = attrs.field(factory=dict)
    """What stands for each target."""
    _counts: dict[str, int] = attrs.field(factory=dict)
    _made: dict[str, str] = attrs.field(factory=dict)
    _desk: str = "desk"
    _seq: int = 0

    def steps(self) -> Iterator[JsonObject]:
        self._names = {}
        pairs = list(zip(self.told.deeds, self.told.seen, strict=True))
        for place, (deed, seen) in enumerate(pairs):
            yield from self._step(deed, seen, last=place == len(pairs) - 1)
            self._seq = max([self._seq, *(int(message["seq"]) for message in seen if "seq" in message)])

    def _step(self, deed: Deed, seen: Sequence[JsonObject], *, last: bool) -> Iterator[JsonObject]:
        match deed:
            case Request():
                yield from self._ask(deed, seen, last=last)
            case Happening():
                yield from self._make(deed, seen, last=last)
            case Break():
                yield from self._break()

    def _ask(self, deed: Request, seen: Sequence[JsonObject], *, last: bool) -> Iterator[JsonObject]:
        asked = [message for message in seen if message.get("command") == deed.command]
        if not asked and not last:
            return  # there was no such object
        answer = asked[0] if asked else {}
        step: JsonObject = {"ask": deed.command}
        target = str(answer.get("target", ""))
        if "." in target:
            step["at"] = self._names.get(target, target)
        data = choices().get(deed.command, [None])[deed.choice]
        if data is not None:
            step["data"] = self._with_child(data, answer)
        if self._desk != "desk":
            step["by"] = self._desk
        if last:
            yield {**step, "answer": {"result": "$text"}, "rest": True}
            return
        if answer.get("result") != "success":
            step["answer"] = answer["failure"]["code"]
        events = [message for message in seen if message.get("cause") == answer.get("requestid") and "name" in message]
        unasked = [message for message in seen if "name" in message and "cause" not in message]
        if events:
            step["then"] = [self._event(message) for message in events]
        yield step
        if unasked:
            yield {"hear": [self._event(message) for message in unasked]}

    def _with_child(self, data: Any, answer: JsonObject) -> Any:
        """The id of the child as it was sent, by its name."""
        sent = answer.get("original", {}).get("data") or answer.get("data") or {}
        given = next((value["id"] for value in sent.values() if isinstance(value, Mapping) and "id" in value), "")
        name = next((f"{name}_id" for target, name in self._names.items() if target.endswith(f".{given}")), given)
        return _replaced(data, "$child", name or "conformance-nobody")

    def _event(self, message: JsonObject) -> Any:
        name, target = message["name"], message["target"]
        kind = name.split(".")[0]
        if "." not in target:
            return name
        new = target not in self._names
        if new:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._names[target] = f"${kind}{self._counts[kind]}"
        header = f"{name} {self._names[target]}"
        return {header: {kind: {"id": f"{self._names[target]}_id"}}} if new and kind in message["data"] else header

    def _make(self, deed: Happening, seen: Sequence[JsonObject], *, last: bool) -> Iterator[JsonObject]:
        using = dict(deed.using)
        if deed.of is not None:
            if deed.of not in self._made:
                return
            using[deed.of] = self._made[deed.of]
        step: JsonObject = {"make": deed.deed, "using": using}
        if deed.of is None and deed.deed in ("call", "chat"):
            self._counts[deed.deed] = self._counts.get(deed.deed, 0) + 1
            step["name"] = f"{deed.deed}{self._counts[deed.deed]}"
            self._made[deed.deed] = f"${step['name']}"
        events = [self._event(message) for message in seen if "name" in message]
        yield {**step, "rest": True} if last else {**step, **({"then": events} if events else {})}

    def _break(self) -> Iterator[JsonObject]:
        yield {"leave": self._desk}
        self._counts["desk"] = self._counts.get("desk", 1) + 1
        self._desk = f"desk{self._counts['desk']}"
        yield {"connect": self._desk}
        yield {
            "ask": "bindSession",
            "by": self._desk,
            "data": {"resume": {"token": "$token", "epoch": "$epoch", "seq": self._seq}},
            "answer": {"data": {"outcome": "RESUMED"}},
        }


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _replaced(item, old, new) for key, item in value.items()}
    return new if value == old else value
