"""Cut what is used of GitHub's API description and of the recorded webhooks into ``api/``.

``python -m tests.github.extract OPENAPI.json EXAMPLES.json``; ``api/README.md`` says where those two come from.
What is OpenAPI 3.0 there (``nullable``) is JSON Schema here, and what only people read is left out.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import tests.github.resources  # noqa: F401  (fills ROUTES)
from tests.github.routes import ROUTES

Json = Any
FOLDER = Path(__file__).with_name("api")
EVENTS = (
    ("ping", ""),
    ("push", ""),
    ("create", ""),
    ("delete", ""),
    *(("pull_request", a) for a in ("opened", "edited", "closed", "reopened", "synchronize", "labeled", "unlabeled")),
    *(("issues", a) for a in ("opened", "edited", "closed", "reopened", "labeled", "unlabeled")),
    ("issue_comment", "created"),
    ("check_run", "created"),
    ("check_run", "completed"),
    ("repository", "renamed"),
)
_READ_BY_PEOPLE = {
    "description",
    "title",
    "example",
    "examples",
    "externalDocs",
    "deprecated",
    "default",
    "discriminator",
}
_TWICE = 300
"""Characters from which on a part that occurs twice is kept once."""
# A fork that was deleted has no repository, which the description forgets: PyGithub's and everybody's clients know it.
# https://docs.github.com/en/graphql/reference/objects#pullrequest (headRepository: null)
_CORRECTED = ("pull-request", "pull-request-simple")


def schema(part: Json) -> Json:
    """Return a schema without what only people read, its ``nullable`` in JSON Schema's own words."""
    made: dict[str, Json] = {}
    for key, value in part.items():
        if key in _READ_BY_PEOPLE or key.startswith("x-") or key == "nullable":
            continue
        if key == "properties":
            made[key] = {name: schema(inner) for name, inner in value.items()}
        elif key in ("allOf", "anyOf", "oneOf"):
            made[key] = [schema(inner) for inner in value]
        elif key in ("items", "additionalProperties", "not") and isinstance(value, dict):
            made[key] = schema(value)
        else:
            made[key] = value
    if part.get("nullable"):
        return _nullable(made)
    return made


def _nullable(made: dict[str, Json]) -> Json:
    if isinstance(made.get("type"), str) and not {"allOf", "anyOf", "oneOf"} & made.keys():
        made["type"] = [made["type"], "null"]
        if "enum" in made and None not in made["enum"]:
            made["enum"] = [*made["enum"], None]
        return made
    return {"anyOf": [made, {"type": "null"}]}


def _content(part: Json) -> Json:
    found = (part.get("content") or {}).get("application/json", {}).get("schema")
    return schema(found) if found is not None else None


def operations(whole: Json) -> Json:
    """What is said of each operation that we have: parameters, body, answers by status."""
    found = {}
    kinds = whole["components"]
    for key in sorted(ROUTES):
        verb, template = key.split(" ")
        said = whole["paths"][template][verb.lower()]
        parameters = (
            [kinds["parameters"][p["$ref"].split("/")[-1]] if "$ref" in p else p for p in said["parameters"]]
            if "parameters" in said
            else []
        )
        answers = {
            code: _content(kinds["responses"][a["$ref"].split("/")[-1]] if "$ref" in a else a)
            for code, a in said["responses"].items()
        }
        found[key] = {
            "query": {p["name"]: schema(p["schema"]) for p in parameters if p["in"] == "query"},
            "body": _content(said["requestBody"]) if "requestBody" in said else None,
            "answers": answers,
        }
    return found


def webhooks(whole: Json) -> Json:
    """The payload of each webhook that we send, by ``event.action``."""
    found = {}
    for event, action in EVENTS:
        name = "-".join(filter(None, (event.replace("_", "-"), action)))
        found[".".join(filter(None, (event, action)))] = _content(whole["x-webhooks"][name]["post"]["requestBody"])
    return found


def _named(part: Json) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"].split("/")[-1]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(_named(inner) for inner in part.values()))
    return set().union(*(_named(inner) for inner in part)) if isinstance(part, list) else set()


def closure(whole: Json, parts: Json) -> Json:
    """The named schemas that *parts* lead to."""
    found: dict[str, Json] = {}
    waiting = _named(parts)
    while waiting:
        name = waiting.pop()
        found[name] = schema(whole["components"]["schemas"][name])
        waiting |= _named(found[name]) - found.keys()
    for name in _CORRECTED:
        head = found[name]["properties"]["head"]["properties"]
        head["repo"] = {"anyOf": [head["repo"], {"type": "null"}]}
    return found


def folded(document: Json) -> Json:  # noqa: C901  (two walks over one document)
    """The same with every larger part that occurs twice kept once, under ``#/schemas/``."""
    counted: Counter[str] = Counter()

    def count(part: Json) -> None:
        if isinstance(part, dict | list):
            text = json.dumps(part, sort_keys=True)
            if isinstance(part, dict) and "type" in part and len(text) > _TWICE:
                counted[text] += 1
                if counted[text] > 1:
                    return
            for inner in part.values() if isinstance(part, dict) else part:
                count(inner)

    count(document)
    names = {text: f"same-{n}" for n, text in enumerate(t for t, often in counted.items() if often > 1)}

    def fold(part: Json, *, top: bool = False) -> Json:
        if isinstance(part, list):
            return [fold(inner) for inner in part]
        if not isinstance(part, dict):
            return part
        text = json.dumps(part, sort_keys=True) if "type" in part else ""
        if text in names and not top:
            return {"$ref": f"#/schemas/{names[text]}"}
        return {key: fold(inner) for key, inner in part.items()}

    folded_one = fold(document)
    folded_one["schemas"] |= {name: fold(json.loads(text), top=True) for text, name in names.items()}
    return folded_one


def shape(examples: list[Json]) -> Json:
    """What all *examples* have in common: key → shape, or the sorted names of the types that were seen."""
    if all(isinstance(each, dict) for each in examples):
        keys = set.intersection(*(set(each) for each in examples))
        return {key: shape([each[key] for each in examples]) for key in sorted(keys)}
    return sorted({_type(each) for each in examples})


def _type(value: Json) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def examples(whole: Json) -> Json:
    """The shape of each webhook that we send; of an action that nobody recorded, that of all its event's."""
    recorded = {each["name"]: each["examples"] for each in whole}
    found = {}
    for event, action in EVENTS:
        own = [each for each in recorded[event] if each.get("action", "") == action]
        found[".".join(filter(None, (event, action)))] = shape(own or recorded[event])
    return found


def main(description: str, recordings: str) -> None:
    """Write both files."""
    whole = json.loads(Path(description).read_text())
    made = {"operations": operations(whole), "webhooks": webhooks(whole)}
    made["schemas"] = closure(whole, made)
    text = json.dumps(made, sort_keys=True).replace("#/components/schemas/", "#/schemas/")
    _write("description.json", folded(json.loads(text)))
    _write("webhooks.json", examples(json.loads(Path(recordings).read_text())))


def _write(name: str, document: Json) -> None:
    """One line for each entry, so that a refresh can be read."""
    parts = document.items()
    lines = [f'"{key}": {json.dumps(value, sort_keys=True, separators=(",", ":"))}' for key, value in parts]
    if name == "description.json":
        lines = [f'"{key}": {{\n{_entries(value)}\n}}' for key, value in parts]
    (FOLDER / name).write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _entries(part: Json) -> str:
    return ",\n".join(
        f"{json.dumps(key)}: {json.dumps(part[key], sort_keys=True, separators=(',', ':'))}" for key in sorted(part)
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
