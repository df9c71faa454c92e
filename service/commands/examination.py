"""What helps to examine a dossier: the conformance list, and the review of what it would open."""

from __future__ import annotations

import typer

from service.commands.caller import ask
from service.commands.dossiers import ContractId, Version
from service.commands.output import AsJson, print_json, print_line, print_rows

__all__ = ["examination_commands"]

examination_commands = typer.Typer()


@examination_commands.command(name="tests")
def show_tests(contract: ContractId, *, version: Version = None, as_json: AsJson = False) -> None:
    """Show the conformance list: what the client's own traffic in the sandbox has shown, and when."""
    query = (
        "query($contract: ID!, $version: Int) { dossier(contract: $contract, version: $version) "
        "{ tests { code words english hint query doneAt traceId } } }"
    )
    found = ask(query, {"contract": contract, "version": version})["tests"]
    if as_json:
        print_json(found)
    else:
        names = ("code", "doneAt", "traceId", "words", "hint")
        print_rows({name: name for name in names}, found)


@examination_commands.command()
def review(contract: ContractId, *, version: Version = None, as_json: AsJson = False) -> None:
    """Show what a dossier would open, how it differs from the version that it would replace, and what to look at."""
    query = (
        "query($contract: ID!, $version: Int) { dossier(contract: $contract, version: $version) { review { "
        "numberOfFields sensitiveShare thirdPartyShare replaces faults columns "
        "opened { purpose field words english justification paths arguments elements sensitive thirdParty } "
        "doubts { rule purpose fields words english } "
        "changes { subject direction purpose before after words english } } } }"
    )
    found = ask(query, {"contract": contract, "version": version})["review"]
    if as_json:
        print_json(found)
        return
    shares = (found["sensitiveShare"], found["thirdPartyShare"])
    print_line("{} fields, {:.0%} sensitive, {:.0%} of third parties".format(found["numberOfFields"], *shares))
    for field in found["opened"]:
        print_line(f"{field['purpose']} {field['field']}: {field['words']} [{field['justification']}]")
    for doubt in found["doubts"]:
        print_line(f"? {doubt['rule']} {doubt['purpose']} {', '.join(doubt['fields'])}: {doubt['words']}")
    for change in found["changes"]:
        print_line(f"{change['direction']} {change['words']}: {change['before']} -> {change['after']}")
    for fault in found["faults"]:
        print_line(f"! {fault}")
