"""clairvoyance, which guesses schemas from error messages, run as a client: it finds nothing outside the contract.

The word list holds every name of the full schema, so it would find whatever the service tells apart. The tool asks for
64 names at once while the service reports 50 errors at most; as it takes silence for existence, it is made to ask for
fewer. A server that discloses shows that it does find fields where there is something to find.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
import uvicorn
from graphql import GraphQLObjectType, GraphQLSchema, execute_sync, parse, validate
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.attacks.names import names_of
from tests.attacks.target import Target
from tests.running import free_port

ROOT = Path(__file__).parents[2]
PROGRAM = Path(os.environ.get("CLAIRVOYANCE", ROOT / ".venv/clairvoyance/bin/python"))
# Fewer names at a time than errors that are reported, and no pause between requests.
LAUNCH = """
import sys
from clairvoyance import config
from clairvoyance.cli import cli
plain = config.Config.__init__
def fewer(self):
    plain(self)
    self._bucket_size = 40
config.Config.__init__ = fewer
cli(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def words(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every name of the full schema, and a few of none."""
    file = tmp_path_factory.mktemp("clairvoyance") / "words"
    names = sorted(names_of(target.canaries.catalog.schema) | {"password", "users", "admin", "zzzz"})
    file.write_text("\n".join(names))
    return file


def guessed(url: str, words: Path, headers: Mapping[str, str], output: Path) -> dict[str, set[str]]:
    """The fields that the tool finds, by type; arguments as `field(argument)`."""
    assert PROGRAM.exists(), f"clairvoyance is not installed: `make test` puts it into {PROGRAM.parents[1]}"
    arguments = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    done = subprocess.run(
        [str(PROGRAM), "-c", LAUNCH, url, "-w", str(words), "-o", str(output), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert output.exists(), done.stderr[-2000:]
    found: dict[str, set[str]] = {}
    for type_ in json.loads(output.read_text())["data"]["__schema"]["types"]:
        for field in type_.get("fields") or ():
            if field["name"] != "dummy":  # what the tool gives to a type of which it knows no field
                found.setdefault(type_["name"], set()).add(field["name"])
                found[type_["name"]] |= {f"{field['name']}({argument['name']})" for argument in field["args"]}
    return found


def shown(schema: GraphQLSchema) -> dict[str, set[str]]:
    """The fields and arguments of a schema, in the form of `guessed`."""
    found: dict[str, set[str]] = {}
    for name, type_ in schema.type_map.items():
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__"):
            fields = set(type_.fields)
            fields |= {f"{field}({argument})" for field, d in type_.fields.items() for argument in d.args}
            found[name] = fields
    return found


@pytest.mark.parametrize("client", ["narrow", "verifier"])
def test_guessing_finds_nothing_outside_the_contract(target: Target, words: Path, tmp_path: Path, client: str) -> None:
    view = target.view(client)
    found = guessed(f"{target.service.url}/graphql", words, target.headers(client), tmp_path / "schema.json")
    permitted, homes = shown(view.schema), view.catalog.homes
    coordinates = {f"{type_name}.{name}" for type_name, names in found.items() for name in names}
    assert not {c for c in coordinates if c in homes and c not in view.permission.readable}
    assert not {c for c in coordinates if c.split(".")[1] not in permitted.get(c.split(".")[0], ())}
    assert found["Query"] & {name for name in permitted["Query"] if "(" not in name}


class Disclosing:
    """A server as many are: all of the schema, with suggestions, to anybody."""

    def __init__(self, schema: GraphQLSchema) -> None:
        async def answer(request: Request) -> JSONResponse:
            document = parse((await request.json())["query"])
            errors = validate(schema, document)
            if errors:
                return JSONResponse({"errors": [{"message": error.message} for error in errors]})
            return JSONResponse({"data": execute_sync(schema, document).data})

        app = Starlette(routes=[Route("/graphql", answer, methods=["POST"])])
        self.port = free_port()
        config = uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="error", access_log=False)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)

    def __enter__(self) -> str:
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive()
            time.sleep(0.01)
        return f"http://127.0.0.1:{self.port}/graphql"

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(20)


@pytest.fixture(scope="module")
def disclosing(target: Target) -> Iterator[str]:
    with Disclosing(target.view("twin").schema) as url:
        yield url


def test_guessing_finds_hidden_fields_where_they_are_disclosed(target: Target, disclosing: str, tmp_path: Path) -> None:
    """The control: the same tool finds what it has no word for, against a server that has suggestions."""
    permitted = shown(target.view("twin").schema)
    words = tmp_path / "words"
    names = {name for fields in permitted.values() for name in fields if "(" not in name}
    words.write_text("\n".join(f"{name}x" for name in sorted(names)))
    found = guessed(disclosing, words, {}, tmp_path / "schema.json")
    hidden = permitted["Citizen"] - shown(target.view("narrow").schema)["Citizen"]
    assert hidden == {"bloodGroup", "contact", "encounters"}
    assert hidden <= found["Citizen"]
    assert {"chassisNumber", "engineNumber"} <= found["Vehicle"]


def test_the_disclosing_server_suggests(disclosing: str) -> None:
    (error,) = httpx.post(disclosing, json={"query": "{citizn}"}).json()["errors"]
    assert "Did you mean 'citizen'" in error["message"]
