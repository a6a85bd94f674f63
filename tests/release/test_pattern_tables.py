"""Tables of patterns: counted family by family, protected each by itself, checked by a second program."""

import csv
import io
import json
from fractions import Fraction
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from portal.casework.coding import Pattern, Prison, Said, Sheet
from portal.errors import InvalidError
from portal.release.check import Fault, UnsafeReleaseError
from portal.release.check_patterns import verify_patterns
from portal.release.pattern_tables import (
    Several,
    count_each,
    files_of_each,
    hidden_in,
    noisy_each,
    stood,
    within,
)
from portal.release.places import joined, prison_hierarchy
from portal.release.plans import Plan, Protection, Side

EVIN, RASHT, TWIN = UUID(int=1), UUID(int=2), UUID(int=3)
PLACES = [Prison(EVIN, "Evin", "Tehran", "Tehran"), Prison(RASHT, "Rasht prison", "Rasht", "Gilan")]
TREE = prison_hierarchy(PLACES)
EXACT = Plan(
    Side.PRISON, Side.MONTH, None, Protection.THRESHOLD, patterns=(Pattern.TRANSFERS, Pattern.REPRISALS)
)
NOISY = Plan(Side.PRISON, Side.MONTH, None, Protection.NOISE, 50, (Pattern.TRANSFERS, Pattern.REPRISALS))


def a_sheet(*told: Pattern, place: UUID = EVIN, month: str = "1367-05") -> Sheet:
    patterns = {one: Said.YES if one in told else Said.NOT_SAID for one in Pattern}
    return Sheet(Prison(place, ""), month, None, patterns)


def counted(sheets: list[Sheet], plan: Plan = EXACT, families: int = 10_000) -> Several:
    ids = [UUID(int=number + 100) for number in range(len(sheets))]
    family = {one: str(number % families) for number, one in enumerate(ids)}
    return count_each(plan, dict(zip(ids, sheets, strict=True)), family, TREE, below=lambda _: 0)


def lines(files: dict[str, bytes]) -> dict[tuple[str, str, str], str]:
    _header, *rows = csv.reader(io.StringIO(files["table.csv"].decode(), newline=""))
    return {(pattern, place, time): told for pattern, place, time, told in rows}


def checked(files: dict[str, bytes], found: Several, plan: Plan = EXACT) -> None:
    rows, columns = (axis.categories for axis in found.grid.axes)
    truth = {one.value: cells for one, cells in stood(found.members, found.grid).items()}
    noisy = plan.protection is Protection.NOISE
    verify_patterns(
        files,
        categories=([one.value for one in plan.patterns], rows, columns),
        noisy=noisy,
        families=None if noisy else truth,
    )


def test_a_family_counts_once_in_each_pattern() -> None:
    sheets = [a_sheet(Pattern.TRANSFERS), a_sheet(Pattern.TRANSFERS, Pattern.REPRISALS)] * 3
    found = counted(sheets, families=2)
    assert sum(found.tables[Pattern.TRANSFERS].counts.values()) == 2
    assert sum(found.tables[Pattern.REPRISALS].counts.values()) == 1


def test_what_is_kept_inside_says_who_stood_where() -> None:
    sheets = [a_sheet(Pattern.TRANSFERS)] * 12 + [a_sheet(*EXACT.patterns, place=RASHT, month="1366")] * 11
    found = counted(sheets)
    cells = stood(found.members, found.grid)
    assert cells[Pattern.TRANSFERS].count(("Evin", "1367-05")) == 12
    assert cells[Pattern.REPRISALS] == [("Rasht prison", "1366")] * 11
    assert cells[Pattern.THREATS] == []


def test_no_small_count_is_in_the_files_and_what_hides_it_cannot_be_reckoned() -> None:
    sheets = [a_sheet(*EXACT.patterns)] * 40 + [a_sheet(Pattern.TRANSFERS, place=RASHT)] * 7
    sheets += [a_sheet(Pattern.TRANSFERS, month="1367-06")] * 25 + [a_sheet(Pattern.TRANSFERS, month="")] * 3
    found = counted(sheets)
    files = files_of_each(EXACT, found, {one: t.counts for one, t in found.tables.items()}, release="00")
    checked(files, found)
    told = lines(files)
    assert told["reprisals", "all", "all"] == "40"
    assert told["transfers", "Rasht prison", "1367-05"] == "hidden"
    assert not {told_ for told_ in told.values() if told_ != "hidden" and 0 < int(told_) < 10}
    text = b"".join(files.values())
    assert b'"7"' not in text
    assert sum(len(one) for one in hidden_in(found).values()) == list(told.values()).count("hidden")


