"""Secrets are where they were put, and nowhere else: everything that is written, said or shown as a process is searched."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from sources import SOURCES
from state.errors import SettingsError
from tests.github.hooks import signature
from tests.github.hub import Access
from tests.github.site import TOKEN
from tests.running import Running, running
from tests.world import NEWER, World
from watcher.config import load
from watcher.trust import signer_of

pytestmark = pytest.mark.slow

PROGRAM = Path(sys.executable).with_name("watcher")
KEYS = (
    "GITHUB__TOKEN",
    "GITHUB__WEBHOOK_SECRET",
    "WEB__HOOK_SECRET",
    "WEB__TOKEN",
    "REGISTRY__PASSWORD",
    "GITHUB__PRIVATE_KEY",
    "NOTICES__URLS",
    "TRUST__SIGNING_KEY",
)
MIRROR, DATABASE = "MIRROR", "DATABASE"
WITHIN = {"NOTICES__URLS": "json://user:{}@127.0.0.1:9/"}
"""What a secret is a part of, where it is not the whole setting."""


class Witness:
    """Reads the arguments of every process of the machine, again and again, and keeps those that tell a secret."""

    def __init__(self, words: Mapping[str, bytes]) -> None:
        self._words, self._over, self.rounds = words, threading.Event(), 0
        self.seen: list[str] = []

    def watch(self) -> None:
        """Look until it is over."""
        while not self._over.wait(0.1):
            self.rounds += 1
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    said = (process / "cmdline").read_bytes()
                    self.seen += [f"{name} in {said!r}" for name, word in self._words.items() if word in said]

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look for as long as the context lasts."""
        thread = threading.Thread(target=self.watch)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()


def forms(word: str) -> list[bytes]:
    """A secret as it is, and as headers carry it."""
    logins = (f"{user}:{word}" for user in ("x-access-token", "user", ""))
    return [word.encode(), *(base64.b64encode(text.encode()).rstrip(b"=")[:-1] for text in logins)]


