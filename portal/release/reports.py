"""What is said about a finished table: its risk, its worth, and a page that explains both to anybody.

Counts of people leave rounded to tens, and no class is named, since a report is a release too.
"""

import base64
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.config import bundled
from portal.release.diversity import Diversity
from portal.release.finished import (
    TARGETS,
    Finished,
    association_error,
    drift,
    expected_guesses,
    inferences,
    presence,
)
from portal.release.policy_files import PLAIN, SENSITIVE, TablePolicy
from portal.release.table_files import Table
from portal.release.tables import Json, rounded

PAGE = "release/report.html"
SIZES = ((1.0, "k"), (1.5, "1½ k"), (2.0, "2 k"), (3.0, "3 k"), (5.0, "5 k"), (math.inf, "more"))
"""Steps of the picture of class sizes, in multiples of `k`."""


@dataclass(frozen=True, eq=False)
class Measured:
    """A finished table with all that reports say of it; `withheld` rows wait because of earlier releases."""

    finished: Finished
    rules: Diversity
    policy: TablePolicy
    table: Table
    withheld: int
    earlier: int

    @cached_property
    def risk(self) -> dict[str, Json]:
        """Return what `risk.json` holds."""
        finished, promised = self.finished, self.policy.rules
        return {
            "delta": _up(presence(finished, self.rules)) if self.rules.register else None,
            "earlier_releases": self.earlier,
            "expected_right_guesses": _up(expected_guesses(finished), 1),
            "guessed_at": TARGETS,
            "highest_risk": _up(1 / int(finished.units.min())),
            "k": int(finished.units.min()),
            "k_records": int(finished.rows.min()),
            "promised": {
                "delta": promised.delta,
                "entropy_l": promised.entropy_l,
                "k": promised.k,
                "l": promised.l,
                "t": promised.t,
                "top_share": promised.top_share,
            },
            "rounded": self.rounded,
            "sensitive": {
                name: {
                    "entropy_l": _down(each.entropy_l),
                    "l": each.l,
                    "t": _up(each.t),
                    "top_share": _up(each.top_share),
                }
                for name, each in inferences(finished, self.rules).items()
            },
            "unit": self.unit,
            "warnings": list(self.warnings),
        }

    @cached_property
    def utility(self) -> dict[str, Json]:
        """Return what `utility.json` holds."""
        finished = self.finished
        error = association_error(finished)
        return {
            "association_error": None if error is None else round(error, 3),
            "classes": len(finished.heads),
            "columns": {
                tree.name: {"drift": round(drift(finished, j), 3), "ncp": round(finished.ncp[tree.name], 4)}
                for j, tree in enumerate(finished.trees)
            },
            "mean_class": round(float(finished.rows.mean()), 1),
            "ncp": round(self.ncp, 4),
        }

    @property
    def ncp(self) -> float:
        """Mean loss over the cells that leave, 0 (true values) to 1 (nothing said)."""
        return float(np.mean(list(self.finished.ncp.values())))

    @property
    def rounded(self) -> dict[str, Json]:
        """Counts that may be told."""
        left = len(self.finished.kept)
        return {
            "records": rounded(left),
            "suppressed": rounded(self.table.rows - left - self.withheld),
            "withheld": rounded(self.withheld),
        }

    @property
    def unit(self) -> str:
        """What is counted."""
        return "family" if self.policy.named("unit") else "record"

    @cached_property
    def warnings(self) -> Sequence[str]:
        """What whoever decides should know."""
        found = []
        kept = self.finished.kept
        for name in self.policy.named(PLAIN):
            numbers = self.table.columns[name].numbers[kept]
            rare = np.bincount(numbers)[numbers] < self.policy.rules.k
            if rare.any():
                found.append(
                    f"The plain column {name} holds values that fewer than {self.policy.rules.k} records "
                    "share. Whoever knows such a value finds the record. Generalise the column, or drop it."
                )
        sensitive = self.policy.named(SENSITIVE)
        if sensitive and self.policy.rules.l == 1 and self.policy.rules.t == 1:
            found.append(
                f"Nothing is promised about {', '.join(sensitive)}: where a whole group says the same, "
                'whoever knows that somebody is in the group knows it of them. Promise "l" or "t".'
            )
        if self.policy.suppression > 0.05:  # noqa: PLR2004 - what the handbook takes for the most
            found.append("More than 5 in 100 records may be left out. Fewer columns would serve better.")
        return found

    @cached_property
    def sizes(self) -> Sequence[tuple[str, int]]:
        """Classes by size, in multiples of `k`, as hundredths of all classes."""
        units, k = self.finished.units, self.policy.rules.k
        found, below = [], 0.0
        for most, _ in SIZES:
            here = (units > below * k) & (units <= most * k)
            low = k if not below else math.floor(below * k) + 1
            name = f"{low} and more" if most == math.inf else f"{low} to {math.floor(most * k)}"
            found.append((str(k) if most == 1 else name, round(100 * float(here.mean()))))
            below = most
        return found


def page(measured: Measured, files: Mapping[str, str]) -> bytes:
    """Write the report; it needs nothing but itself, and its styles are allowed by their hash alone."""
    environment = Environment(
        loader=FileSystemLoader(bundled("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = environment.get_template("release/report.css").render().strip()
    digest = base64.b64encode(hashlib.sha256(f"\n{style}\n".encode()).digest()).decode()
    template = environment.get_template(PAGE)
    return template.render(
        m=measured,
        risk=measured.risk,
        utility=measured.utility,
        files=files,
        style=style,
        style_digest=digest,
    ).encode()


def _up(value: float, digits: int = 4) -> float:
    """Round up: a risk is never told smaller than it is."""
    return float(math.ceil(round(value * 10.0**digits, 6)) / 10.0**digits)


def _down(value: float, digits: int = 4) -> float:
    return float(math.floor(round(value * 10.0**digits, 6)) / 10.0**digits)
