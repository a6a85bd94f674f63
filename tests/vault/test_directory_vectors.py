"""The directory written a second time after docs/sealed-format.md (11.1), and what must be refused."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from portal.vault.directory import Directory, DirectoryError, fingerprint, sign, verify
from portal.vault.sign import SigningKey

VECTOR: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "directory.json").read_text("utf-8"))
MEMBERS = ("day", "epoch", "kind", "name", "public", "status")


def quoted(text: str) -> str:
    """A JSON string of letters that need no escape, as RFC 8785 writes it."""
    assert not set(text) & set('"\\')
    assert text.isprintable()
    return f'"{text}"'


def canonical(value: dict[str, Any]) -> bytes:
    """RFC 8785, by hand, for a directory."""
    statements = ",".join(
        "{"
        + ",".join(
            f"{quoted(name)}:{one[name] if name == 'epoch' else quoted(one[name])}" for name in MEMBERS
        )
        + "}"
        for one in value["statements"]
    )
    return f'{{"serial":{value["serial"]},"statements":[{statements}],"v":{value["v"]}}}'.encode()


def message(value: dict[str, Any]) -> bytes:
    """Label, 0x00, and the canonical JSON behind its length as u32be."""
    body = canonical(value)
    return b"tp1/directory\x00" + len(body).to_bytes(4, "big") + body


def test_the_signed_bytes_are_these() -> None:
    value = json.loads(VECTOR["text"])
    assert canonical(value).decode() == VECTOR["canonical"]
    assert hashlib.sha256(message(value)).hexdigest() == VECTOR["message_sha256"]
    assert Directory.from_json(VECTOR["text"]).message == message(value)


def test_the_directory_opens_and_names_whom_to_seal_to() -> None:
    read = Directory.from_json(VECTOR["text"])
    verify(read, VECTOR["fingerprint"])
    keys = read.public_keys()
    found = {
        name: [keys.epochs[name], hashlib.sha256(public).hexdigest()] for name, public in keys.groups.items()
    }
    assert found == VECTOR["current"]
    assert keys.former["intake"].keys() == {1}
    assert read.to_json() == VECTOR["text"]


def test_the_root_is_named_by_its_fingerprint_and_signs_the_same_ed25519_half() -> None:
    root = SigningKey.from_seeds(bytes.fromhex(VECTOR["seeds"]))
    assert fingerprint(root.verify_key) == VECTOR["fingerprint"]
    assert hashlib.sha256(root.verify_key.to_bytes()).hexdigest()[:32] == VECTOR["fingerprint"]
    read = Directory.from_json(VECTOR["text"])
    again = sign(root, serial=read.serial, statements=reversed(read.statements))
    assert again.message == read.message  # in whatever order they came
    assert again.signature[:64] == read.signature[:64]
    verify(again, VECTOR["fingerprint"])


def edited(one: dict[str, Any]) -> str:
    """The text with a vector's edits."""
    value = json.loads(VECTOR["text"])
    for *path, last, new in one["edit"]:
        place = value
        for step in path:
            place = place[step]
        if new is None:
            del place[last]
        else:
            place[last] = new
    value["signature"] = one.get("signature", value["signature"])
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


@pytest.mark.parametrize("one", VECTOR["must_fail"], ids=lambda one: one["why"])
def test_it_is_refused_when(one: dict[str, Any]) -> None:
    text = edited(one)
    assert text != VECTOR["text"]
    with pytest.raises(DirectoryError):
        verify(Directory.from_json(text), VECTOR["fingerprint"])


def test_the_vectors_cover_signature_sense_and_form() -> None:
    whys = [one["why"] for one in VECTOR["must_fail"]]
    assert len(set(whys)) == len(whys) >= 30
    assert sum(why.startswith("signed, but") for why in whys) >= 7
