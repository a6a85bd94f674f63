"""Documents of any size: sealed in constant memory, read from anywhere, refused when touched."""

import base64
import hashlib
import io
import json
import tracemalloc
import zlib
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.cobblestone import Cobblestone256Decryptor
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.vault.seal import Label, UnsealError, context, padded_size
from portal.vault.stream import CHUNK, STEP, TAG, Chunks, SealedFile, SealedReader, SealingWriter

KEY = bytes(range(32))
CASE = UUID("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
PLACE = context(Label.FILE, CASE, 1, "original")
OTHER_PLACE = context(Label.FILE, CASE, 2, "original")
EDGES = [
    0,
    1,
    4095,
    4096,
    4097,
    CHUNK - 1,
    CHUNK,
    CHUNK + 1,
    STEP - 1,
    STEP,
    STEP + 1,
    5 * CHUNK + 7,
    300_001,
]
C2SP = json.loads((Path(__file__).parent / "vectors" / "chunked-encryption.json").read_text())["vectors"]
HEADER = 57
SEALED_CHUNK = CHUNK + TAG


def message(size: int) -> bytes:
    return hashlib.shake_128(b"document").digest(size)


def sealed(plain: bytes, pieces: int = STEP) -> tuple[bytes, SealedFile]:
    sink = io.BytesIO()
    writer = SealingWriter(KEY, PLACE, sink)
    for start in range(0, len(plain), pieces):
        writer.write(plain[start : start + pieces])
    made = writer.finish()
    return sink.getvalue(), made


def read_all(stored: bytes | bytearray, length: int, place: bytes = PLACE, key: bytes = KEY) -> bytes:
    return b"".join(SealedReader(key, place, io.BytesIO(stored), length).read())


class Trickle(io.RawIOBase):
    """A source and sink that handles a few bytes at a time, as sockets and pipes do."""

    def __init__(self, content: bytes = b"") -> None:
        super().__init__()
        self.content = io.BytesIO(content)

    def write(self, data: Any) -> int:
        return self.content.write(bytes(data[:1000]))

    def read(self, size: int = -1) -> bytes:
        return self.content.read(min(size, 1000))

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.content.seek(offset, whence)


@pytest.mark.parametrize("size", EDGES)
def test_a_document_comes_back_unchanged(size: int) -> None:
    plain = message(size)
    stored, made = sealed(plain)
    assert read_all(stored, size) == plain
    assert made == SealedFile(
        size, len(stored), hashlib.sha256(plain).digest(), hashlib.sha256(stored).digest()
    )


@given(st.integers(0, 200_000), st.integers(1, 90_000))
@settings(max_examples=40, deadline=None)
def test_the_library_opens_the_same_whatever_pieces_it_was_written_in(size: int, pieces: int) -> None:
    plain = message(size)
    stored, made = sealed(plain, pieces)
    decryptor = Cobblestone256Decryptor(KEY, PLACE)
    assert stored[:1] == b"\x01"
    opened = decryptor.update(stored[1:]) + decryptor.finalize()
    assert opened == plain.ljust(padded_size(size), b"\x00")
    assert (made.length, made.stored_size) == (size, len(stored))


def test_writable_and_shared_buffers_are_taken_too() -> None:
    sink = io.BytesIO()
    writer = SealingWriter(KEY, PLACE, sink)
    assert writer.write(bytearray(b"first ")) == 6
    assert writer.write(memoryview(b"second")) == 6
    assert writer.write(b"") == 0
    made = writer.finish()
    assert read_all(sink.getvalue(), made.length) == b"first second"


big = message(200_000)
big_stored, _ = sealed(big)
near_an_edge = st.builds(
    lambda chunk, off: max(0, min(200_000, chunk * CHUNK + off)), st.integers(0, 13), st.integers(-2, 2)
)
position = st.one_of(near_an_edge, st.integers(0, 200_000))


@given(position, position)
@settings(max_examples=150, deadline=None)
def test_any_range_is_byte_for_byte_what_was_written(one: int, other: int) -> None:
    start, stop = sorted((one, other))
    pieces = list(SealedReader(KEY, PLACE, io.BytesIO(big_stored), len(big)).read(start, stop))
    assert b"".join(pieces) == big[start:stop]
    assert all(0 < len(piece) <= STEP for piece in pieces)


def test_two_ranges_can_be_read_at_the_same_time() -> None:
    reader = SealedReader(KEY, PLACE, io.BytesIO(big_stored), len(big))
    first, second = reader.read(0, 150_000), reader.read(50_000)
    made: tuple[list[bytes], list[bytes]] = ([], [])
    for ranges in zip(first, second, strict=False):
        for pieces, piece in zip(made, ranges, strict=True):
            pieces.append(piece)
    assert b"".join([*made[0], *first]) == big[:150_000]
    assert b"".join([*made[1], *second]) == big[50_000:]


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (6, 5), (0, 200_001), (200_001, None)])
def test_a_range_outside_the_document_is_refused_at_once(start: int, stop: int | None) -> None:
    reader = SealedReader(KEY, PLACE, io.BytesIO(big_stored), len(big))
    with pytest.raises(ValueError, match="outside"):
        reader.read(start, stop)


