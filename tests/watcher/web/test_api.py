"""The API: what it answers is what its description says, and what the commands print."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from state.model import Build
from state.store import Published
from tests.watcher.web.asking import Asking, ask
from tests.world import NEWER, World
from watcher.cli import cli

DIGEST = "sha256:" + "a" * 64
NAME = "raspberrypi3-node:22.11.0-bookworm-run"


@pytest.fixture
def lived(imported: World) -> World:
    """A world with a merged and an open pull request, and a tag that was published."""
    imported.publish(NEWER)
    imported.sync()

    async def publish(app: Any) -> None:
        for tag in (NAME.partition(":")[2], f"{NAME.partition(':')[2]}-20241101"):
            app.store.ledger.add(
                [Published("balenalib/raspberrypi3-node", tag, DIGEST, app.now(), tag.endswith("1101"))]
            )
        values: dict[str, Any] = {
            "commit": "c" * 40,
            "platform": "linux/arm/v7",
            "hw": "raspberrypi3",
            "dockerfile": "d",
            "base": "out",
        }
        failed = Build(1, name=f"balenalib/{NAME}", kind="build", day=app.now().date(), state="failed", **values)
        app.store.builds.add([failed])

    imported.run(publish)
    return imported


def printed(world: World, *arguments: str) -> Any:
    """What a command prints."""
    done = CliRunner().invoke(cli, [*arguments, "--json", "--config", str(world.config_file)])
    return json.loads(done.stdout)


ASKED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "/status": ("/status", ("status",)),
    "/releases/{source}": ("/releases/node?all=true", ("releases", "node", "--all")),
    "/pulls": ("/pulls", ("pulls",)),
    "/pulls/{number}": ("/pulls/1", ("pulls", "show", "1")),
    "/events": ("/events?limit=1000", ("events", "--limit", "1000")),
    "/events/{number}": ("/events/1", ("explain", "1")),
    "/builds": ("/builds?state=failed&limit=5", ("builds", "--state", "failed", "--limit", "5")),
    "/builds/{number}": ("/builds/1", ("builds", "show", "1")),
    "/describe": ("/describe?repository=raspberrypi3-node", ("describe", "raspberrypi3-node")),
    "/matrix": ("/matrix?hw=raspberrypi3&stack=node&variant=run", ("matrix", "--hw", "raspberrypi3", "--stack", "node", "--variant", "run")),
    "/resolve": (f"/resolve?name={NAME}", ("resolve", NAME)),
    "/tags": (f"/tags?name={NAME}", ("tags", NAME)),
    "/history": (f"/history?name={NAME}", ("history", NAME)),
}  # fmt: skip
OTHERS: Mapping[str, frozenset[str]] = {
    "act": frozenset(
        {"sync", "adopt", "build", "import", "prune", "recover", "rollback", "yank"}
        | {"pause", "resume", "ignore", "unignore", "approve-checksum"}
        | {f"pulls {verb}" for verb in ("merge", "close", "reopen", "recreate")}
    ),
    "write files": frozenset({"bake", "init", "render"}),
    "ask upstream, which nobody's request may make us do": frozenset({"check"}),
    "are about the machine where they are typed": frozenset({"doctor"}),
}
"""Commands with `--json` that are no reading of what is known, and what they do instead."""


def with_json(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The commands below *command* that print a document."""
    if any("--json" in param.opts for param in command.params):
        yield " ".join(path)
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            below = command.get_command(click.Context(command), name)
            assert below
            yield from with_json(below, (*path, name))


def test_every_reading_command_has_a_path() -> None:
    """Whatever prints a document of what is known is answered over HTTP too; the rest is told apart by name."""
    commands = set(with_json(cli))
    others = frozenset().union(*OTHERS.values())
    assert others < commands
    answered = {max((c for c in commands if " ".join(words).startswith(c)), key=len) for _, words in ASKED.values()}
    assert commands - others == answered


def test_every_answer_is_as_described_and_as_printed(lived: World) -> None:
    """Each path of the description is asked: its document has exactly the described fields, and is the command's."""

    async def job(asking: Asking) -> tuple[Any, dict[str, Any]]:
        described = (await asking.client.get("/api/openapi.json")).json()
        answers = {}
        for path, (url, _) in ASKED.items():
            found = await asking.client.get(f"/api/v1{url}")
            assert found.status_code == 200, found.text
            answers[path] = found.json()
        return described, answers

    described, answers = ask(lived, job)
    assert set(described["paths"]) == set(ASKED)
    for path, (_, command) in ASKED.items():
        schema = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator.check_schema(schema)
        Draft202012Validator({**schema, "components": described["components"]}).validate(answers[path])
        assert answers[path], path
        assert answers[path] == printed(lived, *command), path


@pytest.mark.parametrize(
    ("url", "status", "error"),
    [
        ("/releases/nothing", 404, "no source 'nothing'"),
        ("/pulls/99", 404, "no pull request #99 of ours"),
        ("/pulls/0", 400, "number: a number from 1 to"),
        ("/pulls/..%2f1", 404, "there is no /api/v1/pulls/../1"),
        ("/events?limit=0", 400, "limit: a number from 1 to 1000"),
        ("/events?limit=-1", 400, "limit: a number"),
        ("/events?limit=%D9%A3", 400, "limit: a number"),
        ("/events?lmit=5", 400, "no such parameter: 'lmit'"),
        ("/releases/node?all=yes", 400, "all: true or false"),
        ("/matrix?hw=raspberypi3", 400, "hw: there is no raspberypi3"),
        ("/resolve", 400, "name is needed"),
        ("/resolve?name=" + "x" * 301, 400, "longer than 300"),
        ("/tags?name=%24(id)", 404, "no such image"),
        ("/history?name=nothing-there", 404, ""),
        ("/builds/1", 404, "no build 1"),
        ("/builds?state=fine", 400, "state: one of waiting, running"),
        ("/events/999999", 404, "no event 999999"),
        (f"/events/{2**63}", 400, "number: a number from 1 to"),
        ("/describe?repository=x-y", 404, "x-y: "),
        ("/describe?repository=raspberrypi3-node", 404, "nothing is known to have been pushed"),
        ("/nothing", 404, "there is no /api/v1/nothing"),
    ],
)
def test_what_cannot_be_answered_says_why(world: World, url: str, status: int, error: str) -> None:
    """A document with `error`, whatever was asked."""

    async def job(asking: Asking) -> None:
        found = await asking.client.get(f"/api/v1{url}")
        assert found.status_code == status, found.text
        assert list(found.json()) == ["error"]
        assert error in found.json()["error"]

    ask(world, job)


def test_elsewhere_it_needs_the_token(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not on this machine is told nothing without it."""
    monkeypatch.setenv("WATCHER_WEB__TOKEN", "let me in")

    async def job(asking: Asking) -> None:
        there = {"host": "watcher.example.org"}
        told = {said: (await asking.client.get("/api/v1/status", headers={**there, "authorization": said})).status_code
                for said in ("", "Bearer let me out", "Basic let me in", "Bearer let me in")}  # fmt: skip
        assert told == {"": 401, "Bearer let me out": 401, "Basic let me in": 401, "Bearer let me in": 200}
        assert (await asking.client.get("/api/openapi.json", headers=there)).status_code == 200

    ask(world, job)
