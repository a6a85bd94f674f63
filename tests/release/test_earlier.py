"""Releases of one table after another: together they tell nobody apart."""

import csv
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from portal.errors import InvalidError
from portal.release import earlier as earlier_module
from portal.release.differencing import held_back
from portal.release.inside import Inside
from portal.release.table_release import CannotReleaseError, anonymise_file

K = 5
TOWNS = [f"t{number}" for number in range(12)]
Rows = list[dict[str, str]]


def people(count: int, seed: int, *, first: int = 0) -> Rows:
    chance = random.Random(seed)  # noqa: S311 - invented people
    return [
        {
            "town": chance.choices(TOWNS, [12 / (place + 1) for place in range(12)])[0],
            "age": str(20 + chance.randrange(12)),
            "hurt": chance.choice(["yes", "no"]),
            "family": f"f{(first + number) // 3 * 3 if number % 2 else first + number}",
            "id": str(first + number),
        }
        for number in range(count)
    ]


class Desk:
    """Releases of a table that changes, and where each person stood."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stood: list[dict[str, int]] = []
        towns = [f"{town};land {place // 3};side {place // 6};*" for place, town in enumerate(TOWNS)]
        (folder / "town.csv").write_text("\n".join(towns), encoding="utf-8")
        ages = [f"{age};{age // 4 * 4}-{age // 4 * 4 + 3};*" for age in range(20, 32)]
        (folder / "age.csv").write_text("\n".join(ages), encoding="utf-8")

    def release(self, rows: Rows, names: Sequence[str] = ("town", "age"), **more: Any) -> Path:
        number = len(self.stood)
        table, policy = self.folder / f"{number}.csv", self.folder / "policy.json"
        with table.open("w", newline="", encoding="utf-8") as sink:
            writer = csv.DictWriter(sink, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        columns: dict[str, Any] = {name: {"role": "drop"} for name in rows[0]}
        columns |= {name: {"role": "quasi-identifier", "hierarchy": f"{name}.csv"} for name in names}
        columns["family"] = {"role": "unit"}
        columns |= more.pop("columns", {})
        policy.write_text(json.dumps({"columns": columns, "k": K, "seed": 3, **more}), encoding="utf-8")
        out = self.folder / f"out{number}"
        before = [self.folder / f"out{one}" for one in range(number)]
        anonymise_file(table, policy, out, earlier=before)
        of = Inside.of_folder(out).of.tolist()
        self.stood.append({row["id"]: one for row, one in zip(rows, of, strict=True) if one >= 0})
        return out

    def small(self, families: dict[str, str]) -> list[int]:
        """Sizes, in families, of groups smaller than k that all releases together tell apart."""
        cells: defaultdict[tuple[int | None, ...], set[str]] = defaultdict(set)
        for person in {one for release in self.stood for one in release}:
            cells[tuple(release.get(person) for release in self.stood)].add(families[person])
        return [len(one) for one in cells.values() if len(one) < K]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def families(*tables: Rows) -> dict[str, str]:
    return {row["id"]: row["family"] for rows in tables for row in rows}


def changed(rows: Rows, round_: int, *, leave: float = 0.02) -> Rows:
    """Some left, some came."""
    chance = random.Random(round_)  # noqa: S311 - invented people
    stayed = [row for row in rows if chance.random() >= leave]
    return [*stayed, *people(len(rows) // 7, round_ + 50, first=10_000 * round_)]


@pytest.mark.parametrize("rounds", [2, 5])
def test_releases_one_after_another_tell_no_small_group_apart(desk: Desk, rounds: int) -> None:
    rows = people(400, 1)
    tables = [rows]
    desk.release(rows)
    for number in range(1, rounds):
        rows = changed(rows, number)
        tables.append(rows)
        desk.release(rows)
        assert desk.small(families(*tables)) == []
        assert len(desk.stood[-1]) > 0.6 * len(rows)


def test_without_comparing_the_same_releases_do_tell_people_apart(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = people(400, 1)
    later = changed(rows, 1)

    def alone(candidate: Any, earlier: Any, k: int, *, rank: Any) -> Any:
        del earlier
        return held_back(candidate, [], k, rank=rank)

    monkeypatch.setattr(earlier_module, "held_back", alone)
    desk.release(rows)
    desk.release(later)
    assert desk.small(families(rows, later))


def test_other_columns_for_another_recipient_do_not_complete_each_other(desk: Desk) -> None:
    rows = people(400, 2)
    desk.release(rows, ("town",))
    desk.release(rows, ("age",))
    desk.release(rows, ("town", "age"))
    assert desk.small(families(rows)) == []


def test_who_was_edited_is_recognised_by_their_family_and_not_told_apart(desk: Desk) -> None:
    rows = people(300, 3)
    desk.release(rows)
    edited = [{**row, "town": "t11"} if row["id"] in {"5", "77"} else row for row in rows]
    desk.release(edited)
    assert desk.small(families(rows)) == []
    assert len(desk.stood[1]) > 200


def test_the_same_table_again_leaves_whole_with_the_same_labels(desk: Desk) -> None:
    rows = people(300, 4)
    first, again = desk.release(rows), desk.release(rows)
    assert (first / "table.csv").read_bytes() == (again / "table.csv").read_bytes()


def test_with_the_same_seed_the_same_people_wait(desk: Desk, tmp_path: Path) -> None:
    rows = people(300, 5)
    other = tmp_path / "other"
    other.mkdir()
    twice = []
    for one in (desk, Desk(other)):
        one.release(rows)
        twice.append(one.release(changed(rows, 1)))
    assert (twice[0] / "manifest.json").read_bytes() == (twice[1] / "manifest.json").read_bytes()
    assert "seed" not in json.loads((twice[0] / "manifest.json").read_bytes())["promised"]


def test_sensitive_values_and_a_register_are_watched_among_those_who_remain(desk: Desk) -> None:
    rows = people(400, 6)
    with (desk.folder / "register.csv").open("w", newline="", encoding="utf-8") as sink:
        csv.writer(sink).writerows([["town", "age"], *([[r["town"], r["age"]] for r in rows] * 3)])
    asked: dict[str, Any] = {"l": 2, "register": "register.csv", "delta": 0.5}
    desk.release(rows, columns={"hurt": {"role": "sensitive"}}, **asked)
    later = [{**row, "hurt": "yes"} if row["town"] == "t0" else row for row in changed(rows, 2)]
    out = desk.release(later, columns={"hurt": {"role": "sensitive"}}, **asked)
    assert desk.small(families(rows, later)) == []
    risk = json.loads((out / "risk.json").read_bytes())
    assert risk["sensitive"]["hurt"]["l"] == 2
    assert risk["delta"] <= 0.5


def test_newcomers_too_few_to_stand_together_wait(desk: Desk) -> None:
    rows = people(200, 7)
    desk.release(rows)
    new = people(3, 8, first=5000)
    desk.release([*rows, *new])
    assert not {row["id"] for row in new} & desk.stood[1].keys()
    assert len(desk.stood[1]) == len(desk.stood[0])


def test_nothing_leaves_where_nobody_would_be_safe(desk: Desk) -> None:
    rows = [{**row, "town": "t0", "age": "20", "family": row["id"]} for row in people(8, 9)]
    desk.release(rows)
    with pytest.raises(CannotReleaseError, match="Wait until more people have come"):
        desk.release(rows[2:])


def test_a_record_that_is_missing_or_of_another_folder_stops_the_release(desk: Desk) -> None:
    rows = people(200, 10)
    desk.release(rows)
    kept = desk.folder / "out0.inside.json"
    whole = kept.read_bytes()
    kept.unlink()
    with pytest.raises(InvalidError, match=r"out0\.inside\.json is missing"):
        desk.release(rows)
    for broken in (b"{", b"{}", whole.replace(b'"of":"', b'"of":"\xc3\xa9')):
        kept.write_bytes(broken)
        with pytest.raises(InvalidError, match="cannot be read"):
            desk.release(rows)
    kept.write_bytes(whole)
    manifest = desk.folder / "out0" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes() + b" ")
    with pytest.raises(InvalidError, match="does not belong"):
        desk.release(rows)


def test_rows_that_nobody_can_recognise_stop_the_release(desk: Desk) -> None:
    rows = people(200, 11)
    no_unit = {"family": {"role": "drop"}}
    desk.release(rows, columns=no_unit)
    with pytest.raises(InvalidError, match="other columns than at the earlier release"):
        desk.release([{**row, "more": "x"} for row in rows], columns=no_unit)
    with pytest.raises(InvalidError, match="has a unit and the other has none"):
        desk.release(rows)
    desk.release(rows, columns=no_unit)
    assert len(desk.stood[1]) == len(desk.stood[0])


def test_a_column_more_is_no_hindrance_where_families_are_known(desk: Desk) -> None:
    rows = people(200, 12)
    desk.release(rows)
    desk.release([{**row, "more": "x"} for row in rows])
    assert len(desk.stood[1]) > 0


def test_a_group_that_came_to_be_of_one_mind_waits_though_nobody_came_or_left(desk: Desk) -> None:
    rows = [{**row, "family": row["id"], "age": "20"} for row in people(200, 13)]
    hurt = {"hurt": {"role": "sensitive"}}
    desk.release(rows, columns=dict(hurt), l=2)
    later = [{**row, "hurt": "yes"} if row["town"] == "t0" else row for row in rows]
    out = desk.release(later, columns=dict(hurt), l=2)
    assert json.loads((out / "risk.json").read_bytes())["sensitive"]["hurt"]["l"] == 2
    assert not {row["id"] for row in rows if row["town"] == "t0"} & desk.stood[1].keys()
    assert len(desk.stood[1]) > 100
