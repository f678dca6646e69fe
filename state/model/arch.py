"""Architectures, and the one table of what everybody calls them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

Libc = Literal["glibc", "musl"]


@dataclass(frozen=True, slots=True)
class Spelling:
    """What one architecture is called by everybody else; ``None`` where they have no name for it.

    ``repo`` is the prefix in image names, ``oci`` the platform that a pushed image's config must
    carry exactly (https://github.com/opencontainers/image-spec/blob/main/image-index.md).
    """

    repo: str
    oci: str
    debian: str | None
    alpine: str | None
    fedora: str | None


class Arch(StrEnum):
    """One of the six architectures of the family; ``armv6`` is written ``rpi`` in image names."""

    AMD64 = "amd64"
    AARCH64 = "aarch64"
    ARMV7HF = "armv7hf"
    ARMV6 = "armv6"
    ARMV5E = "armv5e"
    I386 = "i386"

    @property
    def spelling(self) -> Spelling:
        """This architecture in everybody's words."""
        return _SPELLINGS[self]

    @property
    def repo(self) -> str:
        """The prefix in image names: ``rpi`` for armv6, otherwise the name itself."""
        return self.spelling.repo

    @property
    def oci(self) -> str:
        """The OCI platform, ``linux/arm/v7``."""
        return self.spelling.oci

    @classmethod
    def named(cls, name: str) -> Arch:
        """The architecture that *name* (``rpi`` included) means; ValueError if none."""
        return cls.ARMV6 if name == "rpi" else cls(name)


_SPELLINGS = {
    #                    repo       oci             debian   alpine     fedora
    Arch.AMD64: Spelling("amd64", "linux/amd64", "amd64", "x86_64", "x86_64"),
    Arch.AARCH64: Spelling("aarch64", "linux/arm64", "arm64", "aarch64", "aarch64"),
    Arch.ARMV7HF: Spelling("armv7hf", "linux/arm/v7", "armhf", "armv7", None),
    Arch.ARMV6: Spelling("rpi", "linux/arm/v6", None, "armhf", None),
    Arch.ARMV5E: Spelling("armv5e", "linux/arm/v5", "armel", None, None),
    Arch.I386: Spelling("i386", "linux/386", "i386", "x86", None),
}


class Platform(NamedTuple):
    """What an upstream binary runs on: an architecture and a C library."""

    arch: Arch
    libc: Libc

    def __str__(self) -> str:
        """``amd64/musl``."""
        return f"{self.arch}/{self.libc}"
