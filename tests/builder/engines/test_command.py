"""What a log says of the instruction that failed."""

from __future__ import annotations

import pytest

from builder.engines.command import quoted, step_of


@pytest.mark.parametrize("lead", ["STEP 5/5: ", "[1/2] STEP 5/5: ", "Step 5/5 : ", "#9 [make 5/5] "])
def test_the_last_instruction_is_found_whichever_stage_it_is_of(lead: str) -> None:
    """Each engine writes it in its own way, buildah in two; it is kept however much is said after it."""
    log = "\n".join([f"{lead}RUN mmdebstrap", *(f"line {number}" for number in range(50)), "E: not signed"])
    assert step_of(f"buildah build: {quoted(log)}") == "RUN mmdebstrap"
