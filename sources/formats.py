"""Documents that are not JSON, read as strictly: YAML and TOML become values that know their place."""

from __future__ import annotations

import tomllib

import yaml

from sources.strict import Value
from state.errors import SourceError

_YAML_LIMIT = 1 << 20


def read_yaml(source: str, url: str, body: bytes) -> Value:
    """Return the root of a YAML document in which every scalar is a text: 3.20 must not become 3.2."""
    if len(body) > _YAML_LIMIT:  # the parser takes a second for 100 KB
        raise SourceError(source, url, "", f"is longer than {_YAML_LIMIT} bytes")
    try:
        return Value(source, url, "", yaml.load(body, yaml.BaseLoader))  # noqa: S506  (makes texts, lists and maps only)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise SourceError(source, url, "", f"is not YAML: {' '.join(str(error).split())[:120]}") from None


def read_toml(source: str, url: str, body: bytes) -> Value:
    """Return the root of a TOML document."""
    try:
        return Value(source, url, "", tomllib.loads(body.decode()))
    except (ValueError, RecursionError) as error:
        raise SourceError(source, url, "", f"is not TOML: {str(error)[:120]}") from None
