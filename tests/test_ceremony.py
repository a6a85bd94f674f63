"""The ceremony as its people type it: sheets, shares, slips, a rehearsal, and the day all leads are gone."""

import base64
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from builders import a_draft
from click.testing import CliRunner, Result

from portal import schema
from portal.casework import reading
from portal.ceremony import mark_of
from portal.cli import main
from portal.config import Settings, load_settings
from portal.database import Database
from portal.errors import StaleError, UnavailableError
from portal.intake import service as intake
from portal.ledger import service as ledger
from portal.ledger.tags import read_key
from portal.permissions import MAY_HOLD, Group, Role
from portal.staff import restoring
from portal.staff import service as staff
from portal.staff.actor import Actor
from portal.staff.founding import founder, recovery_place
from portal.staff.models import Staff
from portal.store.directory import read_public_keys
from portal.vault import receipt as receipts
from portal.vault import sheet, totp
from portal.vault.passphrase import Cost
from portal.vault.receipt import Receipt
from portal.vault.recovery import Shares, begin, peel
from portal.vault.shares import read_public, write_public
from portal.vault.wrap import new_seed, public_key, wrap

NAMES = ("anar", "bid", "chenar", "dena", "elborz")
GROUPS = re.compile(r"\b[0-9a-f]{8}\b")
CHEAP = {"PORTAL_STAFF_MEMORY_KIB": "64"}
WORDS = "I was in Gohardasht in the summer of 1988."


@pytest.fixture(autouse=True)
def _same_mask() -> Iterator[None]:
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


def portal(*words: object, typed: Iterable[str] = (), fails: bool = False) -> str:
    """What `portal ...` says, with lines typed at its questions."""
    result: Result = CliRunner().invoke(
        main, [str(word) for word in words], input="".join(f"{line}\n" for line in typed), env=CHEAP
    )
    assert (result.exit_code != 0) == fails, result.output
    assert fails or result.exception is None
    assert "Traceback" not in result.output
    return result.output


def sheet_in(said: str) -> str:
    """The nine groups that were shown."""
    found = GROUPS.findall(said)
    assert len(found) == 9
    return " ".join(found)


