"""The receipt of a submission: nine words (or nine numbers) that reopen it, and the keys they give."""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from portal.errors import InvalidError
from portal.vault.passphrase import RECEIPT, SENDING, Line, derive_key
from portal.vault.seal import Label, context, derive
from portal.vault.words import SIZE, word_list
from portal.vault.words.spelling import fold, index_of, near

WORDS = 9
LOCATOR_SIZE = 16
_WORD_BITS = 11
_CHECK_BITS = 7
_SECRET_BITS = WORDS * _WORD_BITS - _CHECK_BITS
_SECRET_BYTES = (_SECRET_BITS + 7) // 8
_CHECK_DOMAIN = b"tp1/receipt-check\x00"
_GROUP = 4
_LONGEST_TEXT = 2_000
_MOST_SUGGESTED = WORDS
_TOKENS = re.compile(r"[^\W\d_]+|\d{1,4}")


class Fault(StrEnum):
    """What is wrong with a typed receipt."""

    EMPTY = "empty"
    COUNT = "count"
    UNKNOWN_WORD = "unknown word"
    CHECKSUM = "checksum"


class ReceiptError(InvalidError):
    """What was typed is no receipt.

    `kind` says why; `count` is how many words were read; `unknown` holds the positions (from 1) of words
    in neither list and `near` their look-alikes, best first. Where all words are listed and the checksum
    does not hold, `near` has the listed words that would make it hold, and `swapped` the first of two
    neighbours that would if they changed places. The message repeats nothing that was typed.
    """

    def __init__(
        self,
        kind: Fault,
        *,
        count: int,
        unknown: tuple[int, ...] = (),
        near: Mapping[int, tuple[str, ...]] | None = None,
        swapped: tuple[int, ...] = (),
    ) -> None:
        super().__init__(f"This is not a receipt: {kind}.")
        self.kind = kind
        self.count = count
        self.unknown = unknown
        self.near: Mapping[int, tuple[str, ...]] = near or {}
        self.swapped = swapped


@dataclass(frozen=True)
class Receipt:
    """Nine indices of 0 to 2047, first word highest: a 92-bit secret, then the 7 bits that check it.

    A receipt that exists has a right checksum: making one from other indices raises `ReceiptError`.
    """

    indices: tuple[int, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.indices) != WORDS:
            raise ReceiptError(Fault.COUNT, count=len(self.indices))
        unknown = tuple(i for i, index in enumerate(self.indices, 1) if not 0 <= index < SIZE)
        if unknown:
            raise ReceiptError(Fault.UNKNOWN_WORD, count=WORDS, unknown=unknown)
        if not _holds(self.indices):
            raise ReceiptError(Fault.CHECKSUM, count=WORDS)

    def words(self, language: str) -> tuple[str, ...]:
        """Give the nine words in "fa" or "en" (any other language falls back to English)."""
        listed = word_list(language)
        return tuple(listed[index] for index in self.indices)

    def digits(self) -> str:
        """Give nine groups of four digits, 0001 to 2048: the line of each word in its list.

        Nine groups rather than one long number because a group stands for a word: it is read, ticked off
        and put right by itself, and may even stand among words.
        """
        return " ".join(f"{index + 1:0{_GROUP}d}" for index in self.indices)

    def encoded(self) -> bytes:
        """Give the canonical 18 bytes, each index as two bytes, big end first: the same in every language."""
        return b"".join(index.to_bytes(2, "big") for index in self.indices)


@dataclass(frozen=True)
class ReceiptKeys:
    """What a receipt gives: a locator (16 bytes, the only part ever stored), a key pair's seed (32 bytes)."""

    locator: bytes = field(repr=False)
    seed: bytes = field(repr=False)


def generate(random: Callable[[int], bytes] = secrets.token_bytes) -> Receipt:
    """Make a new receipt from 92 random bits."""
    secret = int.from_bytes(random(_SECRET_BYTES), "big") % (1 << _SECRET_BITS)
    value = secret << _CHECK_BITS | _check(secret)
    return Receipt(tuple(value >> _WORD_BITS * (WORDS - 1 - i) & (SIZE - 1) for i in range(WORDS)))


