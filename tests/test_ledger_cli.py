"""Witnesses and authorities by files, from a terminal: what is exchanged, kept, checked, refused."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from authority import an_authority
from click.testing import CliRunner, Result

from portal import cli, ledger_cli, upkeep
from portal.config import load_settings
from portal.ledger.rows import canonical
from portal.ledger.tags import read_key, tag_of
from portal.ledger.tree import RightEdge, leaf_hash
from portal.staff.founding import read_signer
from portal.store.directory import read_public_keys
from portal.vault import timestamp

PEOPLE = ("--lead", "maple", "--administrator", "rowan", "--auditor", "olive")


def told(*arguments: object, code: int | None = 0) -> Result:
    environ = {"PORTAL_INSTANCE": None, "PORTAL_STAFF_MEMORY_KIB": "64"}
    result = CliRunner().invoke(cli.main, [str(one) for one in arguments], env=environ)
    if code is not None:
        assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ledger-cli") / "instance"
    told("init", "--instance", folder, "--origin", "test.example/ledger", *PEOPLE)
    return folder


@pytest.fixture
def here(founded: Path, tmp_path: Path) -> Path:
    """An instance that a test may use up."""
    folder = tmp_path / "instance"
    shutil.copytree(founded, folder)
    return folder


def keys_of(folder: Path, to: Path) -> Path:
    path = to / "log.keys"
    path.write_text(told("ledger", "keys", "--instance", folder).output)
    return path


def a_witness(at: Path, name: str, log: Path | None = None) -> Path:
    told("witness", "create", name, "--at", at)
    if log:
        told("witness", "trust", log, "--at", at)
    return at


def pin(instance: Path, witness: Path) -> Path:
    """Write a witness's keys where the instance looks for them, and to hand them on."""
    keys = json.loads((witness / "witness.json").read_text())["keys"]
    target = instance / "public" / "witnesses" / f"{witness.name}.txt"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(keys) + "\n")
    return target


def cosigned(instance: Path, witness: Path, out: Path, *, old: int | None = None, code: int = 0) -> Result:
    asked, lines = out / f"{witness.name}.request", out / f"{witness.name}.lines"
    asked.unlink(missing_ok=True)
    lines.unlink(missing_ok=True)
    name = json.loads((witness / "witness.json").read_text())["witness"]
    more = [] if old is None else ["--old", old]
    told("ledger", "witness", "request", "--instance", instance, "--to", name, "--out", asked, *more)
    result = told("witness", "cosign", asked, "--at", witness, "--out", lines, code=code)
    if not code:
        told("ledger", "witness", "attach", lines, "--instance", instance)
    return result


def grow(instance: Path, name: str) -> None:
    """Something happens, and the head is signed."""
    told("ledger", "timestamp", "request", "--instance", instance, "--out", instance.parent / f"{name}.tsq")
    told("ledger", "checkpoint", "--instance", instance)


def rewrite(folder: Path, seq: int = 0, *, tagged: bool = True) -> None:
    """Change one entry of long ago, tag it, and sign every head again: what who has both keys can do."""
    settings = load_settings({}, folder, read=read_public_keys)
    signer = read_signer(settings)
    with closing(sqlite3.connect(folder / "portal.db")) as raw, raw:
        body = json.loads(raw.execute("SELECT body FROM ledger_entry WHERE seq = ?", (seq,)).fetchone()[0])
        changed = canonical({**body, "acts": None})
        raw.execute(
            "UPDATE ledger_entry SET body = ?, leaf_hash = ? WHERE seq = ?",
            (changed, leaf_hash(changed), seq),
        )
        if tagged:
            tag = tag_of(read_key(settings), changed)
            raw.execute("UPDATE ledger_entry SET tag = ? WHERE seq = ?", (tag, seq))
        leaves = [row[0] for row in raw.execute("SELECT leaf_hash FROM ledger_entry ORDER BY seq")]
        for size, day in raw.execute("SELECT size, day FROM ledger_checkpoint").fetchall():
            edge = RightEdge().extended(leaves[:size])
            time = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
            note = signer.sign(size, edge.root(), time=time)
            raw.execute(
                "UPDATE ledger_checkpoint SET note = ?, edge = ? WHERE size = ?",
                (note, edge.to_bytes(), size),
            )


# -- witnesses ----------------------------------------------------------------------------------------------


