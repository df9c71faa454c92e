"""The pages a person sees: the landing page, GraphiQL and their files, with no request to another origin.

All files below `static/` are read once, hashed and compressed at start-up; no request chooses a path on the
disk. A page names its files with their hash: a browser may keep them for ever and still sees a new release.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

_STATIC = Path(__file__).parent / "static"

# GraphiQL places its tooltips by style attributes: 'unsafe-inline' is for styles, never for scripts.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

NO_SCRIPT_HEADERS: Mapping[str, str] = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    # Without a referrer browsers send forms with `Origin: null`, which tells nothing.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Header fields of pages behind a sign-in: no script runs, nothing is fetched from elsewhere, nothing is kept."""

_FOR_EVER = "public, max-age=31536000, immutable"
_REVALIDATE = "no-cache"

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_DEMO_SECTION = re.compile("<!-- demo -->.*?<!-- /demo -->", re.DOTALL)
_PAGES = frozenset({"landing.html", "graphiql.html"})

_REQUIRED_KEYS = ("name", "authorization", "contract", "purpose", "description")
_OPTIONAL_KEYS = ("title", "titleEn", "purposes", "descriptionEn", "examples")


class _Asset(NamedTuple):
    """A file in memory: its bytes, the same as gzip where that is smaller, its type, its SHA-256."""

    body: bytes
    compressed: bytes | None
    media_type: str
    digest: str


def page_routes(*, demo_clients: Path | None) -> list[BaseRoute]:
    """The routes `/`, `/graphiql`, `/graphiql/clients` and `/static/...`.

    `demo_clients` is the file of the sample clients: a JSON list of objects with `name`, `authorization`,
    `contract`, `purpose`, `description`, and optionally `title`, `titleEn`, `purposes`, `descriptionEn`,
    `examples`. It is read at each request, because the demo may write it after the service started. Without
    it no credential is served: `/graphiql/clients` answers 404 and the landing page shows no table.

    Raises `KeyError` when a page names a file that is not below `static/`.
    """
    assets = _assets()
    landing = _versioned((_STATIC / "landing.html").read_text(encoding="utf-8"), assets)
    graphiql = _asset(_versioned((_STATIC / "graphiql.html").read_text(encoding="utf-8"), assets).encode(), ".html")

    def serve_landing(request: Request) -> Response:
        return _conditional(request, _asset(_landing(landing, demo_clients).encode(), ".html"), _REVALIDATE)

    async def serve_graphiql(request: Request) -> Response:
        return _conditional(request, graphiql, _REVALIDATE)

    def serve_clients(_request: Request) -> Response:
        if demo_clients is None:
            return _not_found()
        headers = {**SECURITY_HEADERS, "Cache-Control": "no-store"}
        try:
            return JSONResponse(_sample_clients(demo_clients), headers=headers)
        except (OSError, ValueError):
            return JSONResponse({"error": "the sample clients cannot be read"}, 503, headers=headers)

    async def serve_asset(request: Request) -> Response:
        asset = assets.get(request.path_params["name"])
        if asset is None:
            return _not_found()
        current = request.query_params.get("v") == asset.digest[:12]
        return _conditional(request, asset, _FOR_EVER if current else _REVALIDATE)

    return [
        Route("/", serve_landing),
        Route("/graphiql", serve_graphiql),
        Route("/graphiql/clients", serve_clients),
        Route("/static/{name:path}", serve_asset),
    ]


def asset_path(name: str) -> str:
    """The path of a file below `static/`, with its hash. Raises `KeyError` when there is none."""
    return f"/static/{name}?v={_assets()[name].digest[:12]}"


def _asset(body: bytes, suffix: str) -> _Asset:
    compressed = gzip.compress(body, mtime=0)
    return _Asset(
        body=body,
        compressed=compressed if len(compressed) < len(body) else None,
        media_type=_MEDIA_TYPES[suffix],
        digest=hashlib.sha256(body).hexdigest(),
    )


