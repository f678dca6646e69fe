"""How an engine's command ends, and what its log says of the instruction that failed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from builder.engines import command
from builder.engines.command import quoted, step_of
from state.errors import BuildError


@pytest.mark.parametrize("lead", ["STEP 5/5: ", "[1/2] STEP 5/5: ", "Step 5/5 : ", "#9 [make 5/5] "])
def test_the_last_instruction_is_found_whichever_stage_it_is_of(lead: str) -> None:
    """Each engine writes it in its own way, buildah in two; it is kept however much is said after it."""
    log = "\n".join([f"{lead}RUN mmdebstrap", *(f"line {number}" for number in range(50)), "E: not signed"])
    assert step_of(f"buildah build: {quoted(log)}") == "RUN mmdebstrap"


async def test_what_a_command_started_ends_with_it(tmp_path: Path) -> None:
    """An engine's build goes on in processes of its own: ended alone it would leave them to work for nobody."""
    child = tmp_path / "child"
    script = f"sleep 300 & echo $! > {child}; wait"
    with pytest.raises(BuildError, match="no end after"):
        await command.run(["sh", "-c", script], {"PATH": "/usr/bin:/bin"}, seconds=1)
    stat = Path("/proc") / child.read_text().strip() / "stat"
    for _ in range(100):
        if not stat.exists() or stat.read_text().rpartition(") ")[2].startswith("Z"):
            return
        await asyncio.sleep(0.05)
    pytest.fail("the child is still at it")