@dataclass
class Told:
    """A world with secrets of each kind, and all that its processes said."""

    world: World
    given: dict[str, str]
    said: list[str]

    @property
    def environment(self) -> dict[str, str]:
        """What a process of ours is given."""
        return {f"WATCHER_{key}": WITHIN.get(key, "{}").format(self.given[key]) for key in KEYS}

    def database(self, place: str) -> str:
        """The URL of a database that there is not, with its password."""
        return f"postgresql+psycopg://user:{self.given[DATABASE]}@{place}/watcher"

    def watcher(self, *arguments: str, **other: str) -> str:
        """Run the program, and keep what it says."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith("WATCHER_")}  # noqa: TID251
        command = [str(PROGRAM), "--config", str(self.world.config_file), *arguments]
        environment = {**clean, **self.environment, **other}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        self.said.append(f"{arguments} {done.returncode}\n{done.stdout}{done.stderr}")
        return self.said[-1]

    def settings(self) -> None:
        """Name the registry, and give the mirrors a password; only Node is watched."""
        off = "\n".join(f"[sources.{name}]\nenabled = false" for name in SOURCES if name != "node")
        registry = f'[registry]\nurl = "http://127.0.0.1:{self.world.upstream.port}"\nuser = "user"\n'
        web = '[web]\nlisten = "127.0.0.1:0"\n[log]\nlevel = "debug"\n'
        self.world.settings(f"{self.world.extra}\n{registry}{web}{off}")
        before, mirrors = self.world.config_file.read_text().split("[mirrors]")
        mirrors = mirrors.replace("http://127", f"http://user:{self.given[MIRROR]}@127")
        self.world.config_file.write_text(f"{before}[mirrors]{mirrors}")

    def lie(self, daemon: Running) -> None:
        """Ask for everything, with right secrets and wrong ones."""
        for path in ("/", "/metrics", "/api/v1/status", "/api/v1/events"):
            for word in ("wrong", self.given["WEB__TOKEN"]):
                self.said.append(repr(daemon.ask(path, headers={"Authorization": f"Bearer {word}"})))
        for secret in ("wrong", self.given["GITHUB__WEBHOOK_SECRET"]):
            body = b'{"action": "closed"'
            signed = {"X-Hub-Signature-256": signature(secret, body), "X-GitHub-Delivery": secret[:7]}
            self.said.append(repr(daemon.ask("/webhooks/github", body, {"X-GitHub-Event": "pull_request", **signed})))
        bearer = {"Authorization": f"Bearer {self.given['WEB__HOOK_SECRET']}"}
        self.said.append(repr(daemon.ask("/hooks/poll/node", b"", bearer)))
        self.said.append(daemon.text())


@pytest.fixture
def told(world: World) -> Told:
    """Secrets that nothing else can look like, and a world with one release."""
    world.publish(NEWER)
    world.only("22.23.2")
    return Told(world, {key: f"canary{secrets.token_hex(12)}" for key in (*KEYS, MIRROR, DATABASE)}, [])


def test_no_secret_is_written_said_or_shown(told: Told) -> None:
    """A sync, a daemon that is lied to, commands that show everything, and failures that speak of what they used."""
    words, world, token = told.given, told.world, told.given["GITHUB__TOKEN"]
    rights = Access("watcher", {"contents": "write", "pull_requests": "write"})
    witness = Witness({name: word.encode() for name, word in words.items()})
    with witness.watching(), world.on_github(tokens={token: rights, TOKEN: Access("ann")}):
        told.settings()
        assert "#1" in told.watcher("sync", "node")
        told.watcher("adopt", f"127.0.0.1:{world.upstream.port}/ours/x")
        told.watcher("pulls", WATCHER_GITHUB__TOKEN=f"{token}wrong")
        told.watcher("pulls", WATCHER_GITHUB__TOKEN="", WATCHER_GITHUB__APP_ID="1", WATCHER_GITHUB__INSTALLATION_ID="2")
        told.watcher("sync", "node", WATCHER_GITHUB__BASE_URL="http://127.0.0.1:9")
        told.watcher("status", WATCHER_REGISTRY__URL=f"https://user:{words['REGISTRY__PASSWORD']}@registry.invalid")
        told.watcher("status", WATCHER_IMAGES__REMOTE=f"https://user:{token}@github.invalid/o/n.git")
        assert "state database" in told.watcher("status", WATCHER_STATE__DATABASE_URL=told.database("127.0.0.1:9"))
        assert "database_url" in told.watcher("status", WATCHER_STATE__DATABASE_URL=told.database("127.0.0.1:port"))
        settings = world.config_file.read_text().splitlines(keepends=True)
        world.config_file.write_text("".join(line for line in settings if not line.startswith("now = ")))
        with running(world, environment=told.environment) as daemon:
            told.lie(daemon)
    assert witness.rounds > 20
    assert witness.seen == []
    assert [(name, text) for name, word in words.items() for text in told.said for f in forms(word) if f in text.encode()] == []  # fmt: skip
    written = [path for path in world.folder.rglob("*") if path.is_file() and path != world.config_file]
    assert len(written) > 50
    bodies = [(path, path.read_bytes()) for path in written]
    assert [
        (p, name) for p, body in bodies for name, word in words.items() if any(f in body for f in forms(word))
    ] == []


def test_settings_do_not_show_their_secrets(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a traceback or a log may print of them is masked; a signing key that is none is not quoted."""
    for name, word in (*told.environment.items(), ("WATCHER_STATE__DATABASE_URL", told.database("127.0.0.1:9"))):
        monkeypatch.setenv(name, word)
    config = load(told.world.config_file)
    with pytest.raises(SettingsError, match="not a PEM private key") as raised:
        signer_of(config)
    shown = repr(config) + str(config.settings) + str(raised.value)
    assert [name for name, word in told.given.items() if word in shown] == []
