"""Builders for release tests: an invented register of prisons, policies, families who spoke."""

import hashlib
from collections.abc import Callable, Iterator

import pytest

from portal.release.anonymise import Outcome, Row, anonymise
from portal.release.check import Figures, verify
from portal.release.hierarchies import Hierarchy, month, prison, relation
from portal.release.packaging import package
from portal.release.policy import Column, ColumnRole, Policy

PLACES = {
    "evin": ("Evin", "Tehran"),
    "qezel": ("Qezel Hesar", "Alborz"),
    "gohardasht": ("Gohardasht", "Alborz"),
    "adelabad": ("Adelabad", "Fars"),
    "vakilabad": ("Vakilabad", "Khorasan"),
    "dastgerd": ("Dastgerd", "Isfahan"),
    "unesco": ("Unesco, Dezful", "Khuzestan"),
}
PATTERNS = frozenset({"yes", "no"})


@pytest.fixture(scope="session")
def prisons() -> Hierarchy:
    return prison(PLACES)


@pytest.fixture(scope="session")
def testimony_policy() -> Callable[..., Policy]:
    """Three quasi-identifiers, one sensitive pattern, one plain column, and a name that never leaves."""

    def build(**changed: object) -> Policy:
        columns = {
            "relation": Column(ColumnRole.QUASI, relation(), hxl="#respondee+relation"),
            "prison": Column(ColumnRole.QUASI, prison(PLACES), hxl="#loc+prison"),
            "month": Column(ColumnRole.QUASI, month()),
            "reprisal": Column(ColumnRole.SENSITIVE, values=PATTERNS),
            "language": Column(ColumnRole.PLAIN, values=frozenset({"fa", "en"})),
            "name": Column(ColumnRole.DROP),
        }
        return Policy("2025-1", columns, **changed)  # type: ignore[arg-type]

    return build


@pytest.fixture(scope="session")
def chance() -> Callable[[str], Callable[[int], bytes]]:
    """Repeatable chance, a stream for each seed."""

    def seeded(seed: str) -> Callable[[int], bytes]:
        drawn = iter(range(10**9))
        return lambda count: hashlib.shake_256(f"{seed} {next(drawn)}".encode()).digest(count)

    return seeded


@pytest.fixture(scope="session")
def families() -> Callable[..., list[Row]]:
    """Invented accounts, one to four from a family; chosen by a hash, so always the same."""

    def build(count: int, seed: str = "seed") -> list[Row]:
        return list(_accounts(count, seed))

    return build


def _accounts(count: int, seed: str) -> Iterator[Row]:
    places = ["evin"] * 6 + ["gohardasht"] * 5 + ["adelabad"] * 2 + ["vakilabad", "dastgerd", None]
    months = ["1367-05"] * 6 + ["1367-06"] * 3 + ["1366-11", "1367 summer, month unknown", "1360-07", None]
    for number in range(count):
        draw = hashlib.sha256(f"{seed} {number}".encode()).digest()
        place, when = places[draw[0] % len(places)], months[draw[1] % len(months)]
        for account in range(1 + draw[2] % 4 * (draw[3] % 2)):
            relation_of = ["parent", "spouse", "sibling", "child", "survivor", "cellmate"][
                draw[4 + account] % 6
            ]
            yield Row(
                {
                    "relation": relation_of,
                    "prison": place,
                    "month": when,
                    "reprisal": "yes" if draw[8 + account] % 5 == 0 else "no",
                    "language": "fa" if draw[12 + account] % 8 else "en",
                    "name": f"CANARYNAME{number}x{account}",
                },
                unit=f"family {number}",
            )


@pytest.fixture(scope="session")
def checked() -> Callable[..., Figures]:
    """Package an outcome and let the verifier look at it."""

    def check(outcome: Outcome, rows: list[Row], policy: Policy, **more: object) -> Figures:
        files = package(outcome, policy, release="test")
        trees = {name: hierarchy.paths for name, hierarchy in policy.quasi.items()}
        asked = {"files": files, "truth": rows, "sources": outcome.sources, "trees": trees, "k": policy.k}
        return verify(**{**asked, **more})  # type: ignore[arg-type]

    return check


@pytest.fixture(scope="session")
def released(
    families: Callable[..., list[Row]], testimony_policy: Callable[..., Policy]
) -> tuple[list[Row], Policy, Outcome]:
    """One release of 300 families, to look at from many sides."""
    rows, policy = families(300), testimony_policy()
    return rows, policy, anonymise(rows, policy)
