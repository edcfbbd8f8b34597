"""What commands that try a server are told on the command line, and the place that comes of it."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Final, NoReturn

import typer

from engine.conformance.drivers import find_driver
from engine.conformance.required import BY_PASSWORD, CODES
from engine.conformance.runner import AGENTS, Place
from engine.terminal import complain

DEMO: Final = tuple((f"agent{n}", "demo", f"400{n}") for n in (1, 2, 3))
"""The agents of the demo that `ixp serve` runs without a configuration."""
NAMES: Final[Mapping[str, str | int]] = MappingProxyType(
    {
        "group": "Default",
        "queue": "Sales",
        "outside": "+15550100",
        "busy": "+15550190",
        "noanswer": "+15550191",
        "nowhere": "999",
        "chat_endpoint": "conformance-chat",
        "email_endpoint": "conformance-email",
        "callback_endpoint": "conformance-callback",
        "frame_limit": 65536,
        "batch_limit": 256,
        "answer_s": 10,
    }
)
"""What scenarios call things by, at the demo."""
OF_THE_DEMO: Final = ("group", "queue", "outside", "busy", "noanswer")
"""Those of them that another server has under other names, if at all."""
TIMES: Final = ("not_ready_after_s", "logout_after_s")
"""What a server is set to, for scenarios that wait as long: sessions.not_ready_after_s, sessions.logout_after_s."""
GIVEN: Final = (*NAMES, *TIMES, *sorted(CODES))
"""All that can be given."""

Agents = Annotated[
    list[str] | None,
    typer.Option(
        "--agent",
        metavar="ID:PASSWORD:EXTENSION",
        envvar="IXP_AGENTS",
        help="who may be used; repeatable [default: the demo's]",
    ),
]
Bearer = Annotated[
    str | None, typer.Option("--bearer", envvar="IXP_TOKEN", help="a token or a service's key for the handshake")
]
DriverName = Annotated[
    str | None,
    typer.Option(
        "--driver", help="what moves the platform: http://… of a simulator's control, `person`, or MODULE:ATTRIBUTE"
    ),
]
Key = Annotated[
    str | None,
    typer.Option("--key", envvar="IXP_OPERATOR_KEY", help="of an operator, for the control of a simulator"),
]
Given = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help=f"what is called so there: {', '.join(GIVEN)}; repeatable"),
]


def place_of(
    url: str,
    *,
    agents: Sequence[str] | None,
    bearer: str | None,
    driver: str | None,
    key: str | None,
    given: Sequence[str] | None,
    patience_s: float,
    wanted: Iterable[str] = (),
) -> Place:
    """`wanted`: names that may be given beside those that are known. Raises ValueError, CannotDrive."""
    names = names_of(agents or (), given or (), wanted)
    if bearer is not None:
        names[BY_PASSWORD] = None
    return Place(url=url, driver=find_driver(driver, key), names=names, bearer=bearer, patience_s=patience_s)


def fail(message: str) -> NoReturn:
    """An option is wrong, or there is no server."""
    complain(message)
    raise typer.Exit(2)


def names_of(agents: Sequence[str], given: Sequence[str], wanted: Iterable[str] = ()) -> dict[str, Any]:
    """What scenarios may use: with agents of another server, nothing that only the demo calls so. Raises ValueError."""
    known = {*GIVEN, *wanted}
    found: dict[str, Any] = {name: value for name, value in NAMES.items() if not (agents and name in OF_THE_DEMO)}
    named = [_agent(each) for each in agents]
    if len({id_ for id_, _, _ in named}) < len(named):
        raise ValueError("--agent: the same agent is given twice; give different ones")
    for number, parts in enumerate(named or DEMO, 1):
        for name, value in zip(AGENTS, parts, strict=True):
            found[f"{name}{number if number > 1 else ''}"] = value or None
    found[BY_PASSWORD] = True
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name.isidentifier():
            raise ValueError(f"--set {each}: is not NAME=VALUE; write it so")
        if name not in known:
            raise ValueError(f"--set {each}: nothing is called {name}; take one of {', '.join(sorted(known))}")
        found[name] = _value(name, value)
        if not value:
            del found[name]
    return found


def _value(name: str, text: str) -> str | int | float:
    if not (isinstance(NAMES.get(name), int) or name in TIMES) or not text:
        return text
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError:
        raise ValueError(f"--set {name}={text}: is no number; give one") from None


def _agent(text: str) -> tuple[str, str, str]:
    id_, _, rest = text.partition(":")
    password, _, extension = rest.rpartition(":")
    if not id_ or not extension:
        raise ValueError("--agent: is not ID:PASSWORD:EXTENSION; write it so, with nothing for a password not needed")
    return id_, password, extension
