"""``/api/v1/…`` and ``/api/openapi.json``: for programs. Whoever may read the pages may read this, or knows their token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from state.errors import WatcherError
from watcher.web import shapes
from watcher.web.endpoints import ENDPOINTS, Endpoint, Missing, Param
from watcher.web.site import Site

_LONGEST = 300
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def routes(site: Site) -> list[BaseRoute]:
    """Return every endpoint, their description, and what answers whatever else is asked for below ``/api``."""
    described = description()

    async def openapi(_: Request) -> Response:
        return await _json(described)

    async def nowhere(request: Request) -> Response:
        return await _json({"error": f"there is no {request.url.path}: /api/openapi.json tells what there is"}, 404)

    return [
        Route("/api/openapi.json", openapi),
        *(Route(f"/api/v1{each.path}", _endpoint(site, each)) for each in ENDPOINTS),
        Route("/api/{rest:path}", nowhere),
    ]


def _endpoint(site: Site, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """Answer as JSON; what goes wrong is a document with ``error``, too."""

    async def answer(request: Request) -> Response:
        if not site.access.may_read(request, site.access.viewer(request)):
            return await _json({"error": "Authorization: Bearer with the token of [web] token_file is needed"}, 401)
        try:
            return await _json(await endpoint.answer(site, _given(endpoint, request)))
        except Missing as error:
            return await _json({"error": error.args[0]}, 404)
        except (ValueError, LookupError) as error:
            return await _json({"error": str(error.args[0] if error.args else error)}, 400)
        except WatcherError as error:
            return await _json({"error": str(error)}, 503)

    return answer


async def _json(document: Any, status: int = 200) -> Response:
    """Write *document* in a thread: a long one would hold up the others."""
    text = await asyncio.to_thread(json.dumps, document, default=str)
    return Response(text, status, _HEADERS, "application/json")


def _given(endpoint: Endpoint, request: Request) -> Mapping[str, Any]:
    """Read the parameters; ValueError names the one that is wrong."""
    known = {param.name: param for param in endpoint.params}
    if unknown := [name for name in request.query_params if name not in known]:
        raise ValueError(f"no such parameter: {unknown[0][:_LONGEST]!r}")
    said = {**request.query_params, **request.path_params}
    return {name: _value(param, said.get(name)) for name, param in known.items()}


def _value(param: Param, text: str | None) -> Any:
    """Read one."""
    if text is None or not text:
        if param.required:
            raise ValueError(f"{param.name} is needed")
        return param.default
    if len(text) > _LONGEST:
        raise ValueError(f"{param.name}: longer than {_LONGEST} characters")
    if param.kind == "flag":
        if text not in ("true", "false", "1", "0"):
            raise ValueError(f"{param.name}: true or false")
        return text in ("true", "1")
    if param.kind == "number":
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= param.most:
            raise ValueError(f"{param.name}: a number from 1 to {param.most}")
        return int(text)
    return text


def description() -> dict[str, Any]:
    """Return the API as https://spec.openapis.org/oas/v3.1.1.html has it."""
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "base-image-watcher",
            "version": version("base-image-watcher"),
            "description": "The documents of the reading commands: what `watcher … --json` prints.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{}, {"token": []}],
        "paths": {each.path: {"get": _operation(each)} for each in ENDPOINTS},
        "components": {
            "schemas": {"Error": shapes.ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    refused = {"description": "What is wrong.", "content": {"application/json": {"schema": {"$ref": _ERROR}}}}
    return {
        "operationId": endpoint.path.split("/")[1] + ("One" if "{number}" in endpoint.path else ""),
        "summary": endpoint.what,
        "parameters": [_parameter(param) for param in endpoint.params],
        "responses": {
            "200": {"description": "The document.", "content": {"application/json": {"schema": endpoint.shape}}},
            **dict.fromkeys(("400", "401", "404", "503"), refused),
        },
    }


_ERROR = "#/components/schemas/Error"


def _parameter(param: Param) -> dict[str, Any]:
    kinds: Mapping[str, shapes.Shape] = {
        "text": {"type": "string", "maxLength": _LONGEST},
        "flag": {"type": "boolean"},
        "number": {"type": "integer", "minimum": 1, "maximum": param.most},
    }
    schema = kinds[param.kind] | ({} if param.default is None else {"default": param.default})
    return {
        "name": param.name,
        "in": param.where,
        "description": param.what,
        "required": param.required,
        "schema": schema,
    }
