"""An existing registry's tags are taken into the ledger as they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest
from click.testing import CliRunner

from builder.oci import digest_of
from state.store import Published
from tests.certificates import Authority
from tests.registry import LoopbackRegistry
from tests.world import World
from watcher.app import App
from watcher.cli import cli

NAME = "balenalib/amd64-debian-node"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def fill(registry: LoopbackRegistry, tags: dict[str, str]) -> None:
    """Let the repository have *tags*, each with a manifest of this text."""
    held = registry.repository(NAME)
    for tag, text in tags.items():
        body = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "annotations": {"x": text}}).encode()
        digest = digest_of(body)
        held.manifests[digest] = (MANIFEST, body)
        held.tags[tag] = digest


def _adopt(world: World, monkeypatch: pytest.MonkeyPatch, *names: str, code: int = 0) -> str:
    monkeypatch.chdir(world.folder / "ws")
    done = CliRunner().invoke(cli, ["adopt", *names, "--json"])
    assert done.exit_code == code, done.output
    return done.stdout


def test_tags_and_digests_are_known_from_then_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is pulled or written; dated names carry their day, and what we pushed stays noted as ours."""
    stem = "18.20.4-trixie-run"
    with LoopbackRegistry() as registry:
        fill(
            registry,
            {
                f"sha256-{'0' * 64}.sig": "c",
                stem: "a",
                "latest": "a",
                "18": "a",
                f"{stem}-20240715": "b",
                f"{stem}-20241101.1": "a",
            },
        )
        ours = Published(
            NAME, "18", registry.repository(NAME).tags["18"], datetime(2024, 10, 1, tzinfo=UTC), dated=False
        )

        async def before(app: App) -> None:
            app.store.ledger.add([ours])

        world.run(before)
        told = json.loads(_adopt(world, monkeypatch, f"{registry.host}/{NAME}"))
        assert told == [{"repository": NAME, "tags": 5, "dated": 2, "digests": 2}]
        assert {method for method, _ in registry.asked} == {"GET", "HEAD"}

    async def after(app: App) -> list[Published]:
        return app.store.ledger.of(NAME)

    rows = {row.tag: row for row in world.run(after)}
    assert rows["18"] == ours
    assert {row.origin for tag, row in rows.items() if tag != "18"} == {"adopted"}
    assert rows[f"{stem}-20240715"].pushed_at == datetime(2024, 7, 15, tzinfo=UTC)
    assert [row.tag for row in rows.values() if row.dated] == [f"{stem}-20240715", f"{stem}-20241101.1"]


def test_a_repository_without_tags_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to adopt is a slip of the pen, not a success."""
    monkeypatch.chdir(world.folder / "ws")
    with LoopbackRegistry() as registry:
        done = CliRunner().invoke(cli, ["adopt", f"{registry.host}/{NAME}"])
    assert done.exit_code == 1
    assert "has no tags" in str(done.exception)
    assert CliRunner().invoke(cli, ["adopt", "amd64-debian"]).exit_code == 2


def test_the_registry_of_the_settings_is_asked_with_its_login(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name without a host is in that registry; its login is sent there and nowhere else."""
    with LoopbackRegistry(login=("robot", "secret")) as own, LoopbackRegistry() as other:
        for registry in (own, other):
            fill(registry, {"18": "a"})
        world.settings(f'[registry]\nurl = "http://{own.host}"\nuser = "robot"\npassword_file = "password"\n')
        (world.folder / "ws" / "password").write_text("secret\n")
        assert json.loads(_adopt(world, monkeypatch, NAME))[0]["tags"] == 1
        assert json.loads(_adopt(world, monkeypatch, f"{other.host}/{NAME}"))[0]["tags"] == 1
        assert own.asked
        assert other.asked


def test_a_private_authority_is_trusted_for_another_registry_too(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """``[registry] ca_file`` names whom to believe, whichever registry has it."""
    authority, tls = Authority(tmp_path), SSLContext(PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*authority.issue("registry", "127.0.0.1"))
    monkeypatch.setattr("watcher.cli.adopt._LOOPBACK", ())
    with LoopbackRegistry(tls=tls) as registry:
        fill(registry, {"latest": "a"})
        world.settings(f'[registry]\nca_file = "{authority.file}"\n')
        told = json.loads(_adopt(world, monkeypatch, f"{registry.host}/{NAME}"))
        assert told == [{"repository": NAME, "tags": 1, "dated": 0, "digests": 1}]
