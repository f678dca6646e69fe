#!/bin/sh
# Backs a workspace up, and brings it back:
#   deploy/backup.sh save    WORKSPACE ARCHIVE.tar.gz     while the watcher runs, too
#   deploy/backup.sh restore WORKSPACE ARCHIVE.tar.gz     into a folder that is not there yet, or is empty
# ARCHIVE - is standard output, or input. The settings are those of $WATCHER_CONFIG, else of WORKSPACE/watcher.toml; the
# database is where they and the environment say: WATCHER_STATE__FOLDER, as in the systemd unit and in the container.
# In the archive: the settings, the images repository if it is a folder here (with the pull requests of the embedded
# forge), and the database if it is SQLite. A PostgreSQL database is backed up by pg_dump, a repository on GitHub by GitHub.
# Secrets that the settings name as files are not in it. What is lost of the memory, `watcher recover` reads again.
set -eu

fail() { echo "backup: $*" >&2; exit 1; }
[ $# -eq 3 ] || fail "usage: $0 save|restore WORKSPACE ARCHIVE.tar.gz"
verb=$1 workspace=$2 archive=$3
python=${PYTHON:-python3}
umask 077

# Where in the workspace the database is, "server" where it is none of SQLite's; fails where none would be saved.
database() {
  "$python" - "$1" "$workspace" <<'PY'
import os, sys, tomllib
from pathlib import Path
settings, workspace = (Path(each).resolve() for each in sys.argv[1:])
state = tomllib.loads(settings.read_text()).get("state", {})
url = os.environ.get("WATCHER_STATE__DATABASE_URL") or state.get("database_url", "")
folder = os.environ.get("WATCHER_STATE__FOLDER") or state.get("folder", "var")
file = (Path(url.partition("///")[2].partition("?")[0]) if url else settings.parent / folder / "watcher.db").resolve()
if url and not url.startswith("sqlite"):
    print("server")
elif not file.is_file():
    sys.exit(f"backup: {file}: no database there, where {settings} has it. WATCHER_CONFIG names other settings, "
             "WATCHER_STATE__FOLDER the folder of the database where they do not")
elif not file.is_relative_to(workspace):
    sys.exit(f"backup: {file}: the database is not in {workspace}, and would not be saved")
else:
    print(file.relative_to(workspace))
PY
}

save() {
  settings=${WATCHER_CONFIG:-$workspace/watcher.toml}
  [ -f "$settings" ] || fail "$settings: no such settings; WATCHER_CONFIG names the file that the watcher runs with"
  memory=$(database "$settings")
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT INT TERM
  cp "$settings" "$work/watcher.toml"
  if [ "$memory" = server ]; then
    echo "backup: the database is in a server, and not in this archive: save it with pg_dump" >&2
  else
    mkdir -p "$(dirname "$work/$memory")"
    # SQLite's own online backup: a copy of the file alone could be torn.
    "$python" - "$workspace/$memory" "$work/$memory" <<'PY'
import sqlite3, sys
with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True) as there, sqlite3.connect(sys.argv[2]) as here:
    there.backup(here)
PY
  fi
  # After the database: what the memory knows of, the repository has.
  if [ -d "$workspace/images.git" ]; then
    git clone --quiet --mirror "$workspace/images.git" "$work/images.git"
    git -C "$work/images.git" config --remove-section remote.origin
  fi
  if [ "$archive" = - ]; then
    tar -C "$work" -czf - .
  else
    tar -C "$work" -czf "$archive.new" .
    mv "$archive.new" "$archive"
  fi
}

restore() {
  [ "$archive" = - ] || [ -f "$archive" ] || fail "$archive: no such archive"
  # What is hidden is a home's (a new volume has it of the container image), and in no archive.
  [ -z "$(ls "$workspace" 2>/dev/null)" ] || fail "$workspace: not empty; nothing is overwritten"
  mkdir -p "$workspace"
  tar -C "$workspace" -xzf "$archive"
}

case $verb in
  save | restore) "$verb" ;;
  *) fail "save or restore, not $verb" ;;
esac
