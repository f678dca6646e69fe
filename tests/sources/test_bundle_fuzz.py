"""Whatever becomes of a sigstore bundle on its way: the same proof, or a refusal that names source and URL."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources import proofs
from state.errors import SourceError
from state.model import Proof
from tests.sources.fuzz import broken_bytes, changed_json, outcome_of
from tests.sources.pages import Pages
from tests.sources.sigstore_world import Sigstore

URL = "https://www.python.org/ftp/python/3.14.6/Python-3.14.6.tar.xz"
SIGNER = ("hugo@python.org", "https://github.com/login/oauth")
DIGEST = hashlib.sha256(b"stands in for a tarball").digest()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bytes]:
    """A good bundle of a sigstore that is trusted in the place of the public one."""
    world, folder = Sigstore(), Path(tmp_path_factory.mktemp("trust"))
    verifier = world.verifier(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proofs, "_verifier", lambda: verifier)
        yield json.dumps(world.bundle(DIGEST, *SIGNER)).encode()


def proved(body: bytes) -> Proof:
    """Return what the bundle proves."""
    return asyncio.run(proofs.sigstore(URL, *SIGNER, Pages({f"{URL}.sigstore": body}, source="python")))


@pytest.mark.parametrize("how", [changed_json, broken_bytes])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_changed_bundle_proves_the_same_or_nothing(
    bundle: bytes, how: Callable[[st.DataObject, bytes], bytes], data: st.DataObject
) -> None:
    """The digest that was signed by that signer, or an error. Nothing else."""
    outcome = outcome_of(lambda: proved(how(data, bundle)))
    if isinstance(outcome, SourceError):
        assert (outcome.source, outcome.url, bool(outcome.problem)) == ("python", f"{URL}.sigstore", True)
        assert str(outcome).encode()
    else:
        assert outcome == proved(bundle)
