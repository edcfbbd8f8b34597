"""From the steps of a session to the changes of one object in it."""

from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from engine.why.causes import Cause, Caused, CauseKind, with_causes
from engine.why.happenings import caused_by_absence, happening
from engine.why.rules import Fields, Rule, rules
from engine.why.steps import JsonObject, Step
from protocol.ids import ObjectKind, Target
from protocol.messages import Request
from protocol.states import SessionState
from statemachines.effects import DesktopBound, End, Ordered, RequestCame
from statemachines.sequences import What

STATE_FIELDS: Final = ("state", "loginstate", "agentstate", "reason", "pendingagentstate", "recording")
"""What is told as `state` of a state.updated, and stands in the objects themselves."""


class UnknownTarget(ValueError):
    """No step tells of the object; the message says which there are."""


@attrs.frozen(kw_only=True)
class Change:
    """One change of the object's state.

    `before` is None where the object begins (`begins`), or where what was before is kept no longer; `after` is empty
    when it has been removed. `seq` and `event` are of the message that told it, None where none did.
    """

    step: int
    at_ms: int
    before: Fields | None
    after: Fields
    begins: bool = False
    happening: What | None
    rules: tuple[Rule, ...]
    cause: Cause
    seq: int | None = None
    event: str | None = None


@attrs.frozen(kw_only=True)
class Explanation:
    """`changes` are the last ones, oldest first, `earlier` how many come before them. None, where none is kept."""

    target: str
    kind: ObjectKind
    changes: tuple[Change, ...]
    earlier: int

    @property
    def now(self) -> Fields | None:
        """None: not known."""
        return self.changes[-1].after if self.changes else None


def why(steps: Iterable[Step], target: str, last: int = 10) -> Explanation:
    """The last changes of the object at `target`, a full path as events have it. Raises UnknownTarget.

    `steps` are those of the target's session, in their order; they may begin in the middle of its life.
    """
    if last < 1:
        raise ValueError(f"last is {last}; ask for at least 1 change")
    steps = tuple(steps)
    kind = _kind(steps, target)
    found = tuple(_changes(steps, target, kind))
    shown = found[-last:]
    return Explanation(target=target, kind=kind, changes=shown, earlier=len(found) - len(shown))


def _kind(steps: Iterable[Step], target: str) -> ObjectKind:
    """By its own events: the path alone does not tell a group from a channel."""
    seen: dict[str, ObjectKind] = {}
    for message in (message for step in steps for message in step.messages):
        where, kind = message.get("target"), str(message.get("name") or message.get("command")).partition(".")[0]
        if isinstance(where, str) and kind in ObjectKind.__members__.values() and "name" in message:
            seen.setdefault(where, ObjectKind(kind))
            seen.setdefault(where.partition(".")[0], ObjectKind.SESSION)
        elif isinstance(where, str) and message.get("result") == "success":  # of a logout, that is all there is
            seen.setdefault(where.partition(".")[0], ObjectKind.SESSION)
    if target in seen:
        return seen[target]
    try:
        inside = Target.parse(target).session in seen
    except ValueError:
        inside = False
    known = ", ".join(list(seen)[:20]) or "nothing"
    hint = "" if inside else "; a target begins with the session's id"
    raise UnknownTarget(f"no message tells of {target}{hint}; there is {known}")


def _changes(steps: tuple[Step, ...], target: str, kind: ObjectKind) -> Iterator[Change]:
    state: Fields | None = {"state": SessionState.PREPARED} if _from_the_beginning(steps, kind) else None
    for caused in with_causes(steps):
        for message, after in _told(caused, target, kind):
            if after == state:
                continue
            created = (f"{kind}.created", target)
            new = state is None and any(
                (each.get("name"), each.get("target")) == created for each in caused.step.messages
            )
            # Where all steps are kept, what is told first has begun there, told or not.
            begins = new or (state is None and steps[0].number == 1)
            yield _change(caused, message, kind, state, after, new=new, begins=begins)
            state = after


def _from_the_beginning(steps: tuple[Step, ...], kind: ObjectKind) -> bool:
    return kind is ObjectKind.SESSION and bool(steps) and steps[0].number == 1


