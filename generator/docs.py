"""The page for people who choose an image, generated from the catalogue: its words are a template, its tables are ours."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from generator.doc_examples import examples
from generator.doc_tables import tables
from generator.rows import Catalogue

PAGE = "docs/base-images.md"


def docs(catalogue: Catalogue) -> dict[str, str]:
    """Return path → text of the generated pages."""
    default = catalogue.distros[catalogue.family.default_distro]
    stand_ins = [row for row in catalogue.distros.values() if row.also == default.name]
    text = (
        environment()
        .get_template("base-images.md.j2")
        .render(
            tables=tables(catalogue),
            example=examples(catalogue),
            catalogue=catalogue,
            default=default,
            stand_ins=stand_ins,
        )
    )
    return {PAGE: text}


@cache
def environment() -> Environment:
    """Make the environment of the pages, which keeps them compiled."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates" / "docs"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  (Markdown; what the catalogue says was checked when it was read)
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
