"""Every error that the watcher raises on purpose, drawn as one tree.

::

    WatcherError
    ├── SettingsError          the settings, or the command line, are not usable      exit 2
    ├── CatalogueError         a catalogue file is wrong (file, line, field)          exit 2
    ├── SourceError            an upstream document is not what it must be            exit 3
    │   ├── FetchError         it could not be had (status, timeout, size, redirect)
    │   │   └── NotPublished   404 or 410: not there, or not there yet
    │   └── SignatureError     it is there, and its signature does not hold
    │       └── KeyTooOld      our copy of the signer's key expired before the signing
    ├── GitError               git refused (stale lease, conflict, broken repository) exit 1
    ├── ForgeError             the forge refused or cannot be reached                 exit 1
    ├── RegistryError          a registry refused or cannot be reached                exit 1
    │   └── ForeignRepository  it has tags that are none of ours
    ├── BuildError             an engine is missing or a build failed                 exit 1
    │   └── Unavailable        an engine or the farm cannot be reached: no image's fault
    │       └── NotOffered     no worker of the farm builds the platform
    └── StoreError             the state database is not usable                       exit 1
        └── StoreBusy          another watcher on it is doing the same thing

An error's docstring is its message for a newcomer; its fields are what a program needs.
A bug is none of these: it propagates.
"""

from __future__ import annotations


class WatcherError(Exception):
    """Something that the watcher expects to go wrong, did."""


class SettingsError(WatcherError):
    """The settings or the command line cannot be used as given."""


class CatalogueError(WatcherError):
    """A file of the catalogue says something impossible.

    :param file: path inside the images repository, ``catalogue/distros.toml``
    :param field: dotted path of the value, ``debian.lines[0].arches``
    :param problem: what is wrong with it, in one sentence
    :param line: 1-based line of the file, where it is known
    """

    def __init__(self, file: str, field: str, problem: str, line: int | None = None) -> None:
        """Keep the place and say it in full."""
        self.file, self.field, self.problem, self.line = file, field, problem, line
        where = f"{file}:{line}" if line else file
        super().__init__(f"{where}: {field}: {problem}")


class SourceError(WatcherError):
    """An upstream document is not what it must be; nothing of it was used.

    :param source: name of the source, ``node``
    :param url: the official URL of the document (never the mirror's)
    :param field: where in the document, ``[3].version``, or ``""`` for the whole
    :param problem: what is wrong, in one sentence
    """

    def __init__(self, source: str, url: str, field: str, problem: str) -> None:
        """Keep the place and say it in full."""
        self.source, self.url, self.field, self.problem = source, url, field, problem
        place = f"{url} {field}".strip()
        super().__init__(f"{source}: {place}: {problem}")


class FetchError(SourceError):
    """The document could not be had: a status, a timeout, too many bytes, a redirect elsewhere."""


class NotPublished(FetchError):
    """Upstream answers 404 or 410: the file is not there, or not there yet."""


class SignatureError(SourceError):
    """The signature does not hold: altered text, unknown key, or unusable cryptography."""


class KeyTooOld(SignatureError):
    """The signature is genuine, but made after our copy of its key had expired: refresh the keys."""


class GitError(WatcherError):
    """git refused: the message carries its last lines, with credentials removed."""


class StaleLease(GitError):
    """The branch is not where we left it: somebody else pushed to it."""


class ForgeError(WatcherError):
    """The forge (GitHub or the embedded one) refused, or cannot be reached."""


class MergeConflict(ForgeError):
    """The pull request does not merge cleanly into the default branch."""


class RegistryError(WatcherError):
    """A registry refused, cannot be reached, or holds what cannot be used.

    :param registry: its host, "" where the trouble is with a document alone
    :param reference: the repository, tag or digest
    :param problem: what went wrong, in one sentence
    """

    def __init__(self, registry: str, reference: str, problem: str) -> None:
        """Keep the fields; the message is one line."""
        self.registry, self.reference, self.problem = registry, reference, problem
        place = "/".join(part for part in (registry, reference) if part)
        super().__init__(f"{place}: {problem}" if place else problem)


class ForeignRepository(RegistryError):
    """A repository has tags, and none of them carries our label: nothing is written to it until it is adopted."""


class BuildError(WatcherError):
    """An engine is missing, or could not build, run or export an image: the message quotes the failing step."""


class Unavailable(BuildError):
    """What makes images cannot be reached: nothing was found out about the image, which is made another time."""


class NotOffered(Unavailable):
    """No worker of the farm builds an image's platform: others may be built meanwhile."""


class StoreError(WatcherError):
    """The state database cannot be used: damaged, locked, newer than this program, or in contradiction to a value."""


class StoreBusy(StoreError):
    """Another watcher on the same database was doing this for longer than we wait."""
