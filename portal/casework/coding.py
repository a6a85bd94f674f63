"""The coding sheet: what a reviewer takes from a case as facts that can be counted."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Self
from uuid import UUID

from portal.errors import InvalidError
from portal.intake.journey import Relation
from portal.intake.sealing import canonical

VERSION = 1
FIRST_YEAR, LAST_YEAR = 1350, 1410
"""Solar Hijri years that a coded event may fall in."""

_MONTH = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?", re.ASCII)


class Pattern(StrEnum):
    """What single accounts only show together; one question each."""

    QUESTIONNAIRES = auto()
    THREATS = auto()
    SORTING = auto()
    TRANSFERS = auto()
    REARREST = auto()
    CONTACT_CUT = auto()
    COMMISSION = auto()
    FAMILY_TOLD = auto()
    BELONGINGS = auto()
    MOURNING_BAN = auto()
    GRAVE_DISTURBED = auto()
    REPRISALS = auto()


class Said(StrEnum):
    """What an account says of a pattern; silence is not a no."""

    YES = "yes"
    NO = "no"
    NOT_SAID = "not said"


@dataclass(frozen=True)
class Prison:
    """A prison of the registry, with the names by which it is grouped later (Latin, "" when unknown)."""

    record_id: UUID
    label: str
    town: str = ""
    province: str = ""


def _nothing_said() -> dict[Pattern, Said]:
    return dict.fromkeys(Pattern, Said.NOT_SAID)


@dataclass(frozen=True)
class Sheet:
    """Coded facts: ``month`` is Solar Hijri, "1367-05", "1367" or "" when not known."""

    prison: Prison | None = None
    month: str = ""
    relation: Relation | None = None
    patterns: Mapping[Pattern, Said] = field(default_factory=_nothing_said)

    def __post_init__(self) -> None:
        """Refuse a month that is none, and a sheet that leaves a question out."""
        if self.month:
            found = _MONTH.fullmatch(self.month)
            if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
                raise InvalidError("Write the year in the Solar Hijri calendar, such as 1367.")
        if set(self.patterns) != set(Pattern):
            raise InvalidError("The sheet needs an answer to every question.")

    def to_json(self) -> bytes:
        """Return the canonical JSON that is sealed."""
        prison = self.prison and {
            "label": self.prison.label,
            "province": self.prison.province,
            "record_id": str(self.prison.record_id),
            "town": self.prison.town,
        }
        return canonical(
            {
                "month": self.month,
                "patterns": {pattern.value: said.value for pattern, said in self.patterns.items()},
                "prison": prison,
                "relation": self.relation.value if self.relation else "",
                "v": VERSION,
            }
        )

    @classmethod
    def from_json(cls, text: bytes | str) -> Self:
        """Read what `to_json` wrote."""
        data = json.loads(text)
        prison = data["prison"]
        return cls(
            prison=Prison(**{**prison, "record_id": UUID(prison["record_id"])}) if prison else None,
            month=data["month"],
            relation=Relation(data["relation"]) if data["relation"] else None,
            patterns={Pattern(name): Said(said) for name, said in data["patterns"].items()},
        )


def month_of(year: str, month: str) -> str:
    """Join a typed year and a chosen month (1 to 12, or ""); a month without its year says nothing."""
    if not year:
        if month:
            raise InvalidError("Write the year as well, or leave the month open.")
        return ""
    return f"{year}-{int(month):02}" if month else year
