"""The pages: closed to the outside, cached by content, and without credentials unless it is a demo."""

import asyncio
import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from service.pages import CONTENT_SECURITY_POLICY, page_routes

STATIC = Path(__file__).parents[2] / "service" / "static"
VENDORED = STATIC / "graphiql"

CLIENT = {
    "name": "so & sánh",
    "authorization": "Bearer canary-credential",
    "contract": "HĐ-1 v2",
    "purpose": "MUC_DICH",
    "description": "Mô tả <script>alert(1)</script>",
    "examples": [{"title": "Một", "query": "{ __typename }", "variables": {}}],
    "secretNote": "canary-note",
}


class Visitor:
    """Asks the pages for a path, without a server between."""

    def __init__(self, demo_clients: Path | None) -> None:
        self.app = Starlette(routes=page_routes(demo_clients=demo_clients))

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return asyncio.run(self._get(path, headers))

    async def _get(self, path: str, headers: Mapping[str, str] | None) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://pages.test") as client:
            return await client.get(path, headers=headers)


@pytest.fixture
def public() -> Visitor:
    return Visitor(None)


@pytest.fixture
def clients_file(tmp_path: Path) -> Path:
    path = tmp_path / "clients.json"
    path.write_text(json.dumps([CLIENT]), encoding="utf-8")
    return path


@pytest.fixture
def demo(clients_file: Path) -> Visitor:
    return Visitor(clients_file)


@pytest.mark.parametrize(
    "path", ["/", "/graphiql", "/graphiql/clients", "/static/graphiql-start.js", "/static/nothing.js"]
)
def test_every_answer_is_closed_to_the_outside(path: str, demo: Visitor, public: Visitor) -> None:
    for client in (demo, public):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-resource-policy"] == "same-origin"


def test_the_policy_permits_scripts_and_requests_of_this_origin_only() -> None:
    rules = dict(rule.split(" ", 1) for rule in CONTENT_SECURITY_POLICY.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert "http" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize(
    "path",
    sorted(path for path in STATIC.iterdir() if path.suffix in {".html", ".css", ".js", ".svg"}),
    ids=str,
)
def test_our_files_name_no_other_origin(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|[\"'(=]//", text)


def test_a_page_has_no_inline_script_or_style(demo: Visitor) -> None:
    for path in ("/", "/graphiql"):
        page = demo.get(path).text
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)


def test_all_files_that_a_page_names_are_served_for_ever(public: Visitor) -> None:
    for page in ("/", "/graphiql"):
        names = re.findall(r'(?:src|href)="(static/[^"]+\?v=[^"]+)"', public.get(page).text)
        assert names
        for name in names:
            answer = public.get("/" + name)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_file_asked_for_without_its_hash_is_asked_for_again(public: Visitor) -> None:
    for query in ("", "?v=000000000000"):
        assert public.get("/static/graphiql-bar.js" + query).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/graphiql", "/static/graphiql/graphiql-3.9.0.min.js"])
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_held_version_is_not_sent_again(path: str, encoding: str, public: Visitor) -> None:
    headers = {"Accept-Encoding": encoding}
    first = public.get(path, headers=headers)
    again = public.get(path, headers={**headers, "If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert public.get(path, headers={**headers, "If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("gzip; q=0.0", False), ("br", False)],
)
def test_files_are_compressed_for_those_who_take_it(accepted: str, compressed: bool, public: Visitor) -> None:  # noqa: FBT001
    answer = public.get("/static/graphiql/graphiql-3.9.0.min.js", headers={"Accept-Encoding": accepted})
    body = (VENDORED / "graphiql-3.9.0.min.js").read_bytes()
    assert answer.content == body
    assert answer.headers.get("content-encoding") == ("gzip" if compressed else None)
    assert int(answer.headers["content-length"]) == (len(gzip.compress(body, mtime=0)) if compressed else len(body))
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("name", ["../pages.py", "%2e%2e/pages.py", "graphiql.html", "landing.html", "", "graphiql"])
def test_nothing_but_the_listed_files_is_served(name: str, public: Visitor) -> None:
    assert public.get("/static/" + name).status_code == 404


def test_outside_a_demo_there_are_no_clients(public: Visitor) -> None:
    assert public.get("/graphiql/clients").status_code == 404
    assert "<table" not in public.get("/").text


def test_a_demo_gives_its_clients_with_the_documented_keys_only(demo: Visitor) -> None:
    answer = demo.get("/graphiql/clients")
    assert answer.json() == [{key: value for key, value in CLIENT.items() if key != "secretNote"}]
    assert answer.headers["cache-control"] == "no-store"


def test_the_landing_page_of_a_demo_lists_clients_without_credentials(demo: Visitor) -> None:
    page = demo.get("/").text
    assert "HĐ-1 v2" in page
    assert "canary" not in page
    assert "<script>alert" not in page
    assert 'href="graphiql?client=so%20%26%20s%C3%A1nh"' in page


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", '[{"name": "x"}]', json.dumps([{**CLIENT, "name": 7}])])
def test_unreadable_clients_are_a_fault_told_without_a_path(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "clients.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    answer = Visitor(path).get("/graphiql/clients")
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text
    assert "Chưa có dữ liệu mẫu" in Visitor(path).get("/").text


def test_clients_written_after_the_start_are_seen(tmp_path: Path, clients_file: Path) -> None:
    path = tmp_path / "later.json"
    client = Visitor(path)
    assert client.get("/graphiql/clients").status_code == 503
    path.write_bytes(clients_file.read_bytes())
    assert client.get("/graphiql/clients").status_code == 200


def test_third_party_files_are_those_of_the_manifest() -> None:
    manifest = json.loads((VENDORED / "manifest.json").read_text(encoding="utf-8"))
    sums = {row["file"]: row["sha256"] for row in manifest}
    files = [path for path in VENDORED.iterdir() if path.is_file() and path.name != "manifest.json"]
    assert sums == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    licences = {name for row in manifest for name in row["licences"]}
    assert licences == {path.name for path in (VENDORED / "licences").iterdir()}
