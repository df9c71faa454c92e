"""`python -m bench`: prepare, check that all answer alike, measure, print, and write JSON if asked."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

import orjson
from rich.console import Console

from bench.databases import DocumentServer, audited, prepare
from bench.load import set_citizens
from bench.overhead import costs, show_costs, start_variants
from bench.report import machine, show, summary
from bench.rounds import FailedRequestsError, Options, measure
from bench.servers import DisagreementError, check_equal, start
from service.embedded import EmbeddedServerError, EmbeddedServers
from service.processes import Children

SIZES = (100, 1)


def main() -> None:
    """The command line. Ends with 1 when something fails, never because something is slow."""
    given = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        _bench(given, Console())
    except (DisagreementError, EmbeddedServerError, FailedRequestsError) as error:
        raise SystemExit(f"bench: {error}") from error
    except KeyboardInterrupt:
        raise SystemExit("bench: stopped") from None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there as well")
    parser.add_argument("--overhead", action="store_true", help="what tracing, metrics and audit cost, instead")
    parser.add_argument("--citizens", type=int, default=20_000, help="size of the sample register")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each round against each server")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="citizens a request")
    parser.add_argument("--mongo-command", metavar="PROGRAM", help="the document server: a path to secantusd-rs")
    parser.add_argument("--folder", type=Path, default=Path(".bench"), help="where the databases are kept")
    return parser.parse_args()


def _bench(given: argparse.Namespace, console: Console) -> None:
    load = os.getloadavg()[0]
    document_server = DocumentServer.find(given.mongo_command)
    options = Options(tuple(given.sizes), given.rounds, given.seconds, given.connections)
    folder: Path = given.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    data = folder / document_server.name
    with EmbeddedServers(data, mongo_command=document_server.command) as databases:
        prepared = prepare(databases, citizens=given.citizens, console=console)
        children = Children()
        try:
            if given.overhead:
                servers = start_variants(children, folder, prepared)
            else:
                servers = start(children, folder, prepared)
            check_equal(servers, prepared.personal_ids)
            console.print("All give the same data.")
            with (
                console.status("measuring") as status,
                ProcessPoolExecutor(
                    1,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=set_citizens,
                    initargs=(prepared.personal_ids,),
                ) as pool,
            ):
                measured, answered = measure(servers, options, pool, data / "mongo", status.update)
            recorded = audited(databases)
        finally:
            children.stop()
    if recorded < answered:
        raise DisagreementError(f"of {answered} answers only {recorded} are in the audit")
    facts = {
        **machine(document_server.name),
        "citizens": given.citizens,
        "audited_requests": recorded,
        "load_before": load,
    }
    if given.overhead:
        show_costs(measured, console)
        rounds = {str(size): servers for size, servers in measured.items()}
        told = {"machine": facts, "options": asdict(options), "costs": costs(measured), "rounds": rounds}
    else:
        show(measured, facts, console)
        told = summary(measured, options, facts)
    if given.json is not None:
        given.json.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
