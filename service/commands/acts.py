"""What commands ask of the process schema: the operations, and how their answers are printed."""

from __future__ import annotations

from typing import Any

from service.commands.caller import ask
from service.commands.output import print_json, print_line, print_rows

__all__ = ["issue_key", "latest", "list_dossiers", "move", "print_dossier", "revoke_key", "tell_state"]

DOSSIER = """
contract version state title since validFrom validTo previous revision unit { id name }
request {
  title unitCode unitName mandate systemName systemKind
  officers { name position phone email } purposes { code text procedureCode legalBasis }
  fields { field purpose justification read filter protected } services rowScope { name values }
  technicalDescription reciprocalSharing securityLevel inspections { body on result }
  validFrom validTo limits { name value } unpermitted documents allowListOnly
}
findings { kind source passed note actor madeAt current }
attachments { id name mediaType size sha256 actor attachedAt }
moves { move words toState needsReason possible refused missing { path vi en } }
"""
"""The selection that `show` prints."""

_STATE = "{ contract version state revision }"


def latest(contract: str, version: int | None) -> int:
    """The version that a command means: the given one, else the latest that the account may see."""
    if version is not None:
        return version
    found = ask("query($contract: ID!) { dossier(contract: $contract) { version } }", {"contract": contract})
    return int(found["version"])


def move(name: str, contract: str, version: int | None, reason: str | None, *, as_json: bool) -> None:
    """Make a move as the account, and say where the version stands then."""
    first, *rest = name.split("_")
    root = first + "".join(word.capitalize() for word in rest)
    given = ", $reason: String!" if reason is not None else ""
    passed = ", reason: $reason" if reason is not None else ""
    variables: dict[str, Any] = {"contract": contract, "version": latest(contract, version)}
    tell_state(
        ask(
            f"mutation($contract: ID!, $version: Int!{given}) "
            f"{{ {root}(contract: $contract, version: $version{passed}) {_STATE} }}",
            variables | ({} if reason is None else {"reason": reason}),
        ),
        as_json=as_json,
    )


def tell_state(dossier: Any, *, as_json: bool) -> None:
    """Say where a version stands."""
    if as_json:
        print_json(dossier)
    else:
        print_line(f"{dossier['contract']} version {dossier['version']}: {dossier['state']}")


def list_dossiers(states: list[str], *, as_json: bool) -> None:
    """Print the dossiers that the account may see."""
    found = ask(
        "query($states: [DossierState!]) { dossiers(states: $states) "
        "{ contract version unit { id name } title state since validTo } }",
        {"states": states or None},
    )
    if as_json:
        print_json(found)
        return
    headings = {"contract": "contract", "version": "version", "client": "client", "state": "state", "title": "title"}
    print_rows(headings, [row | {"client": row["unit"]["id"]} for row in found])


def print_dossier(dossier: Any) -> None:
    """Print what a person wants to know of a dossier first."""
    print_line(f"{dossier['contract']} version {dossier['version']}: {dossier['state']}")
    print_line(f"{dossier['title']} - {dossier['unit']['name']} ({dossier['unit']['id']})")
    request = dossier["request"]
    days = f"{request['validFrom'] or '?'} - {request['validTo'] or '?'}"
    print_line(f"{days}; {len(request['fields'])} trường (fields), {len(request['purposes'])} mục đích (purposes)")
    for attached in dossier["attachments"]:
        print_line(f"  #{attached['id']} {attached['name']}, {attached['size']} byte")
    for finding in dossier["findings"]:
        whose = finding["source"] or finding["kind"]
        verdict = "đạt (passed)" if finding["passed"] else "không đạt (not passed)"
        stale = "" if finding["current"] else ", về nội dung cũ (of former contents)"
        print_line(f"  {whose}: {verdict}{stale}: {finding['note']}")
    for prospect in dossier["moves"]:
        against = prospect["refused"] or "còn thiếu (lacks)"
        name = prospect["move"].lower().replace("_", "-")
        print_line(f"  {name}: {'được (possible)' if prospect['possible'] else against}")
        for item in prospect["missing"]:
            print_line(f"    - {item['path']}: {item['vi']} ({item['en']})")


def issue_key(contract: str, environment: str, days: int, *, expired: bool, as_json: bool) -> None:
    """Issue a key as the account; with `expired`, one that is refused already."""
    issued = ask(
        "mutation($contract: ID!, $environment: KeyEnvironment!, $days: Int!, $expired: Boolean!) "
        "{ issueKey(contract: $contract, environment: $environment, days: $days, expired: $expired) "
        "{ id environment authorization } }",
        {"contract": contract, "environment": environment.upper(), "days": days, "expired": expired},
    )
    if as_json:
        print_json(issued)
    else:
        print_line(f"Authorization: {issued['authorization']}")


def revoke_key(contract: str, key: str) -> None:
    """Revoke a key as the account."""
    ask(
        "mutation($contract: ID!, $key: ID!) { revokeKey(contract: $contract, key: $key) }",
        {"contract": contract, "key": key},
    )
