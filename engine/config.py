"""Settings: one TOML file, or none, into frozen values. Every error names the file, the key and what to do."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from engine import brackets
from engine.adapters import kinds
from engine.adapters.simulator.settings import SimulatorSettings, check, demo_settings
from engine.adapters.spi import MakeAdapter
from engine.bounds import at_least_one as _at_least_one
from engine.bounds import not_negative as _not_negative
from engine.bounds import positive as _positive
from engine.observe import LOG_LEVELS
from engine.security.hashing import check_hash
from engine.security.loopback import is_loopback
from engine.security.origins import check_origin
from engine.security.settings import KEY_ID, IdentitySettings, below
from protocol.convert import make_strict_converter, structure
from protocol.states import ChannelType
from protocol.texts import Name
from statemachines.settings import CoreSettings

SIMULATOR: Final = "simulator"
"""The kind of adapter that has its settings in a section of its own, and is there without a configuration."""
ALONE: Final = "engine.adapters.simulator.alone:open_adapter"
DURABILITIES: Final = ("full", "normal", "memory")

_FILES: Final = make_strict_converter(refuse_unknown=True)


class ConfigError(Exception):
    """The settings cannot be used; the message is for the person who wrote them."""


def _port(instance: object, attribute: "attrs.Attribute[Any]", value: int) -> None:
    if not 0 <= value <= 65535:
        raise ValueError(f"{attribute.name} must be a port from 0 (any free one) to 65535, not {value}")


def _log_level(instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    if value not in LOG_LEVELS:
        raise ValueError(f"log_level must be one of {', '.join(LOG_LEVELS)}, not {value!r}")


@attrs.frozen(kw_only=True)
class Agent:
    """Someone who may prepare a session. Either `password` or `password_hash`; both are kept out of logs."""

    id: str
    password: str | None = attrs.field(default=None, repr=False)
    """As it is, for tests and demos."""
    password_hash: str | None = attrs.field(default=None, repr=False)
    """What `ixp users hash` prints."""


@attrs.frozen(kw_only=True)
class Supervisor:
    """Someone who may look on at the sessions of a team, and change them. Passwords as agents have them."""

    id: Name
    password: str | None = attrs.field(default=None, repr=False)
    password_hash: str | None = attrs.field(default=None, repr=False)
    name: Name | None = None
    """What agents are told; left out, the id."""
    team: tuple[Name, ...] | None = None
    """Ids of agents; left out, all of them."""


def _hard_to_guess(instance: object, attribute: "attrs.Attribute[Any]", value: str | None) -> None:
    if value is not None and len(value) < 16:
        raise ValueError(f"{attribute.name} must have 16 characters or more, so that nobody guesses it")


@attrs.frozen(kw_only=True)
class Operator:
    """Someone who may make things happen on the simulator over HTTP. Either `key` or `key_hash`, kept out of logs."""

    id: Name
    key: str | None = attrs.field(default=None, repr=False, validator=_hard_to_guess)
    """As it is, for tests and demos."""
    key_hash: str | None = attrs.field(default=None, repr=False)
    """What `ixp users hash` prints; the key is then shown as ID.KEY."""


@attrs.frozen(kw_only=True)
class Listen:
    """Where to accept connections."""

    host: str = "127.0.0.1"
    agent_port: int = attrs.field(default=8765, validator=_port)
    """For agent desktops; 0 is any free port."""
    http_port: int = attrs.field(default=8080, validator=_port)
    """For health and metrics; 0 is any free port."""
    origins: tuple[str, ...] = ()
    """Web pages that may connect, by origin as browsers write it, or "*"; none named: those of the same host."""
    origin_required: bool = False
    """Nobody connects who names no origin: pages alone do, and no other programs."""
    tls_certificate: str | None = None
    """A PEM file with the certificate, then those that lead to its root: both ports speak TLS …"""
    tls_key: str | None = None
    """… with this key, a PEM file. Both are taken up anew when they change. Paths are taken from this file's folder."""

    def under(self, folder: Path) -> "Listen":
        """The same, with paths that can be opened from anywhere."""
        return attrs.evolve(
            self, tls_certificate=below(folder, self.tls_certificate), tls_key=below(folder, self.tls_key)
        )


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
    """A connection's steady rate; as many again may come in one burst. Beyond, requests fail, each in its time."""
    bytes_per_s: float = attrs.field(default=4 * 1024 * 1024, validator=_at_least_one)
    """How fast a connection is read; a client that sends faster has to wait."""
    pings_per_s: float = attrs.field(default=100.0, validator=_at_least_one)
    """A connection's pings, of which as many again may come in one burst; beyond, it is closed."""
    inbox_requests: int = attrs.field(default=256, validator=_positive)
    """Requests of one session that may wait."""
    inbox_reports: int = attrs.field(default=4_096, validator=_positive)
    """Reports of the platform that may wait for one session."""
    inbox_posts: int = attrs.field(default=256, validator=_positive)
    """Of these, how many of what comes up in one chat or email; beyond, it is left out, and the agent is told so."""
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
    """At so many connections one person may have shown who they are; more fail with OVERLOADED, by HTTP 429 where it is
    the handshake that shows it. Of a service, the agents are counted that it has sessions of."""
    watches_per_session: int = attrs.field(default=64, validator=_positive)
    """How many connections of supervisors may watch one session; more fail with OVERLOADED."""
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