def test_a_head_goes_to_a_witness_and_comes_back_co_signed(here: Path, tmp_path: Path) -> None:
    witness = a_witness(tmp_path / "one", "one.example/witness", keys_of(here, tmp_path))
    keys = pin(here, witness)
    cosigned(here, witness, tmp_path)
    grow(here, "a")
    cosigned(here, witness, tmp_path)
    found = told("verify", here, "--witness", keys).output
    assert "2 co-signatures" in found
    assert "Everything holds." in found
    shown = told("witness", "show", "--at", witness).output
    assert "signed 2 times" in shown
    assert (witness / "witness.key").stat().st_mode & 0o777 == 0o600


def test_a_copy_with_nothing_but_public_keys_is_enough(here: Path, tmp_path: Path) -> None:
    witness = a_witness(tmp_path / "one", "one.example/witness", keys_of(here, tmp_path))
    keys = pin(here, witness)
    cosigned(here, witness, tmp_path)
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("portal.db", "keys.db", "directory.json", "root.fingerprint"):
        shutil.copy(here / name, copy)
    (copy / "files").mkdir()
    found = told("verify", copy, "--witness", keys).output
    assert "Everything holds." in found
    assert " tags not checked" in found
    assert "is not known here" in told("verify", copy).output


def test_a_past_that_was_rewritten_after_a_co_signature_is_caught(here: Path, tmp_path: Path) -> None:
    witness = a_witness(tmp_path / "one", "one.example/witness", keys_of(here, tmp_path))
    keys = pin(here, witness)
    cosigned(here, witness, tmp_path)
    rewrite(here)
    found = told("verify", here, "--witness", keys, code=1).output
    assert "DOES NOT HOLD: witness one.example/witness, " in found
    assert "has co-signed no head that is here" in found
    refused = cosigned(here, witness, tmp_path, code=1).output
    assert "The log was rewritten" in refused


def test_the_log_s_key_alone_makes_no_tag(here: Path) -> None:
    rewrite(here, tagged=False)
    assert "DOES NOT HOLD: entry 0: the tag is not one" in told("verify", here, code=1).output


def test_without_the_witness_the_owner_of_both_keys_could_rewrite_it(here: Path) -> None:
    """Why a witness is worth the trouble: everything agrees, for everything was signed again."""
    rewrite(here)
    assert "Everything holds." in told("verify", here).output


def test_an_entry_rewritten_under_the_heads_that_were_kept_is_told_as_that(
    here: Path, tmp_path: Path
) -> None:
    witness = a_witness(tmp_path / "one", "one.example/witness", keys_of(here, tmp_path))
    keys = pin(here, witness)
    cosigned(here, witness, tmp_path)
    with closing(sqlite3.connect(here / "portal.db")) as raw, raw:
        body = json.loads(raw.execute("SELECT body FROM ledger_entry WHERE seq = 0").fetchone()[0])
        changed = canonical({**body, "acts": None})
        raw.execute(
            "UPDATE ledger_entry SET body = ?, leaf_hash = ? WHERE seq = 0", (changed, leaf_hash(changed))
        )
    found = told("verify", here, "--witness", keys, code=1).output
    assert "the entries are not those that were co-signed" in found
    assert "The ledger was rewritten after a witness had signed it." in found


def test_a_ledger_set_back_to_before_the_co_signature_is_caught(here: Path, tmp_path: Path) -> None:
    witness = a_witness(tmp_path / "one", "one.example/witness", keys_of(here, tmp_path))
    keys = pin(here, witness)
    older = tmp_path / "older"
    shutil.copytree(here, older)
    grow(here, "a")
    cosigned(here, witness, tmp_path)
    assert "Everything holds." in told("verify", older).output
    found = told("verify", older, "--witness", keys, code=1).output
    assert "witness one.example/witness: has co-signed no head that is here" in found
    assert "The log was set back" in cosigned(older, witness, tmp_path, code=1).output


