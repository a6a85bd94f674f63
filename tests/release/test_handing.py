"""What is handed out: signed, padded, tied to the ledger, and for a body of the list encrypted to it."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from uuid import UUID

import pyrage
import pytest
from builders import NOON, Instance
from click.testing import CliRunner
from coded import a_release, accounts, fetched
from sqlalchemy import func, insert, select, text, update
from together import all_at_once

from portal.cli import main
from portal.database import Base
from portal.errors import InvalidError, RefusedError, StaleError
from portal.intake import receivers
from portal.intake.consent import name_of
from portal.intake.models import Receiver, Use
from portal.ledger import service as ledger
from portal.ledger.checkpoint import Proof
from portal.ledger.models import LedgerEntry
from portal.ledger.rows import canonical, digests, key_text, recorded_tables, row_digest
from portal.ledger.service import Act
from portal.ledger.tags import read_key, tag_of
from portal.ledger.tree import leaf_hash
from portal.permissions import Group
from portal.release import service
from portal.release.anonymise import Row, anonymise
from portal.release.handing import ASKED, HandedOut, completed, entry_of
from portal.release.instructions import COMMAND, HOW_TO_VERIFY, SCRIPT
from portal.release.models import Release, ReleaseManifest
from portal.release.packaging import package
from portal.release.policy import ColumnRole, Policy
from portal.release.receiver_keys import give_key, shown_fingerprint
from portal.release.signing import SIGNATURE, mark, sign, signer
from portal.release.tables import archive, unpacked
from portal.release.verifier import Received, VerificationError, verify_folder
from portal.staff.founding import read_signer
from portal.vault import age
from portal.vault.seal import padded_size

SEED = bytes(range(32))
TABLES = {"table.csv", "table.json", "table.xlsx", "table.hxl.csv", "table.parquet"}
FILES = {*TABLES, "manifest.json", SIGNATURE, HOW_TO_VERIFY}
QUASI = ColumnRole.QUASI


def key_of(body: pyrage.x25519.Identity) -> str:
    return str(body.to_public())


def a_body(instance: Instance) -> UUID:
    told = receivers.Described("نهاد", "Body", "بایگانی", "an archive")
    with instance.database.session(write=True) as session:
        return receivers.add(session, by=instance.actor("rowan", session), described=told, now=NOON).id


def for_a_body(instance: Instance, body: UUID) -> UUID:
    accounts(instance, 16, **{name_of(Use.SHARE, body): "yes"})
    return a_release(instance, receiver=body, relation=QUASI)


def handed(instance: Instance, release_id: UUID, by: str = "rowan") -> HandedOut:
    with instance.database.session(write=True) as session:
        key = read_key(instance.settings)
        return service.download(session, by=instance.actor(by, session), release_id=release_id, key=key)


@pytest.fixture(scope="module")
def files(families: Callable[..., list[Row]], testimony_policy: Callable[..., Policy]) -> dict[str, bytes]:
    """What a receiver unpacks, made without a portal."""
    policy = testimony_policy()
    made = package(anonymise(families(60), policy), policy, release=UUID(int=7).hex)
    kept = unpacked(completed(archive(made), seed=SEED, asked="0" * 64))
    return {name: data for name, data in kept.items() if name != ASKED}


@pytest.fixture
def folder(files: dict[str, bytes], tmp_path: Path) -> Path:
    """The same on a disk."""
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def acts(instance: Instance, name: str) -> list[Act]:
    with instance.database.session(write=False) as session:
        entries = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq)).all()
        found = [ledger.read_acts(entry, instance.secrets.group_seeds[Group.AUDITORS]) for entry in entries]
    return [one for some in found for one in some if one.act == name]


# What is in it


def test_the_archive_is_as_big_for_some_more_rows() -> None:
    sizes = {len(archive({"table.csv": b"x" * count})) for count in range(3_000, 3_700, 50)}
    assert sizes == {4096}


def test_the_signature_is_the_groups_and_fits_this_manifest_alone() -> None:
    signed = sign(SEED, b"{}")
    assert signer(b"{}", signed) == mark(SEED)
    assert sign(SEED, b"{}")[:200] == signed[:200]
    assert signer(b"{ }", signed) is None
    assert mark(bytes(32)) != mark(SEED)
    told = json.loads(signed)
    for broken in (
        b"",
        b"{}",
        b"[]",
        json.dumps(told).encode(),
        signed.replace(b"tp1/release/manifest", b"tp1/release/manifesT"),
        signed.replace(told["ed25519"]["signature"].encode(), told["mldsa44"]["signature"].encode()),
        signed.replace(told["mldsa44"]["signature"][:8].encode(), b"AAAAAAAA"),
        signed.replace(told["ed25519"]["signature"][:8].encode(), b"AAAAAAAA"),
    ):
        assert signer(b"{}", broken) is None


# The ledger


def test_it_is_signed_and_the_ledger_names_it_in_a_row_that_its_holder_can_work_out(
    sqlite_instance: Instance,
) -> None:
    accounts(sqlite_instance, 16)
    release = a_release(sqlite_instance, relation=QUASI)
    data = fetched(sqlite_instance, release)
    files = unpacked(data)
    assert set(files) == FILES
    assert len(data) == padded_size(len(data))
    manifest = files["manifest.json"]
    told, digest = json.loads(manifest)["ledger"], hashlib.sha256(manifest).digest()
    row = row_digest(told["table"], {"digest": digest, "release_id": release}).hex()
    with sqlite_instance.database.session(write=False) as session:
        seed = sqlite_instance.actor("maple", session).seed_of(Group.RELEASE)
        number = entry_of(session, release, key=read_key(sqlite_instance.settings))
        assert number is not None
        rows = json.loads(ledger.body_of(session, number))["rows"]
    assert rows == [[told["table"], told["key"], row]]  # and nothing of how many accounts there are
    assert acts(sqlite_instance, "release.download")[-1].detail == {"manifest": digest.hex()}
    assert signer(manifest, files[SIGNATURE]) == mark(seed)
    assert mark(seed) in files[HOW_TO_VERIFY].decode()
    _the_entry_goes_with_it_from_the_second_time(sqlite_instance, release, number)


def _the_entry_goes_with_it_from_the_second_time(instance: Instance, release: UUID, number: int) -> None:
    again = unpacked(fetched(instance, release, by="maple"))
    assert set(again) == {*FILES, f"entry-{number}.json"}
    key = read_key(instance.settings)
    assert key is not None
    with instance.database.session(write=True) as session:
        ledger.checkpoint(session, signer=read_signer(instance.settings), key=key, day=NOON.date())
    proved = unpacked(fetched(instance, release))
    assert set(proved) == {*FILES, f"entry-{number}.json", f"entry-{number}.tlog-proof"}
    proof = Proof.parse(proved[f"entry-{number}.tlog-proof"].decode())
    proof.verify(proved[f"entry-{number}.json"], read_signer(instance.settings).public)


def test_two_who_fetch_it_at_once_enter_it_once(instance: Instance) -> None:
    accounts(instance, 16)
    release = a_release(instance, relation=QUASI)
    found = all_at_once(lambda number: handed(instance, release, ("rowan", "maple")[number]), 2)
    assert all(isinstance(one, HandedOut) for one in found)
    with instance.database.session(write=False) as session:
        bodies = session.scalars(select(LedgerEntry.body)).all()
    assert sum(b'"release_manifest"' in body for body in bodies) == 1


@pytest.mark.parametrize("tagged", [False, True])
def test_an_entry_that_the_portal_did_not_write_goes_with_no_release(
    instance: Instance, *, tagged: bool
) -> None:
    accounts(instance, 16)
    release = a_release(instance, relation=QUASI)
    forged = _forge(instance, ["release_manifest", release.hex, "0" * 64], tagged=tagged)
    fetched(instance, release)
    names = {name for name in unpacked(fetched(instance, release)) if name.startswith("entry-")}
    assert names == {f"entry-{forged + 1}.json"}


def _forge(instance: Instance, *rows: list[str], tagged: bool = False) -> int:
    """Put an entry into the ledger that agrees with itself, with no tag or one under another key."""
    with instance.database.main.begin() as connection:
        query = select(LedgerEntry.seq, LedgerEntry.day).order_by(LedgerEntry.seq.desc()).limit(1)
        last = connection.execute(query).one()
        entry = {"v": 1, "seq": last.seq + 1, "day": last.day.isoformat(), "rows": list(rows), "acts": None}
        body = canonical(entry)
        values = {
            "seq": last.seq + 1,
            "day": last.day,
            "body": body,
            "leaf_hash": leaf_hash(body),
            "tag": tag_of(bytes(32), body) if tagged else None,
        }
        connection.execute(insert(Base.metadata.tables["ledger_entry"]), values)
    return int(last.seq) + 1


# Without a portal


def test_a_receiver_checks_all_of_it_with_python_and_openssl_alone(folder: Path) -> None:
    page = (folder / HOW_TO_VERIFY).read_text("utf-8")
    (program,) = re.findall(r"-----8<-----\n(.*?)-----8<-----", page, re.DOTALL)
    assert program == SCRIPT
    (folder / "check.py").write_text(program, encoding="utf-8")
    run = partial(subprocess.run, cwd=folder, capture_output=True, text=True, check=False, timeout=30)
    ran = run([sys.executable, "-I", "check.py"])
    assert ran.returncode == 0, ran.stderr
    assert "5 files are those of the manifest." in ran.stdout
    (said,) = re.findall(r"Mark of the signer: ([0-9a-f]{32})", ran.stdout)
    assert said in page
    manifest = (folder / "manifest.json").read_bytes()
    told = json.loads(manifest)["ledger"]
    digest = row_digest(
        told["table"], {"digest": hashlib.sha256(manifest).digest(), "release_id": UUID(told["key"])}
    )
    assert json.dumps([told["table"], told["key"], digest.hex()]) in ran.stdout
    checked = run(COMMAND.format(name="ed25519").split())
    assert "Signature Verified Successfully" in checked.stdout, checked.stderr
    assert COMMAND.format(name="mldsa44") in page
    shape = run(["openssl", "asn1parse", "-inform", "DER", "-in", "mldsa44.der"])
    assert "l=1313 prim: BIT STRING" in shape.stdout.replace("l= 1313", "l=1313")
    (folder / "table.json").write_bytes(b"[\n]\n")
    assert "table.json IS NOT THE FILE" in run([sys.executable, "-I", "check.py"]).stderr


def test_the_command_checks_what_was_received(folder: Path) -> None:
    found = verify_folder(folder)
    assert isinstance(found, Received)
    ran = CliRunner().invoke(main, ["release", "verify", str(folder)])
    assert ran.exit_code == 0
    assert "all formats say the same" in ran.output
    assert (found.files, found.unsigned) == (len(TABLES), [HOW_TO_VERIFY])
    assert f"{len(TABLES)} files are those of the manifest" in ran.output
    assert f"Nobody signed {HOW_TO_VERIFY}:" in ran.output
    assert " ".join(found.mark[start : start + 4] for start in range(0, 32, 4)) in ran.output


@pytest.mark.parametrize("name", sorted({*TABLES, "manifest.json", SIGNATURE}))
def test_a_changed_file_is_told(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(VerificationError):
        verify_folder(folder)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_file_that_was_taken_away_is_told(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(VerificationError):
        verify_folder(folder)


@pytest.mark.parametrize(("name", "data"), [("notes.txt", b"x"), ("padding", b"SECRET")])
def test_a_file_that_belongs_to_no_release_is_told(folder: Path, name: str, data: bytes) -> None:
    (folder / "padding").write_bytes(bytes(9))
    assert isinstance(verify_folder(folder), Received)
    (folder / name).write_bytes(data)
    with pytest.raises(VerificationError, match=f"{name}: belongs to no release"):
        verify_folder(folder)


# For a body of the list


def test_for_a_body_it_leaves_encrypted_to_that_body_alone(instance: Instance) -> None:
    body, row = pyrage.x25519.Identity.generate(), a_body(instance)
    release = for_a_body(instance, row)
    with pytest.raises(StaleError, match="has no age key yet"):
        handed(instance, release)
    with instance.database.session(write=True) as session:
        assert session.get(ReleaseManifest, release) is None
        rowan, key = instance.actor("rowan", session), key_of(body)
        give_key(session, by=rowan, receiver_id=row, typed=key, compared=age.fingerprint(key), now=NOON)
    found = handed(instance, release)
    assert found.name == "release.zip.age"
    inner = bytes(pyrage.decrypt(found.data, [body]))
    assert set(unpacked(inner)) == FILES
    assert len(inner) == padded_size(len(inner))
    assert b"manifest.json" not in found.data
    assert found.detail["age"] == age.fingerprint(key_of(body))
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(found.data, [pyrage.x25519.Identity.generate()])
    _exchanged_by_sql(instance, key_of(pyrage.x25519.Identity.generate()))
    with pytest.raises(StaleError, match="changed past the portal"):
        handed(instance, release)
    _exchanged_by_sql(instance, key_of(body))
    assert handed(instance, release).name == "release.zip.age"
    with instance.database.session(write=True) as session:
        receivers.end(session, by=instance.actor("rowan", session), receiver_id=row, now=NOON)
    with pytest.raises(StaleError, match="no longer on the list"):
        handed(instance, release)


def _exchanged_by_sql(instance: Instance, key: str) -> None:
    with instance.database.session(write=True) as session:
        session.connection().execute(text("UPDATE receiver SET age = :key"), {"key": key})


def _entered(instance: Instance, body: UUID) -> pyrage.x25519.Identity:
    """A fresh key of the body, as an administrator enters it."""
    made = pyrage.x25519.Identity.generate()
    key = key_of(made)
    with instance.database.session(write=True) as session:
        by = instance.actor("rowan", session)
        give_key(session, by=by, receiver_id=body, typed=key, compared=age.fingerprint(key), now=NOON)
    return made


@pytest.mark.parametrize("tagged", [False, True])
def test_a_key_that_a_forged_entry_speaks_for_receives_nothing(instance: Instance, *, tagged: bool) -> None:
    body = a_body(instance)
    release = for_a_body(instance, body)
    _entered(instance, body)
    _exchanged_by_sql(instance, key_of(pyrage.x25519.Identity.generate()))
    table = recorded_tables(Base)["receiver"]
    with instance.database.main.begin() as connection:
        rows = [[key_text(key), one.hex()] for key, one in digests(connection, table, [(body,)]).items()]
    _forge(instance, *(["receiver", *row] for row in rows), tagged=tagged)
    with pytest.raises(StaleError, match="changed past the portal"):
        handed(instance, release)
    anew = _entered(instance, body)
    assert pyrage.decrypt(handed(instance, release).data, [anew])


@pytest.mark.parametrize("spoilt", [{"tag": None}, {"day": date(2020, 1, 1)}, {"seq": 10_000}], ids=str)
def test_an_earlier_key_does_not_come_back_when_the_entry_of_the_later_is_spoilt(
    instance: Instance, spoilt: dict[str, object]
) -> None:
    body = a_body(instance)
    release = for_a_body(instance, body)
    earlier = _entered(instance, body)
    _entered(instance, body)
    entries = Base.metadata.tables["ledger_entry"]
    last = select(func.max(entries.c.seq)).scalar_subquery()
    with instance.database.main.begin() as connection:
        connection.execute(update(entries).where(entries.c.seq == last).values(spoilt))
    _exchanged_by_sql(instance, key_of(earlier))
    with pytest.raises(StaleError, match="changed past the portal"):
        handed(instance, release)


@pytest.mark.parametrize("changed", ["receiver_id", "recipient"])
def test_a_release_leaves_for_those_it_was_approved_for_and_for_nobody_else(
    instance: Instance, changed: str
) -> None:
    body = a_body(instance)
    release = for_a_body(instance, body)
    other = receivers.Described("نهاد دیگر", "Another", "بایگانی", "an archive")
    with instance.database.session(write=True) as session:
        another = receivers.add(session, by=instance.actor("rowan", session), described=other, now=NOON).id
        before = getattr(session.get_one(Release, release), changed)
    _entered(instance, body)
    _entered(instance, another)
    for value in (None, another) if changed == "receiver_id" else ("Another", ""):
        _set(instance, release, **{changed: value})
        with pytest.raises(StaleError, match="not what was approved"):
            handed(instance, release)
    with instance.database.session(write=False) as session:
        assert session.get(ReleaseManifest, release) is None
    _set(instance, release, **{changed: before})
    assert handed(instance, release).name == "release.zip.age"


def _set(instance: Instance, release: UUID, **values: object) -> None:
    """Write to a release's row past the portal."""
    table = Base.metadata.tables["release"]
    with instance.database.main.begin() as connection:
        assert connection.execute(update(table).where(table.c.id == release).values(values)).rowcount == 1


