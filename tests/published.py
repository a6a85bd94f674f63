"""Editions of the numbers for tests of the public page: made of invented counts, without any account."""

import hashlib
from collections.abc import Callable, Mapping

from builders import Instance

from portal.intake import editions, numbers
from portal.intake.edition_models import Edition
from portal.ledger.tags import read_key

PATTERNS = (
    "questionnaires", "threats", "sorting", "transfers", "rearrest", "contact_cut",
    "commission", "family_told", "belongings", "mourning_ban", "grave_disturbed", "reprisals",
)  # fmt: skip
PLACES = ("Alborz province", "Fars province", "Gilan province", "Tehran province", "unknown")
TIMES = (
    *(str(year) for year in range(1360, 1367)), "1367, season unknown",
    *(f"1367-{month:02}" for month in range(1, 13)), "1368", "1369", "after 1369", "before 1360", "unknown",
)  # fmt: skip
NAMES = {
    "Alborz province": {"en": "Alborz", "fa": "البرز"},
    "Fars province": {"en": "Fars", "fa": "فارس"},
    "Gilan province": {"en": "Gilan", "fa": "گیلان"},
    "Tehran province": {"en": "Tehran", "fa": "تهران"},
}
BLURRED = {"cell": 6, "place": 29, "time": 13, "all": 63}


def invented(pattern: str, place: str, time: str) -> int:
    """A count that is always the same, largest in the summer of 1367."""
    digest = hashlib.sha256(f"{pattern} {place} {time}".encode()).digest()[0]
    weight = {"1367-05": 40, "1367-06": 24, "1367-04": 9, "unknown": 6, "1367, season unknown": 12}.get(
        time, 3
    )
    return digest * weight // (256 if place != "unknown" else 900)


def a_table(
    *,
    count: Callable[[str, str, str], int] = invented,
    hide: bool = False,
    patterns: tuple[str, ...] = PATTERNS,
) -> bytes:
    """The bytes of a table; with ``hide`` counts from 1 to 9 are hidden, and every sum over one of them."""
    lines = ['"pattern","province","month","families"']
    for pattern in patterns:
        cells = {(place, time): count(pattern, place, time) for place in PLACES for time in TIMES}
        for place in (*PLACES, "all"):
            for time in (*TIMES, "all"):
                some = [n for (p, t), n in cells.items() if place in {p, "all"} and time in {t, "all"}]
                hidden = hide and (any(0 < n < 10 for n in some) or 0 < sum(some) < 10)
                told = '"hidden"' if hidden else sum(some)
                lines.append(f'"{pattern}","{place}","{time}",{told}')
    return ("\r\n".join(lines) + "\r\n").encode()


def an_edition(
    instance: Instance, table: bytes = b"", *, number: int = 1, within: Mapping[str, int] | None = None
) -> None:
    """Put an edition on the public page, as publishing leaves it."""
    far = BLURRED if within is None else within
    made = table or a_table()
    document = numbers.write(made, NAMES, far)
    row = Edition(
        number=number,
        day=instance.clock().date(),
        sha256=hashlib.sha256(document).hexdigest(),
        table_sha256=hashlib.sha256(made).hexdigest(),
        document=document,
    )
    row.ended = row.ending = None
    row.tag = editions.tag_of(read_key(instance.settings), row)
    with instance.database.session(write=True) as session:
        session.add(row)
