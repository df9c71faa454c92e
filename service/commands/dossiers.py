"""`lienthong contract`, the process: what an account does with the dossiers that it may see."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from auth.process.actors import Role
from auth.process.lifecycle import MOVES, Move
from graph.process.enums import DossierMove, words_of
from service.commands import acts
from service.commands.caller import USAGE, CommandError, ask
from service.commands.output import AsJson, print_json, print_line, print_rows

__all__ = ["dossier_commands"]

dossier_commands = typer.Typer()

ContractId = Annotated[str, typer.Argument(help="contract id")]
Version = Annotated[int | None, typer.Option(help="version; by default the latest that you may see", min=1)]
Source = Annotated[str, typer.Argument(help="file of JSON, `-` for standard input")]
_STATE = "{ contract version state revision }"
_IDENTITY = "$contract: ID!, $version: Int!"
# These two have a form for operators, without an account, too: they are in `service.contracts`.
_ELSEWHERE = {"suspend", "restore"}


@dossier_commands.command(name="open")
def open_dossier(
    contract: ContractId,
    file: Annotated[str | None, typer.Argument(help="request in JSON, `-` for standard input")] = None,
    *,
    following: Annotated[bool, typer.Option("--next", help="the next version of a contract that there is")] = False,
    as_json: AsJson = False,
) -> None:
    """Open the draft of a new contract, or with --next of the next version (a unit's officer)."""
    if following:
        query = f"mutation($contract: ID!) {{ openNextVersion(contract: $contract) {_STATE} }}"
        if file is not None:
            raise CommandError(USAGE, "--next begins with the request of the version before: edit it then")
        acts.tell_state(ask(query, {"contract": contract}), as_json=as_json)
        return
    request = None if file is None else _read(file).get("request")
    query = (
        "mutation($contract: ID!, $request: ConnectionRequestInput) "
        f"{{ openDossier(contract: $contract, request: $request) {_STATE} }}"
    )
    acts.tell_state(ask(query, {"contract": contract, "request": request}), as_json=as_json)


@dossier_commands.command()
def edit(contract: ContractId, file: Source, *, version: Version = None, as_json: AsJson = False) -> None:
    """Replace the request while the unit holds it.

    The file is what `show --json` prints, changed under `request`; whoever changed it meanwhile is not overwritten
    (DOSSIER_CHANGED). A file of the request alone replaces the request as it stands now.
    """
    given = _read(file)
    number = version or given.get("version") or acts.latest(contract, None)
    revision = given.get("revision")
    if revision is None:
        current = f"query({_IDENTITY}) {{ dossier(contract: $contract, version: $version) {{ revision }} }}"
        revision = ask(current, {"contract": contract, "version": number})["revision"]
    query = (
        f"mutation({_IDENTITY}, $revision: String!, $request: ConnectionRequestInput!) {{ editRequest("
        f"contract: $contract, version: $version, revision: $revision, request: $request) {_STATE} }}"
    )
    variables = {"contract": contract, "version": number, "revision": revision, "request": given["request"]}
    acts.tell_state(ask(query, variables), as_json=as_json)


@dossier_commands.command()
def show(contract: ContractId, *, version: Version = None, as_json: AsJson = False) -> None:
    """Show a dossier: request, findings, documents, and what you can do with it now."""
    query = (
        f"query($contract: ID!, $version: Int) {{ dossier(contract: $contract, version: $version) {{{acts.DOSSIER}}} }}"
    )
    found = ask(query, {"contract": contract, "version": version})
    print_json(found) if as_json else acts.print_dossier(found)


@dossier_commands.command()
def history(contract: ContractId, *, version: Version = None, as_json: AsJson = False) -> None:
    """Show every step of a version: when, who, in which role, from, to, why."""
    query = (
        "query($contract: ID!, $version: Int) { dossier(contract: $contract, version: $version) "
        "{ history { takenAt move actor role fromState toState reason } } }"
    )
    steps = ask(query, {"contract": contract, "version": version})["history"]
    if as_json:
        print_json(steps)
    else:
        names = ("takenAt", "move", "actor", "role", "fromState", "toState", "reason")
        print_rows({name: name for name in names}, steps)


@dossier_commands.command()
def attach(
    contract: ContractId,
    file: Annotated[Path, typer.Argument(help="PDF, PNG, JPEG, DOCX or ODT", exists=True, dir_okay=False)],
    *,
    version: Version = None,
    as_json: AsJson = False,
) -> None:
    """Attach a document while the unit holds the request."""
    query = (
        f"mutation({_IDENTITY}, $name: String!, $base64: String!) {{ attach("
        "contract: $contract, version: $version, name: $name, base64: $base64) { attachments { id name sha256 } } }"
    )
    content = base64.b64encode(file.read_bytes()).decode()
    number = acts.latest(contract, version)
    answer = ask(query, {"contract": contract, "version": number, "name": file.name, "base64": content})
    attached = answer["attachments"][-1]
    print_json(attached) if as_json else print_line(f"#{attached['id']} {attached['name']} sha256 {attached['sha256']}")


@dossier_commands.command()
def detach(contract: ContractId, attachment: str, *, version: Version = None, as_json: AsJson = False) -> None:
    """Take an attached document back while the unit holds the request."""
    query = (
        f"mutation({_IDENTITY}, $attachment: ID!) "
        f"{{ detach(contract: $contract, version: $version, attachment: $attachment) {_STATE} }}"
    )
    variables = {"contract": contract, "version": acts.latest(contract, version), "attachment": attachment}
    acts.tell_state(ask(query, variables), as_json=as_json)


@dossier_commands.command()
def fetch(
    contract: ContractId,
    attachment: str,
    *,
    output: Annotated[Path, typer.Option(help="file to write; it must not be there yet")],
    version: Version = None,
    as_json: AsJson = False,
) -> None:
    """Write an attached document to a file."""
    query = (
        f"query({_IDENTITY}, $attachment: ID!) {{ attachment(contract: $contract, version: $version, "
        "attachment: $attachment) { name mediaType sha256 base64 } }"
    )
    variables = {"contract": contract, "version": acts.latest(contract, version), "attachment": attachment}
    found = ask(query, variables)
    content = base64.b64decode(found.pop("base64"))
    try:
        with output.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise CommandError(USAGE, f"`{output}` cannot be written") from error
    print_json(found) if as_json else print_line(f"{found['name']} sha256 {found['sha256']}")


@dossier_commands.command()
def find(
    contract: ContractId,
    *,
    passed: Annotated[bool, typer.Option("--passed/--refused", help="what was found")],
    note: Annotated[str, typer.Option(help="the finding in words")],
    source: Annotated[str | None, typer.Option(help="your database, when you are its owner")] = None,
    version: Version = None,
    as_json: AsJson = False,
) -> None:
    """Record what your security body found, or with --source what the owner of a database says."""
    root, given, named = "checkSecurity", "", ""
    if source is not None:
        root, given, named = "coApprove", ", $source: String!", ", source: $source"
    query = (
        f"mutation({_IDENTITY}, $passed: Boolean!, $note: String!{given}) "
        f"{{ {root}(contract: $contract, version: $version, passed: $passed, note: $note{named}) {_STATE} }}"
    )
    variables: dict[str, Any] = {"contract": contract, "version": acts.latest(contract, version)}
    variables |= {"passed": passed, "note": note} | ({} if source is None else {"source": source})
    acts.tell_state(ask(query, variables), as_json=as_json)


@dossier_commands.command()
def keys(contract: ContractId, *, as_json: AsJson = False) -> None:
    """List the keys of a contract, the newest first; never their secrets."""
    query = (
        "query($contract: ID!) { dossier(contract: $contract) "
        "{ keys { id environment createdAt expiresAt revokedAt bound } } }"
    )
    found = ask(query, {"contract": contract})["keys"]
    if as_json:
        print_json(found)
    else:
        names = ("id", "environment", "expiresAt", "revokedAt", "bound")
        print_rows({name: name for name in names}, found)


def _read(source: str) -> dict[str, Any]:
    """What a file gives: a dossier as `show --json` prints it, or a request alone, then under `request`."""
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
        given = orjson.loads(text)
    except (OSError, UnicodeDecodeError, orjson.JSONDecodeError) as error:
        raise CommandError(USAGE, f"`{source}` is no file of JSON that can be read") from error
    if not isinstance(given, dict):
        raise CommandError(USAGE, f"`{source}` holds no JSON object")
    return given if isinstance(given.get("request"), dict) else {"request": given}


def _command(move: Move) -> Callable[..., None]:
    """The command of a move; a written reason is required where the life cycle requires one."""

    def with_reason(
        contract: ContractId,
        *,
        reason: Annotated[str, typer.Option(help="why; kept in history and audit")],
        version: Version = None,
        as_json: AsJson = False,
    ) -> None:
        acts.move(move.name, contract, version, reason, as_json=as_json)

    def plain(
        contract: ContractId,
        *,
        reason: Annotated[str | None, typer.Option(help="why; kept in history and audit")] = None,
        version: Version = None,
        as_json: AsJson = False,
    ) -> None:
        acts.move(move.name, contract, version, reason, as_json=as_json)

    return with_reason if move.reasoned else plain


for _move in MOVES.values():
    if _move.roles - {Role.CLOCK} and _move.name not in _ELSEWHERE:
        _who = ", ".join(sorted(role.value for role in _move.roles))
        _help = f"{words_of(DossierMove(_move.name))} (move to {_move.target.value}; for {_who})."
        dossier_commands.command(name=_move.name.replace("_", "-"), help=_help)(_command(_move))
