"""The list that ``make test-builds`` ends with."""

from __future__ import annotations

from typing import Any

from tests.builds.listing import Scene, lines


def _report(name: str, **more: list[dict[str, Any]]) -> dict[str, Any]:
    built = [{"name": name, "digest": f"sha256:{name}", "seconds": 1.25}]
    tags = [
        {"ref": f"r.example/{name}-{n}", "digest": f"sha256:{name}", "action": action}
        for n, action in ((1, "written"), (2, "kept"), (3, "refused"), (1, "kept"))
    ]
    return {"built": built, "relabelled": [], "cached": [], "tags": tags} | more


def test_each_image_has_its_digest_and_its_names() -> None:
    """Whatever came of it; and of a farm's images it is said that nobody tried them out."""
    device = {"name": "device", "digest": "sha256:d", "seconds": 0.0}
    kept = {"name": "kept", "digest": "sha256:k", "seconds": 0.5}
    told = list(
        lines(
            [
                Scene("Node.js", "r.example", _report("node", relabelled=[device], cached=[kept])),
                Scene("A farm", "f.example", _report("busybox"), tried=False),
            ]
        )
    )
    assert told == [
        "== Built, tried out and named",
        "",
        "Node.js, in r.example; what was built was tried out",
        "built       node  sha256:node  1.2 s  tried out",
        "            r.example/node-1",
        "            r.example/node-2",
        "relabelled  device  sha256:d  0.0 s",
        "cached      kept  sha256:k  0.5 s",
        "",
        "A farm, in f.example; what was built was NOT tried out: these workers build without trials (smoke = false)",
        "built       busybox  sha256:busybox  1.2 s  not tried out",
        "            r.example/busybox-1",
        "            r.example/busybox-2",
        "",
        "in all 2 built, 1 of them tried out, 1 relabelled, 1 cached; 4 names",
    ]