@cache
def _assets() -> dict[str, _Asset]:
    """Every file below `static/` but the two pages, by its path there."""
    names = {path.relative_to(_STATIC).as_posix(): path for path in _STATIC.rglob("*") if path.is_file()}
    return {
        name: _asset(path.read_bytes(), path.suffix)
        for name, path in sorted(names.items())
        if name not in _PAGES and path.suffix in _MEDIA_TYPES
    }


def _versioned(page: str, assets: Mapping[str, _Asset]) -> str:
    return re.sub(
        r'(?<=["])static/([^"?]+)(?=")',
        lambda match: f"static/{match[1]}?v={assets[match[1]].digest[:12]}",
        page,
    )


def _conditional(request: Request, asset: _Asset, cache_control: str) -> Response:
    """The asset, as gzip for those who take it, or 304 for those who hold this version (RFC 9110, 13.1.2)."""
    compressed = asset.compressed if _takes_gzip(request.headers.get("accept-encoding", "")) else None
    etag = f'"{asset.digest[:32]}{"-gzip" if compressed is not None else ""}"'
    headers = {**SECURITY_HEADERS, "Cache-Control": cache_control, "ETag": etag, "Vary": "Accept-Encoding"}
    held = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in held or "*" in held:
        return Response(status_code=304, headers=headers)
    if compressed is not None:
        return Response(compressed, headers={**headers, "Content-Encoding": "gzip"}, media_type=asset.media_type)
    return Response(asset.body, headers=headers, media_type=asset.media_type)


def _takes_gzip(accept_encoding: str) -> bool:
    for coding in accept_encoding.lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() == "gzip":
            return not re.fullmatch(r"q=0(\.0*)?", weight.replace(" ", ""))
    return False


def _not_found() -> Response:
    return Response(
        "Not found\n", 404, headers={**SECURITY_HEADERS, "Cache-Control": "no-store"}, media_type="text/plain"
    )


def _sample_clients(path: Path) -> list[dict[str, object]]:
    """The sample clients of the file, with the documented keys only. Raises `OSError` or `ValueError`."""
    clients = json.loads(path.read_bytes())
    if not isinstance(clients, list) or not all(_is_sample_client(client) for client in clients):
        raise ValueError("not a list of sample clients, each with a text for " + ", ".join(_REQUIRED_KEYS))
    return [{key: client[key] for key in (*_REQUIRED_KEYS, *_OPTIONAL_KEYS) if key in client} for client in clients]


def _is_sample_client(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(key), str) for key in _REQUIRED_KEYS)


def _landing(template: str, demo_clients: Path | None) -> str:
    """The landing page; in demo mode with the table of sample clients, never with their credentials."""
    if demo_clients is None:
        return _DEMO_SECTION.sub("", template)
    try:
        rows = "".join(_sample_client_row(client) for client in _sample_clients(demo_clients))
    except (OSError, ValueError):
        rows = ""
    nothing = '<tr><td colspan="4">Chưa có dữ liệu mẫu. <small lang="en">No sample data yet.</small></td></tr>'
    return template.replace("<!-- rows -->", rows or nothing)


def _sample_client_row(client: Mapping[str, object]) -> str:
    text = {key: escape(str(value)) for key, value in client.items()}
    small = {key: f'<small lang="en">{text[key]}</small>' for key in ("titleEn", "descriptionEn") if key in text}
    title = text.get("title", text["name"])
    link = f"graphiql?client={quote(str(client['name']), safe='')}"
    return (
        f'<tr><th scope="row">{title}{small.get("titleEn", "")}</th>'
        f"<td>{text['description']}{small.get('descriptionEn', '')}</td>"
        f"<td><code>{text['contract']}</code><br><code>{text['purpose']}</code></td>"
        f'<td><a class="open" href="{link}">Mở<span class="hidden"> {title}</span>'
        ' <small lang="en">Open</small></a></td></tr>'
    )
