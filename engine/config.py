"""Settings: one TOML file, or none, into frozen values. Every error names the file, the key and what to do."""

import math
import tomllib
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import attrs

from engine.adapters.simulator.settings import SimulatorSettings, check, demo_settings
from engine.observe import LOG_LEVELS
from protocol.convert import make_strict_converter, structure
from protocol.texts import Name
from statemachines.core import CoreSettings

_FILES: Final = make_strict_converter(refuse_unknown=True)


class ConfigError(Exception):
    """The settings cannot be used; the message is for the person who wrote them."""


def _positive(instance: object, attribute: "attrs.Attribute[Any]", value: float) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"{attribute.name} must be above 0 and finite, not {value}")


def _at_least_one(instance: object, attribute: "attrs.Attribute[Any]", value: float) -> None:
    if not 1 <= value < math.inf:
        raise ValueError(f"{attribute.name} must be at least 1 and finite, not {value}")


def _port(instance: object, attribute: "attrs.Attribute[Any]", value: int) -> None:
    if not 0 <= value <= 65535:
        raise ValueError(f"{attribute.name} must be a port from 0 (any free one) to 65535, not {value}")


def _log_level(instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    if value not in LOG_LEVELS:
        raise ValueError(f"log_level must be one of {', '.join(LOG_LEVELS)}, not {value!r}")


@attrs.frozen(kw_only=True)
class Agent:
    """Someone who may prepare a session. `password` is kept out of logs."""

    id: str
    password: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Supervisor:
    """Someone who may look on at the sessions of a team, and change them. `password` is kept out of logs."""

    id: Name
    password: str = attrs.field(repr=False)
    name: Name | None = None
    """What agents are told; left out, the id."""
    team: tuple[Name, ...] | None = None
    """Ids of agents; left out, all of them."""


def _hard_to_guess(instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    if len(value) < 16:
        raise ValueError(f"{attribute.name} must have 16 characters or more, so that nobody guesses it")


@attrs.frozen(kw_only=True)
class Operator:
    """Someone who may make things happen on the simulator over HTTP. `key` is kept out of logs."""

    id: Name
    key: str = attrs.field(repr=False, validator=_hard_to_guess)


@attrs.frozen(kw_only=True)
class Listen:
    """Where to accept connections."""

    host: str = "127.0.0.1"
    agent_port: int = attrs.field(default=8765, validator=_port)
    """For agent desktops; 0 is any free port."""
    http_port: int = attrs.field(default=8080, validator=_port)
    """For health and metrics; 0 is any free port."""


@attrs.frozen(kw_only=True)
class Limits:
    """Bounds against clients that send too much or read too little. Bytes, seconds, or numbers of things."""

    message_bytes: int = attrs.field(default=64 * 1024, validator=_positive)
    """The largest frame that a client may send."""
    batch_bytes: int = attrs.field(default=1024 * 1024, validator=_positive)
    """The largest batched frame that the server sends."""
    batch_requests: int = attrs.field(default=256, validator=_positive)
    """How many requests a client may put into one batched frame."""
    requests_per_s: float = attrs.field(default=5_000.0, validator=_at_least_one)
    """A connection's steady rate; as many again may come in one burst."""
    bytes_per_s: float = attrs.field(default=4 * 1024 * 1024, validator=_at_least_one)
    """How fast a connection is read; a client that sends faster has to wait."""
    pings_per_s: float = attrs.field(default=100.0, validator=_at_least_one)
    """A connection's pings, of which as many again may come in one burst; beyond, it is closed."""
    inbox_requests: int = attrs.field(default=256, validator=_positive)
    """Requests of one session that may wait."""
    inbox_reports: int = attrs.field(default=4_096, validator=_positive)
    """Reports of the platform that may wait for one session."""
    outbox_bytes: int = attrs.field(default=4 * 1024 * 1024, validator=_positive)
    """What may wait for a connection that reads slowly; beyond, it is cut and may resume."""
    unreadable_in_a_row: int = attrs.field(default=10, validator=_positive)
    """After so many messages that are no JSON objects, one behind the other, the connection is closed."""
    connections: int = attrs.field(default=10_000, validator=_positive)
    """Of agent desktops, in all."""
    connections_per_address: int = attrs.field(default=5_000, validator=_positive)
    """Of agent desktops, from one address."""
    new_connections_per_s: float = attrs.field(default=2_000.0, validator=_at_least_one)
    """Of agent desktops, from one address; as many again may come in one burst."""
    connections_per_identity: int = attrs.field(default=32, validator=_positive)
    """At so many connections one agent or supervisor may have shown who they are; more fail with OVERLOADED."""
    handshakes_per_address: int = attrs.field(default=2_500, validator=_positive)
    """Unfinished handshakes from one address; for each one more, the oldest is given up."""
    sessions: int = attrs.field(default=20_000, validator=_positive)
    """Beyond, prepareSession fails with NOT_ACCEPTING."""
    handshake_s: float = attrs.field(default=5.0, validator=_positive)
    """How long the WebSocket handshake may take."""
    send_s: float = attrs.field(default=20.0, validator=_positive)
    """How long one frame may take to be taken by the peer, and how long the peer may take nothing."""
    close_s: float = attrs.field(default=2.0, validator=_positive)
    """How long the closing handshake may take, and the peer's reading of the last word."""
    ping_every_s: float = attrs.field(default=20.0, validator=_positive)
    """How often the server pings …"""
    pong_within_s: float = attrs.field(default=20.0, validator=_positive)
    """… and how long the answer may take, or the connection is cut."""
    drain_s: float = attrs.field(default=5.0, validator=_positive)
    """How long requests under way may go on when the server is stopped."""
    come_back_s: float = attrs.field(default=2.0, validator=_positive)
    """When clients are told to come back: those of a server that stops, and those that were turned away."""


@attrs.frozen(kw_only=True)
class SessionSettings:
    """Times in seconds, counted from the loss of the desktop."""

    not_ready_after_s: float = attrs.field(default=30.0, validator=_positive)
    """Then ready channels go not ready …"""
    logout_after_s: float = attrs.field(default=300.0, validator=_positive)
    """… and then the agent is logged out, and the session ends."""
    remembered_bytes: int = attrs.field(default=4 * 1024 * 1024, validator=_positive)
    """Responses to requests with a requestid, kept as long as the session; beyond, such requests are refused."""
    history_messages: int = attrs.field(default=10_000, validator=_positive)
    """How many messages of a session are kept for a client that resumes …"""
    history_bytes: int = attrs.field(default=4 * 1024 * 1024, validator=_positive)
    """… and how many bytes of them at most."""


@attrs.frozen(kw_only=True)
class PlatformSettings:
    """How the CTI platform is called, and when a lost one is tried again."""

    start_timeout_s: float = attrs.field(default=10.0, validator=_positive)
    """How long an adapter may take to come up."""
    call_timeout_s: float = attrs.field(default=10.0, validator=_positive)
    """Beyond, a call fails with TIMEOUT."""
    restart_first_s: float = attrs.field(default=1.0, validator=_positive)
    """The pause before a lost platform is tried again; it doubles each time …"""
    restart_most_s: float = attrs.field(default=30.0, validator=_positive)
    """… up to this."""


@attrs.frozen(kw_only=True)
class Settings:
    """All settings, as the file has them."""

    listen: Listen = attrs.field(factory=Listen)
    limits: Limits = attrs.field(factory=Limits)
    sessions: SessionSettings = attrs.field(factory=SessionSettings)
    platform: PlatformSettings = attrs.field(factory=PlatformSettings)
    agents: tuple[Agent, ...] = ()
    supervisors: tuple[Supervisor, ...] = ()
    operators: tuple[Operator, ...] = ()
    simulator: SimulatorSettings = attrs.field(factory=demo_settings)
    log_level: str = attrs.field(default="info", validator=_log_level)
    """One of debug, info, warning, error, critical."""
    debug: bool = False
    """Messages carry their context, and failures a stack trace."""

    def core(self) -> CoreSettings:
        return CoreSettings(
            not_ready_after_s=self.sessions.not_ready_after_s,
            logout_after_s=self.sessions.logout_after_s,
            debug=self.debug,
        )


DEMO_PASSWORD: Final = "demo"  # noqa: S105 - the demo's, told to everybody, and refused off loopback


def demo() -> Settings:
    """What runs without a configuration: the simulator with its agents and a supervisor, all with the same password."""
    simulator = demo_settings()
    agents = tuple(Agent(id=agent.id, password=DEMO_PASSWORD) for agent in simulator.agents)
    supervisors = (Supervisor(id="supervisor1", password=DEMO_PASSWORD, name="Supervisor 1"),)
    return Settings(simulator=simulator, agents=agents, supervisors=supervisors)


def load(path: Path) -> Settings:
    """Read a TOML file. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}); give the path of a TOML file in UTF-8") from None
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML ({error}); mend the line it names") from None
    try:
        settings = structure(raw, Settings, at="", converter=_FILES)
        check(settings.simulator)
    except ValueError as error:
        where, _, what = str(error).partition(": ")
        raise ConfigError(f"{path}: {where.removeprefix('.') or 'the file'}: {what}") from None
    if not settings.agents:
        raise ConfigError(f"{path}: agents: nobody could log in; add [[agents]] with id and password")
    _refuse_empty_or_twice(path, "agents", settings.agents)
    known = {agent.id for agent in settings.simulator.agents}
    for number, agent in enumerate(settings.agents):
        if agent.id not in known:
            raise ConfigError(
                f"{path}: agents[{number}].id: the simulator knows no {agent.id}; add [[simulator.agents]] with this "
                "id and an extension"
            )
    _check_supervisors(path, settings)
    for key in ("id", "key"):
        values = [getattr(operator, key) for operator in settings.operators]
        for number, value in enumerate(values):
            if value in values[:number]:
                raise ConfigError(
                    f"{path}: operators[{number}].{key}: is there twice; give each operator one of their own"
                )
    return settings


def _check_supervisors(path: Path, settings: Settings) -> None:
    _refuse_empty_or_twice(path, "supervisors", settings.supervisors)
    agents = {agent.id for agent in settings.agents}
    for number, supervisor in enumerate(settings.supervisors):
        key = f"{path}: supervisors[{number}]"
        if supervisor.id in agents:
            raise ConfigError(f"{key}.id: {supervisor.id} is an agent; give the supervisor an id of their own")
        if supervisor.team == ():
            raise ConfigError(f"{key}.team: is empty; name agents, or leave it out for all")
        for place, agent in enumerate(supervisor.team or ()):
            if agent not in agents:
                raise ConfigError(
                    f"{key}.team[{place}]: there is no agent {agent}; add [[agents]] with this id, or take it out"
                )


def _refuse_empty_or_twice(path: Path, key: str, people: Sequence[Agent | Supervisor]) -> None:
    seen: set[str] = set()
    for number, each in enumerate(people):
        if each.id in seen:
            raise ConfigError(f"{path}: {key}[{number}].id: {each.id} is there twice; remove one")
        if not each.password:
            raise ConfigError(f"{path}: {key}[{number}].password: is empty; give {each.id} one")
        seen.add(each.id)


def refuse_demo_off_loopback(host: str) -> None:
    """The demo's password is everybody's. Raises ConfigError when it would be open to a network."""
    try:
        local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise ConfigError(
            f"--host {host}: the demo agents, whose password everybody knows, are served on loopback only; "
            "write a TOML file with [[agents]] of your own and give it with --config"
        )
