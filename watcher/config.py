"""The settings: one TOML file, overridden by the environment; the only reader of either.

Looked for as ``--config``, then ``$WATCHER_CONFIG``, then ``watcher.toml`` in the current folder and
upwards. ``WATCHER_WEB__LISTEN`` overrides ``[web] listen``. Relative paths are relative to the file.
A secret is read from the file that a ``…_file`` setting names, or from the environment; written into
the TOML itself it is refused, so that it cannot be committed with it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from state.errors import SettingsError
from watcher.build_settings import Builds, Publish, RegistryTable
from watcher.daemon_settings import Daemon, Log, Web
from watcher.farm_settings import FarmTable
from watcher.notice_settings import Notices
from watcher.place_settings import Forge, Images, State, encrypted
from watcher.pull_settings import AutoMerge, Commits, Reviewers
from watcher.shelf_settings import Retention, Trust
from watcher.source_settings import Mode, SourceSettings, Span, Table
from watcher.systemd import Supervisor

_SECRETS = (
    ("github", "token"),
    ("github", "private_key"),
    ("github", "webhook_secret"),
    ("notices", "urls"),
    ("registry", "password"),
    ("trust", "signing_key"),
    ("web", "hook_secret"),
    ("web", "token"),
    ("web.oidc", "client_secret"),
)


class GitHub(Table):
    """``[github]``: how to reach the repository.

    The token needs ``contents`` and ``pull_requests``, and where ``issues`` is set also those: a changed checksum is
    then told by an issue. ``dashboard`` keeps an issue with boxes to steer the watcher by: see :mod:`watcher.panel`.
    """

    repository: str = ""
    base_url: str = "https://api.github.com"
    token_file: Path | None = None
    token: SecretStr | None = None
    app_id: int | None = None
    installation_id: int | None = None
    private_key_file: Path | None = None
    private_key: SecretStr | None = None
    webhook_secret_file: Path | None = None
    webhook_secret: SecretStr | None = None
    issues: bool = False
    dashboard: bool = False
    seconds_between_writes: float = Field(default=1.0, ge=0)

    _encrypted = field_validator("base_url")(encrypted)


class FeedSettings(Table):
    """``[feed]``: limits of the network. Seconds and bytes; see :class:`sources.exchange.FeedSettings`."""

    redirect_hosts: tuple[str, ...] = ()
    connect_seconds: float = Field(default=10.0, gt=0)
    read_seconds: float = Field(default=30.0, gt=0)
    document_seconds: float = Field(default=60.0, gt=0)
    download_seconds: float = Field(default=1800.0, gt=0)
    document_limit: int = Field(default=64 * 2**20, gt=0)
    download_limit: int = Field(default=2**30, gt=0)
    per_host: int = Field(default=2, ge=1)
    attempts: int = Field(default=4, ge=1)
    longest_wait: float = Field(default=30.0, ge=0)
    compare_grace: float = Field(default=0.5, ge=0)


class Registries(Table):
    """``[registries]``: whether base images are pinned by the digests that their registries tell."""

    pin: bool = True


class Packages(Table):
    """``[packages]``: how often the state of a package archive is recorded where no fix of a vulnerability asks for it."""

    every: Span = timedelta(days=7)


class Settings(BaseSettings):
    """All settings, checked. ``now`` pretends another time: for demonstrations and replays."""

    model_config = SettingsConfigDict(
        env_prefix="WATCHER_", env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    images: Images = Images()
    forge: Forge = Forge()
    github: GitHub = GitHub()
    state: State = State()
    publish: Publish = Publish()
    builds: Builds = Builds()
    registry: RegistryTable = RegistryTable()
    farm: FarmTable = FarmTable()
    retention: Retention = Retention()
    trust: Trust = Trust()
    sources: dict[str, SourceSettings] = {}
    feed: FeedSettings = FeedSettings()
    registries: Registries = Registries()
    packages: Packages = Packages()
    daemon: Daemon = Daemon()
    web: Web = Web()
    log: Log = Log()
    notices: Notices = Notices()
    reviewers: Reviewers = Reviewers()
    commits: Commits = Commits()
    automerge: dict[str, AutoMerge] = {}
    mirrors: dict[str, str] = {}
    now: datetime | None = None

    @field_validator("mirrors")
    @classmethod
    def _urls(cls, mirrors: dict[str, str]) -> dict[str, str]:
        """Both sides are http(s) prefixes (Raspbian's own is http): anything else is a slip of the pen."""
        for prefix, target in mirrors.items():
            if not all(url.startswith(("http://", "https://")) for url in (prefix, target)):
                raise ValueError(f"{prefix!r} = {target!r}: map an http(s):// prefix to another")
        return {prefix.rstrip("/"): target.rstrip("/") for prefix, target in mirrors.items()}

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        """The embedded forge keeps pull requests beside the repository itself: that has to be a folder here."""
        if self.forge.kind == "embedded" and "://" in self.images.remote:
            raise ValueError('[images] remote: a URL needs [forge] kind = "github"; else it is the path of a folder')
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file (which is passed as arguments); no .env files."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


class Configured(BaseModel):
    """The settings together with the file that they came from."""

    model_config = ConfigDict(frozen=True)

    settings: Settings
    file: Path

    def path(self, path: Path | str) -> Path:
        """*path*, relative ones taken from the settings file's folder."""
        return (self.file.parent / path).resolve()

    @property
    def var(self) -> Path:
        """The folder of database, clone and logs."""
        return self.path(self.settings.state.folder)

    @property
    def database_url(self) -> str:
        """The database: SQLite below :attr:`var` unless the settings say otherwise."""
        return self.settings.state.database_url or f"sqlite:///{self.var / 'watcher.db'}"

    @property
    def remote(self) -> str:
        """The images repository as git takes it: a URL, or an absolute path."""
        remote = self.settings.images.remote
        return remote if "://" in remote else str(self.path(remote))

    def source(self, name: str) -> SourceSettings:
        """What is set for one source."""
        return self.settings.sources.get(name, SourceSettings())

    def mode(self, source: str) -> Mode:
        """How far the watcher goes for *source*."""
        return self.source(source).mode or self.settings.publish.mode

    def enabled(self, source: str) -> bool:
        """Whether *source* is polled when none is named."""
        return self.source(source).enabled

    def secret(self, value: SecretStr | None, file: Path | None) -> str | None:
        """A secret from the environment, or from the file that the settings name; None if neither."""
        if value is not None:
            return value.get_secret_value()
        if file is None:
            return None
        try:
            return self.path(file).read_text().strip()
        except OSError as error:
            raise SettingsError(f"{self.path(file)}: cannot be read: {error.strerror}") from error

    def now(self) -> datetime:
        """The time: the real one, or the one that the settings pretend."""
        pretended = self.settings.now
        if pretended is None:
            return clock()
        return pretended if pretended.tzinfo else pretended.replace(tzinfo=UTC)


def clock() -> datetime:
    """The real time, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  (the one real clock)


def find(option: Path | None) -> Path:
    """Find the settings file; SettingsError that says what to do where there is none."""
    named = option or os.environ.get("WATCHER_CONFIG")  # noqa: TID251  (the settings' own module)
    if named:
        path = Path(named).resolve()
        if not path.is_file():
            raise SettingsError(f"{path}: no such settings file; `watcher init DIR` makes one")
        return path
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "watcher.toml").is_file():
            return folder / "watcher.toml"
    raise SettingsError(
        "no watcher.toml here or in a folder above: `watcher init DIR` makes a workspace, "
        "--config FILE or WATCHER_CONFIG names one"
    )


def load(option: Path | None = None) -> Configured:
    """Read and check the settings; SettingsError with file, key and problem."""
    file = find(option)
    try:
        document = tomllib.loads(file.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: not TOML: {error}") from error
    for table, key in _SECRETS:
        if key in _table(document, table):
            raise SettingsError(
                f"{file}: [{table}] {key}: a secret does not belong in this file; use {key}_file, "
                f"or the environment variable WATCHER_{table.upper().replace('.', '__')}__{key.upper()}"
            )
    try:
        return Configured(settings=Settings(**document), file=file)
    except ValidationError as error:
        raise SettingsError(_sentence(file, error)) from error


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The table ``[name]``, nothing where there is none; what is no table is told of later."""
    for part in name.split("."):
        document = document.get(part, {})
        if not isinstance(document, dict):
            return {}
    return document


def unknown_environment() -> list[str]:
    """The variables that look like settings and are none: a misspelt one would silently change nothing."""
    known = {"WATCHER_CONFIG", *(f"WATCHER_{name.upper()}" for name in Settings.model_fields)}
    ours = [name for name in os.environ if name.upper().startswith("WATCHER_")]  # noqa: TID251  (the settings' own module)
    return sorted(name for name in ours if name.upper().partition("__")[0] not in known)


def _sentence(file: Path, error: ValidationError) -> str:
    """The first problem as ``file: key: problem``, without the value: it may be a secret."""
    first = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part) for part in first["loc"]) or "settings"
    problem = "no such setting" if first["type"] == "extra_forbidden" else first["msg"]
    return f"{file}: {key}: {problem}"


def supervisor() -> Supervisor:
    """Who started us and wants to be told: systemd, by https://www.freedesktop.org/software/systemd/man/sd_notify.html."""
    said = os.environ  # noqa: TID251  (the settings' own module)
    mine = said.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    micros = said.get("WATCHDOG_USEC", "") if mine else ""
    return Supervisor(said.get("NOTIFY_SOCKET", ""), int(micros) / 1e6 if micros.isdigit() and int(micros) else None)


def base_environment(*more: str) -> Mapping[str, str]:
    """What a child process may inherit: where programs are, what begins with one of *more*, and nothing that is ours."""
    keep = {"PATH", "HOME", "TMPDIR", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR"}
    return {k: v for k, v in os.environ.items() if k in keep or k.startswith(more)}  # noqa: TID251  (as above)