def test_a_slow_store_gets_and_gives_every_byte() -> None:
    sink: Any = Trickle()
    writer = SealingWriter(KEY, PLACE, sink)
    writer.write(big)
    made = writer.finish()
    stored = sink.content.getvalue()
    assert hashlib.sha256(stored).digest() == made.sealed_sha256
    slow: Any = Trickle(stored)
    assert b"".join(SealedReader(KEY, PLACE, slow, made.length).read()) == big


def test_a_store_that_takes_nothing_fails_loudly() -> None:
    class Full(io.BytesIO):
        def write(self, _data: Any) -> int:
            return 0

    with pytest.raises(OSError, match="nothing"):
        SealingWriter(KEY, PLACE, Full())


def test_a_finished_document_takes_no_more() -> None:
    writer = SealingWriter(KEY, PLACE, io.BytesIO())
    writer.finish()
    with pytest.raises(ValueError, match="finished"):
        writer.write(b"more")
    with pytest.raises(ValueError, match="finished"):
        writer.finish()


def test_a_document_moved_to_another_place_or_key_does_not_open() -> None:
    stored, made = sealed(message(50_000))
    for place, key in ((OTHER_PLACE, KEY), (PLACE, bytes(32)), (PLACE, KEY[:16])):
        with pytest.raises(UnsealError):
            read_all(stored, made.length, place, key)


def test_no_byte_of_a_small_document_can_be_changed() -> None:
    stored, made = sealed(b"a photograph")
    for index in range(len(stored)):
        forged = bytearray(stored)
        forged[index] ^= 1
        with pytest.raises(UnsealError):
            read_all(forged, made.length)


@given(st.integers(1, len(big_stored) - 1), st.integers(0, 7))
@settings(max_examples=100, deadline=None)
def test_no_bit_of_a_large_document_can_be_changed(index: int, bit: int) -> None:
    forged = bytearray(big_stored)
    forged[index] ^= 1 << bit
    with pytest.raises(UnsealError):
        list(Chunks(KEY, PLACE, io.BytesIO(forged), offset=1).read(0, padded_size(len(big))))


@given(st.integers(0, len(big_stored) - 1))
@settings(max_examples=60, deadline=None)
def test_a_document_cut_anywhere_does_not_even_begin(size: int) -> None:
    with pytest.raises(UnsealError):
        SealedReader(KEY, PLACE, io.BytesIO(big_stored[:size]), len(big))


def test_a_document_cut_at_a_chunk_does_not_pass_for_a_shorter_one() -> None:
    for chunks in range(13):
        cut = big_stored[: HEADER + chunks * SEALED_CHUNK]
        for length in (chunks * CHUNK, max(0, chunks * CHUNK - 1)):
            with pytest.raises(UnsealError):
                SealedReader(KEY, PLACE, io.BytesIO(cut), length)


