"""Passphrases made into keys with Argon2id (RFC 9106), with the memory it may take at once bounded."""

import re
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Self

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from portal.errors import UnavailableError

KEY_SIZE = 64
SALT_SIZE = 16
PLACES = 2
"""Derivations that may run at once; a staff derivation takes 128 MiB unless the settings say otherwise."""

WAIT_SECONDS = 20.0
FEWEST_WORDS = 6
SHORTEST_LIST = 1024

_running = BoundedSemaphore(PLACES)
_COST = re.compile(r"m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})", re.ASCII)
_MOST_MEMORY_KIB = 1024 * 1024
_NOBODY_SALT = secrets.token_bytes(SALT_SIZE)

# One letter, several keys: Arabic and Persian keyboards, and typing with or without marks.
_FOLDED = str.maketrans(
    "يىئكةۀأإآٱؤ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹",
    "یییکههااااو01234567890123456789",
)
_DROPPED_CATEGORIES = {"Cf", "Cc", "Mn"}
_TATWEEL = "\N{ARABIC TATWEEL}"


@dataclass(frozen=True, slots=True)
class Cost:
    """Argon2id parameters, written beside the salt so that they can grow: m in KiB, t passes, p lanes."""

    memory_kib: int
    iterations: int
    lanes: int

    def __post_init__(self) -> None:
        if not (
            1 <= self.lanes <= 16  # noqa: PLR2004 - a bound, so that a row cannot ask for all memory
            and 8 * self.lanes <= self.memory_kib <= _MOST_MEMORY_KIB
            and 1 <= self.iterations <= 99  # noqa: PLR2004
        ):
            raise ValueError("These Argon2id parameters are out of bounds.")

    def __str__(self) -> str:
        return f"m={self.memory_kib},t={self.iterations},p={self.lanes}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote; anything else, or more than 1 GiB, raises ValueError."""
        found = _COST.fullmatch(text)
        if found is None:
            raise ValueError("These are no Argon2id parameters.")
        return cls(*(int(number) for number in found.groups()))


STAFF = Cost(memory_kib=256 * 1024, iterations=3, lanes=1)
"""About one second of one core: a staff bundle can be attacked offline."""

RECEIPT = Cost(memory_kib=19 * 1024, iterations=2, lanes=1)
"""OWASP's floor: a receipt carries 92 random bits, and anybody may type one."""


def derive_key(passphrase: str | bytes, salt: bytes, cost: Cost) -> bytes:
    """Stretch a passphrase to 64 uniformly random bytes, to be split with `seal.derive`.

    Text is normalised first (see `normalise`), bytes are taken as they are; the salt has 16 bytes.
    When both places stay taken for 20 seconds, it raises UnavailableError.
    """
    secret = normalise(passphrase) if isinstance(passphrase, str) else passphrase
    if not _running.acquire(timeout=WAIT_SECONDS):
        raise UnavailableError("Too many people are signing in at once. Please try again in a minute.")
    try:
        return Argon2id(
            salt=salt,
            length=KEY_SIZE,
            iterations=cost.iterations,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
        ).derive(secret)
    finally:
        _running.release()


def spend(passphrase: str | bytes, cost: Cost) -> None:
    """Do the work of a derivation for nobody, so that an unknown name takes as long as a known one."""
    derive_key(passphrase, _NOBODY_SALT, cost)


def normalise(passphrase: str) -> bytes:
    """Make what different keyboards produce for one passphrase the same UTF-8 bytes.

    NFKC; Arabic yeh, kaf, teh marbuta, hamza forms and digits become the Persian letters and ASCII
    digits; joiners, direction marks, vowel marks and tatweel go; runs of spaces become one.
    """
    spaced = " ".join(passphrase.split())
    visible = (char for char in unicodedata.normalize("NFKC", spaced) if char != _TATWEEL)
    folded = "".join(visible).translate(_FOLDED)
    kept = "".join(char for char in folded if unicodedata.category(char) not in _DROPPED_CATEGORIES)
    return " ".join(unicodedata.normalize("NFKC", kept).split()).encode("utf-8", "surrogatepass")


def generate(words: Sequence[str], count: int = 7, *, below: Callable[[int], int] = secrets.randbelow) -> str:
    """Draw a passphrase of `count` words, which people are given rather than asked to invent.

    Fewer than 6 words, or a list of fewer than 1,024 different words, raises ValueError.
    """
    distinct = sorted({normalise(word) for word in words})
    if count < FEWEST_WORDS or len(distinct) != len(words) or len(words) < SHORTEST_LIST:
        raise ValueError("A passphrase needs six words from a list of 1,024 different ones.")
    return " ".join(words[below(len(words))] for _ in range(count))
