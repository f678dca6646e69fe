"""What no GitHub has: ``/_hub``, by which somebody outside this process makes it fail, and sees what it saw."""

from __future__ import annotations

import json
from dataclasses import asdict

from tests.github.faults import Fault
from tests.github.hub import Hub
from tests.github.routes import Json, Reply


def is_ours(path: str) -> bool:
    """Whether a path is one of these."""
    return path.startswith("/_hub/")


def answer(hub: Hub, verb: str, path: str, body: bytes) -> Reply:
    """``GET calls``, ``GET violations``; ``POST faults`` with fields of Fault, ``DELETE faults``; ``PATCH limits``."""
    said: Json = json.loads(body) if body else {}
    with hub.lock:
        match f"{verb} {path.removeprefix('/_hub/')}":
            case "GET calls":
                told: Json = [{"call": f"{c.verb} {c.path}", "status": c.status, "at": c.at} for c in hub.log]
            case "GET violations":
                told = hub.violations
            case "GET faults":
                told = [asdict(fault) for fault in hub.faults]
            case "POST faults":
                hub.faults.append(Fault(**said))
                told = [asdict(fault) for fault in hub.faults]
            case "DELETE faults":
                hub.faults.clear()
                told = []
            case "PATCH limits":
                for key in said.keys() & {"hourly", "writes_a_minute", "writes_an_hour", "retry_after", "status"}:
                    setattr(hub.limits, key, int(said[key]))
                told = {"refusals": hub.limits.refusals}
            case _:
                return Reply(404, {"message": "there is no such thing here"})
    return Reply(200, told)
