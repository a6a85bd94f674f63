"""A small portal with invented people: two databases, the desk, a clock that tests turn."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.config import Face, PublicKeys, Settings
from portal.database import Base, Database, KeysBase
from portal.ledger import service as ledger
from portal.ledger.tags import read_key
from portal.permissions import USUAL, Group, Role
from portal.staff import door_routes, hardware_routes, member_routes, routes, self_routes, service  # noqa: F401
from portal.staff.actor import Actor
from portal.staff.credentials import Bundle, new_bundle
from portal.staff.founding import write_directory
from portal.staff.models import Proposal, Staff
from portal.staff.pages import pages
from portal.vault import totp
from portal.vault.passphrase import Cost
from portal.vault.sign import SigningKey
from portal.vault.wrap import new_seed, public_key

COST = Cost(memory_kib=64, iterations=3, lanes=1)
PASSPHRASE = "seven plain words that nobody would guess"


@dataclass(frozen=True)
class Colleague:
    id: object
    name: str
    role: Role
    bundle: Bundle


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class World:
    """Everything that one test needs, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.group_seeds = {group: new_seed() for group in Group}
        keys = {group.value: public_key(seed) for group, seed in self.group_seeds.items()}
        log, self.root = SigningKey.generate(), SigningKey.generate()
        published = PublicKeys(
            recovery=public_key(new_seed()),
            groups=keys,
            ledger_ed25519=log.ed25519_public,
            ledger_mldsa44=log.mldsa44_public,
            receipt_salt=bytes(16),
            origin="test",
            epochs={group.value: 1 for group in Group},
        )
        write_directory(folder, published, self.root, day=self.clock.now.date())
        self.settings = Settings(
            instance=folder,
            public_keys=published,
            secure_cookies=False,
            staff_memory_kib=COST.memory_kib,
        )
        for name in ("web.key", "entry.key"):
            (folder / name).write_bytes(bytes(32))
        self.database = Database(self.settings.main_url, self.settings.wraps_url)
        Base.metadata.create_all(self.database.main)
        KeysBase.metadata.create_all(self.database.keys)
        ledger.attach(self.database, keys[Group.AUDITORS.value], key=read_key(self.settings))

    def person(self, name: str, role: Role, groups: Iterable[Group] = ()) -> Colleague:
        bundle = new_bundle()
        with self.database.session(write=True) as session:
            person = service.enrol(
                session,
                name=name,
                role=role,
                bundle=bundle,
                passphrase=PASSPHRASE,
                cost=COST,
                now=self.clock.now,
            )
            for group in groups:
                seed = self.group_seeds[group]
                service.hold(
                    session, person=person, group=group, seed=seed, by="founding", now=self.clock.now
                )
            for group in USUAL[role] - set(groups):
                day = self.clock.now.date()
                one = Proposal(group=group, before=False, proposed_by="Nader", day=day)
                person.proposals.append(one)
        return Colleague(person.id, name, role, bundle)

    def lead(self, name: str = "Sahar") -> Colleague:
        return self.person(name, Role.LEAD, (Group.INTAKE, Group.CONTACT, Group.RELEASE))

    def actor(self, colleague: Colleague) -> Actor:
        with self.database.session(write=False) as session:
            person = session.get_one(Staff, colleague.id)
            seed = colleague.bundle.identity
            return Actor(person.id, person.name, person.role, seed, service.group_seeds(person, seed))

    def joined(self, name: str, words: str) -> Colleague:
        """Join as the person who was invited."""
        bundle = new_bundle()
        with self.database.session(write=True) as session:
            person = service.join(
                session,
                name=name,
                code=words,
                bundle=bundle,
                passphrase=PASSPHRASE,
                cost=COST,
                now=self.clock.now,
            )
        return Colleague(person.id, person.name, person.role, bundle)

    def code(self, colleague: Colleague) -> str:
        return totp.code(colleague.bundle.totp_secret, self.clock.now)


class Browser:
    """A visitor: fills in the token of the page it last looked at."""

    def __init__(self, client: FlaskClient, world: World) -> None:
        self.client = client
        self.world = world

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/en{path}")

    def post(self, path: str, fields: dict[str, str] | None = None, *, seen: str = "") -> TestResponse:
        """Open the page ``seen`` (or ``path`` itself), then send the form with its token."""
        page = self.get(seen or path).get_data(as_text=True)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token, page
        return self.client.post(f"/en{path}", data={"csrf_token": token[1], **(fields or {})})

    def sign_in(self, colleague: Colleague, **other: str) -> TestResponse:
        fields = {"name": colleague.name, "passphrase": PASSPHRASE, "code": self.world.code(colleague)}
        return self.post("/sign-in", fields | other)


@pytest.fixture(scope="session")
def new_world() -> type[World]:
    return World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.database.dispose()


@pytest.fixture
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr("portal.app._features", lambda _: [pages])
    return create_app(world.settings, Face.DESK, database=world.database, clock=world.clock)


@pytest.fixture
def browser(desk: Flask, world: World) -> Callable[[], Browser]:
    """Make a visitor with cookies of their own."""
    return lambda: Browser(desk.test_client(), world)


@pytest.fixture
def new_browser(world: World) -> Callable[[Flask], Browser]:
    """Make a visitor of any app."""
    return lambda app: Browser(app.test_client(), world)
