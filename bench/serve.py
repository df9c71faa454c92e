"""One of the servers, under the same uvicorn settings: `python -m bench.serve NAME PORT CONFIGURATION`.

CONFIGURATION is a JSON file of environment variables.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

import uvicorn

__all__ = ["FACTORIES"]

FACTORIES = {
    "lienthong": "service.worker",
    "strawberry": "bench.peer_strawberry",
    "handwritten": "bench.peer_handwritten",
    "variants": "bench.variants",
}


def main(name: str, port: int, configuration: Path) -> None:
    """Serve until a signal comes."""
    os.environ.update(json.loads(configuration.read_text()))
    factory = importlib.import_module(FACTORIES[name])
    uvicorn.run(
        factory.create(),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