def parse(text: str) -> Receipt:
    """Read nine words in either language, or nine groups of digits, however separated, numbered or spelt.

    Costs no key derivation: a slip in a word is noticed here with probability 127/128. Raises `ReceiptError`.
    """
    tokens = _tokens(text)
    if not tokens:
        raise ReceiptError(Fault.EMPTY, count=0)
    indices = [_index(token) for token in tokens]
    known = tuple(index for index in indices if index is not None)
    if len(tokens) == len(known) == WORDS:
        if not _holds(known):
            raise ReceiptError(
                Fault.CHECKSUM, count=WORDS, near=_slips(tokens, known), swapped=_changed_places(known)
            )
        return Receipt(known)
    unknown = tuple(i for i, index in enumerate(indices, 1) if index is None)
    kind = Fault.UNKNOWN_WORD if len(tokens) == WORDS else Fault.COUNT
    similar = {i: near(tokens[i - 1]) for i in unknown[:_MOST_SUGGESTED] if not tokens[i - 1].isdecimal()}
    raise ReceiptError(kind, count=len(tokens), unknown=unknown, near=similar)


def count(typed: str) -> int:
    """Count the words, or groups of digits, that were typed."""
    return len(_tokens(typed))


def compare(typed: str, receipt: Receipt) -> tuple[int, ...]:
    """Give the positions (from 1) where `typed` departs from a known receipt: wrong, missing or too many."""
    indices: list[int | None] = [_index(token) for token in _tokens(typed)]
    longest = max(len(indices), WORDS)
    given = indices + [None] * (longest - len(indices))
    return tuple(i for i in range(1, longest + 1) if i > WORDS or given[i - 1] != receipt.indices[i - 1])


def keys_of(receipt: Receipt, salt: bytes, line: Line = SENDING) -> ReceiptKeys:
    """Stretch a receipt with the installation's salt (16 bytes), and split what comes out.

    Argon2id (19 MiB, 2 passes, 1 lane) over the canonical bytes, then HKDF-Expand-SHA-512 under one label
    each. Slow on purpose: keep it out of transactions. Raises UnavailableError when too many are waiting.
    """
    stretched = derive_key(receipt.encoded(), salt, RECEIPT, line)
    return ReceiptKeys(
        locator=derive(stretched, context(Label.RECEIPT_LOCATOR), LOCATOR_SIZE),
        seed=derive(stretched, context(Label.RECEIPT_SEED)),
    )


def _holds(indices: Sequence[int]) -> bool:
    """Tell whether the checksum of nine indices is right."""
    value = 0
    for index in indices:
        value = value << _WORD_BITS | index
    return value % (1 << _CHECK_BITS) == _check(value >> _CHECK_BITS)


def _slips(tokens: Sequence[str], known: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Give, by position, the look-alikes of a listed word with which the checksum holds.

    One in 128 of all others does, so that little is named that is not the slip; nothing secret is told: the
    checksum is anybody's to compute.
    """
    found = {}
    for i, token in enumerate(tokens):
        alike = [] if token.isdecimal() else [(word, index_of(fold(word))) for word in near(token)]
        good = [
            word
            for word, index in alike
            if index is not None and index != known[i] and _holds([*known[:i], index, *known[i + 1 :]])
        ]
        if good:
            found[i + 1] = tuple(good)
    return found


def _changed_places(known: Sequence[int]) -> tuple[int, ...]:
    """Give the first of each two neighbours with which the checksum holds once they change places."""
    return tuple(
        i + 1
        for i in range(WORDS - 1)
        if known[i] != known[i + 1] and _holds([*known[:i], known[i + 1], known[i], *known[i + 2 :]])
    )


def _check(secret: int) -> int:
    digest = sha256(_CHECK_DOMAIN + secret.to_bytes(_SECRET_BYTES, "big")).digest()
    return digest[0] >> 8 - _CHECK_BITS


def _index(token: str) -> int | None:
    if not token.isdecimal():
        return index_of(token)
    index = int(token) - 1
    # One or two digits alone are the number of a line; leading zeros may have been left out of longer ones.
    return index if 2 < len(token) <= _GROUP and 0 <= index < SIZE else None  # noqa: PLR2004 - as said above


def _tokens(text: str) -> list[str]:
    tokens: list[str] = _TOKENS.findall(fold(text[:_LONGEST_TEXT]))
    run = "".join(tokens)
    if run.isdecimal() and len(run) == WORDS * _GROUP:
        return [run[i : i + _GROUP] for i in range(0, len(run), _GROUP)]
    # One or two digits are the number of a line, not a word.
    tokens = [token for token in tokens if not token.isdecimal() or len(token) > 2]  # noqa: PLR2004 - as said above
    return _rejoined(tokens) if len(tokens) > WORDS else tokens


def _rejoined(tokens: Sequence[str]) -> list[str]:
    """Mend words that were typed with a space inside: no listed word is made of two listed words."""
    mended: list[str] = []
    for token in tokens:
        whole = mended[-1] + token if mended else token
        if mended and None in {_index(mended[-1]), _index(token)} and index_of(whole) is not None:
            mended[-1] = whole
        else:
            mended.append(token)
    return mended
