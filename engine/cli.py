"""The command line, `ixp`. Errors are one sentence that says what to do; exit status 2 is a wrong setting."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import attrs
import msgspec
import structlog
import trio
import typer

from engine import collector
from engine.config import DEMO_PASSWORD, ConfigError, Settings, load, refuse_demo_off_loopback
from engine.config import demo as demo_settings
from engine.config_text import config_text
from engine.groups import first_of
from engine.journal.spi import JournalBroken
from engine.lazily import Lazily
from engine.observe import configure_logging
from engine.terminal import complain

log = structlog.get_logger()

app = typer.Typer(
    cls=Lazily,
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The interaction processor: agent sessions for contact centres.",
)
spec_app = typer.Typer(
    cls=Lazily,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The protocol's schemas, AsyncAPI document, types and diagrams.",
)
app.add_typer(spec_app, name="spec")


def main() -> None:
    """Entry point of `ixp`."""
    app()


def _fail(message: str, status: int) -> NoReturn:
    complain(message)
    raise typer.Exit(status)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"ixp {version('interaction-processor')}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="print the version and leave")
    ] = False,
) -> None:
    """The interaction processor: agent sessions for contact centres."""


@app.command()
def serve(
    config: Annotated[
        Path | None, typer.Option(help="TOML file; without it the demo runs: simulator, demo agents, loopback")
    ] = None,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="print the demo as such a file, to start from, and leave")
    ] = False,
    host: Annotated[str | None, typer.Option(help="address to listen on [default: 127.0.0.1]")] = None,
    agent_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="agent desktops; 0 is any free port [default: 8765]")
    ] = None,
    http_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="health, metrics, simulator; 0 is any free port [default: 8080]"),
    ] = None,
    data: Annotated[Path, typer.Option(help="folder of the journal, which outlives the process")] = Path("ixp-data"),
    debug: Annotated[bool, typer.Option(help="messages carry context and stack traces")] = False,
) -> None:
    """Run the server until SIGINT or SIGTERM. Prints one line, `ready {…}`, when it accepts connections."""
    if print_config:
        print(config_text(demo_settings()), end="")
        return
    with one_sentence():
        settings = _override(load(config) if config else demo_settings(), host, agent_port, http_port, debug)
        if config is None:
            refuse_demo_off_loopback(settings.listen.host)
        configure_logging(settings.log_level)
        collector.settle()
        trio.run(partial(_serve, settings, data=data, demo=config is None))


@contextmanager
def one_sentence() -> Iterator[None]:
    """What a server ends by that is no defect is told in one sentence, and by the exit status."""
    try:
        yield
    except (ConfigError, JournalBroken, BaseExceptionGroup) as error:
        for planned, status in ((ConfigError, 2), (JournalBroken, 1)):
            if wrong := _of_kind(error, planned):
                _fail(str(wrong), status)
        raise


def _of_kind(error: BaseException, kind: type[Exception]) -> BaseException | None:
    """The error, or the first one in a group of them, if it is of that kind."""
    found = error.subgroup(kind) if isinstance(error, BaseExceptionGroup) else error
    return first_of(found) if found is not None and isinstance(first_of(found), kind) else None


def _override(
    settings: Settings,
    host: str | None,
    agent_port: int | None,
    http_port: int | None,
    debug: bool,
) -> Settings:
    """What the command line says wins over the file."""
    listen = attrs.evolve(
        settings.listen,
        host=settings.listen.host if host is None else host,
        agent_port=settings.listen.agent_port if agent_port is None else agent_port,
        http_port=settings.listen.http_port if http_port is None else http_port,
    )
    return attrs.evolve(settings, listen=listen, debug=settings.debug or debug)


async def _serve(settings: Settings, *, data: Path, demo: bool) -> None:
    from engine.app import Addresses, run

    stop = trio.Event()

    def ready(addresses: Addresses) -> None:
        print("ready", msgspec.json.encode(attrs.asdict(addresses)).decode(), flush=True)

    async def stop_on_signal(*, task_status: trio.TaskStatus[None]) -> None:
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
            task_status.started()
            async for number in signals:
                if number == signal.SIGHUP:
                    # What can be taken up anew (certificate, directory, keys) is so within a second of its change.
                    log.info("hangup", done="changed files are taken up; other settings need a restart")
                    continue
                stop.set()  # and go on listening: a second signal must not cut the draining short

    async with trio.open_nursery() as nursery:
        await nursery.start(stop_on_signal)
        await run(settings, ready=ready, stop=stop, data=data, demo=demo)
        nursery.cancel_scope.cancel()


@app.command()
def talk(
    url: Annotated[
        str | None, typer.Argument(help="the server's agent URL [default: ws://127.0.0.1:8765/agent]")
    ] = None,
    agent: Annotated[str | None, typer.Option(help="who to be [default: agent1]")] = None,
    password: Annotated[str, typer.Option(envvar="IXP_PASSWORD", help="the agent's password")] = DEMO_PASSWORD,
    token: Annotated[
        str | None,
        typer.Option(
            "--token", "--key", envvar="IXP_TOKEN", help="instead of the password: a bearer token, or a service's key"
        ),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="keep the session in this file; go on with the one that is kept there")
    ] = None,
    override: Annotated[
        bool, typer.Option(help="begin a new session; one that the agent has elsewhere is ended")
    ] = False,
    group: Annotated[list[str] | None, typer.Option(help="channel group to join at the start; repeatable")] = None,
    script: Annotated[
        Path | None,
        typer.Option(
            help="run this file and print JSON lines; - is standard input; sample, call and day are shipped ones "
            "(call is for agent1: it takes phone 4001)"
        ),
    ] = None,
    strict: Annotated[bool, typer.Option(help="end a script at the first request that fails, with status 1")] = False,
    batched: Annotated[bool, typer.Option(help="use the batched subprotocol")] = False,
    color: Annotated[bool | None, typer.Option(help="colours [default: on a terminal]")] = None,
) -> None:
    """Be an agent on the terminal: type commands, see responses and events as they come.

    A script has one command a line, as typed; `# …` is a comment, `sleep SECONDS` waits, `expect EVENT [@TARGET]
    [--timeout SECONDS]` waits for an event, `work [--timeout SECONDS]` takes whatever is offered until nothing has come
    for so long. Failures are printed like successes and end nothing, unless --strict; the
    exit status is 1 when a line cannot be read, an expected event does not come, or the server cannot be reached.
    """
    from engine.talk import talk as talk_to

    raise typer.Exit(
        talk_to(
            url,
            agent=agent,
            password=password,
            token=token,
            resume=resume,
            override=override,
            groups=tuple(group or ()),
            script=script,
            strict=strict,
            batched=batched,
            color=color,
        )
    )


@app.command()
def demo(
    fast: Annotated[bool, typer.Option(help="without the pauses that let people read along")] = False,
    color: Annotated[bool | None, typer.Option(help="colours [default: on a terminal]")] = None,
) -> None:
    """Show a server at work: two agents take a call, a consult, a transfer, a chat, and wrap up."""
    from engine.app import run
    from engine.demo import run_demo

    raise typer.Exit(run_demo(run, fast=fast, color=color))


@spec_app.command("list")
def spec_list() -> None:
    """List the documents."""
    from engine.specs import documents  # they need all parts, which would keep every other command waiting

    for name in documents():
        print(name)


@spec_app.command("show")
def spec_show(name: Annotated[str, typer.Argument(help="a name that `ixp spec list` prints")]) -> None:
    """Print one document."""
    from engine.specs import documents

    text = documents().get(name)
    if text is None:
        _fail(f"there is no document {name}; `ixp spec list` lists them", 2)
    print(text, end="")


@spec_app.command("write")
def spec_write(folder: Annotated[Path, typer.Argument(help="where to write; made if it is not there")]) -> None:
    """Write all documents into a folder."""
    from engine.specs import write

    try:
        write(folder)
    except OSError as error:
        _fail(f"{folder}: cannot be written ({error.strerror}); choose another folder", 1)