def holds(folder: Path, secret: bytes) -> list[Path]:
    """The files that hold a secret, as it is, in hex, on a sheet or in base64 at any offset."""
    groups = sheet.written(secret)
    encoded = {base64.b64encode(bytes(pad) + secret)[4 * -(-pad // 3) : -4] for pad in range(3)}
    encoded |= {base64.urlsafe_b64encode(bytes(pad) + secret)[4 * -(-pad // 3) : -4] for pad in range(3)}
    forms = {secret, secret[:16], secret.hex().encode(), groups[0].encode() + b" ", *encoded}
    forms |= {" ".join(groups[:8]).encode(), secret.hex().upper().encode()}
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found += [path] if any(form in content for form in forms) else []
    return found


class Ceremony:
    """Custodians with their sheets, and the folder they made."""

    def __init__(self, folder: Path, need: int, names: tuple[str, ...]) -> None:
        self.folder, self.need = folder, need
        self.sheets = {
            name: sheet_in(portal("recovery", "custodian", "--name", name, "--out", folder)) for name in names
        }
        files = [word for name in names for word in ("--custodian", folder / f"{name}.public.json")]
        self.said = portal("recovery", "create", *files, "--need", need, "--out", folder)

    @property
    def shares(self) -> Path:
        return self.folder / "shares.json"

    @property
    def public(self) -> bytes:
        return read_public((self.folder / "recovery.public.json").read_text())

    def seeds(self) -> list[bytes]:
        return [sheet.read(one) for one in self.sheets.values()]


@pytest.fixture
def ceremony(tmp_path: Path) -> Ceremony:
    return Ceremony(tmp_path / "ceremony", 3, NAMES)


@pytest.fixture
def small(tmp_path: Path) -> Ceremony:
    return Ceremony(tmp_path / "small", 2, NAMES[:3])


def test_a_ceremony_leaves_two_files_and_no_secret(ceremony: Ceremony) -> None:
    names = {path.name for path in ceremony.folder.iterdir()}
    assert names == {f"{name}.public.json" for name in NAMES} | {"shares.json", "recovery.public.json"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in ceremony.folder.iterdir())
    opened = portal("recovery", "open", ceremony.shares, typed=list(ceremony.sheets.values())[:3])
    seed = sheet.read(sheet_in(opened.split("\n\n")[-1]))
    assert public_key(seed) == ceremony.public
    assert [path for one in (*ceremony.seeds(), seed) for path in holds(ceremony.folder, one)] == []
    assert not GROUPS.search(ceremony.said)


@pytest.mark.parametrize("order", list(permutations(NAMES[:3], 2)))
def test_sheets_open_the_key_in_any_order_at_one_machine(
    small: Ceremony, order: tuple[str, ...], tmp_path: Path
) -> None:
    said = portal("recovery", "open", small.shares, typed=[small.sheets[name] for name in order])
    assert "1 more needed" in said
    assert public_key(sheet.read(sheet_in(said))) == small.public
    assert [one for one in small.sheets.values() if one in said] == []
    assert not holds(tmp_path, sheet.read(sheet_in(said)))


def test_what_is_typed_wrongly_is_told_and_asked_for_again(small: Ceremony) -> None:
    anar, bid = small.sheets["anar"], small.sheets["bid"]
    groups = anar.split()
    groups[4] = groups[4][:-1] + ("0" if groups[4][-1] != "0" else "1")
    foreign = " ".join(sheet.written(b"\x01" * 32))
    said = portal(
        "recovery", "open", small.shares, typed=[" ".join(groups), anar[:-1], foreign, anar, anar, "no", bid]
    )
    assert "Group 5: a digit is wrong there" in said
    assert "Group 9: a group has 8 digits" in said
    assert "belongs to none of these custodians" in said
    assert "anar's sheet was read already" in said
    assert "9 groups of 8 digits" in said
    assert public_key(sheet.read(sheet_in(said.split("\n\n")[-1]))) == small.public


def test_somebody_who_leaves_half_way_leaves_nothing_behind(small: Ceremony) -> None:
    before = {path: path.read_bytes() for path in small.folder.iterdir()}
    for words in (("open",), ("rehearse",), ("open", "--peel", small.folder / "next.json")):
        typed = [] if "--peel" in words else [small.sheets["anar"]]
        said = portal("recovery", words[0], small.shares, *words[1:], typed=typed, fails=True)
        assert "Aborted" in said
        assert not GROUPS.search(said)
    assert {path: path.read_bytes() for path in small.folder.iterdir()} == before


def test_a_rehearsal_proves_the_sheets_and_leaves_no_seed_anywhere(ceremony: Ceremony) -> None:
    before = {path: path.read_bytes() for path in ceremony.folder.iterdir()}
    said = portal(
        "recovery",
        "rehearse",
        ceremony.shares,
        typed=[ceremony.sheets[name] for name in ("dena", "anar", "bid")],
    )
    assert "anar, bid, dena can open the recovery key. It was not opened now." in said
    assert mark_of(ceremony.public) in said
    assert not GROUPS.search(said)
    assert {path: path.read_bytes() for path in ceremony.folder.iterdir()} == before
    next_one, last = ceremony.folder / "1.json", ceremony.folder / "2.json"
    rehearse = ("recovery", "rehearse")
    said = portal(*rehearse, ceremony.shares, "--peel", next_one, typed=[ceremony.sheets["anar"]])
    assert "2 more needed. Next: bid or chenar or dena." in said
    portal(*rehearse, next_one, "--peel", last, typed=[ceremony.sheets["chenar"]])
    said = portal(*rehearse, last, "--peel", ceremony.folder / "3.json", typed=[ceremony.sheets["elborz"]])
    assert "anar, chenar, elborz can open the recovery key" in said
    assert not (ceremony.folder / "3.json").exists()
    now = begin(Shares.from_json(ceremony.shares.read_text()))
    for name in NAMES[:3]:
        now = peel(now, sheet.read(ceremony.sheets[name]))
    assert [path for one in (*ceremony.seeds(), now.secret) for path in holds(ceremony.folder, one)] == []


def test_a_rehearsal_finds_a_file_that_rotted_in_layers_that_it_does_not_open(small: Ceremony) -> None:
    text = small.shares.read_text()
    place = text.index('"wrapped_seed":["') + 1000
    small.shares.write_text(text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :])
    typed = [small.sheets["bid"], small.sheets["chenar"]]
    assert "file is damaged" in portal("recovery", "rehearse", small.shares, typed=typed, fails=True)
    small.shares.write_text(text[:-1])
    assert "damaged" in portal("recovery", "rehearse", small.shares, fails=True)
    small.shares.write_bytes(b"\xff\xfe")
    assert "is no text" in portal("recovery", "rehearse", small.shares, fails=True)


def test_the_file_goes_from_one_custodian_to_the_next(ceremony: Ceremony) -> None:
    names = ("bid", "chenar", "elborz")
    given = ceremony.shares
    for number, name in enumerate(names):
        out = ceremony.folder / f"{number}.json"
        said = portal("recovery", "open", given, "--peel", out, typed=[ceremony.sheets[name]])
        given = out
    assert public_key(sheet.read(sheet_in(said))) == ceremony.public
    assert not out.exists()
    assert not holds(ceremony.folder, sheet.read(sheet_in(said)))


def test_whoever_comes_in_a_wrong_order_or_twice_is_told_who_is_next(ceremony: Ceremony) -> None:
    one, out = ceremony.folder / "1.json", ceremony.folder / "2.json"
    peeling = ("recovery", "open", ceremony.shares, "--peel", one)
    said = portal(*peeling, typed=[ceremony.sheets["dena"]], fails=True)
    assert "It is not dena's turn: 3 more are needed, in the order of the list." in said
    portal(*peeling, typed=[ceremony.sheets["bid"]])
    assert "is there already" in portal(*peeling, typed=[ceremony.sheets["bid"]], fails=True)
    further = ("recovery", "open", one, "--peel", out)
    assert "anar stands before bid" in portal(*further, typed=[ceremony.sheets["anar"]], fails=True)
    assert "bid has opened a layer already" in portal(*further, typed=[ceremony.sheets["bid"]], fails=True)
    assert "begun for another purpose: seed" in portal("recovery", "rehearse", one, fails=True)
    assert not out.exists()
    typed = [ceremony.sheets[name] for name in ("anar", "chenar", "dena")]
    said = portal("recovery", "open", one, typed=typed)
    assert "anar stands before bid" in said
    assert public_key(sheet.read(sheet_in(said.split("\n\n")[-1]))) == ceremony.public


def test_nothing_is_written_over_and_nobody_is_there_twice(small: Ceremony) -> None:
    people = [small.folder / f"{name}.public.json" for name in NAMES[:3]]
    create = ("recovery", "create", "--custodian", people[0], "--custodian")
    other = ("--out", small.folder / "other")
    assert "is there already" in portal(*create, people[1], "--need", 2, "--out", small.folder, fails=True)
    assert "the same name" in portal(*create, people[0], "--need", 2, *other, fails=True)
    assert "at least 2 and at most all" in portal(*create, people[1], "--need", 3, *other, fails=True)
    assert "no file of the kind" in portal(*create, small.shares, "--need", 2, *other, fails=True)
    custodian = ("recovery", "custodian", "--out", small.folder, "--name")
    assert "is there already" in portal(*custodian, "anar", fails=True)
    assert "made of letters" in portal(*custodian, "../anar", fails=True)
    assert not (small.folder / "other").exists()


def test_a_sheet_can_be_printed_and_says_nothing_of_what_it_is_for(tmp_path: Path) -> None:
    page = tmp_path / "sheet.html"
    said = portal("recovery", "custodian", "--name", "نرگس", "--out", tmp_path, "--sheet", page)
    assert not GROUPS.search(said)
    text = page.read_text()
    seed = sheet.read(" ".join(re.findall(r"<code>([0-9a-f]{8})</code>", text)))
    public = (tmp_path / "نرگس.public.json").read_text()
    assert base64.b64encode(public_key(seed)).decode() in public
    assert page.stat().st_mode & 0o077 == 0
    assert "نرگس" in text
    assert 'dir="rtl"' in text
    assert not re.search(r"(?:src|href)=|https?:|<script", text)
    assert not re.search(r"testimony|portal|recover|1988|custod|key\b|بازیابی|شهادت", text, re.IGNORECASE)


def init(folder: Path, *words: object) -> str:
    people = ("--lead", "maple", "--administrator", "rowan", "--auditor", "olive")
    return portal("init", "--instance", folder, "--origin", "test.example/portal", *people, *words)


def test_init_with_a_ceremony_s_key_holds_no_secret_of_recovery(small: Ceremony, tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    said = init(folder, "--recovery", small.folder / "recovery.public.json")
    assert not GROUPS.search(said.split("The custodians hold")[1])
    assert "custodians hold the recovery key" in said
    assert read_public_keys(folder).recovery == small.public
    typed = [small.sheets["anar"], small.sheets["bid"]]
    seed = sheet.read(sheet_in(portal("recovery", "open", small.shares, typed=typed)))
    assert holds(tmp_path, seed) == []


def test_init_refuses_a_damaged_key_before_it_makes_anything(small: Ceremony, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    for text in (
        (small.folder / "recovery.public.json").read_text().replace("A", "B", 1),
        write_public(bytes(1216)),
    ):
        wrong.write_text(text)
        people = ("--lead", "maple", "--administrator", "rowan", "--auditor", "olive")
        words = ("--instance", tmp_path / "new", "--origin", "x", "--recovery", wrong, *people)
        assert "Error: " in portal("init", *words, fails=True)
        assert not (tmp_path / "new").exists()


def opened(folder: Path) -> tuple[Settings, Database]:
    settings = load_settings(CHEAP, folder, read=read_public_keys)
    database = Database(settings.main_url, settings.wraps_url)
    assert schema.is_current(database)
    ledger.attach(database, settings.public_keys.groups[Group.AUDITORS.value], key=read_key(settings))
    return settings, database


def send(folder: Path) -> UUID:
    settings, database = opened(folder)
    draft = a_draft(WORDS)
    keys = receipts.keys_of(Receipt(draft.receipt), settings.public_keys.receipt_salt)
    with database.session(write=True) as session:
        day = datetime.now(UTC).date()
        made = intake.submit(
            session, draft=draft, keys=settings.public_keys, receipt=keys, language="en", day=day
        )
        case_id = made.id
    database.dispose()
    return case_id


def sign_in(database: Database, name: str, passphrase: str, secret: str) -> Actor:
    now = datetime.now(UTC)
    raw = base64.b32decode(secret.replace(" ", "").upper() + "=" * (-len(secret.replace(" ", "")) % 8))
    with database.session(write=True) as session:
        signed = staff.sign_in(
            session, name=name, passphrase=passphrase, code=totp.code(raw, now), cost=Cost(64, 3, 1), now=now
        )
        assert signed is not None
        person = session.get_one(Staff, signed.staff_id)
        return Actor(person.id, person.name, person.role, signed.seed, staff.group_seeds(person, signed.seed))


def acts(database: Database, seed: bytes) -> list[ledger.Act]:
    with database.session(write=False) as session:
        return [act for entry in ledger.entries(session, limit=1000) for act in ledger.read_acts(entry, seed)]


def test_the_day_all_founders_are_gone_a_new_lead_reads_what_was_sent_before(
    small: Ceremony, tmp_path: Path
) -> None:
    folder = tmp_path / "instance"
    init(folder, "--recovery", small.folder / "recovery.public.json")
    case_id = send(folder)
    key = sheet_in(
        portal("recovery", "open", small.shares, typed=[small.sheets["chenar"], small.sheets["anar"]])
    )
    restore = ("recovery", "restore", folder, "--to")
    said = portal(*restore, "lily", "--enrol", "lead", typed=[key])
    assert "Keys handed to lily: cases, contact, intake, legal, release." in said
    assert key not in said
    passphrase = re.search(r"passphrase +(.+)", said)
    second = re.search(r"second factor +(.+)", said)
    assert passphrase
    assert second
    kept = tmp_path / "key"
    kept.write_text(key)
    told = portal(*restore, "iris", "--enrol", "auditor", "--key", kept)
    assert "Keys handed to iris: auditors." in told
    assert f"Destroy {kept}" in told
    assert "none; the role may hold no more" in portal(
        *restore, "fern", "--enrol", "administrator", "--key", kept
    )
    _, database = opened(folder)
    lily = sign_in(database, "lily", passphrase[1].strip(), second[1].strip())
    with database.session(write=True) as session:
        case = reading.read(session, by=lily, case_id=case_id)
        assert case.content is not None
        assert [one.text for one in case.content.texts] == [WORDS]
    iris = sign_in(
        database,
        "iris",
        re.search(r"passphrase +(.+)", told)[1].strip(),  # type: ignore[index]
        re.search(r"second factor +(.+)", told)[1].strip(),  # type: ignore[index]
    )
    used = [one for one in acts(database, iris.seed_of(Group.AUDITORS)) if one.act == "recovery.use"]
    assert [(one.by, one.detail["groups"]) for one in used][:2] == [
        ("recovery", "cases contact intake legal release"),
        ("recovery", "auditors"),
    ]
    assert used[0].subject == lily.id
    database.dispose()
    assert "Everything holds." in portal("verify", folder)
    assert holds(folder, sheet.read(key)) == []


def enrol_without_keys(folder: Path, name: str) -> None:
    settings, database = opened(folder)
    one = founder(name, Role.LEAD)
    with database.session(write=True) as session:
        staff.enrol(
            session,
            name=name,
            role=one.role,
            bundle=one.bundle,
            passphrase=one.passphrase,
            cost=Cost(settings.staff_memory_kib, 3, 1),
            now=datetime.now(UTC),
        )
    database.dispose()


def groups_of(folder: Path, name: str) -> set[Group]:
    _, database = opened(folder)
    with database.session(write=False) as session:
        found = {
            one.group for person in session.query(Staff) if person.name == name for one in person.memberships
        }
    database.dispose()
    return found


def test_a_lead_who_joined_by_invitation_gets_the_keys_after_their_mark_was_compared(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    key = " ".join(GROUPS.findall(init(folder))[-8:])
    enrol_without_keys(folder, "lily")
    restore = ("recovery", "restore", folder, "--to", "Lily")
    said = portal(*restore, typed=[key, "n"], fails=True)
    mark = re.search(r"(?:[0-9a-f]{4} ){7}[0-9a-f]{4}", said)
    assert mark
    assert groups_of(folder, "lily") == set()
    told = portal(*restore, typed=[key, "y"])
    assert "Keys handed to Lily: cases, contact, intake, legal, release." in told
    assert groups_of(folder, "lily") == MAY_HOLD[Role.LEAD]
    assert "none; the role may hold no more" in portal(*restore, typed=[key, "y"])


def test_the_recovery_key_of_another_portal_hands_nothing_on(tmp_path: Path) -> None:
    folder, other = tmp_path / "instance", tmp_path / "other"
    key = " ".join(GROUPS.findall(init(folder))[-8:])
    foreign = " ".join(sheet.written(new_seed()))
    restore = ("recovery", "restore", folder, "--to", "lily", "--enrol", "lead")
    assert "not the recovery key of this portal" in portal(*restore, typed=[foreign], fails=True)
    assert "maple is here already" in portal(*restore[:-3], "maple", *restore[-2:], typed=[key], fails=True)
    assert "lily is not here" in portal(*restore[:-2], typed=[key], fails=True)
    groups = folder / "recovery-groups"
    kept = groups.read_bytes()
    groups.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    assert "missing or damaged" in portal(*restore, typed=[key], fails=True)
    init(other)
    groups.unlink()
    assert "missing or damaged" in portal(*restore, typed=[key], fails=True)
    assert hashlib.sha256(kept).digest() != hashlib.sha256((other / "recovery-groups").read_bytes()).digest()
    assert groups_of(folder, "lily") == set()


def test_seeds_of_another_portal_and_an_exchanged_key_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    key = sheet.read(" ".join(GROUPS.findall(init(folder))[-8:]), bare=True)
    settings, database = opened(folder)
    groups = folder / "recovery-groups"
    for packed in (bytes(31), bytes(128), bytes(160)):
        groups.write_bytes(wrap(settings.public_keys.recovery, packed, recovery_place()))
        with pytest.raises(UnavailableError, match="of another portal"):
            restoring.open_groups(folder, settings.public_keys, key)
    with database.session(write=True) as session:
        maple = restoring.find(session, "MAPLE")
        assert maple is not None
        for other in (replace(maple, public=public_key(new_seed())), replace(maple, id=uuid4())):
            with pytest.raises(StaleError):
                restoring.hand_on(session, to=other, seeds={}, now=datetime.now(UTC))
    database.dispose()
