"""`ixp users`: who there is. Secrets come from the terminal or standard input, never from the command line."""

import datetime
import getpass
import json
import re
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, NoReturn

import attrs
import typer

from engine.config import ConfigError, load
from engine.security.audit import Audit
from engine.security.directory import Directory, Entry, RevokedToken, changing, read_directory
from engine.security.hashing import make_hash
from engine.security.people import configured
from engine.security.settings import KEY_ID, KEY_ROLES, Hashing, Role

app = typer.Typer(no_args_is_help=True, help="The directory of people: add, change, list, revoke, remove.")

KEY_BYTES: Final = 32
PASSWORD_CHARS: Final = 8
BY: Final = "ixp users"
BARRED: Final = "was not in the directory; barred all the same, for whoever has a token"
"""What is said of somebody unknown who is revoked: it may be a slip of the pen."""

Config = Annotated[Path | None, typer.Option(help="the server's TOML file; its identity.file is the directory")]
File = Annotated[Path | None, typer.Option(help="the directory itself, where there is no TOML file")]
Id = Annotated[str, typer.Argument(help="whose")]


@attrs.frozen
class _Place:
    """Where the directory is, how hashes are made, and who stands in the configuration file `config`."""

    path: Path
    hashing: Hashing
    audit: Audit
    config: Path | None = None
    configured: frozenset[str] = frozenset()

    def refuse_configured(self, id_: str) -> None:
        """Whoever stood in both places would keep the server from taking up the directory. Raises ConfigError."""
        if id_ in self.configured:
            raise ConfigError(f"{id_}: stands in the configuration file {self.config}; take it out there first")

    def change(self, event: str, do: Callable[[Directory], Directory], **fields: object) -> Directory:
        """Returns what was there before. Raises ConfigError."""
        with changing(self.path) as held:
            before = held[0]
            held[0] = do(before)
        self.audit.append(event, {"by": BY, **fields})
        return before


def _place(config: Path | None, file: Path | None) -> _Place:
    if (config is None) == (file is None):
        raise ConfigError("give --config with the server's TOML file, or --file with the directory")
    if config is None or file is not None:
        return _Place(file or Path(), Hashing(), Audit())
    settings = load(config)
    identity = settings.identity
    if identity.file is None:
        raise ConfigError(f"{config}: identity.file: is not set; name the file that the directory shall be in")
    audit = Audit(None if identity.audit_file is None else Path(identity.audit_file))
    people = configured(settings.agents, settings.supervisors, settings.operators)
    ids = frozenset(person.id for person in people)
    return _Place(Path(identity.file), identity.hashing, audit, config, ids)


def _fail(message: str) -> NoReturn:
    print(f"ixp: {message}", file=sys.stderr)
    raise typer.Exit(2)


def _read_password(who: str) -> str:
    """Raises ConfigError."""
    if sys.stdin.isatty():
        password = getpass.getpass(f"password of {who}: ")
        if getpass.getpass("once more: ") != password:
            raise ConfigError("the two are not the same; try again")
    else:
        password = sys.stdin.readline().removesuffix("\n")
    if len(password) < PASSWORD_CHARS:
        raise ConfigError(f"the password has less than {PASSWORD_CHARS} characters; choose a longer one")
    return password


def _new_hash(id_: str, role: Role, hashing: Hashing) -> tuple[str, str | None]:
    """The hash, and the key to tell where there is one. Raises ConfigError."""
    if role not in KEY_ROLES:
        return make_hash(_read_password(id_), hashing), None
    if not re.search(KEY_ID, id_):
        raise ConfigError(f"{id_}: is part of the key that is shown; use letters, digits, _ and - alone")
    secret = secrets.token_urlsafe(KEY_BYTES)
    return make_hash(secret, hashing), f"{id_}.{secret}"


def _confirm(done: str, key: str | None = None) -> None:
    """Say what has been done; where there is a key, standard output has it alone, for programs to read."""
    if key is None:
        print(done)
    else:
        print(f"{done}; this is the key, which is shown this once:", file=sys.stderr, flush=True)
        print(key)