def test_a_key_counts_only_with_the_fingerprint_that_came_another_way(sqlite_instance: Instance) -> None:
    body = a_body(sqlite_instance)
    true, other = (key_of(pyrage.x25519.Identity.generate()) for _ in range(2))
    with sqlite_instance.database.session(write=True) as session:
        rowan = sqlite_instance.actor("rowan", session)
        give = partial(give_key, session, by=rowan, receiver_id=body, now=NOON)
        for compared in ("", age.fingerprint(other), age.fingerprint(true)[:-1], true):
            with pytest.raises(InvalidError, match="not the one of this key"):
                give(typed=true, compared=compared)
        assert shown_fingerprint(session.get_one(Receiver, body)) == ""
        spoken = " ".join(re.findall("....", age.fingerprint(true))).upper()
        row = give(typed=f" {true.upper()} ", compared=f"{spoken} ")
        assert (row.age, row.age_name, row.age_day) == (true, "rowan", NOON.date())
        assert shown_fingerprint(row) == spoken.lower()
    (act,) = acts(sqlite_instance, "receiver.key")
    assert act.detail == {"age": age.fingerprint(true)}


@pytest.mark.parametrize("name", ["maple", "cedar", "olive"])
def test_only_administrators_enter_keys(sqlite_instance: Instance, name: str) -> None:
    body, key = a_body(sqlite_instance), key_of(pyrage.x25519.Identity.generate())
    with sqlite_instance.database.session(write=True) as session, pytest.raises(RefusedError):
        give_key(
            session,
            by=sqlite_instance.actor(name, session),
            receiver_id=body,
            typed=key,
            compared=age.fingerprint(key),
            now=NOON,
        )
