"""`lienthong audit`: prove that the audit is unchanged, and look into it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import asyncpg
import orjson
import typer
from rich.console import Console
from rich.table import Table

from auth.audit import SubjectHasher
from auth.audit.checkpoints import Checkpoint, public_key_of, read_checkpoints
from auth.audit.search import AuditFilter, search_audit
from auth.audit.verify import Verdict
from auth.audit.verify import verify as verify_chains
from errors import LienthongError
from service.settings import Settings, load_settings

__all__ = ["audit_commands"]

audit_commands = typer.Typer(no_args_is_help=True, help="The audit (needs LIENTHONG_AUDIT_URL or LIENTHONG_ADMIN_URL).")
console = Console()
T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
Moment = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="UTC")]


@audit_commands.command()
def verify(
    checkpoints: Annotated[Path | None, typer.Option(help="file of checkpoints, `-` for standard input")] = None,
    public_key: Annotated[list[str] | None, typer.Option(help="base64; may be given more than once")] = None,
    since: Moment = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Follow every chain of records and compare it with the checkpoints; name the first bad record of each.

    File and key default to those of the settings. With --since, what a checkpoint before that time vouches for is not
    followed again. Ends with status 1 when anything is wrong.
    """
    settings = load_settings()
    marks = _checkpoints(settings, checkpoints, public_key)
    verdict = _as_auditor(
        settings, lambda connection: verify_chains(connection, marks, since and since.replace(tzinfo=UTC))
    )
    console.print(_told(verdict, as_json=as_json), markup=False, highlight=False, soft_wrap=True)
    if verdict.faults:
        raise typer.Exit(1)


@audit_commands.command(name="public-key")
def public_key() -> None:
    """Print the public key that checkpoints are verified with; whoever keeps checkpoints keeps it too."""
    settings = load_settings()
    if settings.checkpoint_key is None:
        raise LienthongError("set LIENTHONG_CHECKPOINT_KEY")
    console.print(public_key_of(settings.key("checkpoint_key")), markup=False, highlight=False)


@audit_commands.command()
def show(  # noqa: PLR0913 - one option per filter
    client: Annotated[str | None, typer.Option(help="client or contract")] = None,
    subject: Annotated[str | None, typer.Option(help="a citizen's number; `-` reads it from standard input")] = None,
    field: Annotated[str | None, typer.Option(help="coordinate, such as Citizen.bloodGroup")] = None,
    code: Annotated[str | None, typer.Option(help="error code")] = None,
    since: Moment = None,
    until: Moment = None,
    *,
    limit: Annotated[int, typer.Option(min=1, help="how many records, the latest first")] = 50,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="what was tried in the sandbox, and nothing else")] = False,
    as_json: AsJson = False,
) -> None:
    """Show records, the latest first. A citizen's number is compared by its keyed hash and not kept."""
    settings = load_settings()
    number = sys.stdin.readline().strip() if subject == "-" else subject
    wanted = AuditFilter(
        client=client,
        subjects=None if number is None else [SubjectHasher(key)(number) for key in settings.audit_keys()],
        field=field,
        code=code,
        since=since and since.replace(tzinfo=UTC),
        until=until and until.replace(tzinfo=UTC),
        limit=limit,
        sandbox=sandbox,
    )
    records = _as_auditor(settings, lambda connection: search_audit(connection, wanted))
    if as_json:
        sys.stdout.write(orjson.dumps([_plain(record) for record in records]).decode() + "\n")
    else:
        console.print(_table(records))


def _checkpoints(settings: Settings, path: Path | None, keys: list[str] | None) -> list[Checkpoint]:
    path = path or settings.checkpoint_file
    if path is None:
        Console(stderr=True).print("no checkpoints are given: whole chains could be rewritten unseen", markup=False)
        return []
    if not keys:
        if settings.checkpoint_key is None:
            raise LienthongError("give --public-key: checkpoints prove nothing without it")
        keys = [public_key_of(settings.key("checkpoint_key"))]
    try:
        lines = sys.stdin.read().splitlines() if str(path) == "-" else path.read_text("utf-8").splitlines()
    except OSError as error:
        raise LienthongError(f"the checkpoints cannot be read: {error.strerror}") from error
    return list(read_checkpoints(lines, keys))


def _told(verdict: Verdict, *, as_json: bool) -> str:
    if as_json:
        return orjson.dumps(verdict).decode()
    seen = f"{verdict.records} records in {verdict.chains} chains, {verdict.checkpoints} checkpoints"
    if not verdict.faults:
        return f"{seen}: unchanged"
    lines = [f"{seen}: CHANGED"]
    for fault in verdict.faults:
        place = f"chain {fault.chain}, record {fault.sequence}"
        when = f" ({fault.recorded_at:%Y-%m-%d %H:%M:%S}Z, trace {fault.trace_id})" if fault.recorded_at else ""
        lines.append(f"- {place}{when}: {fault.what}")
    return "\n".join(lines)


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    subjects = [subject.hex() for subject in record["subjects"]]
    return {**record, "subjects": subjects, "row_counts": orjson.loads(record["row_counts"])}


def _table(records: list[dict[str, Any]]) -> Table:
    table = Table()
    for heading in ("time (UTC)", "who", "purpose", "operation", "fields", "persons", "outcome", "trace"):
        table.add_column(heading, overflow="fold")
    for record in records:
        who = record["client_id"] or record["actor"] or "?"
        contract = f"{record['contract_id']} v{record['version'] or '-'}" if record["contract_id"] else ""
        denied = f"\ndenied: {', '.join(record['denied'])}" if record["denied"] else ""
        table.add_row(
            f"{record['recorded_at']:%Y-%m-%d %H:%M:%S}",
            f"{who}\n{contract}",
            record["purpose"] or "",
            f"{record['operation_type'] or ''} {record['operation_name'] or ''}",
            record["note"] or ", ".join(record["granted"]) + denied,
            str(len(record["subjects"])),
            " ".join((record["outcome"], *record["codes"])),
            record["trace_id"],
        )
    return table


def _as_auditor(settings: Settings, work: Callable[[Any], Awaitable[T]]) -> T:
    url = settings.audit_url or settings.admin_url
    if url is None:
        raise LienthongError("set LIENTHONG_AUDIT_URL to a URL of the role lienthong_auditor")

    async def connected() -> T:
        try:
            connection = await asyncpg.connect(url, timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            raise LienthongError("the database of the audit does not answer") from error
        try:
            return await work(connection)
        except asyncpg.InsufficientPrivilegeError as error:
            raise LienthongError("this role may not read the audit") from error
        finally:
            await connection.close()

    return asyncio.run(connected())