def _durability(instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    if value not in DURABILITIES:
        raise ValueError(f"durability must be one of {', '.join(DURABILITIES)}, not {value!r}")


@attrs.frozen(kw_only=True)
class JournalSettings:
    """What outlives the process, in the folder that `ixp serve --data` names."""

    durability: str = attrs.field(default="full", validator=_durability)
    """full: what was sent survives the loss of power; normal: the end of the process, but not the loss of power, at
    less cost; memory: nothing, and nothing is written."""
    keep_days: float = attrs.field(default=7.0, validator=_positive)
    """How long sessions that have ended are kept, to be looked at and replayed …"""
    keep_bytes: int = attrs.field(default=1024 * 1024 * 1024, validator=_positive)
    """… as long as the journal is not larger than this: then the oldest go first."""


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
    hold_s: float = attrs.field(default=120.0, validator=_not_negative)
    """How long sessions are held while no platform is there; then they end with PLATFORM_LOST. After a start of the
    server that time begins when each adapter has been tried once."""


@attrs.frozen(kw_only=True)
class AdapterSettings:
    """One CTI platform, and what it is used for. None named: the simulator, as [simulator] has it, for everything."""

    adapter: Name
    """Which kind: one that `ixp adapter list` names, or MODULE:ATTRIBUTE."""
    name: Name | None = None
    """What logs and metrics call it; left out, its kind."""
    channels: tuple[ChannelType, ...] | None = None
    """Of which types it has channels here; left out, all that it can."""
    groups: tuple[Name, ...] | None = None
    """Which groups agents join there; left out, all that it has."""
    folder: str = ""
    """Paths in its settings are taken from here; left out, from this file's folder."""
    settings: dict[str, Any] = attrs.field(factory=dict, repr=False)
    """Its own, as its documentation has them."""

    @property
    def called(self) -> str:
        return self.name or self.adapter


@attrs.frozen(kw_only=True)
class ObserveSettings:
    """What the server tells of itself, beside logs and metrics."""

    traces: bool = False
    """Send OpenTelemetry traces where the OTEL_* variables of the environment say; needs the extra `traces`."""


@attrs.frozen(kw_only=True)
class Settings:
    """All settings, as the file has them."""

    listen: Listen = attrs.field(factory=Listen)
    limits: Limits = attrs.field(factory=Limits)
    sessions: SessionSettings = attrs.field(factory=SessionSettings)
    journal: JournalSettings = attrs.field(factory=JournalSettings)
    platform: PlatformSettings = attrs.field(factory=PlatformSettings)
    adapters: tuple[AdapterSettings, ...] = ()
    observe: ObserveSettings = attrs.field(factory=ObserveSettings)
    agents: tuple[Agent, ...] = ()
    supervisors: tuple[Supervisor, ...] = ()
    operators: tuple[Operator, ...] = ()
    identity: IdentitySettings = attrs.field(factory=IdentitySettings)
    simulator: SimulatorSettings = attrs.field(factory=demo_settings)
    log_level: str = attrs.field(default="info", validator=_log_level)
    """One of debug, info, warning, error, critical."""
    debug: bool = False
    """Messages carry their context, and failures a stack trace."""

    @property
    def simulated(self) -> bool:
        """Is the simulator one of the platforms?"""
        return not self.adapters or any(each.adapter == SIMULATOR for each in self.adapters)

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
        brackets.check(raw, Settings)
        settings = structure(raw, Settings, at="", converter=_FILES)
        check(settings.simulator)
    except ValueError as error:
        where, _, what = str(error).partition(": ")
        if re.fullmatch(r"\.adapters\[\d+\]\.adapter", where):
            what += f"; kinds are {', '.join(kinds.names())}, as `ixp adapter list` has them"
        raise ConfigError(f"{path}: {where.removeprefix('.') or 'the file'}: {what}") from None
    settings = attrs.evolve(
        settings,
        listen=settings.listen.under(path.parent),
        identity=settings.identity.under(path.parent),
        adapters=tuple(attrs.evolve(each, folder=str(path.parent / each.folder)) for each in settings.adapters),
    )
    _check_listen(path, settings.listen)
    _check_adapters(path, settings.adapters)
    if not settings.agents and not _others_may_come(settings):
        raise ConfigError(
            f"{path}: agents: nobody could log in; add [[agents]] with id and password, or set identity.file"
        )
    _refuse_empty_or_twice(path, "agents", settings.agents)
    known = {agent.id for agent in settings.simulator.agents}
    for number, agent in enumerate(settings.agents):
        if all(each.adapter == SIMULATOR for each in settings.adapters) and agent.id not in known:
            raise ConfigError(
                f"{path}: agents[{number}].id: the simulator knows no {agent.id}; add [[simulator.agents]] with this "
                "id and an extension"
            )
    _check_supervisors(path, settings)
    _check_operators(path, settings)
    return settings


def _check_adapters(path: Path, adapters: Sequence[AdapterSettings]) -> None:
    for number, each in enumerate(adapters):
        at = f"{path}: adapters[{number}]"
        if each.called in [other.called for other in adapters[:number]]:
            raise ConfigError(f"{at}.name: {each.called} is there twice; give each adapter a name of its own")
        if each.channels == ():
            raise ConfigError(f"{at}.channels: names none; name the types that it is for, or leave it out for all")
        if each.adapter == SIMULATOR and SIMULATOR in [other.adapter for other in adapters[:number]]:
            raise ConfigError(
                f"{at}.adapter: there is one simulator; for one with settings of its own beside it, give {ALONE}"
            )
        if each.adapter == SIMULATOR and each.settings:
            raise ConfigError(f"{at}.settings: the simulator has its settings in [simulator]; put them there")
        try:
            opened(each)
        except kinds.NoSuchAdapter as error:
            raise ConfigError(f"{at}.adapter: {error}") from None
        except ValueError as error:
            where = "" if str(error).startswith("settings:") else "settings."
            raise ConfigError(f"{at}.{where}{error}{_of_platform(str(error))}") from None


def _of_platform(error: str) -> str:
    """What the processor minds for all adapters is often looked for in the settings of one."""
    words = re.findall(r"\w+", error.partition("; it may hold")[0]) if "; it may hold" in error else []
    mine = [field.name for field in attrs.fields(PlatformSettings) if field.name in words]
    return f"; put {', '.join(mine)} in [platform]" if mine else ""


def opened(adapter: AdapterSettings) -> MakeAdapter:
    """How adapters of this kind are made. Raises NoSuchAdapter, or ValueError where its own settings are wrong."""
    kind = adapter.adapter
    return kinds.opened(kind, kinds.find(kind), adapter.settings, Path(adapter.folder))


def _others_may_come(settings: Settings) -> bool:
    """Are there people whom this file does not name?"""
    return settings.identity.file is not None or settings.identity.tokens is not None


def _check_listen(path: Path, listen: Listen) -> None:
    for number, origin in enumerate(listen.origins):
        try:
            check_origin(origin)
        except ValueError as error:
            raise ConfigError(f"{path}: listen.origins[{number}]: {error}") from None
    if (listen.tls_certificate is None) != (listen.tls_key is None):
        missing = "tls_key" if listen.tls_key is None else "tls_certificate"
        raise ConfigError(f"{path}: listen.{missing}: is missing; give certificate and key, or neither")


def _check_operators(path: Path, settings: Settings) -> None:
    for number, operator in enumerate(settings.operators):
        at = f"{path}: operators[{number}]"
        _check_secret(at, operator.id, "key", operator.key, operator.key_hash)
        if operator.key_hash is not None and not re.search(KEY_ID, operator.id):
            raise ConfigError(f"{at}.id: is part of the key that is shown; use letters, digits, _ and - alone")
    for key in ("id", "key"):
        values = [getattr(operator, key) for operator in settings.operators]
        for number, value in enumerate(values):
            if value is not None and value in values[:number]:
                raise ConfigError(
                    f"{path}: operators[{number}].{key}: is there twice; give each operator one of their own"
                )


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
            if agent not in agents and not _others_may_come(settings):
                raise ConfigError(
                    f"{key}.team[{place}]: there is no agent {agent}; add [[agents]] with this id, or take it out"
                )


def _refuse_empty_or_twice(path: Path, key: str, people: Sequence[Agent | Supervisor]) -> None:
    seen: set[str] = set()
    for number, each in enumerate(people):
        if each.id in seen:
            raise ConfigError(f"{path}: {key}[{number}].id: {each.id} is there twice; remove one")
        _check_secret(f"{path}: {key}[{number}]", each.id, "password", each.password, each.password_hash)
        seen.add(each.id)


def _check_secret(at: str, who: str, key: str, plain: str | None, hashed: str | None) -> None:
    if plain is None and hashed is None:
        raise ConfigError(f"{at}.{key}: is required; give {who} one, or a {key}_hash, which `ixp users hash` makes")
    if plain is not None and hashed is not None:
        raise ConfigError(f"{at}.{key}: stands beside {key}_hash; take one of them out")
    if plain == "":
        raise ConfigError(f"{at}.{key}: is empty; give {who} one")
    if hashed is not None:
        try:
            check_hash(hashed)
        except ValueError as error:
            raise ConfigError(f"{at}.{key}_hash: {error}") from None


def plain_secrets(settings: Settings) -> list[str]:
    """The keys of the file under which a secret stands as it is."""
    people: dict[str, Sequence[Agent | Supervisor]] = {"agents": settings.agents, "supervisors": settings.supervisors}
    found = [
        f"{key}[{number}].password"
        for key, each in people.items()
        for number, person in enumerate(each)
        if person.password is not None
    ]
    return found + [
        f"operators[{number}].key" for number, each in enumerate(settings.operators) if each.key is not None
    ]


def refuse_demo_off_loopback(host: str) -> None:
    """The demo's password is everybody's. Raises ConfigError when it would be open to a network."""
    if not is_loopback(f"[{host}]" if ":" in host else host):
        raise ConfigError(
            f"--host {host}: the demo agents, whose password everybody knows, are served on loopback only; "
            "write a TOML file with [[agents]] of your own and give it with --config"
        )