def test_a_log_with_two_faces_is_caught_when_two_witnesses_compare(here: Path, tmp_path: Path) -> None:
    log = keys_of(here, tmp_path)
    one, two = (a_witness(tmp_path / name, f"{name}.example/witness", log) for name in ("one", "two"))
    other = tmp_path / "other"
    shutil.copytree(here, other)
    for instance, witness in ((here, one), (other, two)):
        pin(instance, witness)
        grow(instance, witness.name)
        cosigned(instance, witness, tmp_path)
    found = told("ledger", "compare", one / "witness.json", two / "witness.json", code=1).output
    assert "DOES NOT HOLD: test.example/ledger: two different logs of" in found
    assert told("ledger", "compare", one / "witness.json", here).exit_code == 0
    assert "two different logs" in told("ledger", "compare", one / "witness.json", other, code=1).output


def test_heads_of_different_sizes_are_told_apart_from_faces(here: Path, tmp_path: Path) -> None:
    log = keys_of(here, tmp_path)
    first = tmp_path / "first.txt"
    first.write_text(told("ledger", "checkpoint", "--instance", here).output)
    grow(here, "a")
    second = tmp_path / "second.txt"
    second.write_text(told("ledger", "checkpoint", "--instance", here).output)
    size = int(first.read_text().split("\n")[1])
    untold = told("ledger", "compare", first, second, "--log-keys", log, code=2).output
    assert "CANNOT BE TOLD" in untold
    proof = tmp_path / "proof"
    proof.write_text(told("ledger", "witness", "request", "--instance", here, "--old", size).output)
    assert (
        "They all saw the same log."
        in told("ledger", "compare", first, second, proof, "--log-keys", log).output
    )
    assert (
        "They all saw the same log."
        in told("ledger", "compare", first, second, here, "--log-keys", log).output
    )


def test_a_witness_refuses_strangers_slips_and_a_second_life(here: Path, tmp_path: Path) -> None:
    witness = a_witness(tmp_path / "one", "one.example/witness")
    assert "has a witness already" in told("witness", "create", "x", "--at", witness, code=1).output
    assert (
        "no witness in" in told("witness", "trust", keys_of(here, tmp_path), "--at", tmp_path, code=1).output
    )
    asked = tmp_path / "asked"
    asked.write_text(told("ledger", "witness", "request", "--instance", here).output)
    assert "not looked after here" in told("witness", "cosign", asked, "--at", witness, code=1).output
    told("witness", "trust", tmp_path / "log.keys", "--at", witness)
    assert told("witness", "cosign", asked, "--at", witness).output.startswith(
        "\N{EM DASH} one.example/witness "
    )
    (tmp_path / "taken").write_text("")
    for arguments in (
        ("witness", "cosign", asked, "--at", witness, "--out", tmp_path / "taken"),
        ("ledger", "witness", "request", "--instance", here, "--out", tmp_path / "taken"),
    ):
        assert "not written over" in told(*arguments, code=1).output
    (witness / "witness.key").write_text("{}")
    assert "damaged" in told("witness", "cosign", asked, "--at", witness, code=1).output
    asked.write_bytes(b"\xff\xfe")
    assert "is no text" in told("witness", "cosign", asked, "--at", witness, code=1).output


# -- time-stamps --------------------------------------------------------------------------------------------


