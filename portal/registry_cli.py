"""``portal registry ...``: asking the registry, and records in and out, from the command line."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import InvalidError
from portal.instance import database_of, opened, settings_of
from portal.ledger.service import note
from portal.linking import duplicates
from portal.linking.known import near
from portal.linking.matching import NameIndex, Suggestion
from portal.permissions import Role
from portal.registry.exchange import carrying, importing, mappings
from portal.registry.exchange.given import on_disk
from portal.registry.exchange.importing import Choice, Preview
from portal.registry.exchange.leaving import Sort, entities, tables
from portal.registry.exchange.models import Alike, Changed, ImportRun
from portal.registry.exchange.publications import source_named
from portal.registry.exchange.reading import Mapped, glance, gone
from portal.registry.exchange.separated import ENCODINGS
from portal.registry.models import Name, Record
from portal.registry.vocabulary import Kind
from portal.staff.actor import Actor
from portal.terminal import FILE, INSTANCE, NEW_FILE, plainly


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


@registry.command("import")
@click.argument("file", type=FILE)
@click.option("--source", required=True, help="Title of the publication that the rows rest on.")
@click.option("--mapping", help="A saved mapping by its name, or a file of JSON.")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), default=Kind.PERSON.value)
@click.option("--encoding", type=click.Choice(ENCODINGS), help="Where the file does not say it: else UTF-8.")
@click.option("--alike", type=click.Choice([one.value for one in Alike]), default=Alike.ADD.value)
@click.option("--changed", type=click.Choice([one.value for one in Changed]), default=Changed.LEAVE.value)
@click.option("--broken", type=NEW_FILE, help="Where the rows that stay out are written, as CSV.")
@click.option("--preview", is_flag=True, help="Say what would happen, and write nothing.")
@INSTANCE
@plainly
def bring(  # noqa: PLR0917 - as click calls it
    file: Path,
    source: str,
    mapping: str | None,
    kind: str,
    encoding: str | None,
    alike: str,
    changed: str,
    broken: Path | None,
    preview: bool,  # noqa: FBT001 - likewise
    instance: Path | None,
) -> None:
    """Bring a table, or a file of Bayanat or FollowTheMoney, into the registry.

    Cut off anywhere, the same command goes on where it stopped; run again, it adds nothing.
    """
    database, given = opened(settings_of(instance)), on_disk(file)
    with database.session(write=not preview) as session:
        mapped = _mapping(session, mapping) if mapping else Mapped(Kind(kind), None, encoding or "")
        choice = Choice(mapped, source_named(session, source, by=_OPERATOR), Alike(alike), Changed(changed))
        headings = glance(given, mapped).headings
        if headings and (missing := gone(headings, mapped)):
            raise InvalidError(
                f"The mapping names columns that this file does not have: {', '.join(missing)}."
            )
        if preview:
            seen = importing.preview(
                session, by=_OPERATOR, file=given, choice=choice, now=database.clock(), near=near
            )
            _tell_preview(seen)
            return
        run = importing.begin(session, by=_OPERATOR, file=given, choice=choice, now=database.clock())
    for at in carrying.carry(database, run, given, by=_OPERATOR, near=near):
        sys.stderr.write(f"line {at.line}: {at.added} added, {at.there} there, {at.broken} broken\n")
        run = at
    sys.stdout.write(json.dumps(_counts(run)) + "\n")
    if broken:
        with database.session(write=False) as session:
            broken.write_text("".join(carrying.broken_lines(session, run)), encoding="utf-8-sig", newline="")


@registry.command("export")
@click.option("--format", "sort", type=click.Choice([one.value for one in Sort]), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A file; for csv a new folder.")
@INSTANCE
@plainly
def leave(sort: str, out: Path, instance: Path | None) -> None:
    """Write the public part of the registry: nothing restricted, no exact position, no name of staff."""
    database = opened(settings_of(instance))
    with database.session(write=False) as session:
        try:
            if Sort(sort) is Sort.CSV:
                out.mkdir()
                for name, rows in tables(session):
                    _written(out / name, rows, "utf-8-sig")
            else:
                _written(out, entities(session), "utf-8")
        except OSError as problem:
            raise InvalidError(f"{out} cannot be written: {problem.strerror}.") from None
    with database.session(write=True) as session:
        note(session, "registry.export", by=_OPERATOR.name, detail={"format": sort})


def _written(path: Path, rows: Iterator[str], encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as sink:
        sink.writelines(rows)


@registry.command("duplicates")
@click.option(
    "--whole", is_flag=True, help="Look all persons through, not only those who are new or changed."
)
@click.option(
    "-n", "count", type=click.IntRange(0, 1000), default=20, show_default=True, help="Pairs that are told."
)
@INSTANCE
@plainly
def look_alike(whole: bool, count: int, instance: Path | None) -> None:  # noqa: FBT001 - as click calls it
    """Look for persons who may stand twice, and tell the strongest pairs, one JSON object a line.

    After a few changes the changed persons alone are compared. Nothing is decided, nothing restricted told.
    """
    database = opened(settings_of(instance))
    with database.session(write=True) as session:
        left = duplicates.begin(session, by=_OPERATOR, clock=database.clock, whole=whole, patient=True)
    if left is not None:
        duplicates.look_beside(database.main, left, database.clock, _tell_percent)
    with database.session(write=False) as session:
        for page in range(1, -(-count // duplicates.PAGE) + 1):
            found, further = duplicates.queue(session, by=_OPERATOR, page=page)
            for one in found[: count - (page - 1) * duplicates.PAGE]:
                sys.stdout.write(json.dumps(_told_pair(one), ensure_ascii=False) + "\n")
            if not further:
                break


def _tell_percent(percent: int) -> None:
    sys.stderr.write(f"{percent} in 100\n")


def _told_pair(pair: duplicates.Alike) -> dict[str, Any]:
    ends = {
        name: {"id": str(one.id), "names": [each.text for each in one.names]}
        for name, one in (("one", pair.one), ("other", pair.other))
    }
    reasons = [
        {"sort": sign.sort.value, "bits": round(sign.weight, 1), "one": sign.one, "other": sign.other}
        for sign in pair.signs
    ]
    return {**ends, "reasons": reasons}


# Whoever holds the machine brings in what anybody may read, and sees no more of what is there.
_OPERATOR = Actor(UUID(int=0), "command line", Role.REVIEWER)


def _mapping(session: Session, text: str) -> Mapped:
    path = Path(text)
    return (
        mappings.parse(path.read_text(encoding="utf-8")) if path.is_file() else mappings.named(session, text)
    )


def _tell_preview(seen: Preview) -> None:
    told = {name: getattr(seen, name) for name in ("rows", "added", "there", "differing", "likely", "broken")}
    sys.stdout.write(json.dumps(told) + "\n")
    for row, problem in seen.problems:
        sys.stdout.write(f"line {row.line}: {problem.reason.value} {problem.where}\n")
    for one in seen.alike:
        others = "; ".join(f"{like.name} ({', '.join(like.reasons)})" for like in one.likes)
        sys.stdout.write(f"line {one.entry.line}: perhaps {others}\n")


def _counts(run: ImportRun) -> dict[str, int]:
    names = ("added", "there", "differing", "updated", "likely", "skipped", "broken")
    return {name: getattr(run, name) for name in names}
