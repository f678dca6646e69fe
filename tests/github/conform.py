"""Holds every call, answer and webhook against GitHub's own description of them (``api/``)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.github.routes import Ask, Json, Reply, Route

_FOLDER = Path(__file__).with_name("api")
_ERROR = {"$ref": "#/schemas/basic-error"}
_BY_CHANCE = ("installation", "organization", "permissions")
"""Fields of webhooks that depend on who recorded them: an App's hook, an organization's, an App's rights."""
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _date_time(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.fromisoformat(value).tzinfo)


@_FORMATS.checks("uri")
def _uri(value: object) -> bool:
    return not isinstance(value, str) or re.match(r"[a-z]+://[^\s]+$", value) is not None


class Contract:
    """The description, read once. Each method returns what is wrong, in sentences."""

    def __init__(self) -> None:
        self._whole, self._shapes = _documents()
        self._good: set[tuple[str, str]] = set()
        resource = Resource.from_contents(self._whole, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource("urn:github", resource)
        plain = Draft202012Validator.VALIDATORS["$ref"]

        def remembered(validator: Any, ref: str, instance: Json, schema: Json) -> Iterator[ValidationError]:
            # The same repository is part of every pull request of a list: it is looked at once.
            key = (ref, hashlib.sha256(json.dumps(instance, sort_keys=True).encode()).hexdigest())
            if key in self._good:
                return
            errors = list(plain(validator, ref, instance, schema))
            if not errors:
                self._good.add(key)
            yield from errors

        self._validator = extend(Draft202012Validator, {"$ref": remembered})  # type: ignore[no-untyped-call]

    def described(self, route: Route) -> bool:
        """Whether the description has that operation."""
        return route.key in self._whole["operations"]

    def request(self, route: Route, ask: Ask) -> list[str]:
        """What is wrong with a call: a parameter or a field that there is not, or that is of another kind."""
        said = self._whole["operations"][route.key]
        found = [f"there is no parameter {name!r}" for name in ask.query if name not in said["query"]]
        for name, schema in said["query"].items():
            if name in ask.query:
                found += self._check(schema, _typed(ask.query[name], schema), name)
        body = said["body"]
        if body is None:
            found += [f"a body that nobody reads: {ask.body!r}"] if ask.body else []
        elif ask.body is not None or "required" in body:
            found += self._check(body, ask.body, "the body")
            known = body.get("properties")
            if known and isinstance(ask.body, dict):
                found += [f"there is no field {name!r}" for name in ask.body if name not in known]
        return [f"request {route.key}: {problem}" for problem in found]

    def response(self, route: Route, reply: Reply) -> list[str]:
        """What is wrong with an answer: its status, or its body."""
        answers = self._whole["operations"][route.key]["answers"]
        schema, code = answers.get(str(reply.status)), str(reply.status)
        if reply.status >= 400:
            found = self._check(schema or _ERROR, reply.body, code) if reply.body is not None else []
        elif code not in answers:
            found = ["GitHub has no such answer"]
        elif schema is None:
            found = [] if reply.body in (None, {}) else ["a body where GitHub has none"]
        else:
            found = self._check(schema, reply.body, code)
        return [f"answer {reply.status} to {route.key}: {problem}" for problem in found]

    def webhook(self, event: str, payload: Json) -> list[str]:
        """What is wrong with a webhook: against the description, and against those that were recorded."""
        name = ".".join(filter(None, (event, payload.get("action"))))
        if name not in self._shapes:
            return [f"webhook {name}: nobody recorded one"]
        found = self._check(self._whole["webhooks"][name], payload, name)
        return [f"webhook {problem}" for problem in [*found, *_unlike(self._shapes[name], payload, name)]]

    def _check(self, schema: Json, instance: Json, what: str) -> list[str]:
        rooted = json.loads(json.dumps(schema).replace('"#/schemas/', '"urn:github#/schemas/'))
        validator = self._validator(rooted, registry=self._registry, format_checker=_FORMATS)
        return [f"{what}{_place(error)}: {error.message[:300]}" for error in validator.iter_errors(instance)]


@cache
def _documents() -> tuple[Json, Json]:
    whole = json.loads((_FOLDER / "description.json").read_text())
    return whole, json.loads((_FOLDER / "webhooks.json").read_text())


def _place(error: ValidationError) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)


def _typed(text: str, schema: Json) -> Json:
    if schema.get("type") == "integer" and text.lstrip("-").isdigit():
        return int(text)
    if schema.get("type") == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _unlike(shape: Json, value: Json, place: str) -> list[str]:
    """Where *value* has not what every recorded one had, or another type than any."""
    if isinstance(shape, list):
        kinds = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
        kind = kinds.get(type(value), "number")
        return [] if kind in shape or "null" in (kind, *shape) else [f"{place}: {kind}, recorded were {shape}"]
    if not isinstance(value, dict):
        return [] if value is None else [f"{place}: not an object"]
    found = [f"{place}.{key}: missing" for key in shape if key not in value and key not in _BY_CHANCE]
    return found + [
        problem
        for key in shape
        if key in value and key not in _BY_CHANCE
        for problem in _unlike(shape[key], value[key], f"{place}.{key}")
    ]
