"""`lienthong case`, `lienthong notice` and concealment, as an account."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from service.commands.caller import ask
from service.commands.output import AsJson, print_json, print_line, print_rows

__all__ = ["case_commands", "concealment_commands", "notice_commands"]

case_commands = typer.Typer(no_args_is_help=True, help="Cases: errors in data, data shared back, calls for help.")
notice_commands = typer.Typer(no_args_is_help=True, help="Notices to the units.")
concealment_commands = typer.Typer()

Reason = Annotated[str, typer.Option(help="why; kept in the audit")]
Moment = Annotated[datetime, typer.Option(formats=["%Y-%m-%dT%H:%M%z"], help="2026-12-24T22:00+0700")]
_OUTLINE = "id kind state contract field source severity openedAt"
_CASE = f"{_OUTLINE} purpose channel subject content {{ line problem evidence value basis }} "
_THREAD = "entries { at actor party act state message } documents { id name size sha256 }"
_NOTICE = "id kind startsAt endsAt contracts text textEn forceMajeure publishedAt withdrawnAt withdrawal"
_CONCEALMENT = "id contract startsAt endsAt reason actor liftedAt"


@case_commands.command(name="list")
def list_cases(
    *,
    kind: Annotated[str | None, typer.Option(help="DATA_ERROR, SHARED_DATA or SUPPORT")] = None,
    state: Annotated[list[str] | None, typer.Option(help="OPEN, IN_PROGRESS ...; repeat it")] = None,
    as_json: AsJson = False,
) -> None:
    """List the cases that you may see, the latest first."""
    query = f"query($kind: CaseKind, $states: [CaseState!]) {{ cases(kind: $kind, states: $states) {{ {_OUTLINE} }} }}"
    found = ask(query, {"kind": kind, "states": state or None})
    print_json(found) if as_json else print_rows({name: name for name in _OUTLINE.split()}, found)


@case_commands.command()
def show(case: str, *, as_json: AsJson = False) -> None:
    """Show a case with its thread; what it says of a citizen is for those who handle it."""
    found = ask(f"query($case: ID!) {{ case(id: $case) {{ {_CASE}{_THREAD} }} }}", {"case": case})
    if as_json:
        print_json(found)
        return
    for name, value in {**found, **found["content"]}.items():
        if isinstance(value, str):
            print_line(f"{name}: {value}")
    for entry in found["entries"]:
        print_line(f"{entry['at']} {entry['party']} {entry['actor']} {entry['act']} {entry['state']}")
        if entry["message"]:
            print_line(f"    {entry['message']}")


@case_commands.command()
def move(
    case: str,
    step: Annotated[str, typer.Argument(help="take_up, correct, reject; check, accept; answer, close")],
    *,
    reply: Annotated[str | None, typer.Option(help="words for the client")] = None,
    as_json: AsJson = False,
) -> None:
    """Take a step with a case that you handle."""
    query = (
        "mutation($case: ID!, $step: String!, $reply: String) "
        "{ moveCase(id: $case, step: $step, reply: $reply) { id state } }"
    )
    _tell(ask(query, {"case": case, "step": step, "reply": reply}), as_json=as_json)


@case_commands.command()
def say(case: str, text: str, *, as_json: AsJson = False) -> None:
    """Add a message to a case's thread."""
    query = "mutation($case: ID!, $text: String!) { sayInCase(id: $case, text: $text) { id state } }"
    _tell(ask(query, {"case": case, "text": text}), as_json=as_json)


@case_commands.command(name="open")
def open_support(
    contract: str,
    line: Annotated[str, typer.Option(help="the question in a line")],
    text: Annotated[str, typer.Option(help="the question")],
    *,
    channel: Annotated[str, typer.Option(help="EMAIL, PHONE, IN_PERSON, IN_WRITING or CONSOLE")] = "CONSOLE",
    severity: Annotated[str, typer.Option(help="LOW, NORMAL, HIGH or CRITICAL")] = "NORMAL",
    as_json: AsJson = False,
) -> None:
    """Open a call for help: of your unit, or for a unit that called, wrote or came."""
    query = (
        "mutation($contract: ID!, $line: String!, $text: String!, $channel: SupportChannel!, $severity: Severity!) "
        "{ openSupport(contract: $contract, line: $line, text: $text, channel: $channel, severity: $severity) "
        "{ id state } }"
    )
    given = {"contract": contract, "line": line, "text": text, "channel": channel, "severity": severity}
    _tell(ask(query, given), as_json=as_json)


