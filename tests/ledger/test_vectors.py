"""Answers that others published, and what must fail: trees, notes, checkpoints, co-signatures, requests."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.ledger import cosignature, tree
from portal.ledger.checkpoint import Checkpoint, Proof, cosigned_message, mldsa44_time, parse
from portal.ledger.notes import COSIGNATURE, ED25519, CheckpointError, VerifierKey, parse_signatures, split
from portal.ledger.witness import Request
from portal.vault.sign import verify_ed25519

VECTORS = Path(__file__).parent / "vectors"
MERKLE: dict[str, Any] = json.loads((VECTORS / "merkle.json").read_text("utf-8"))
NOTES: dict[str, Any] = json.loads((VECTORS / "notes.json").read_text("utf-8"))
GARBAGE = bytes(range(32))
COSIGNED = NOTES["checkpoint"]
WITNESS = VerifierKey.parse(COSIGNED["witness"])


def raw(text: str) -> bytes:
    return base64.b64decode(text)


def flipped(value: bytes, bit: int = 4) -> bytes:
    return bytes([value[0] ^ 1 << bit]) + value[1:]


def named(cases: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


def bad_proofs(proof: list[bytes], *roots: bytes) -> Iterator[tuple[str, list[bytes]]]:
    for place in range(len(proof)):
        changed = [flipped(one) if at == place else one for at, one in enumerate(proof)]
        yield f"hash {place} flipped", changed
        yield f"hash {place} left out", [one for at, one in enumerate(proof) if at != place]
        yield f"a hash put in at {place}", [*proof[:place], GARBAGE, *proof[place:]]
    yield "garbage behind", [*proof, GARBAGE]
    yield "a short hash behind", [*proof, b"\x00" * 31]
    for root in roots:
        yield "a root behind", [*proof, root]
        yield "a root in front", [root, *proof]


@named(MERKLE["inclusion"])
def test_inclusion_proofs_hold_and_fail_as_published(case: dict[str, Any]) -> None:
    leaf, root, proof = raw(case["leaf"]), raw(case["root"]), [raw(one) for one in case["proof"]]
    index, size = case["index"], case["size"]
    assert tree.verify_inclusion(leaf, index, size, proof, root) is case["holds"]
    if not case["holds"]:
        return
    for other in {index - 1, index + 1, index ^ 2, size, -1} - {index}:
        assert not tree.verify_inclusion(leaf, other, size, proof, root), other
    for other in {size * 2, size // 2, 0}:
        assert not tree.verify_inclusion(leaf, index, other, proof, root), other
    assert not tree.verify_inclusion(flipped(leaf), index, size, proof, root)
    assert not tree.verify_inclusion(leaf, index, size, proof, flipped(root))
    assert not tree.verify_inclusion(leaf, index, size, proof, tree.EMPTY_ROOT)
    for what, wrong in bad_proofs(proof, root):
        assert not tree.verify_inclusion(leaf, index, size, wrong, root), what


@named(MERKLE["consistency"])
def test_consistency_proofs_hold_and_fail_as_published(case: dict[str, Any]) -> None:
    one, two = raw(case["old_root"]), raw(case["new_root"])
    old, new, proof = case["old"], case["new"], [raw(item) for item in case["proof"]]
    assert tree.verify_consistency(old, new, one, two, proof) is case["holds"]
    if not case["holds"]:
        return
    for other in {old - 1, old + 1, old ^ 2}:
        assert not tree.verify_consistency(other, new, one, two, proof), other
    for other in {new * 2, new // 2}:
        assert not tree.verify_consistency(old, other, one, two, proof), other
    assert not tree.verify_consistency(old, new, two, one, proof)
    assert not tree.verify_consistency(old, new, flipped(one), two, proof)
    assert not tree.verify_consistency(old, new, one, flipped(two), proof)
    assert not tree.verify_consistency(old, new, one, two, [])
    for what, wrong in bad_proofs(proof, one, two):
        assert not tree.verify_consistency(old, new, one, two, wrong), what


def test_a_note_of_another_program_holds_and_a_changed_one_does_not() -> None:
    given = NOTES["note"]
    key = VerifierKey.parse(given["key"])
    text, signatures = split(given["text"] + "\n" + given["line"])
    blob = key.blob(signatures)
    assert blob is not None
    assert key.kind == ED25519
    assert verify_ed25519(key.public, blob, text.encode())
    assert not verify_ed25519(key.public, blob, text.replace("don't", "do").encode())
    assert not verify_ed25519(key.public, flipped(blob), text.encode())


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note[:-1],
        lambda note: note + "\n",
        lambda note: note.replace("\N{EM DASH} ", "- "),
        lambda note: note.replace("PeterNeumann ", "Peter Neumann "),
        lambda note: note.replace("PeterNeumann ", "Peter+Neumann "),
        lambda note: note.replace("PeterNeumann ", ""),
        lambda note: note.replace("x08g", "x08!"),
        lambda note: note.replace("wJnAM=", "wJnAN="),
        lambda note: note.replace("problem", "prob\tlem"),
        lambda note: note.replace("problem", "prob\udc80lem"),
        lambda note: note + "\N{EM DASH} PeterNeumann x08go/8=\n" * 40,
    ],
    ids=[
        "no empty line",
        "no end",
        "a line more",
        "a hyphen",
        "a space",
        "a plus",
        "no name",
        "no base64",
        "spare bits",
        "a tab",
        "half a sign",
        "too many",
    ],
)
def test_a_malformed_note_is_refused(change: Any) -> None:
    with pytest.raises(CheckpointError):
        split(change(NOTES["note"]["text"] + "\n" + NOTES["note"]["line"]))


def test_a_note_may_have_empty_lines_and_unknown_signatures() -> None:
    text, signatures = split("one\n\ntwo\n\n" + NOTES["note"]["line"] + COSIGNED["note"].split("\n\n")[1])
    assert text == "one\n\ntwo\n"
    assert signatures[0].name == "PeterNeumann"
    assert VerifierKey.parse(COSIGNED["log"]).blob(signatures) is not None


@pytest.mark.parametrize("text", NOTES["keys"]["good"])
def test_verifier_keys_in_use_elsewhere_are_read_and_written_alike(text: str) -> None:
    assert VerifierKey.parse(text).text() == text


@pytest.mark.parametrize(
    "text", [*NOTES["keys"]["bad"], "", "a+b", "a b+00000000+AA==", NOTES["note"]["key"][:-4]]
)
def test_verifier_keys_that_must_fail_are_refused(text: str) -> None:
    with pytest.raises(CheckpointError):
        VerifierKey.parse(text)


def test_a_checkpoint_co_signed_elsewhere_holds_for_the_log_and_for_the_witness() -> None:
    signed, log = parse(COSIGNED["note"]), VerifierKey.parse(COSIGNED["log"])
    blob = log.blob(signed.signatures)
    assert blob is not None
    assert verify_ed25519(log.public, blob, signed.checkpoint.text().encode())
    assert WITNESS.kind == COSIGNATURE
    assert cosignature.check(signed.checkpoint, signed.signatures, WITNESS) == COSIGNED["time"]


@pytest.mark.parametrize(
    "change",
    [
        lambda head: Checkpoint(head.origin, 42, head.root),
        lambda head: Checkpoint(head.origin, head.size, flipped(head.root)),
        lambda head: Checkpoint("other.example", head.size, head.root),
    ],
    ids=["size", "root", "origin"],
)
def test_a_co_signature_of_another_head_does_not_hold(change: Any) -> None:
    signed = parse(COSIGNED["note"])
    with pytest.raises(CheckpointError, match="wrong"):
        cosignature.check(change(signed.checkpoint), signed.signatures, WITNESS)


def test_every_flipped_bit_of_a_co_signature_is_noticed() -> None:
    signed = parse(COSIGNED["note"])
    line = next(one for one in signed.signatures if one.name == WITNESS.name)
    for bit in range(len(line.blob) * 8):
        blob = bytearray(line.blob)
        blob[bit // 8] ^= 1 << bit % 8
        wrong = type(line)(line.name, line.key_id, bytes(blob))
        with pytest.raises(CheckpointError):
            cosignature.check(signed.checkpoint, (wrong,), WITNESS)


def test_the_log_s_own_key_is_no_witness_and_a_missing_or_doubled_signature_is_told() -> None:
    signed, log = parse(COSIGNED["note"]), VerifierKey.parse(COSIGNED["log"])
    with pytest.raises(CheckpointError, match="signs notes"):
        cosignature.check(signed.checkpoint, signed.signatures, log)
    with pytest.raises(CheckpointError, match="has not signed"):
        cosignature.check(signed.checkpoint, signed.signatures[:2], WITNESS)
    with pytest.raises(CheckpointError, match="twice"):
        cosignature.check(signed.checkpoint, signed.signatures * 2, WITNESS)
    with pytest.raises(CheckpointError):
        parse_signatures("\N{EM DASH} a AAAAAA==\n")


def test_an_add_checkpoint_request_signed_elsewhere_with_ml_dsa_is_read_and_holds() -> None:
    given = NOTES["request"]
    request, key = Request.parse(given["text"]), VerifierKey.parse(given["log"])
    assert request.text() == given["text"]
    signed = parse(request.note)
    blob = key.blob(signed.signatures)
    assert blob is not None
    assert mldsa44_time(key, signed.checkpoint, blob) == 0
    for wrong in (flipped(blob), flipped(blob[::-1])[::-1], blob[:-1], blob[:7] + b"\x01" + blob[8:]):
        with pytest.raises(CheckpointError):
            mldsa44_time(key, signed.checkpoint, wrong)
    with pytest.raises(CheckpointError):
        mldsa44_time(key, Checkpoint(signed.checkpoint.origin, 2, signed.checkpoint.root), blob)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("old 0", "old 00"),
        ("old 0", "old -1"),
        ("old 0", "Old 0"),
        ("old 0\n", "old 0\nAAAA\n"),
        ("old 0\n", "old 0\n" + base64.b64encode(GARBAGE).decode() * 2 + "\n"),
        ("old 0\n", "old 0\n" + (base64.b64encode(GARBAGE).decode() + "\n") * 64),
        ("old 0\n\n", "old 0\n"),
    ],
)
def test_a_malformed_request_is_refused(old: str, new: str) -> None:
    with pytest.raises(CheckpointError):
        Request.parse(NOTES["request"]["text"].replace(old, new, 1))


def test_both_signed_messages_are_laid_out_as_specified() -> None:
    head = Checkpoint(
        "example.com/behind-the-sofa", 20852163, raw("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    )
    assert cosignature.message(head, 1679315147).decode() == (
        "cosignature/v1\n"
        "time 1679315147\n"
        "example.com/behind-the-sofa\n"
        "20852163\n"
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )
    made = cosigned_message("w1", head, 1679315147)
    assert made[:12] == b"subtree/v1\n\x00"
    assert made[12:15] == b"\x02w1"
    assert int.from_bytes(made[15:23], "big") == 1679315147
    assert made[23:51] == b"\x1b" + head.origin.encode()
    assert made[51:59] == bytes(8)
    assert int.from_bytes(made[59:67], "big") == head.size
    assert made[67:] == head.root


def test_a_tlog_proof_in_the_form_of_the_specification_is_read_line_by_line() -> None:
    hashes = [base64.b64encode(bytes([number]) * 32).decode() for number in range(3)]
    text = "c2sp.org/tlog-proof@v1\nindex 7\n" + "\n".join(hashes) + "\n\n" + COSIGNED["note"]
    proof = Proof.parse(text)
    assert (proof.index, len(proof.hashes), proof.note) == (7, 3, COSIGNED["note"])
    assert proof.text() == text
    for wrong in (
        "wrong-header\nindex 0\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex notanumber\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex -5\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n!!notbase64!!\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + base64.b64encode(bytes(64)).decode() + "\n\ncheckpoint\n",
    ):
        with pytest.raises(CheckpointError):
            Proof.parse(wrong)
