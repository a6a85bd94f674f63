"""``portal registry ...``: asking the registry from the command line."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from portal.errors import InvalidError
from portal.instance import database_of, settings_of
from portal.linking.matching import NameIndex, Suggestion
from portal.registry.models import Name, Record
from portal.terminal import FILE, INSTANCE, plainly


@click.group()
def registry() -> None:
    """Ask the registry of persons, places and graves."""


@registry.command()
@click.argument("file", type=FILE)
@click.option("--records", type=FILE, help='Other records to ask: lines of {"id": ..., "names": [...]}.')
@click.option(
    "-k", "count", type=click.IntRange(1, 100), default=5, show_default=True, help="Suggestions a line."
)
@INSTANCE
@plainly
def suggest(file: Path, records: Path | None, count: int, instance: Path | None) -> None:
    """Say which records each name in FILE may mean, one JSON object a line.

    A line of FILE is a name in quotes or {"query": NAME}. Records that are restricted are not asked.
    """
    queries = [(place, _query(place, value)) for place, value in _lines(file)]
    index = NameIndex(_given(records) if records else _of(instance))
    for _, query in queries:
        answer = [_told(one) for one in index.suggest(query, count)]
        sys.stdout.write(json.dumps({"query": query, "suggestions": answer}, ensure_ascii=False) + "\n")


def _told(one: Suggestion) -> dict[str, Any]:
    reasons = [{"asked": why.asked, "kind": why.kind.value, "known": why.known} for why in one.reasons]
    return {"id": one.id, "score": one.score, "reasons": reasons}


def _lines(file: Path) -> Iterator[tuple[int, Any]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidError(f"{file.name} is not written in UTF-8.") from None
    for place, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield place, json.loads(line)
            except ValueError:
                raise InvalidError(f"Line {place} of {file.name} is no JSON.") from None


def _query(place: int, value: Any) -> str:
    query = value.get("query") if isinstance(value, dict) else value
    if not isinstance(query, str):
        raise InvalidError(f'Line {place} is neither a name in quotes nor {{"query": NAME}}.')
    return query


def _given(file: Path) -> Iterator[tuple[Any, Sequence[str]]]:
    for place, value in _lines(file):
        names = value.get("names") if isinstance(value, dict) else None
        if (
            not isinstance(names, list)
            or not all(isinstance(one, str) for one in names)
            or not isinstance(value.get("id"), str | int)
        ):
            raise InvalidError(f'Line {place} of {file.name} is not {{"id": ..., "names": [...]}}.')
        yield value["id"], names


def _of(instance: Path | None) -> Iterator[tuple[str, Sequence[str]]]:
    database = database_of(settings_of(instance))
    with database.session(write=False) as session:
        query = select(Name.record_id, Name.text).join(Record).where(Record.restricted.is_(False))
        names: dict[str, list[str]] = {}
        for record_id, text in session.execute(query.order_by(Name.record_id)):
            names.setdefault(str(record_id), []).append(text)
    yield from names.items()
