#!/bin/sh
# Backs a workspace up, and brings it back:
#   deploy/backup.sh save    WORKSPACE ARCHIVE.tar.gz     while the watcher runs, too
#   deploy/backup.sh restore WORKSPACE ARCHIVE.tar.gz     into a folder that is not there yet, or is empty
# In the archive: the settings, the images repository if it is a folder here (with the pull requests of the embedded
# forge), and the database if it is SQLite. A PostgreSQL database is backed up by pg_dump, a repository on GitHub by GitHub.
# Secrets that the settings name as files are not in it. What is lost of the memory, `watcher recover` reads again.
set -eu

fail() { echo "backup: $*" >&2; exit 1; }
[ $# -eq 3 ] || fail "usage: $0 save|restore WORKSPACE ARCHIVE.tar.gz"
verb=$1 workspace=$2 archive=$3
python=${PYTHON:-python3}
umask 077

save() {
  [ -f "$workspace/watcher.toml" ] || fail "$workspace: no watcher.toml there"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT INT TERM
  cp "$workspace/watcher.toml" "$work/"
  if [ -f "$workspace/var/watcher.db" ]; then
    mkdir "$work/var"
    # SQLite's own online backup: a copy of the file alone could be torn.
    "$python" - "$workspace/var/watcher.db" "$work/var/watcher.db" <<'PY'
import sqlite3, sys
with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True) as there, sqlite3.connect(sys.argv[2]) as here:
    there.backup(here)
PY
  fi
  # After the database: what the memory knows of, the repository has.
  if [ -d "$workspace/images.git" ]; then
    git clone --quiet --mirror "$workspace/images.git" "$work/images.git"
    git -C "$work/images.git" remote remove origin
  fi
  tar -C "$work" -czf "$archive.new" .
  mv "$archive.new" "$archive"
}

restore() {
  [ -f "$archive" ] || fail "$archive: no such archive"
  [ -z "$(ls -A "$workspace" 2>/dev/null)" ] || fail "$workspace: not empty; nothing is overwritten"
  mkdir -p "$workspace"
  tar -C "$workspace" -xzf "$archive"
}

case $verb in
  save | restore) "$verb" ;;
  *) fail "save or restore, not $verb" ;;
esac
