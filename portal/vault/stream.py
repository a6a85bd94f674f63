"""Documents of any size, sealed in constant memory and read back from any point.

The writer is Cobblestone-256 of the library; the reader implements random access by the C2SP
chunked-encryption specification, with HKDF-Expand-SHA-512 and AES-GCM over chunks of 16 KiB.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_END
from typing import BinaryIO

from cryptography.cobblestone import Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512, HashAlgorithm
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from portal.vault.seal import KEY_SIZE, SUITE, UnsealError, padded_size

CHUNK = 16 * 1024
TAG = 16
SALT = 24
COMMITMENT = 32
HEADER = SALT + COMMITMENT
NONCE = 12
STEP = 64 * 1024
"""Bytes taken at a time: larger steps cost more system time, not less (measured)."""

_INFO = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"
_SHA512 = SHA512()
_CHUNK_LIMIT = 1 << 38
_CHUNKS_PER_STEP = STEP // CHUNK
_ZEROS = bytes(STEP)


@dataclass(frozen=True, slots=True)
class SealedFile:
    """What the writer saw: sizes in bytes, digests as 32 raw bytes.

    `length` and `sha256` are of the plaintext and belong in a sealed record, never in clear;
    `stored_size` and `sealed_sha256` are of the bytes at rest.
    """

    length: int
    stored_size: int
    sha256: bytes
    sealed_sha256: bytes


class SealingWriter:
    """Seal one document into `sink` while it arrives; memory does not grow with its size.

    The context is fixed before the first byte, so the file's id must exist before the upload.
    What was written before `finish` returned is unusable and is to be erased by the caller.
    """

    def __init__(self, key: bytes, context: bytes, sink: BinaryIO) -> None:
        self._encryptor = Cobblestone256Encryptor(key, context)
        self._sink = sink
        self._buffer = bytearray(HEADER + STEP + (_CHUNKS_PER_STEP + 1) * TAG)
        self._plain = hashlib.sha256()
        self._sealed = hashlib.sha256()
        self._length = 0
        self._stored = 0
        self._finished = False
        self._emit(memoryview(SUITE))

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Take the next bytes, in pieces of any size; returns how many (all of them).

        After `finish` it raises ValueError.
        """
        if self._finished:
            raise ValueError("This document is already finished.")
        view = memoryview(data).cast("B")
        self._plain.update(view)
        self._length += len(view)
        for start in range(0, len(view), STEP):
            self._encrypt(view[start : start + STEP])
        return len(view)

    def finish(self) -> SealedFile:
        """Add the zero tail that hides the exact size, then the last chunk; once, else ValueError."""
        if self._finished:
            raise ValueError("This document is already finished.")
        self._finished = True
        tail = padded_size(self._length) - self._length
        while tail:
            step = min(tail, STEP)
            self._encrypt(memoryview(_ZEROS)[:step])
            tail -= step
        self._emit(memoryview(self._encryptor.finalize()))
        return SealedFile(self._length, self._stored, self._plain.digest(), self._sealed.digest())

    def _encrypt(self, piece: memoryview) -> None:
        size = self._encryptor.update_into(piece, self._buffer)
        self._emit(memoryview(self._buffer)[:size])

    def _emit(self, piece: memoryview) -> None:
        self._sealed.update(piece)
        self._stored += len(piece)
        while piece:
            # An unbuffered sink may take less than it was given.
            taken = self._sink.write(piece)
            if not taken:
                raise OSError("The store took nothing.")
            piece = piece[taken:]


class SealedReader:
    """Read any range of a sealed document.

    At construction the suite, the key commitment and the last chunk are authenticated, which fixes
    the length of the stored document: nothing can be cut off or added unnoticed. `length` is the true
    length from the sealed file record; the padding must be the one that belongs to it.
    Whatever is wrong, here or while reading, raises UnsealError.
    """

    def __init__(self, key: bytes, context: bytes, source: BinaryIO, length: int) -> None:
        source.seek(0)
        if source.read(len(SUITE)) != SUITE:
            raise UnsealError
        self._chunks = Chunks(key, context, source, offset=len(SUITE))
        if length < 0 or self._chunks.size != padded_size(length):
            raise UnsealError
        self.length = length

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Give the bytes from `start` up to `stop` (or the end) in pieces of at most 64 KiB.

        A range outside the document raises ValueError at once. Every piece is authenticated before
        it is given out.
        """
        end = self.length if stop is None else stop
        if not 0 <= start <= end <= self.length:
            raise ValueError("This range lies outside the document.")
        return self._chunks.read(start, end)


class Chunks:
    """Random access to one Cobblestone-256 message that lies in `source` from `offset` to the end.

    Opening it checks the key commitment in constant time, then the last chunk, whose place and size
    fix the length of the whole. `size` is the length of the plaintext. Cobblestone derives with
    SHA-512; the specification's published test vectors, which this reader must open too, with SHA-256.
    """

    def __init__(
        self,
        key: bytes,
        context: bytes,
        source: BinaryIO,
        *,
        offset: int = 0,
        algorithm: HashAlgorithm = _SHA512,
    ) -> None:
        self._source = source
        self._start = offset + HEADER
        body = source.seek(0, SEEK_END) - self._start
        self._last, rest = divmod(body, CHUNK + TAG)
        if body < TAG or rest < TAG or self._last >= _CHUNK_LIMIT or len(key) != KEY_SIZE:
            raise UnsealError
        self._last_size = rest
        self.size = self._last * CHUNK + rest - TAG
        header = self._fetch(offset, HEADER)
        material = HKDFExpand(
            algorithm=algorithm,
            length=KEY_SIZE + NONCE + COMMITMENT,
            info=_INFO + header[:SALT] + context,
        ).derive(key)
        if not hmac.compare_digest(material[KEY_SIZE + NONCE :], header[SALT:]):
            raise UnsealError
        self._aead = AESGCM(material[:KEY_SIZE])
        self._nonce = int.from_bytes(material[KEY_SIZE : KEY_SIZE + NONCE], "big")
        for _ in self._open(self._last, self._last):
            pass

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        """Give the plaintext from `start` up to `stop`, which the caller has checked against `size`."""
        position = start
        while position < stop:
            first = position // CHUNK
            last = min((stop - 1) // CHUNK, first + _CHUNKS_PER_STEP - 1)
            piece = b"".join(self._open(first, last))
            base = first * CHUNK
            yield piece[position - base : stop - base]
            position = (last + 1) * CHUNK

    def _open(self, first: int, last: int) -> Iterator[bytes]:
        step = CHUNK + TAG
        size = (last - first) * step + (self._last_size if last == self._last else step)
        sealed = memoryview(self._fetch(self._start + first * step, size))
        for index in range(first, last + 1):
            nonce = (self._nonce ^ index).to_bytes(NONCE, "big")
            at = (index - first) * step
            try:
                yield self._aead.decrypt(nonce, sealed[at : at + step], None)
            except InvalidTag:
                raise UnsealError from None

    def _fetch(self, at: int, size: int) -> bytes:
        self._source.seek(at)
        fetched = bytearray()
        while len(fetched) < size:
            piece = self._source.read(size - len(fetched))
            if not piece:
                raise UnsealError
            fetched += piece
        return bytes(fetched)
