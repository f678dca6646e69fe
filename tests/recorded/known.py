"""What of the recordings is unusable, and how many refusals each such file leads to: anything else is news.

Why, file by file: signatures that do not hold or whose key had expired, copies past their ``Valid-Until``, excerpts that
somebody shortened, answers that are none, and the mistakes that upstreams really published.
"""

from __future__ import annotations

from collections.abc import Mapping

REFUSED: Mapping[str, Mapping[str, int]] = {
    "node": {
        "v16.20.0.SHASUMS256.txt.asc": 1,  # signed after our copy of the key expired
        "v26.3.0.SHASUMS256.txt.asc": 1,  # not the text that was signed
        "v26.5.1.SHASUMS256.txt.asc": 1,  # as 16.20.0
    },
    "python": {
        "api-v2-429-body.json": 1,  # "Request was throttled."
        "Python-3.12.5.tgz.sigstore": 1,  # a bundle v0.1: no inclusion proof
    },
    "openjdk": {
        "assets-latest-21-hotspot-linux-x64-jdk.json": 1,  # another endpoint: "binary" and "version", no type
        "assets-version.setup-java.json": 1,  # releases of several vendors
        "jdk_11_0_22_7_1.json": 1,  # respins for macOS, Windows and AIX alone
        "jdk_17_0_9_9_1.json": 1,
        "jdk8u342_b07_1.json": 1,
        "jdk8u422_b05_1.json": 1,
    },
    "dotnet": {
        "dependabot.releases-index.json": 1,  # leads to the blob host that is gone
        "releases-10.0.2026-01-13.5c661ad3e.json": 6,  # one digest for files of several releases
        "releases-10.0.2026-01-13.bab04d8be.json": 2,
        "releases-8.0.2024-05-21-INVALID-JSON.json": 1,
        "releases-2.0.json": 1,  # a digest twice
        "releases-2.1.json": 1,  # a release twice
        "releases-2.2.json": 1,
    },
    "debian": {"debian.sid.InRelease": 1, "debian.testing.InRelease": 1},  # stale copies
    "ubuntu": {
        "distro-info-ubuntu.csv + meta-release.upgrader-tests": 1,  # a test's own list: 'lucid' twice
        "distro-info-ubuntu.deb12u6.csv + meta-release.upgrader-tests": 1,
        # The key of the partner images is none of those that the watcher needs.
        **{f"{suite}/SHA256SUMS": 1 for suite in ("bionic", "focal", "jammy", "kinetic", "trusty", "xenial")},
    },
    "alpine": {
        "releases.json.excerpt.json": 1,  # shortened
        # A snapshot of the day is no release of a branch.
        **{
            f"reconstructed/edge/20240923/{arch}/latest-releases.yaml": 1
            for arch in ("aarch64", "armhf", "armv7", "loongarch64", "ppc64le", "riscv64", "s390x", "x86", "x86_64")
        },
    },
    "fedora": {"Fedora-Container-44-1.7-aarch64-CHECKSUM": 1},  # its signature was cut off
    "raspbian": {"bookworm.Release.SYNTHETIC": 1, "wheezy-staging.Release": 1},  # unsigned
}
