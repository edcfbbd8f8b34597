"""The adapter's table of the configuration file."""

import re
from typing import Annotated, Any, Final

import attrs
import msgspec

from engine.adapters.sip.words import bare, is_uri
from protocol.platform import ReasonCode

_EXTENSION: Final = re.compile(r"[A-Za-z0-9*#+._-]{1,64}")
_ATTACH: Final = re.compile(r"(?P<host>[^:\s]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")
_LAST_PORT: Final = 65_535

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400, description="a number of seconds above 0, to 86400")]
SomeSeconds = Annotated[float, msgspec.Meta(ge=0, le=86_400, description="a number of seconds from 0 to 86400")]
SipPort = Annotated[
    int, msgspec.Meta(ge=1, lt=_LAST_PORT, description=f"a port from 1 to {_LAST_PORT - 1}, or none for any free one")
]
"""The next one is the phone's, too."""


def _extension(_: object, at: "attrs.Attribute[Any]", value: str) -> None:
    if not _EXTENSION.fullmatch(value):
        raise ValueError(f"{at.name}: {value!r} is no extension; take up to 64 letters, digits and any of * # + . _ -")


def _uri(_: object, at: "attrs.Attribute[Any]", value: str | None) -> None:
    if value is not None and (not is_uri(value) or "@" not in value or bare(value) != bare(f"<{value}>")):
        raise ValueError(f"{at.name}: {value!r} is no SIP address; write it as sip:4001@example.org")


def _one_line(_: object, at: "attrs.Attribute[Any]", value: str) -> None:
    if not value.isprintable():
        raise ValueError(
            f"{at.name}: {value!r} does not fit into one line; leave out line breaks and control characters"
        )


def _attach(_: object, at: "attrs.Attribute[Any]", value: str | None) -> None:
    if value is not None and address_of(value) is None:
        raise ValueError(
            f"{at.name}: {value!r} is no address of a control connection; write host:port, such as 127.0.0.1:4444"
        )


def _some(_: object, at: "attrs.Attribute[Any]", value: tuple["SipAgent", ...]) -> None:
    if not value:
        raise ValueError(f"{at.name}: there are none; add [[adapters.settings.agents]] with id and extension")


def _template(_: object, at: "attrs.Attribute[Any]", value: str | None) -> None:
    if value is not None and (value.count("{number}") != 1 or not is_uri(value.replace("{number}", "1"))):
        raise ValueError(f"{at.name}: {value!r} is no way out; write it as sip:{{number}}@gateway.example.org")


PARAMETERS: Final = ";regint=0;answermode=manual;audio_codecs=pcmu"
"""Of an account that is registered nowhere, and waits for the agent to answer."""


def address_of(attach: str) -> tuple[str, int] | None:
    match = _ATTACH.fullmatch(attach)
    if match is None or not 0 < int(match["port"]) <= _LAST_PORT:
        return None
    return match["host"].strip("[]"), int(match["port"])


def sip_ports(port: int) -> set[int]:
    """All that a phone takes which listens for SIP at this one: at the next one it listens for SIP over TLS."""
    return {port, port + 1}


@attrs.frozen(kw_only=True)
class SipAgent:
    """One agent with a phone. `uri` is its address of record; left out, the phone is reached at its own port.

    `attach`: a phone that runs already, by its control connection; left out, one is started. `parameters` go into the
    line of the phone's account as they stand. `groups` left out: all.
    """

    id: str = attrs.field(validator=attrs.validators.min_len(1))
    name: str | None = None
    extension: str = attrs.field(validator=_extension)
    uri: str | None = attrs.field(default=None, validator=_uri)
    groups: tuple[str, ...] | None = None
    attach: str | None = attrs.field(default=None, validator=_attach)
    sip_port: SipPort | None = None
    parameters: str = attrs.field(default=PARAMETERS, validator=_one_line)


@attrs.frozen(kw_only=True)
class SipSettings:
    """`outside` is how a number that is no agent's is dialled; without it only SIP addresses are."""

    agents: tuple[SipAgent, ...] = attrs.field(validator=_some)
    program: str = attrs.field(default="baresip", validator=attrs.validators.min_len(1))
    modules: str | None = None
    address: str = attrs.field(default="127.0.0.1", validator=[attrs.validators.min_len(1), _one_line])
    phone_config: tuple[str, ...] = attrs.field(
        default=(), validator=attrs.validators.deep_iterable(_one_line, attrs.validators.instance_of(tuple))
    )
    trace: bool = True
    outside: str | None = attrs.field(default=None, validator=_template)
    data_headers: tuple[str, ...] = ("User-to-User",)
    groups: tuple[str, ...] = ()
    auto_in: bool = False
    notready_reasons: tuple[ReasonCode, ...] = ()
    logout_reasons: tuple[ReasonCode, ...] = ()
    dispositions: tuple[ReasonCode, ...] = ()
    wrapup_s: SomeSeconds = 0.0
    start_s: Seconds = 8.0
    command_s: Seconds = 3.0
    no_reply_s: Seconds = 10.0
    dial_s: Seconds = 60.0
    ring_s: Seconds = 120.0

    def __attrs_post_init__(self) -> None:
        for what, values in (("id", [a.id for a in self.agents]), ("extension", [a.extension for a in self.agents])):
            if twice := sorted({value for value in values if values.count(value) > 1}):
                raise ValueError(f"agents: {what} {twice[0]} stands twice; give each agent one of its own")
        uris = [bare(agent.uri) for agent in self.agents if agent.uri is not None]
        if twice := sorted({uri for uri in uris if uris.count(uri) > 1}):
            raise ValueError(f"agents: uri {twice[0]} stands twice; give each agent one of its own")
        taken: set[int] = set()
        for agent in self.agents:
            if agent.sip_port is not None and agent.attach is None:
                if taken & sip_ports(agent.sip_port):
                    raise ValueError(
                        f"agents: sip_port {agent.sip_port} of {agent.id} or the next one, which a phone takes, too, "
                        "is another agent's; leave one free between them"
                    )
                taken |= sip_ports(agent.sip_port)
            if agent.attach is not None and agent.uri is None:
                raise ValueError(
                    f"agents: {agent.id} is attached to {agent.attach} without a uri; give that of the account there"
                )
            for name in agent.groups or ():
                if name not in self.groups:
                    raise ValueError(f"agents: {agent.id} is in group {name}, which is missing in groups; add it")
