"""Run by the Python of sonar-tui's environment: its OTLP receiver on a port, and what its screen shows of a trace.

`python sonar_screen.py PORT`. It prints a line when it listens; for each trace id on standard input it prints, as one
line of JSON, how many spans were received, the tree that the receiver made of them, and the text of the screen.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from typing import Any

import uvicorn
from sonar.ingestion.server import app, get_trace_tree, trace_store
from sonar.ui.app import SonarApp

SECONDS = 20.0


async def screen() -> str:
    """The text on the screen once the newest trace is shown."""
    shown = SonarApp(trace_store=trace_store)
    async with shown.run_test(size=(220, 60)) as pilot:
        await pilot.pause(1.5)
        await pilot.press("left", "up", "down", "up", "enter")
        await pilot.pause(1.0)
        lines = [strip.text for strip in shown.screen._compositor.render_strips()]
    return "\n".join(lines)


def patiently() -> str:
    """The screen. Its clock may still tick while it is closed, and then closing fails: it is opened anew."""
    for _ in range(5):
        try:
            return asyncio.run(screen())
        except Exception as error:  # noqa: BLE001 - whatever the screen's own fault was
            sys.stderr.write(f"the screen failed: {type(error).__name__}\n")
    raise SystemExit(1)


def names(nodes: list[dict[str, Any]]) -> list[Any]:
    """A tree of names."""
    return [[node["span"]["name"], node["span"]["status"], names(node["children"])] for node in nodes]


def main(port: int) -> None:
    """Receive, and show."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.02)
    print("listening", flush=True)
    for line in sys.stdin:
        trace_id, expected = line.split()
        deadline = time.monotonic() + SECONDS
        while len(trace_store.get_trace(trace_id) or ()) < int(expected) and time.monotonic() < deadline:
            time.sleep(0.05)
        spans = trace_store.get_trace(trace_id) or []
        tree = asyncio.run(get_trace_tree(trace_id))["tree"] if spans else []
        text = patiently()
        print(json.dumps({"spans": len(spans), "tree": names(tree), "screen": text}), flush=True)


main(int(sys.argv[1]))
