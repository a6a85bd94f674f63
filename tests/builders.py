"""What tests need to say who is there and what was sent; each builder shows only what matters."""

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from http import HTTPStatus
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal import schema
from portal.app import create_app
from portal.config import Face, PublicKeys, Settings
from portal.database import Database, PortalSession
from portal.intake import service as intake
from portal.intake.drafts import Draft
from portal.intake.models import Submission
from portal.ledger import service as ledger
from portal.ledger.tags import read_key
from portal.permissions import Group, Role
from portal.staff import service as staff
from portal.staff.actor import Actor
from portal.staff.founding import Founder, Secrets, found, founder, make_keys
from portal.staff.models import Staff
from portal.store.directory import read_public_keys
from portal.store.files import FileStore
from portal.vault import receipt as receipts
from portal.vault import totp
from portal.vault.passphrase import Cost
from portal.vault.receipt import Receipt

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CHEAP = Cost(memory_kib=64, iterations=1, lanes=1)
EVERYTHING = dict.fromkeys(("contact", "read", "link", "research", "statistics", "court", "publish"), "yes")


class Clock:
    """A clock that tests set."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Instance:
    """A founded instance: a lead, a second lead, a reviewer, an administrator and an auditor have joined."""

    settings: Settings
    database: Database
    founders: Mapping[str, Founder]
    secrets: Secrets
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.database.clock = self.clock

    @property
    def keys(self) -> PublicKeys:
        return self.settings.public_keys

    @property
    def files(self) -> FileStore:
        return FileStore(self.settings.files)

    def app(self, face: Face) -> Flask:
        app = create_app(self.settings, face, database=self.database, clock=self.clock)
        app.testing = True
        app.config["PROPAGATE_EXCEPTIONS"] = False
        return app

    def actor(self, name: str, session: PortalSession) -> Actor:
        """A signed-in person with the group keys granted to them."""
        person = session.scalars(select(Staff).where(Staff.name == name)).one()
        seed = self.founders[name].bundle.identity
        return Actor(person.id, person.name, person.role, seed, staff.group_seeds(person, seed))

    def sign_in(self, client: FlaskClient, name: str) -> TestResponse:
        """Sign a founder in through the page."""
        self.clock.advance(seconds=30)
        one = self.founders[name]
        page = client.get("/en/sign-in")
        return client.post(
            "/en/sign-in",
            data={
                "csrf_token": token_of(page),
                "name": name,
                "passphrase": one.passphrase,
                "code": totp.code(one.bundle.totp_secret, self.clock()),
            },
        )

    def step_up(self, client: FlaskClient, name: str) -> TestResponse:
        """Prove once more, through the page, who is signed in; needed when five minutes have passed."""
        page = client.get("/en/confirm")
        if page.status_code != HTTPStatus.OK:  # still fresh
            return page
        fields = {"csrf_token": token_of(page), "passphrase": self.founders[name].passphrase}
        return client.post("/en/confirm", data=fields)


PEOPLE = {
    "maple": Role.LEAD,
    "willow": Role.LEAD,
    "cedar": Role.REVIEWER,
    "birch": Role.REVIEWER,
    "rowan": Role.ADMINISTRATOR,
    "olive": Role.AUDITOR,
}


@dataclass(frozen=True)
class Founded:
    """A folder that was founded once, and what its people hold."""

    folder: Path
    founders: Mapping[str, Founder]
    secrets: Secrets


def an_instance(folder: Path, *, url: str = "", keys_url: str = "", files: bool = True) -> Instance:
    """Found an instance in a folder, on SQLite unless URLs are given."""
    if url:
        return open_instance(found_in(folder, url=url, keys_url=keys_url), folder, url=url, keys_url=keys_url)
    return a_copy(_founded_once(), folder, files=files)


def a_copy(made: Founded, folder: Path, *, url: str = "", keys_url: str = "", files: bool = True) -> Instance:
    """Open a copy of what was founded once; on PostgreSQL the databases at the URLs are copies already."""
    shutil.copytree(made.folder, folder, dirs_exist_ok=True)
    return open_instance(made, folder, url=url, keys_url=keys_url, files=files)


def open_instance(
    made: Founded, folder: Path, *, url: str = "", keys_url: str = "", files: bool = True
) -> Instance:
    """Open a founded folder and its databases."""
    settings = _settings(folder, url=url, keys_url=keys_url)
    if files:
        settings.files.mkdir(mode=0o700, exist_ok=True)
    database = Database(settings.main_url, settings.wraps_url)
    ledger.attach(database, settings.public_keys.groups[Group.AUDITORS.value], key=read_key(settings))
    return Instance(settings, database, made.founders, made.secrets)


def _settings(folder: Path, *, url: str, keys_url: str) -> Settings:
    return Settings(
        instance=folder,
        public_keys=read_public_keys(folder),
        secure_cookies=False,
        staff_memory_kib=CHEAP.memory_kib,
        database_url=url,
        keys_url=keys_url,
    )


@cache
def _founded_once() -> Founded:
    """Found on SQLite once for all tests of this process; each of them gets a copy."""
    room = tempfile.TemporaryDirectory(prefix="portal-founded-")
    atexit.register(room.cleanup)
    return found_in(Path(room.name) / "instance")


def found_in(folder: Path, *, url: str = "", keys_url: str = "") -> Founded:
    """Found an instance and close it again."""
    import portal.casework.models  # noqa: PLC0415
    import portal.linking.models  # noqa: PLC0415
    import portal.registry.models  # noqa: PLC0415
    import portal.release.models  # noqa: F401, PLC0415

    _, secrets = make_keys(folder, origin="test.example/portal")
    settings = _settings(folder, url=url, keys_url=keys_url)
    database = Database(settings.main_url, settings.wraps_url)
    schema.upgrade(database)
    ledger.attach(database, settings.public_keys.groups[Group.AUDITORS.value], key=read_key(settings))
    founders = {name: founder(name, role) for name, role in PEOPLE.items()}
    found(database, founders.values(), secrets, cost=CHEAP, now=NOON)
    database.dispose()
    return Founded(folder, founders, secrets)


def without_limits(instance: Instance, **changes: object) -> Instance:
    """The same instance with other settings."""
    return replace(instance, settings=replace(instance.settings, **changes))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Sent:
    """A submission and what its source holds."""

    submission: Submission
    draft: Draft
    receipt: Receipt
    seed: bytes = field(repr=False)


def a_draft(narrative: str = "I was in Gohardasht in the summer of 1988.", **given: object) -> Draft:
    draft = Draft.new()
    draft.narrative = narrative
    draft.consent = dict(EVERYTHING)
    for name, value in given.items():
        setattr(draft, name, value)
    return draft


def a_submission(instance: Instance, session: PortalSession, narrative: str = "", **given: object) -> Sent:
    """A submission that was sent through the service, with every permission given unless told otherwise."""
    draft = a_draft(narrative, **given) if narrative else a_draft(**given)
    receipt = Receipt(draft.receipt)
    keys = receipts.keys_of(receipt, instance.keys.receipt_salt)
    submission = intake.submit(
        session, draft=draft, keys=instance.keys, receipt=keys, language="en", day=instance.clock().date()
    )
    session.flush()
    return Sent(submission, draft, receipt, keys.seed)


def token_of(page: TestResponse) -> str:
    """The anti-forgery token of a page that was just loaded."""
    marker = 'name="csrf_token"'
    text = page.get_data(as_text=True)
    tag = text[text.index(marker) - 200 : text.index(marker) + 400]
    start = tag.index('value="', tag.index(marker)) + 7
    return tag[start : tag.index('"', start)]
