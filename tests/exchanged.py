"""Somebody who brings files into the registry of an instance."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from builders import NOON, Instance

from portal.database import PortalSession
from portal.ledger.checkpoint import LogKeys
from portal.ledger.verify import verify
from portal.registry import service
from portal.registry.exchange import importing
from portal.registry.exchange.given import Given, in_memory
from portal.registry.exchange.importing import Choice, Preview
from portal.registry.exchange.models import ImportRun
from portal.registry.exchange.preparing import pieces
from portal.registry.exchange.reading import Mapped
from portal.registry.vocabulary import Kind, SourceKind
from portal.staff.actor import Actor


class House:
    """An instance into which somebody brings files."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        with self.open("cedar") as (session, by):
            source = service.add_source(session, by=by, kind=SourceKind.LIST, title="An invented list")
            self.source_id = source.id

    @contextmanager
    def open(self, who: str = "cedar", *, write: bool = True) -> Iterator[tuple[PortalSession, Actor]]:
        with self.instance.database.session(write=write) as session:
            yield session, self.instance.actor(who, session)

    def choice(self, kind: Kind = Kind.PERSON, **more: Any) -> Choice:
        columns, encoding = more.pop("columns", None), more.pop("encoding", "")
        return Choice(Mapped(kind, columns, encoding), more.pop("source_id", self.source_id), **more)

    def bring(
        self, file: Given | str | bytes, *, who: str = "cedar", size: int = 2000, **more: Any
    ) -> ImportRun:
        given = a_file(file)
        with self.open(who) as (session, by):
            run = importing.begin(session, by=by, file=given, choice=self.choice(**more), now=NOON)
        for some, last in pieces(importing.left(run, given), run.kind, size):
            with self.open(who) as (session, by):
                run = importing.find_run(session, run.id, by=by)
                importing.step(session, run, some, by=by, now=NOON, last=last)
        return run

    def look(
        self, file: Given | str | bytes, *, who: str = "cedar", most: int | None = None, **more: Any
    ) -> Preview:
        with self.open(who, write=False) as (session, by):
            return importing.preview(
                session, by=by, file=a_file(file), choice=self.choice(**more), now=NOON, most=most
            )

    def rows_that_differ(self) -> list[str]:
        """What the ledger says of rows that are not as it recorded them."""
        keys = self.instance.keys
        keys_of_log = LogKeys(keys.origin, keys.ledger_ed25519, keys.ledger_mldsa44)
        report = verify(self.instance.database, self.instance.files, keys_of_log)
        return [str(one) for one in report.problems if one.kind in {"row", "entry"}]


def a_file(file: Given | str | bytes) -> Given:
    if isinstance(file, Given):
        return file
    return in_memory("list.csv", file.encode() if isinstance(file, str) else file)
