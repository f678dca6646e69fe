"""The backup saves what there is, wherever a deployment has it, brings it back, and does not say so of nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from state.store import Store
from tests.world import World
from watcher.config import load

SCRIPT = Path(__file__).parents[2] / "deploy" / "backup.sh"
PLAIN = {key: value for key, value in os.environ.items() if not key.startswith("WATCHER_")}  # noqa: TID251  (a child's)


def test_a_backup_brings_everything_back(imported: World, tmp_path: Path) -> None:
    """Settings, memory, images and pull requests are there again; nothing is written over, and no secret is inside."""
    archive = tmp_path / "backup.tar.gz"
    workspace = imported.folder / "ws"
    subprocess.run([SCRIPT, "save", workspace, archive], check=True)
    assert archive.stat().st_mode & 0o077 == 0
    with Store.open(load(imported.config_file).database_url) as store:
        before = store.last_event(), [pull.document() for pull in store.pulls()]
    refs = imported.git("for-each-ref", "--format=%(refname) %(objectname)")
    assert subprocess.run([SCRIPT, "restore", workspace, archive], check=False, capture_output=True).returncode == 1
    shutil.rmtree(workspace)
    subprocess.run([SCRIPT, "restore", workspace, archive], check=True)
    with Store.open(load(imported.config_file).database_url) as store:
        assert (store.last_event(), [pull.document() for pull in store.pulls()]) == before
    assert imported.git("for-each-ref", "--format=%(refname) %(objectname)") == refs
    report = imported.report()
    assert (report.exit_code, report.pulls) == (0, [])


def backup(verb: str, workspace: Path, archive: Path | str, env: dict[str, str]) -> tuple[int, str]:
    """Run it in the environment of a deployment: exit code, and what it says."""
    line: list[str | Path] = [SCRIPT, verb, workspace, archive]
    done = subprocess.run(line, env=PLAIN | env, check=False, capture_output=True, text=True)
    return done.returncode, done.stderr


def deployed(world: World, folder: Path) -> tuple[Path, dict[str, str]]:
    """The workspace as systemd and the container have it: a state folder, settings elsewhere, as the unit's variables say."""
    state, settings = folder / "lib" / "watcher", folder / "etc" / "watcher.toml"
    settings.parent.mkdir()
    settings.write_text(f'[images]\nremote = "{state}/images.git"\n{world.config_file.read_text()}')
    shutil.move(world.folder / "ws" / "var", state)
    shutil.move(world.folder / "ws" / "images.git", state / "images.git")
    # `watcher init` leaves these there.
    (state / "watcher.toml").write_text("# The scaffold's settings.\n")
    (state / "var").mkdir()
    return state, {"WATCHER_CONFIG": str(settings), "WATCHER_STATE__FOLDER": str(state)}


def told(database: Path) -> tuple[int, list[str]]:
    """What this memory has."""
    with Store.open(f"sqlite:///{database}") as store:
        return store.last_event(), [pull.document()["title"] for pull in store.pulls()]


def test_a_backup_of_a_service_has_its_memory_and_its_settings(imported: World, tmp_path: Path) -> None:
    """Those of $WATCHER_CONFIG, and the database of the state folder; files of a home are in nobody's way."""
    state, env = deployed(imported, tmp_path)
    before = told(state / "watcher.db")
    assert before[0] > 0
    archive = tmp_path / "backup.tar.gz"
    assert backup("save", state, archive, env) == (0, "")
    shutil.rmtree(state)
    state.mkdir()
    (state / ".profile").touch()
    assert backup("restore", state, archive, env) == (0, "")
    assert told(state / "watcher.db") == before
    assert (state / "watcher.toml").read_text() == Path(env["WATCHER_CONFIG"]).read_text()
    assert (state / "images.git" / "HEAD").is_file()


def test_a_backup_goes_through_a_pipe(imported: World, tmp_path: Path) -> None:
    """As from a container: nothing is on standard output but the archive."""
    state, env = deployed(imported, tmp_path)
    saved = subprocess.run([SCRIPT, "save", state, "-"], env=PLAIN | env, check=True, capture_output=True).stdout
    back = tmp_path / "back"
    subprocess.run([SCRIPT, "restore", back, "-"], env=PLAIN | env, check=True, input=saved)
    assert told(back / "watcher.db") == told(state / "watcher.db")


@pytest.mark.parametrize("lost", ["WATCHER_CONFIG", "WATCHER_STATE__FOLDER"])
def test_a_backup_without_the_memory_is_none(imported: World, tmp_path: Path, lost: str) -> None:
    """Where what the unit sets is not set, it fails and names where it looked; no archive is left behind."""
    state, env = deployed(imported, tmp_path)
    del env["WATCHER_STATE__FOLDER"]
    env.pop(lost, None)
    archive = tmp_path / "backup.tar.gz"
    code, said = backup("save", state, archive, env)
    folder = (state if lost == "WATCHER_CONFIG" else tmp_path / "etc") / "var"
    assert code == 1
    assert f"{folder}/watcher.db: no database there" in said
    assert not archive.exists()


def test_a_backup_takes_the_folder_from_the_settings(imported: World, tmp_path: Path) -> None:
    """[state] folder is enough, as deploy.md has it; a database outside of what is saved is refused."""
    state, env = deployed(imported, tmp_path)
    del env["WATCHER_STATE__FOLDER"]
    settings = Path(env["WATCHER_CONFIG"])
    settings.write_text(f'{settings.read_text()}\n[state]\nfolder = "{state}"\n')
    archive = tmp_path / "backup.tar.gz"
    assert backup("save", state, archive, env) == (0, "")
    archive.unlink()
    code, said = backup("save", settings.parent, archive, env)
    assert (code, archive.exists()) == (1, False)
    assert "would not be saved" in said


def test_a_backup_says_that_a_server_has_the_memory(imported: World, tmp_path: Path) -> None:
    """The images repository is in the archive all the same: no dump of the server's has it."""
    state, env = deployed(imported, tmp_path)
    (state / "watcher.db").unlink()
    env["WATCHER_STATE__DATABASE_URL"] = "postgresql+psycopg://watcher@database/watcher"
    archive = tmp_path / "backup.tar.gz"
    code, said = backup("save", state, archive, env)
    assert code == 0
    assert "pg_dump" in said
    names = subprocess.run(["tar", "-tzf", archive], check=True, capture_output=True, text=True).stdout.split()
    assert {"./watcher.toml", "./images.git/HEAD"} <= {*names}
    assert "./watcher.db" not in names