@pytest.mark.parametrize("extra", [1, TAG - 1, TAG, SEALED_CHUNK, 2 * SEALED_CHUNK])
def test_a_document_with_something_added_does_not_open(extra: int) -> None:
    with pytest.raises(UnsealError):
        SealedReader(KEY, PLACE, io.BytesIO(big_stored + bytes(extra)), len(big))


def test_chunks_put_in_another_order_do_not_open() -> None:
    chunks = [big_stored[at : at + SEALED_CHUNK] for at in range(HEADER, len(big_stored), SEALED_CHUNK)]
    chunks[1], chunks[2] = chunks[2], chunks[1]
    with pytest.raises(UnsealError):
        read_all(big_stored[:HEADER] + b"".join(chunks), len(big))


def test_a_chunk_of_another_document_under_the_same_key_does_not_open() -> None:
    other, _ = sealed(big)
    mixed = big_stored[: HEADER + SEALED_CHUNK] + other[HEADER + SEALED_CHUNK :]
    with pytest.raises(UnsealError):
        SealedReader(KEY, PLACE, io.BytesIO(mixed), len(big))


@pytest.mark.parametrize("length", [-1, 0, 4097, 2**60])
def test_a_length_that_does_not_belong_to_the_stored_size_is_refused(length: int) -> None:
    stored, _ = sealed(message(9000))
    with pytest.raises(UnsealError):
        SealedReader(KEY, PLACE, io.BytesIO(stored), length)


def test_a_store_that_shrinks_while_it_is_read_gives_nothing_more() -> None:
    source = io.BytesIO(big_stored)
    pieces = SealedReader(KEY, PLACE, source, len(big)).read()
    assert next(pieces) == big[:STEP]
    source.truncate(HEADER + 5 * SEALED_CHUNK)
    with pytest.raises(UnsealError):
        list(pieces)


def test_more_chunks_than_the_specification_allows_are_refused_before_reading() -> None:
    class Vast(io.BytesIO):
        def seek(self, _offset: int, whence: int = 0) -> int:
            return HEADER + (1 << 38) * SEALED_CHUNK + TAG if whence == io.SEEK_END else 0

    with pytest.raises(UnsealError):
        Chunks(KEY, PLACE, Vast(b"\x01"), offset=1)


@pytest.mark.parametrize("vector", C2SP, ids=lambda vector: vector["name"])
def test_the_published_vectors_open_or_fail_as_they_must(vector: dict[str, Any]) -> None:
    stored = base64.b64decode(vector["ciphertext"])
    source = io.BytesIO(zlib.decompress(stored) if vector.get("compressed") else stored)
    key, place = bytes.fromhex(vector["key"]), vector["context"].encode()
    if vector["expect"] == "success":
        chunks = Chunks(key, place, source, algorithm=SHA256())
        opened = b"".join(chunks.read(0, chunks.size))
        assert len(opened) == vector["payload_length"]
        assert hashlib.sha256(opened).hexdigest() == vector["payload_sha256"]
    else:
        with pytest.raises(UnsealError):
            _everything(key, place, source)


def _everything(key: bytes, place: bytes, source: io.BytesIO) -> None:
    chunks = Chunks(key, place, source, algorithm=SHA256())
    list(chunks.read(0, chunks.size))


def test_memory_does_not_grow_with_the_document() -> None:
    size = 64 * 1024 * 1024
    piece = bytes(100_000)

    class Sink(io.BytesIO):
        def write(self, data: Any) -> int:
            return len(data)

    writer = SealingWriter(KEY, PLACE, Sink())
    tracemalloc.start()
    try:
        for _ in range(size // len(piece)):
            writer.write(piece)
        writer.finish()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 512 * 1024


def test_reading_holds_a_few_chunks_at_a_time() -> None:
    stored, made = sealed(bytes(8 * 1024 * 1024))
    reader = SealedReader(KEY, PLACE, io.BytesIO(stored), made.length)
    tracemalloc.start()
    try:
        assert sum(len(piece) for piece in reader.read()) == made.length
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1024 * 1024