def _change(
    caused: Caused,
    message: JsonObject,
    kind: ObjectKind,
    before: Fields | None,
    after: Fields,
    *,
    new: bool,
    begins: bool,
) -> Change:
    what = happening(caused, message, kind, before, after) if message else None
    way = _session_way(caused, message, before) if kind is ObjectKind.SESSION else ()
    return Change(
        step=caused.step.number,
        at_ms=caused.step.at_ms,
        before=before,
        after=after,
        begins=begins,
        happening=what,
        rules=tuple(rules(kind, before, after, new=new, way=way)),
        cause=_told_cause(caused, what),
        seq=message.get("seq"),
        event=message.get("name") or message.get("command"),
    )


def _told_cause(caused: Caused, what: What | None) -> Cause:
    """A timer's cause in words: which timer it was shows in what it did."""
    cause, away = caused.cause, caused.away
    if cause.kind is not CauseKind.TIMER:
        return cause
    if caused_by_absence(what, cause.kind):
        since = "" if away is None else f" since step {away.number}, {_seconds(away, caused.began)} s before"
        return attrs.evolve(cause, kind=CauseKind.DESKTOP, text=f"no desktop has bound the session{since}")
    if caused.step is caused.began:  # the other timer of an interaction asks the platform first
        return attrs.evolve(cause, text="the platform has forgotten the interaction")
    return attrs.evolve(cause, text="the time for wrap-up was over")


def _seconds(earlier: Step, later: Step) -> str:
    return f"{(later.at_ms - earlier.at_ms) / 1000:g}"


# What a message shows of an object's state


def _told(caused: Caused, target: str, kind: ObjectKind) -> Iterator[tuple[JsonObject, Fields]]:
    """Each message of the step that shows the state of the object, with that state."""
    match caused.step.given:
        case DesktopBound(reset=True) if kind is ObjectKind.SESSION:
            yield {}, {"state": SessionState.PREPARED}
    for message in caused.step.messages:
        if message.get("target") == target:
            shown = _shown(message, kind)
            if shown is not None:
                yield message, shown


def _shown(message: JsonObject, kind: ObjectKind) -> Fields | None:
    name = message.get("name")
    match name:
        case None:
            logged_out = message.get("command") == "session.logout" and message.get("result") == "success"
            return {"state": SessionState.DISPOSED} if logged_out else None
        case "session.initialized":
            return {"state": SessionState.INITIALIZED}
        case "session.disposed":
            return {"state": SessionState.DISPOSED}
        case "state.updated":
            return None if kind is ObjectKind.SESSION else _fields(message.get("state", {}))
        case "channel.disposed":
            return {}
        case _:
            # The other kinds show their end before it is told; groups show their state in state.updated alone.
            whole = message.get("data", {}).get(kind)
            stateless = str(name).endswith(".disposed") or kind in (ObjectKind.SESSION, ObjectKind.CHANNELGROUP)
            return None if whole is None or stateless else _fields(whole)


def _fields(shown: JsonObject) -> Fields:
    return {
        key: shown[key]["code"] if key == "reason" else shown[key] for key in STATE_FIELDS if shown.get(key) is not None
    }


def _session_way(caused: Caused, message: JsonObject, before: Fields | None) -> tuple[str, ...]:
    """The triggers of the session's own table, some of which no message shows."""
    began = caused.began.given
    if not message:
        return ("reset",)
    if message.get("name") == "session.initialized":
        return "start", "initialized"
    if message.get("name") is None:
        return "logout", "logged_out"
    if isinstance(began, Ordered) and before == {"state": SessionState.INITIALIZED}:
        return "logout", "logged_out"
    asked = caused.interrupted
    if isinstance(began, End) and asked is not None and isinstance(asked.given, RequestCame):
        request = asked.given.request
        first = _UNDER_WAY.get(request.command.name) if isinstance(request, Request) else None
        return (first, "dispose") if first else ("dispose",)
    return ("dispose",)


_UNDER_WAY: Final = {"session.start": "start", "session.logout": "logout"}
"""What such a request has fired already when an end comes before the platform's answer."""
