"""The adapter's settings: the table of the TOML file, as classes that check themselves, and how they fit together."""

import ssl
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

import attrs
import msgspec

from engine.adapters.csta.words import CSTA
from engine.adapters.spi import settings_of
from protocol.platform import DirectoryEntry, Feature, ReasonCode
from protocol.texts import Name, Secret

PLAIN_PORT: Final = 4721
TLS_PORT: Final = 4722

FEATURES: Final = frozenset(
    {
        Feature.TELEPHONY,
        Feature.DIAL,
        Feature.REJECT,
        Feature.HOLD,
        Feature.CONSULT,
        Feature.BLIND_TRANSFER,
        Feature.CONFERENCE,
        Feature.DTMF,
    }
)
"""What any switch can do; the lists come with the settings."""

Port = Annotated[int, msgspec.Meta(ge=1, le=65535, description="a port from 1 to 65535")]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400, description="a number of seconds above 0, to 86400")]
Duration = Annotated[int, msgspec.Meta(ge=1, le=86_400, description="a whole number of seconds from 1 to 86400")]


@attrs.frozen(kw_only=True)
class CstaAgent:
    """An agent of the processor, and who that is at the switch.

    `login` is the id with which the agent logs in at the switch, the agent's own id if left out. `acd_group` is sent
    with it where the switch wants one. `groups` are the names of `groups` that the agent may join; left out, all.
    """

    id: Name
    extension: Name
    name: Name | None = None
    login: Name | None = None
    password: Secret | None = attrs.field(default=None, repr=False)
    acd_group: Name | None = None
    groups: tuple[Name, ...] | None = None

    @property
    def login_id(self) -> str:
        return self.login or self.id


@attrs.frozen(kw_only=True)
class CstaGroup:
    """A channel group: whoever joins it has the phone as its telephony channel."""

    name: Name


@attrs.frozen(kw_only=True)
class CstaSettings:
    """Where AES is, how to log in there, and who works at the switch.

    `user` and `password` are those of a CTI user of AES. `switch_name` is the name of the switch connection there.
    `tls_name` is the name in the certificate of AES, if it is not `host`. `protocols` are the versions that are asked
    for, best first. `session_s` is how long AES is to keep the session without a sign of life, and `cleanup_s` how
    long after the link is lost. `return_within_s`: a link that is back by then was no loss of the platform.
    """

    host: Name
    user: Name
    password: Secret = attrs.field(repr=False)
    switch_name: Name
    port: Port | None = None
    tls: bool = True
    ca_file: Name | None = None
    tls_name: Name | None = None
    protocols: tuple[Name, ...] = (f"{CSTA}/priv7", f"{CSTA}/priv6", f"{CSTA}/priv5")
    session_s: Duration = 180
    cleanup_s: Duration = 60
    connect_timeout_s: Seconds = 10.0
    reply_timeout_s: Seconds = 5.0
    event_wait_s: Seconds = 2.0
    """How long after its answer the switch's events about a call may take, before it is asked how things stand."""
    return_within_s: Seconds = 20.0
    retry_s: Seconds = 1.0
    agent_poll_s: Seconds | None = None
    """How often the switch is asked for agent states, where it does not tell of them by itself."""
    agents: tuple[CstaAgent, ...] = ()
    groups: tuple[CstaGroup, ...] = ()
    directory: tuple[DirectoryEntry, ...] = ()
    not_ready_reasons: tuple[ReasonCode, ...] = ()
    not_ready_reason_required: bool = False
    connection_lost_reason: Name | None = None
    """The switch's code for a desktop that stays away."""
    logout_reasons: tuple[ReasonCode, ...] = ()
    logout_reason_required: bool = False
    dispositions: tuple[ReasonCode, ...] = ()
    disposition_required: bool = False
    wrapup_s: Seconds | None = None
    """How long the agent may wrap up after a call; left out, only the switch itself begins after-call work."""
    reject_to: Name | None = None
    """Where rejected calls go; left out, they are hung up."""

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.port or (TLS_PORT if self.tls else PLAIN_PORT)

    def features(self) -> frozenset[Feature]:
        lists = {
            Feature.CHANNELGROUPS: self.groups,
            Feature.DIRECTORY: self.directory,
            Feature.NOTREADY_REASONS: self.not_ready_reasons,
            Feature.LOGOUT_REASONS: self.logout_reasons,
            Feature.DISPOSITIONS: self.dispositions,
        }
        return FEATURES | {feature for feature, values in lists.items() if values}


def read_settings(table: Mapping[str, object]) -> CstaSettings:
    """Raises ValueError, "key: what is wrong, and what to do"."""
    settings = settings_of(table, CstaSettings)
    for key, problem in _problems(settings):
        raise ValueError(f"{key}: {problem}")
    return settings


def _problems(settings: CstaSettings) -> Iterator[tuple[str, str]]:
    if not settings.agents:
        yield "agents", "there are none; add [[adapters.settings.agents]] with id and extension"
    if not settings.protocols:
        yield "protocols", "there are none; leave it out, or name the namespaces that AES speaks"
    if settings.ca_file is not None and not settings.tls:
        yield "ca_file", "tls is off, so it is not looked at; set tls = true, or leave ca_file out"
    for key, values in (
        ("agents[{}].id", [agent.id for agent in settings.agents]),
        ("agents[{}].login", [agent.login_id for agent in settings.agents]),
        ("agents[{}].extension", [agent.extension for agent in settings.agents]),
        ("groups[{}].name", [group.name for group in settings.groups]),
        ("not_ready_reasons[{}].code", [reason.code for reason in settings.not_ready_reasons]),
        ("logout_reasons[{}].code", [reason.code for reason in settings.logout_reasons]),
        ("dispositions[{}].code", [reason.code for reason in settings.dispositions]),
    ):
        yield from _twice(key, values)
    names = [group.name for group in settings.groups]
    for n, agent in enumerate(settings.agents):
        for name in agent.groups or ():
            if name not in names:
                yield (
                    f"agents[{n}].groups",
                    f"there is no group {name}; add it under [[adapters.settings.groups]], or take it out",
                )
    for required, codes in (
        ("not_ready_reason_required", settings.not_ready_reasons),
        ("logout_reason_required", settings.logout_reasons),
        ("disposition_required", settings.dispositions),
    ):
        if getattr(settings, required) and not codes:
            listed = required.removesuffix("_required") + "s"
            yield required, f"there are none to choose from; add [[adapters.settings.{listed}]], or leave it out"


def _twice(key: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    seen: dict[str, int] = {}
    for n, value in enumerate(values):
        if value in seen:
            yield key.format(n), f"{value} is {key.format(seen[value])} already; give another, or remove one of the two"
        seen.setdefault(value, n)


def tls_context(settings: CstaSettings, folder: Path) -> ssl.SSLContext | None:
    """None without TLS. The certificate of AES is always checked. Raises ValueError for a file that holds none."""
    if not settings.tls:
        return None
    if settings.ca_file is None:
        return ssl.create_default_context()
    file = folder / settings.ca_file
    try:
        return ssl.create_default_context(cafile=file)
    except OSError as error:  # ssl.SSLError is one
        why = error.strerror or error.reason if isinstance(error, ssl.SSLError) else error.strerror
        raise ValueError(
            f"ca_file: {file} cannot be read as certificates ({why}); name the PEM file of whoever signed that of AES"
        ) from None