def test_of_a_pattern_that_few_tell_of_no_number_leaves() -> None:
    found = counted([a_sheet(Pattern.TRANSFERS)] * 40 + [a_sheet(Pattern.REPRISALS)] * 4)
    files = files_of_each(EXACT, found, {one: t.counts for one, t in found.tables.items()}, release="00")
    checked(files, found)
    told = lines(files)
    assert {count for (pattern, *_), count in told.items() if pattern == "reprisals"} == {"0", "hidden"}
    assert told["reprisals", "all", "all"] == "hidden"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"transfers","Evin","1367-05",40', '"transfers","Evin","1367-05",41', Fault.UNTRUE),
        ('"transfers","Rasht prison","1367-05","hidden"', '"transfers","Rasht prison","1367-05",7', None),
    ],
)
def test_the_second_opinion_sees_a_changed_cell(old: str, new: str, fault: Fault | None) -> None:
    found = counted([a_sheet(Pattern.TRANSFERS)] * 40 + [a_sheet(Pattern.TRANSFERS, place=RASHT)] * 7)
    counts = {one: t.counts for one, t in found.tables.items()}
    files = files_of_each(EXACT, found, counts, release="00")
    text = files["table.csv"].decode()
    assert old in text or fault is Fault.UNTRUE
    changed = text.replace(old, new) if old in text else text.replace('"hidden"', "41", 1)
    manifest = json.loads(files["manifest.json"])
    with pytest.raises(UnsafeReleaseError) as caught:
        checked({"table.csv": changed.encode(), "manifest.json": json.dumps(manifest).encode()}, found)
    assert caught.value.faults & {Fault.UNTRUE, Fault.SMALL_CLASS, Fault.FEW_CANDIDATES, Fault.FILES}


def test_without_the_inside_record_small_and_lonely_cells_are_still_seen() -> None:
    found = counted([a_sheet(Pattern.TRANSFERS)] * 40 + [a_sheet(Pattern.TRANSFERS, place=RASHT)] * 7)
    counts = {one: t.counts for one, t in found.tables.items()}
    rows, columns = (axis.categories for axis in found.grid.axes)
    categories = ([one.value for one in EXACT.patterns], rows, columns)
    files = files_of_each(EXACT, found, counts, release="00")
    verify_patterns(files, categories=categories, noisy=False)
    plain = {
        **NOISY.__dict__,
        "protection": Protection.NOISE,
    }
    bare = files_of_each(Plan(**plain), found, counts, release="00")  # as if somebody forgot to hide
    with pytest.raises(UnsafeReleaseError):
        verify_patterns(bare, categories=categories, noisy=False)


def test_noise_is_shared_out_among_the_patterns() -> None:
    assert NOISY.epsilon == Fraction(1, 4)
    twelve = Plan(Side.REGION, Side.MONTH, None, Protection.NOISE, 50, tuple(Pattern))
    assert twelve.epsilon == Fraction(1, 24)
    grid = twelve.grid(TREE)
    told = within(twelve, grid)
    assert told["cell"] == 72
    assert told["cell"] < told["place"] < told["all"]


def test_noisy_tables_add_up_and_are_whole() -> None:
    found = counted([a_sheet(*NOISY.patterns)] * 30, NOISY)
    drawn = iter(range(10**9))

    def below(n: int) -> int:
        return next(drawn) * 7919 % n

    counts = noisy_each(found, NOISY, below=below)
    files = files_of_each(NOISY, found, counts, release="00")
    checked(files, found, NOISY)
    assert min(min(one.values()) for one in counts.values()) >= 0


def test_a_plan_of_patterns_is_read_back_as_it_was() -> None:
    assert Plan.from_json(NOISY.to_json()) == NOISY
    assert "patterns" not in Plan(Side.PRISON, Side.MONTH, None, Protection.NOISE, 50).to_json()


@pytest.mark.parametrize(
    "given",
    [
        {"rows": Side.TELLER},
        {"columns": Side.TELLER},
        {"pattern": Pattern.REPRISALS},
        {"patterns": (Pattern.REPRISALS, Pattern.TRANSFERS)},
        {"patterns": (Pattern.REPRISALS, Pattern.REPRISALS)},
    ],
)
def test_what_is_no_table_of_patterns_is_refused(given: dict[str, object]) -> None:
    asked = {"rows": Side.PRISON, "columns": Side.MONTH, "pattern": None, "protection": Protection.NOISE}
    with pytest.raises(InvalidError):
        Plan(**{**asked, "hundredths": 50, "patterns": (Pattern.REPRISALS,), **given})  # type: ignore[arg-type] # as given


def test_prisons_that_were_found_to_be_one_are_one() -> None:
    twin = Prison(TWIN, "Evin prison", "Tehran", "Tehran")
    hidden = uuid4()
    same = joined([*PLACES, twin], [(TWIN, EVIN), (hidden, RASHT)])
    assert same == {EVIN: TWIN, TWIN: TWIN, RASHT: RASHT}


def test_times_of_a_table_of_patterns_are_those_that_a_sheet_can_say() -> None:
    times = EXACT.grid(TREE).axes[1].categories
    assert not [one for one in times if "month unknown" in one]
    assert {"1367-01", "1367-12", "1367, season unknown", "before 1360", "after 1369", "unknown"} <= {*times}
    assert all(one < other for one, other in pairwise(times[:-1]))
