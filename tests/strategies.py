"""Hypothesis strategies for what comes from outside: JSON, requests as clients write them, and a platform's words."""

import string
from typing import Any

import attrs
from hypothesis import strategies as st

from protocol import platform
from protocol.commands import COMMANDS, MISSPELT
from protocol.errors import FAILURES, FailureCode
from protocol.platform import ChannelReport, DirectoryEntry, GroupReport, PlatformCall, ReasonCode, Snapshot
from protocol.states import AgentState, ChannelType, LoginState
from protocol.strictjson import INTEGER_LIMIT

JsonObject = dict[str, Any]


def one_in(n: int) -> st.SearchStrategy[bool]:
    """True once in `n` times or so."""
    return st.integers(0, n - 1).map(lambda drawn: drawn == n - 1)


# JSON

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
"""Text that JSON can carry here: no NUL, no lone surrogate."""

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-INTEGER_LIMIT, INTEGER_LIMIT)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)

json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)

# The platform's words. Few names, so that they meet.

endpoints = st.sampled_from([f"400{n}" for n in range(1, 9)])
group_names = st.sampled_from(["Default", "Sales", "Service"])
reasons = st.none() | st.sampled_from(["LUNCH", "MEETING"])
platform_codes = st.sampled_from([code for code, meaning in FAILURES.items() if meaning.from_platform])


@st.composite
def channel_reports(
    draw: st.DrawFn,
    *,
    endpoint: str | None = None,
    kind: ChannelType | None = None,
    loginstate: LoginState | None = None,
) -> ChannelReport:
    """A sound report: `agentstate` and what hangs on it exactly while ACTIVE."""
    login = loginstate or draw(st.sampled_from(LoginState))
    active = login is LoginState.ACTIVE
    return ChannelReport(
        endpoint=endpoint or draw(endpoints),
        type=kind or draw(st.sampled_from(ChannelType)),
        name=draw(st.sampled_from(["Desk phone", "Web chat"])),
        loginstate=login,
        agentstate=draw(st.sampled_from(AgentState)) if active else None,
        reason=draw(reasons) if active else None,
        pendingagentstate=draw(st.none() | st.sampled_from(AgentState)) if active else None,
    )


@st.composite
def impossible_reports(draw: st.DrawFn, *, endpoint: str | None = None) -> ChannelReport:
    """Agent state without a login, at present or to come, or a login without agent state."""
    wrong = draw(st.sampled_from(["login", "agentstate", "pendingagentstate"]))
    logged_out = draw(st.sampled_from([LoginState.INACTIVE, LoginState.UNAVAILABLE]))
    return ChannelReport(
        endpoint=endpoint or draw(endpoints),
        type=ChannelType.TELEPHONY,
        name="Desk phone",
        loginstate=LoginState.ACTIVE if wrong == "login" else logged_out,
        agentstate=AgentState.READY if wrong == "agentstate" else None,
        pendingagentstate=AgentState.READY if wrong == "pendingagentstate" else None,
    )


@st.composite
def groups(draw: st.DrawFn, name: str, used: frozenset[str] = frozenset()) -> GroupReport:
    """A group whose endpoints are none of `used`."""
    free = [at for at in (f"{name[:2]}{n}" for n in range(1, 8)) if at not in used]
    members = draw(st.lists(st.sampled_from(free), unique=True, max_size=4)) if free else []
    return GroupReport(name=name, channels=tuple(draw(channel_reports(endpoint=at)) for at in members))


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    names = draw(st.lists(group_names, unique=True, max_size=2))
    standalone = draw(st.lists(endpoints, unique=True, max_size=3))
    return Snapshot(
        agent_name=draw(st.sampled_from(["Ann Example", ""])),
        groups=tuple(draw(groups(name)) for name in names),
        channels=tuple(draw(channel_reports(endpoint=at)) for at in standalone),
    )


code_lists = st.lists(st.builds(ReasonCode, code=st.sampled_from(["1", "2"]), name=texts), max_size=3).map(tuple)


@st.composite
def good_answers(draw: st.DrawFn, call: PlatformCall[Any], used: frozenset[str]) -> Any:
    """What a sound platform answers; `used` are the endpoints that the session has."""
    match call:
        case platform.StartAgent():
            return draw(snapshots())
        case platform.AddGroup(name=name):
            return draw(groups(name, used))
        case platform.AddChannel(endpoint=endpoint, type=kind):
            return draw(channel_reports(endpoint=endpoint, kind=kind))
        case platform.ActivateChannel(endpoint=endpoint):
            return draw(channel_reports(endpoint=endpoint, loginstate=LoginState.ACTIVE))
        case platform.DeactivateChannel(endpoint=endpoint):
            return draw(channel_reports(endpoint=endpoint, loginstate=LoginState.INACTIVE))
        case platform.SetAgentState(endpoint=endpoint, agentstate=wanted, reason=reason):
            now = draw(st.sampled_from([wanted, wanted, AgentState.WORK]))
            return ChannelReport(
                endpoint=endpoint,
                type=ChannelType.TELEPHONY,
                name="Desk phone",
                loginstate=LoginState.ACTIVE,
                agentstate=now,
                reason=reason if now is AgentState.NOTREADY else None,
                pendingagentstate=None if now is wanted else wanted,
            )
        case platform.ListDirectory():
            entry = DirectoryEntry(name="Front desk", number="9", type="internal")
            return draw(st.sampled_from([(), (entry,), (entry, entry)]))
        case platform.ListNotReadyReasons() | platform.ListLogoutReasons() | platform.ListDispositions():
            return draw(code_lists)
        case _:
            return None


