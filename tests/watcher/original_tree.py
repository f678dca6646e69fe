"""A small tree in the original's layout, written by ourselves: what its Dockerfiles say, without what they do."""

from __future__ import annotations

import hashlib
from pathlib import Path

MAKER = "http://nodejs.org/dist/v$NODE_VERSION/node-v$NODE_VERSION-linux-{}.tar.gz"
BUCKET = "http://bucket.example/node/v$NODE_VERSION/node-v$NODE_VERSION-linux-{}.tar.gz"


def digest(text: str, algorithm: str = "sha256") -> str:
    """A made-up digest: that of *text*."""
    return hashlib.new(algorithm, text.encode()).hexdigest()


def node(version: str, platform: str, url: str = MAKER, *, said: str = "", yarn: str = "1.22.22") -> str:
    """A Node image as the original writes it: keys of yarn, a file by its own name, a checksum on the next line."""
    place = url.format(platform)
    name = place.rpartition("/")[2]
    return f"""FROM somewhere/else:run

ENV NODE_VERSION {said or version}
ENV YARN_VERSION {yarn}

RUN fetch='curl' \\
\t&& curl -SLO "{place}" \\
# a comment in the middle
\t&& echo "{digest(f"{version} {platform}")}  {name}" | sha256sum -c - \\
\t&& curl -fSLO "https://yarn.example/$YARN_VERSION/yarn-v$YARN_VERSION.tar.gz" \\
\t&& rm -rf /tmp/*
"""


def dotnet(version: str, platform: str, variable: str = "DOTNET_SDK_VERSION", *, same: str = "") -> str:
    """A .NET image: the file gets another name, and its checksum stands in a variable of the shell."""
    kind = {"DOTNET_SDK_VERSION": "Sdk", "DOTNET_VERSION": "Runtime"}[variable]
    url = (
        f"https://dotnetcli.blob.core.windows.net/dotnet/{kind}/${variable}/dotnet-${variable}-linux-{platform}.tar.gz"
    )
    return f"""FROM somewhere/else:run
ENV ASPNETCORE_URLS=http://+:80 \\
    # why
    DOTNET_RUNNING_IN_CONTAINER=true
ENV {variable} {version}
RUN curl -SL --output dotnet.tar.gz "{url}" \\
    && dotnet_sha512='{digest(same or f"{kind} {version} {platform}", "sha512")}' \\
    && echo "$dotnet_sha512 dotnet.tar.gz" | sha512sum -c -
"""


PACKAGE = "FROM somewhere/else:run\nRUN apk add --no-cache openjdk8\n"


def lay_out(folder: Path, files: dict[str, str]) -> Path:
    """Write path (without ``/Dockerfile``) → text below *folder*."""
    for path, text in files.items():
        (folder / path).mkdir(parents=True, exist_ok=True)
        (folder / path / "Dockerfile").write_text(text)
    return folder
