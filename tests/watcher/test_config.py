"""Settings: one file, the environment over it, secrets nowhere in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from state.errors import SettingsError
from watcher import workspace
from watcher.config import load

TOKEN = "ghp_0123456789abcdef"


def write(folder: Path, text: str) -> Path:
    """A settings file."""
    file = folder / "watcher.toml"
    file.write_text(text)
    return file


def test_the_file_of_a_new_workspace_is_all_defaults(tmp_path: Path) -> None:
    """What init writes sets nothing, so that a table can be appended; every line of it that is uncommented is valid."""
    text = workspace.scaffold("watcher.toml")
    assert load(write(tmp_path, text)).settings == load(write(tmp_path, "")).settings
    uncommented = "\n".join(line.removeprefix("# ") for line in text.splitlines() if line.startswith(("# [", "# ")) and
                            ("=" in line or line.startswith("# [")) and "WATCHER_" not in line)  # fmt: skip
    settings = load(write(tmp_path, uncommented)).settings
    assert settings.mirrors == {"https://nodejs.org": "http://127.0.0.1:9000/nodejs.org"}
    assert settings.github.repository == "OWNER/NAME"


def test_the_documentation_shows_that_very_file() -> None:
    """deploy/docs/settings.md has what init writes, line by line."""
    page = (Path(__file__).parents[2] / "deploy" / "docs" / "settings.md").read_text()
    assert f"```toml\n{workspace.scaffold('watcher.toml')}```\n" in page


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """WATCHER_, the table, two underscores, the key."""
    file = write(tmp_path, '[web]\nlisten = "127.0.0.1:1"\n[publish]\nmode = "observe"\n')
    monkeypatch.setenv("WATCHER_WEB__LISTEN", "127.0.0.1:2")
    settings = load(file).settings
    assert settings.web.listen == "127.0.0.1:2"
    assert settings.publish.mode == "observe"


def test_the_file_is_looked_for_upwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--config, then WATCHER_CONFIG, then the current folder and those above it."""
    monkeypatch.delenv("WATCHER_CONFIG", raising=False)
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    file = write(tmp_path, "")
    monkeypatch.chdir(inner)
    assert load().file == file
    other = write(inner, "")
    assert load().file == other
    monkeypatch.setenv("WATCHER_CONFIG", str(file))
    assert load().file == file
    assert load(other).file == other


def test_no_file_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newcomer is told how to get one."""
    monkeypatch.delenv("WATCHER_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="watcher init"):
        load()
    with pytest.raises(SettingsError, match="no such settings file"):
        load(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[web", "not TOML"),
        ("[wbe]\nlisten = 1\n", "wbe: no such setting"),
        ("[web]\nlistne = 1\n", "web.listne: no such setting"),
        ('[publish]\nmode = "yes"\n', "publish.mode"),
        ('[mirrors]\n"nodejs.org" = "http://x"\n', "mirrors"),
        ("[feed]\nper_host = 0\n", "feed.per_host"),
        (f'[github]\ntoken = "{TOKEN}"\n', "token_file"),
        (f'[github]\nprivate_key = "{TOKEN}"\n', "private_key_file"),
    ],
)
def test_a_wrong_setting_is_named_and_a_secret_is_not_repeated(tmp_path: Path, text: str, said: str) -> None:
    """File, key and problem; never the value."""
    with pytest.raises(SettingsError) as caught:
        load(write(tmp_path, text))
    assert said in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_secrets_come_from_files_or_the_environment_and_are_not_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file relative to the settings; the environment wins; repr shows neither."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    config = load(write(tmp_path, '[github]\ntoken_file = "token"\n'))
    own = config.settings.github
    assert config.secret(own.token, own.token_file) == TOKEN
    monkeypatch.setenv("WATCHER_GITHUB__TOKEN", "other-secret")
    config = load(write(tmp_path, '[github]\ntoken_file = "token"\n'))
    own = config.settings.github
    assert config.secret(own.token, own.token_file) == "other-secret"
    assert "other-secret" not in repr(config)
    (tmp_path / "token").unlink()
    with pytest.raises(SettingsError, match="token"):
        config.secret(None, own.token_file)


def test_relative_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """A workspace can be moved as a whole."""
    config = load(write(tmp_path, '[images]\nremote = "x.git"\n[state]\nfolder = "memory"\n'))
    assert config.remote == str(tmp_path / "x.git")
    assert config.var == tmp_path / "memory"
    assert config.database_url == f"sqlite:///{tmp_path / 'memory' / 'watcher.db'}"
    github = '[images]\nremote = "https://github.com/o/n.git"\n[forge]\nkind = "github"\n'
    assert load(write(tmp_path, github)).remote == "https://github.com/o/n.git"


@pytest.mark.parametrize("kind", ["embedded", "github"])
@pytest.mark.parametrize(
    "remote", ["https://user:t0ken@host/o/n.git", "https://t0ken@host/n", "ssh://git:t0ken@host/n"]
)
def test_a_login_in_the_repositorys_url_is_refused_and_not_shown(tmp_path: Path, kind: str, remote: str) -> None:
    """Wherever the repository is named it would be named, too."""
    with pytest.raises(SettingsError, match=r"images\.remote: .*token_file") as raised:
        load(write(tmp_path, f'[images]\nremote = "{remote}"\n[forge]\nkind = "{kind}"\n'))
    assert "t0ken" not in str(raised.value)


def test_the_embedded_forge_takes_no_url(tmp_path: Path) -> None:
    """It keeps pull requests in the repository's own folder; a user of ssh is no secret."""
    with pytest.raises(SettingsError, match=r'needs \[forge\] kind = "github"'):
        load(write(tmp_path, '[images]\nremote = "https://github.com/o/n.git"\n'))
    ssh = '[images]\nremote = "ssh://git@github.com/o/n.git"\n[forge]\nkind = "github"\n'
    assert load(write(tmp_path, ssh)).remote == "ssh://git@github.com/o/n.git"


@pytest.mark.parametrize("url", ["postgresql://u:t0ken@host:port/x", "t0ken"])
def test_an_unreadable_database_url_is_a_settings_error(tmp_path: Path, url: str) -> None:
    """It says how one is written, and not what was: that may hold a password."""
    with pytest.raises(SettingsError, match=r"state\.database_url: .*postgresql\+psycopg://USER@HOST") as raised:
        load(write(tmp_path, f'[state]\ndatabase_url = "{url}"\n'))
    assert "t0ken" not in str(raised.value)


_PLAIN = {
    "registry": '[registry]\nurl = "{}"\n',
    "github": '[github]\nbase_url = "{}"\n',
    "images": '[images]\nremote = "{}/o/n.git"\n[forge]\nkind = "github"\n',
}


@pytest.mark.parametrize("table", _PLAIN)
@pytest.mark.parametrize(
    ("host", "taken"),
    [
        ("127.0.0.1:5000", True),
        ("127.0.0.2", True),
        ("localhost:5000", True),
        ("localhost.evil.example:5000", False),
        ("127.0.0.1.nip.io", False),
        ("127.0.0.1evil.example", False),
        ("registry.example", False),
    ],
)
def test_a_login_travels_by_plain_http_on_this_machine_only(
    tmp_path: Path, table: str, host: str, *, taken: bool
) -> None:
    """A name that merely begins like loopback is another machine's."""
    file = write(tmp_path, _PLAIN[table].format(f"http://{host}"))
    if taken:
        load(file)
    else:
        with pytest.raises(SettingsError, match="plain http is for loopback only"):
            load(file)
    load(write(tmp_path, _PLAIN[table].format(f"https://{host}")))