@st.composite
def nonsense_answers(draw: st.DrawFn, call: PlatformCall[Any], used: frozenset[str]) -> Any:
    """What no sound platform answers: of another type, about something else, or impossible in itself."""
    wrong: list[Any]
    odd: list[Any] = [7, "ready", [], {}, object, (None,), (7,), Snapshot]
    entry = DirectoryEntry(name="Front desk", number="9", type="internal")
    match call:
        case platform.StartAgent():
            sound, bad = draw(channel_reports()), draw(impossible_reports())
            alone, twin = GroupReport(name="Sales", channels=(sound,)), GroupReport(name="Sales", channels=())
            wrong = [
                Snapshot(agent_name="", channels=(sound, sound)),
                Snapshot(agent_name="", channels=(bad,)),
                Snapshot(agent_name="", groups=(twin, twin)),
                Snapshot(agent_name="", groups=(alone,), channels=(sound,)),
            ]
        case platform.AddGroup():
            good = draw(good_answers(call, used))
            sound, bad = draw(channel_reports(endpoint="X1")), draw(impossible_reports(endpoint="X1"))
            wrong = [attrs.evolve(good, channels=(*good.channels, *more)) for more in ((sound, sound), (bad,))]
            wrong += [attrs.evolve(good, channels=(attrs.evolve(sound, endpoint=at),)) for at in sorted(used)]
            wrong.append(attrs.evolve(good, name=f"not {good.name}"))
        case platform.AddChannel(endpoint=endpoint) | platform.SetAgentState(endpoint=endpoint):
            good, bad = draw(good_answers(call, used)), draw(impossible_reports(endpoint=endpoint))
            wrong = [attrs.evolve(good, endpoint=f"not {endpoint}"), bad]
            if isinstance(call, platform.AddChannel):
                wrong += [attrs.evolve(good, type=kind) for kind in ChannelType if kind is not call.type]
            if isinstance(call, platform.SetAgentState):
                other = AgentState.READY if call.agentstate is AgentState.NOTREADY else AgentState.NOTREADY
                wrong.append(attrs.evolve(good, agentstate=other, pendingagentstate=None))
                wrong.append(draw(channel_reports(endpoint=endpoint, loginstate=LoginState.INACTIVE)))
        case platform.ActivateChannel(endpoint=endpoint) | platform.DeactivateChannel(endpoint=endpoint):
            good, bad = draw(good_answers(call, used)), draw(impossible_reports(endpoint=endpoint))
            others = [login for login in LoginState if login is not good.loginstate]
            wrong = [draw(channel_reports(endpoint=endpoint, loginstate=login)) for login in others]
            wrong += [attrs.evolve(good, endpoint=f"not {endpoint}"), bad]
        case platform.ListDirectory():
            wrong = [(entry, ReasonCode(code="1", name="Lunch"))]
        case platform.ListNotReadyReasons() | platform.ListLogoutReasons() | platform.ListDispositions():
            wrong = [(entry,)]
        case _:
            return draw(st.sampled_from([*odd, (), True]))
    return draw(st.sampled_from([*odd, None] if draw(one_in(3)) else wrong))


# Requests


def commands_of(kind: str, verb: str = "") -> st.SearchStrategy[str]:
    """Canonical names of the session's commands whose object kind and verb begin so."""
    names = [row.name for row in COMMANDS.values() if row.kind is not None]
    return st.sampled_from([name for name in names if name.startswith(kind) and name.split(".")[1].startswith(verb)])


def spellings(name: str) -> st.SearchStrategy[str]:
    """The canonical name, and every alias that the alias rule and the misspellings give it."""
    found = [name]
    if name in COMMANDS:
        kind, *verbs = name.split(".")
        found += [f"{kind}.{verbs[-1]}", f"{kind}.request.{verbs[-1]}"]
        found += [wrong for wrong, right in MISSPELT.items() if right == name]
    return st.sampled_from(found)


ids = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=8)

requestids = st.text(string.ascii_letters, min_size=1, max_size=128)

no_targets: st.SearchStrategy[Any] = st.sampled_from(
    ["", ".", "s1.", "s1..c1", "s1 c1", "a.b.c.d.e.f", "x" * 513, "s1\n", 5, None, [], {}]
)
"""What no target can be."""

unknown_commands = st.sampled_from(
    [
        "",
        "session",
        "session.",
        "session.fly",
        "channel.reddy",
        "session.request.start.now",
        "channel.request",
        "Session.start",
    ]
)

refusals = platform_codes | st.just(FailureCode.TIMEOUT)
"""How a call can fail: refused by the platform, or out of time."""