def test_a_head_is_time_stamped_also_when_nothing_happened(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = an_authority(tmp_path / "authority")
    pinned = here / "public" / "authorities"
    pinned.mkdir(parents=True)
    (pinned / "authority.pem").write_bytes(authority.root)
    today = datetime.now(UTC).date()
    for number in range(2):
        monkeypatch.setattr(ledger_cli, "_today", lambda days=number: today + timedelta(days=days))
        asked, answer = tmp_path / f"{number}.tsq", tmp_path / f"{number}.tsr"
        told("ledger", "timestamp", "request", "--instance", here, "--out", asked)
        answer.write_bytes(authority.answer(asked.read_bytes()))
        kept = told("ledger", "timestamp", "attach", answer, "--instance", here).output
        assert "CN=authority signer saw the head of" in kept
    found = told("verify", here).output
    assert "2 time-stamps" in found
    assert "Everything holds." in found


def test_wrong_answers_are_refused_and_named(here: Path, tmp_path: Path) -> None:
    authority, stranger = an_authority(tmp_path / "authority"), an_authority(tmp_path / "stranger")
    expired = an_authority(tmp_path / "expired", lasts=(-30, -10))
    pinned = here / "public" / "authorities"
    pinned.mkdir(parents=True)
    (pinned / "authority.pem").write_bytes(authority.root + expired.root)
    asked, answer = tmp_path / "a.tsq", tmp_path / "a.tsr"

    def attached(content: bytes) -> str:
        answer.write_bytes(content)
        return told("ledger", "timestamp", "attach", answer, "--instance", here, code=1).output

    assert "No time-stamp was asked for" in attached(authority.answer(timestamp.ask(b"x").der))
    told("ledger", "timestamp", "request", "--instance", here, "--out", asked)
    with closing(sqlite3.connect(here / "portal.db")) as raw:
        note = raw.execute("SELECT note FROM ledger_checkpoint ORDER BY size DESC").fetchone()[0].encode()
        older = raw.execute("SELECT note FROM ledger_checkpoint ORDER BY size").fetchone()[0].encode()
    assert "it answers another request" in attached(authority.answer(timestamp.ask(note).der))
    assert "something else than this head" in attached(authority.answer(timestamp.ask(note + b"\n").der))
    assert "not signed by an authority that is pinned" in attached(stranger.answer(asked.read_bytes()))
    assert "certificate was not valid at its time" in attached(expired.answer(asked.read_bytes()))
    assert "cannot be read" in attached(b"nonsense")
    # A response to another head, asked for with the very nonce that is awaited.
    request = asked.read_bytes()
    digest, other = (timestamp.hashlib.sha256(one).digest() for one in (note, b"another head"))
    assert older
    assert "something else than this head" in attached(authority.answer(request.replace(digest, other)))
    answer.write_bytes(authority.answer(request))
    told("ledger", "timestamp", "attach", answer, "--instance", here)
    assert "answered already" in attached(authority.answer(request))


def test_a_time_stamp_is_checked_on_a_copy_and_named_when_it_does_not_hold(
    here: Path, tmp_path: Path
) -> None:
    authority, other = an_authority(tmp_path / "authority"), an_authority(tmp_path / "other")
    pinned = here / "public" / "authorities"
    pinned.mkdir(parents=True)
    (pinned / "authority.pem").write_bytes(authority.root)
    asked, answer = tmp_path / "a.tsq", tmp_path / "a.tsr"
    told("ledger", "timestamp", "request", "--instance", here, "--out", asked)
    assert "was asked for and has not come back" in told("verify", here).output
    answer.write_bytes(authority.answer(asked.read_bytes()))
    told("ledger", "timestamp", "attach", answer, "--instance", here)
    root, wrong = tmp_path / "root.pem", tmp_path / "wrong.pem"
    root.write_bytes(authority.root)
    wrong.write_bytes(other.root)
    assert "Everything holds." in told("verify", here, "--authority", root).output
    found = told("verify", here, "--authority", wrong, code=1).output
    assert "timestamp of " in found
    assert "it was not signed by an authority that is pinned here" in found
    assert "A time-stamp does not hold." in found
    shutil.rmtree(here / "public")
    assert "was not checked: no authority is pinned" in told("verify", here).output
    rewrite(here)
    found = told("verify", here, "--authority", root, code=1).output
    assert "it is for something else than this head" in found


def test_a_co_signature_or_time_stamp_that_was_taken_away_is_missed(here: Path, tmp_path: Path) -> None:
    witness = a_witness(tmp_path / "one", "one.example/witness", keys_of(here, tmp_path))
    pin(here, witness)
    cosigned(here, witness, tmp_path)
    grow(here, "a")
    with closing(sqlite3.connect(here / "portal.db")) as raw, raw:
        raw.execute("DELETE FROM ledger_cosignature")
        raw.execute("UPDATE ledger_timestamp SET nonce = '1'")
    found = told("verify", here, code=1).output
    assert "is missing (a co-signature)" in found
    assert "was changed without the ledger (a time-stamp)" in found


def test_without_the_extra_time_stamps_are_told_as_unchecked(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = an_authority(tmp_path / "authority")
    (here / "public" / "authorities").mkdir(parents=True)
    (here / "public" / "authorities" / "a.pem").write_bytes(authority.root)
    asked, answer = tmp_path / "a.tsq", tmp_path / "a.tsr"
    told("ledger", "timestamp", "request", "--instance", here, "--out", asked)
    answer.write_bytes(authority.answer(asked.read_bytes()))
    told("ledger", "timestamp", "attach", answer, "--instance", here)
    monkeypatch.setattr(timestamp, "available", lambda: False)
    assert "was not checked: pip install" in told("verify", here).output
    assert upkeep.trusted(here).authorities
