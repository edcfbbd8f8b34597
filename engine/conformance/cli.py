"""`ixp conformance`: anyone can check any server, client log or build."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import attrs
import typer
from typer.core import TyperGroup

from engine.conformance.checklog import Verdict, check_log
from engine.conformance.command import check as check_server
from engine.conformance.explore_command import explore
from engine.conformance.logs import OUT, Exchange, Form, Unreadable, moment, read_log
from engine.conformance.rules import rules
from engine.conformance.serve_client.command import serve_client
from engine.terminal import complain


class _UrlFirst(TyperGroup):
    """`ixp conformance URL` is `ixp conformance check URL`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in self.get_help_option_names(ctx):
            args = ["check", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_UrlFirst,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Whether servers and captured logs keep the protocol's promises. `ixp conformance URL` checks a server: "
    "`ixp conformance check --help` has its options.",
)
app.command("check")(check_server)
app.command("explore")(explore)
app.command("serve-client")(serve_client)

SHOWN_CHARS = 300
"""How much of a message is shown."""


@app.command("log")
def check_log_file(
    file: Annotated[Path, typer.Argument(help="the log; - is standard input")],
    form: Annotated[
        Form | None, typer.Option("--format", help="of the log; without it, its beginning is looked at")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Hold a captured log against the rules of the protocol: what came, and what was sent if that is in it.

    Exit status: 0 no rule is broken, 1 one is, 2 the log cannot be read.
    """
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
        verdict = check_log(read_log(text, form))
    except (OSError, UnicodeDecodeError) as error:
        complain(f"{file} cannot be read ({error}); give a text file in UTF-8")
        raise typer.Exit(2) from None
    except Unreadable as error:
        complain(f"{file}: {error}")
        raise typer.Exit(2) from None
    print(_json(verdict) if as_json else "\n".join(_lines(verdict)))
    raise typer.Exit(1 if verdict.violations else 0)


def _json(verdict: Verdict) -> str:
    violations = [
        {
            "rule": each.rule,
            "says": rules()[each.rule].says,
            "source": rules()[each.rule].source,
            "place": each.place,
            "session": each.session,
            "text": each.text,
            "around": [_exchange(exchange) for exchange in each.around],
        }
        for each in verdict.violations
    ]
    return json.dumps(attrs.asdict(verdict, recurse=False) | {"violations": violations}, ensure_ascii=False)


def _exchange(exchange: Exchange) -> dict[str, object]:
    shown = attrs.asdict(
        exchange, filter=lambda field, _: field.name in ("place", "connection", "direction", "at", "text")
    )
    return {name: value for name, value in shown.items() if value is not None}


def _lines(verdict: Verdict) -> list[str]:
    lines = []
    for each in verdict.violations:
        rule = rules()[each.rule]
        lines += [f"{each.rule} at {each.place}: {each.text}", f"    rule: {rule.says} ({rule.source})"]
        for exchange in each.around:
            mark, arrow = ">" if exchange.place == each.place else " ", "→" if exchange.direction == OUT else "←"
            text = exchange.text if len(exchange.text) <= SHOWN_CHARS else f"{exchange.text[:SHOWN_CHARS]} …"
            lines.append(f"  {mark} {arrow} {exchange.place} {moment(exchange.at)}".rstrip() + f"  {text}")
        lines.append("")
    lines += [f"note: {note}" for note in verdict.notes]
    broken = len({each.rule for each in verdict.violations})
    found = f"{_count(len(verdict.violations), 'violation')} of {_count(broken, 'rule')}"
    counted = f"{_count(verdict.messages, 'message')}, {_count(verdict.sessions, 'session')}"
    return [*lines, f"{counted}: {found if verdict.violations else 'no rule is broken'}"]


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
