"""Passphrases made into keys with Argon2id (RFC 9106), with the memory it may take at once bounded."""

import re
import secrets
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock
from typing import Self

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from portal.errors import UnavailableError

KEY_SIZE = 64
SALT_SIZE = 16
PLACES = 2
"""Sign-ins that may be stretched at once; each takes 128 MiB unless the settings say otherwise."""

WAIT_SECONDS = 20.0
FEWEST_WORDS = 6
SHORTEST_LIST = 1024

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
            and 1 <= self.iterations <= 99  # noqa: PLR2004 - likewise
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


class Line:
    """Bounds the derivations that run at once; who waits is served in turn, and a long line sends away.

    One kind of visitor must not keep another out, so each kind stands in a line of its own.
    """

    def __init__(self, places: int, *, most: int) -> None:
        self._free, self._most = places, most
        self._waiting: deque[Event] = deque()
        self._lock = Lock()

    @contextmanager
    def place(self, seconds: float) -> Iterator[None]:
        """Take a place, or raise UnavailableError when the line is full or `seconds` have passed."""
        if not self._take(seconds):
            raise UnavailableError("Too many people are asking this at once. Please try again in a minute.")
        try:
            yield
        finally:
            self._give_back()

    def _take(self, seconds: float) -> bool:
        turn = Event()
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            if len(self._waiting) >= self._most:
                return False
            self._waiting.append(turn)
        if turn.wait(seconds):
            return True
        with self._lock:
            if turn.is_set():  # it came at the last moment
                return True
            self._waiting.remove(turn)
            return False

    def _give_back(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


SIGNING_IN = Line(PLACES, most=16)
"""Staff, and whoever says to be; a derivation takes up to 256 MiB."""

KNOWN = Line(1, most=16)
"""Staff who are signed in, or on a device where they were before: no flood of strangers may stop these."""

TYPED = Line(1, most=16)
"""Receipts that anybody may type, as often as they like."""

SENDING = Line(1, most=32)
"""The receipts of accounts that are being sent: no flood of typed ones may stop these."""

STAFF = Cost(memory_kib=256 * 1024, iterations=3, lanes=1)
"""About one second of one core: a staff bundle can be attacked offline."""

RECEIPT = Cost(memory_kib=19 * 1024, iterations=2, lanes=1)
"""OWASP's floor: a receipt carries 92 random bits, and anybody may type one."""


def derive_key(passphrase: str | bytes, salt: bytes, cost: Cost, line: Line = SIGNING_IN) -> bytes:
    """Stretch a passphrase to 64 uniformly random bytes, to be split with `seal.derive`.

    Text is normalised first (see `normalise`), bytes are taken as they are; the salt has 16 bytes.
    When nobody in the line makes room for 20 seconds, or the line is full, it raises UnavailableError.
    """
    secret = normalise(passphrase) if isinstance(passphrase, str) else passphrase
    with line.place(WAIT_SECONDS):
        return Argon2id(
            salt=salt,
            length=KEY_SIZE,
            iterations=cost.iterations,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
        ).derive(secret)


def spend(passphrase: str | bytes, cost: Cost, line: Line = SIGNING_IN) -> None:
    """Do the work of a derivation for nobody, so that an unknown name takes as long as a known one."""
    derive_key(passphrase, _NOBODY_SALT, cost, line)


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