@notice_commands.command(name="list")
def list_notices(*, as_json: AsJson = False) -> None:
    """List the notices that you may see, the latest first."""
    found = ask(f"{{ notices {{ {_NOTICE} }} }}")
    print_json(found) if as_json else print_rows({name: name for name in _NOTICE.split()}, found)


@notice_commands.command()
def publish(  # noqa: PLR0913 - what a notice says
    kind: Annotated[str, typer.Argument(help="MAINTENANCE or SUSPENSION")],
    *,
    starts: Moment,
    text: Annotated[str, typer.Option(help="in Vietnamese")],
    text_en: Annotated[str, typer.Option(help="in English")],
    ends: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M%z"], help="2026-12-24T23:00+0700")] = None,
    contract: Annotated[list[str] | None, typer.Option(help="to this contract; repeat it; none: to all")] = None,
    force_majeure: Annotated[str | None, typer.Option(help="why not seven working days ahead")] = None,
    as_json: AsJson = False,
) -> None:
    """Publish a notice, seven working days ahead or with the reason of force majeure."""
    query = (
        "mutation($kind: String!, $starts: DateTime!, $ends: DateTime, $text: String!, $en: String!, "
        "$contracts: [ID!], $reason: String) { publishNotice(kind: $kind, startsAt: $starts, endsAt: $ends, "
        f"text: $text, textEn: $en, contracts: $contracts, forceMajeure: $reason) {{ {_NOTICE} }} }}"
    )
    variables = {
        "kind": kind,
        "starts": starts.isoformat(),
        "ends": ends and ends.isoformat(),
        "text": text,
        "en": text_en,
        "contracts": contract or None,
        "reason": force_majeure,
    }
    _tell(ask(query, variables), as_json=as_json)


@notice_commands.command()
def withdraw(notice: str, *, reason: Reason, as_json: AsJson = False) -> None:
    """Withdraw a notice."""
    query = f"mutation($id: ID!, $reason: String!) {{ withdrawNotice(id: $id, reason: $reason) {{ {_NOTICE} }} }}"
    _tell(ask(query, {"id": notice, "reason": reason}), as_json=as_json)


@concealment_commands.command()
def conceal(contract: str, *, starts: Moment, ends: Moment, reason: Reason, as_json: AsJson = False) -> None:
    """Conceal reads under a contract from the citizen's view for a time (an approver)."""
    query = (
        "mutation($contract: ID!, $starts: DateTime!, $ends: DateTime!, $reason: String!) "
        f"{{ conceal(contract: $contract, startsAt: $starts, endsAt: $ends, reason: $reason) {{ {_CONCEALMENT} }} }}"
    )
    given = {"contract": contract, "starts": starts.isoformat(), "ends": ends.isoformat(), "reason": reason}
    _tell(ask(query, given), as_json=as_json)


@concealment_commands.command()
def reveal(concealment: str, *, reason: Reason, as_json: AsJson = False) -> None:
    """Lift a concealment before its time (an approver)."""
    query = f"mutation($id: ID!, $reason: String!) {{ liftConcealment(id: $id, reason: $reason) {{ {_CONCEALMENT} }} }}"
    _tell(ask(query, {"id": concealment, "reason": reason}), as_json=as_json)


@concealment_commands.command()
def concealments(*, as_json: AsJson = False) -> None:
    """List what is or was concealed (approvers, auditors)."""
    found = ask(f"{{ concealments {{ {_CONCEALMENT} }} }}")
    print_json(found) if as_json else print_rows({name: name for name in _CONCEALMENT.split()}, found)


def _tell(answer: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        print_line(" ".join(f"{name}: {value}" for name, value in answer.items() if value is not None))