@app.command()
def add(
    id_: Annotated[str, typer.Argument(metavar="ID", help="of the new person")],
    role: Annotated[Role, typer.Option(help="what they are")] = Role.AGENT,
    name: Annotated[str | None, typer.Option(help="what others are told")] = None,
    team: Annotated[
        list[str] | None, typer.Option(help="an agent's id, for supervisors and services; repeatable; none: all")
    ] = None,
    token_only: Annotated[bool, typer.Option(help="no password or key: tokens alone open")] = False,
    config: Config = None,
    file: File = None,
) -> None:
    """Add somebody. Asks for a password; for an operator or a service it makes a key and prints it.

    Who was revoked is let in again, as they are described now.
    """
    try:
        place = _place(config, file)
        place.refuse_configured(id_)
        hashed, key = (None, None) if token_only else _new_hash(id_, role, place.hashing)
        entry = Entry(id=id_, role=role, hash=hashed, name=name, team=tuple(team) if team else None)
        before = place.change("user_added", lambda directory: _with_new(directory, entry), who=id_, role=role)
    except ConfigError as error:
        _fail(str(error))
    again = "" if before.find(id_) is None else " again; they had been revoked"
    _confirm(f"{id_}: added as {role}{again}", key)


def _with_new(directory: Directory, entry: Entry) -> Directory:
    before = directory.find(entry.id)
    if before is not None and before.revoked is None:
        raise ConfigError(f"{entry.id}: is there already; use `ixp users passwd`, or revoke them first")
    return directory.with_entry(entry)


@app.command()
def passwd(id_: Annotated[str, typer.Argument(metavar="ID")], config: Config = None, file: File = None) -> None:
    """Give somebody a new password, or a new key. The old one opens nothing from then on, and who came in by it is sent
    away within seconds."""
    try:
        place = _place(config, file)
        place.refuse_configured(id_)
        before = _known(read_directory(place.path), id_)
        hashed, key = _new_hash(id_, before.role, place.hashing)
        place.change(
            "user_secret_changed",
            lambda directory: directory.with_entry(attrs.evolve(_known(directory, id_), hash=hashed)),
            who=id_,
        )
    except ConfigError as error:
        _fail(str(error))
    _confirm(f"{id_}: has a new {'password' if key is None else 'key'}", key)


@app.command()
def team(
    id_: Id,
    agents: Annotated[list[str] | None, typer.Argument(metavar="[AGENT]...", help="the team's agents, by id")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="all agents, instead of some")] = False,
    config: Config = None,
    file: File = None,
) -> None:
    """Give a supervisor or a service another team. Who is connected as them is sent away within seconds."""
    if everybody == bool(agents):
        _fail("name the agents of the team, or give --all")
    try:
        place = _place(config, file)
        place.refuse_configured(id_)
        read_directory(place.path)
        new = tuple(agents) if agents else None
        place.change(
            "user_team_changed",
            lambda directory: directory.with_entry(attrs.evolve(_known(directory, id_), team=new)),
            who=id_,
            team=new,
        )
    except ConfigError as error:
        _fail(str(error))
    _confirm(f"{id_}: leads {'all agents' if new is None else ', '.join(new)}")


def _known(directory: Directory, id_: str) -> Entry:
    found = directory.find(id_)
    if found is None:
        raise ConfigError(f"{id_}: is not in the directory; `ixp users list` shows who is")
    if found.revoked is not None:
        raise ConfigError(f"{id_}: has been revoked; `ixp users add` lets them in again")
    return found


