"""What the simulated switch has, and how it behaves."""

import enum

import attrs


class JoinKeeps(enum.StrEnum):
    """The id of the call that a transfer or a conference makes of two: switches differ."""

    HELD = "held"
    ACTIVE = "active"
    NEITHER = "neither"


class Order(enum.StrEnum):
    """What comes first when a request makes something happen."""

    ANSWER = "answer"
    EVENTS = "events"


@attrs.frozen(kw_only=True)
class Login:
    """An agent at the switch: the id to log in with, and the password."""

    id: str
    password: str = attrs.field(default="1234", repr=False)


@attrs.frozen(kw_only=True)
class SwitchSettings:
    """`stations` are the phones, `busy` and `silent` outside numbers that are always busy, or never answer.

    `session_s` is the longest time that a session is granted. `ring_s`: how long a phone rings. `tone_s`: after this a
    phone that hears a tone is hung up. `outside_answer_s`: when an outside number answers. `work_after_call`: who was
    ready is in after-call work when a call ends. `tells_agent_states`: of other agent states than logins events come.
    """

    user: str = "ixp"
    password: str = attrs.field(default="demo", repr=False)
    switch_name: str = "CM1"
    stations: tuple[str, ...] = ()
    logins: tuple[Login, ...] = ()
    busy: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    session_s: int = 180
    ring_s: float = 20.0
    tone_s: float = 5.0
    outside_answer_s: float = 3.0
    join_keeps: JoinKeeps = JoinKeeps.HELD
    order: Order = Order.ANSWER
    events_times: int = 1
    """How often each event is told."""
    work_after_call: bool = False
    tells_agent_states: bool = True


def demo(agents: int = 50, first: int = 4001) -> SwitchSettings:
    """So many phones, and as many agents `agent1` … that may log in at them."""
    return SwitchSettings(
        stations=tuple(str(first + n) for n in range(agents)),
        logins=tuple(Login(id=f"agent{n + 1}") for n in range(agents)),
        busy=("+15550190",),
        silent=("+15550191",),
    )