@app.command()
def revoke(
    id_: Annotated[str | None, typer.Argument(metavar="[ID]", help="whose access ends")] = None,
    jti: Annotated[str | None, typer.Option(help="the id of one token, which alone is refused from now on")] = None,
    config: Config = None,
    file: File = None,
) -> None:
    """End somebody's access, or that of one token. Who is connected is cut within seconds.

    Somebody whom an identity provider vouches for need not be in the directory before.
    """
    if id_ is None and jti is None:
        _fail("give the id of a person, or --jti with the id of a token")
    if id_ is not None and jti is not None:
        _fail(f"--jti ends one token alone: leave {id_} out for that; or leave --jti out to end all access of {id_}")
    done = ""
    try:
        place = _place(config, file)
        at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        if jti is not None:
            place.change("token_revoked", lambda directory: _without_token(directory, jti, at), jti=jti)
            done = f"token {jti}: revoked"
        if id_ is not None:
            place.refuse_configured(id_)
            before = place.change("user_revoked", lambda directory: _without(directory, id_, at), who=id_)
            done = f"{id_}: {BARRED if before.find(id_) is None else 'revoked'}"
    except ConfigError as error:
        _fail(str(error))
    _confirm(done)


def _without_token(directory: Directory, jti: str, at: str) -> Directory:
    others = tuple(each for each in directory.revoked_tokens if each.jti != jti)
    return attrs.evolve(directory, revoked_tokens=(*others, RevokedToken(jti=jti, at=at)))


def _without(directory: Directory, id_: str, at: str) -> Directory:
    """An entry is kept, so that tokens which the provider goes on giving out are refused, too."""
    entry = directory.find(id_) or Entry(id=id_, role=Role.AGENT)
    return directory.with_entry(attrs.evolve(entry, hash=None, revoked=at))


@app.command()
def remove(
    id_: Annotated[str, typer.Argument(metavar="ID", help="whose entry goes")], config: Config = None, file: File = None
) -> None:
    """Take an entry out of the directory, as if it had never been there: one made by mistake, or that stands elsewhere.

    To end somebody's access, use `ixp users revoke`: with the entry of somebody revoked the revocation is forgotten,
    and tokens of theirs that have not expired open again.
    """
    try:
        # Who stands in the configuration file as well is taken out: that is how such a directory is repaired.
        place = _place(config, file)
        read_directory(place.path)
        before = place.change("user_removed", lambda directory: _removed(directory, id_), who=id_)
    except ConfigError as error:
        _fail(str(error))
    gone = before.find(id_)
    open_again = gone is not None and gone.revoked is not None
    forgotten = "; the revocation is forgotten, and tokens of theirs open again" if open_again else ""
    _confirm(f"{id_}: removed{forgotten}")


def _removed(directory: Directory, id_: str) -> Directory:
    if directory.find(id_) is None:
        raise ConfigError(f"{id_}: is not in the directory; `ixp users list` shows who is")
    return directory.without(id_)


@app.command("list")
def list_(
    config: Config = None,
    file: File = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
) -> None:
    """Show who there is, and which tokens are revoked. No hashes."""
    try:
        directory = read_directory(_place(config, file).path)
    except ConfigError as error:
        _fail(str(error))
    for each in directory.people:
        opens = "token" if each.hash is None else "key" if each.role in KEY_ROLES else "password"
        shown = {"id": each.id, "role": each.role, "name": each.name, "team": each.team, "opens": opens}
        shown["revoked"] = each.revoked
        if as_json:
            print(json.dumps(shown))
        else:
            team = "" if each.team is None else f"  team {', '.join(each.team)}"
            state = f"revoked {each.revoked}" if each.revoked else opens
            print(f"{each.id:24} {each.role:10} {state:10}{team}".rstrip())
    for token in directory.revoked_tokens:
        print(
            json.dumps({"jti": token.jti, "revoked": token.at}) if as_json else f"token {token.jti} revoked {token.at}"
        )


@app.command("hash")
def hash_(
    key: Annotated[bool, typer.Option("--key", help="make a key and its hash, for the operator --id")] = False,
    id_: Annotated[str, typer.Option("--id", help="of the operator")] = "operator",
) -> None:
    """Print a hash for password_hash in the TOML file; with --key a key, then its hash for key_hash."""
    try:
        hashed, shown = _new_hash(id_, Role.OPERATOR if key else Role.AGENT, Hashing())
    except ConfigError as error:
        _fail(str(error))
    if shown is not None:
        print(shown)
    print(hashed)
