"""Take out one defence of a release after another, and see that the test of its attack fails.

    python tests/benchmarks/without_defences.py [PART OF A NAME]

Each line of `docs/threat-model.md`, "Attacks on a release", names a test. Some try both ways themselves, by a
contrast or a parameter; for the others the defence is put out of action here, in a process of its own, and
the test has to fail. Prints a line for each; exits with 1 if one passes. Takes some minutes.
"""

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]

_ANYBODY = "lambda session, *, release_id, **more: m.find(session, release_id)"
_NEWEST = "lambda some: {one: each.family for release in some for one, each in release.items()}"

OUT = {
    "k, in families (1)": (
        "import portal.release.anonymise as m; rules = m.Rules; m.Rules = lambda k, **more: rules(1, **more)",
        "release/test_attacks.py::test_linkage_by_true_values_never_narrows_below_k_families",
    ),
    "the family as the unit (1)": (
        "import portal.release.encoded as m; m.Items.plain = property(lambda one: True)",
        "release/test_attacks.py::test_one_talkative_family_is_not_a_crowd",
    ),
    "answers in each class (2)": (
        "import portal.release.anonymise as m; m._sensitive = lambda *given: ()",
        "release/test_engine_attacks.py::test_a_class_of_one_mind_tells_all_and_two_values_stop_it",
    ),
    "answers, as the check counts them (2)": (
        "import portal.release.check_promises as m; m._answers = lambda *given: True",
        "release/test_promises.py::test_a_group_of_one_mind_is_a_fault_where_two_answers_were_promised",
    ),
    "distance from all (3)": (
        "import portal.release.anonymise as m; m._sensitive = lambda *given: ()",
        "release/test_engine_attacks.py::test_a_rare_value_gains_little_by_its_class",
    ),
    "hiding among public lists (4)": (
        "import portal.release.recoding as m; m.presence = lambda *given: 0.0",
        "release/test_promises.py::test_a_small_prison_in_which_everybody_spoke_gives_each_of_them_away",
    ),
    "comparing with earlier releases (6)": (
        "import portal.release.differencing as m; m.held_back = lambda *given, **named: frozenset()",
        "release/test_differencing.py::test_no_order_of_releases_tells_a_small_group_apart",
    ),
    "comparing, in the portal (6)": (
        "import portal.release.recoding as m; m._kept_apart = lambda *given, **named: set()",
        "release/test_service.py::test_one_who_left_is_not_found_by_comparing_two_releases",
    ),
    "families over all releases (6)": (
        f"import portal.release.differencing as m\nm.families_over = {_NEWEST}",
        "release/test_differencing.py::test_who_left_keeps_the_family_that_goes_by_another_name_now",
    ),
    "tables beside tables (6)": (
        "import portal.release.preparing_tables as m; m.too_close = lambda *given: False",
        "release/test_tables_asked_for.py::test_a_table_less_its_part_is_refused",
    ),
    "words that must not leave (8)": (
        "import portal.release.check as m; m._text_faults = lambda *given: iter(())",
        "release/test_attacks.py::test_no_canary_is_in_any_released_byte",
    ),
    "order by values, ids by chance (9)": (
        "import portal.release.check as m; m._line_faults = lambda *given: iter(())",
        "release/test_check.py::test_records_stand_in_the_order_of_their_values",
    ),
    "ids that are random (9, 12)": (
        "import portal.release.check as m; m._line_faults = lambda *given: iter(())",
        "release/test_check.py::test_ids_that_are_not_random_are_a_fault",
    ),
    "one time for all archives (10)": (
        "import portal.release.tables as m; import time; m._FIRST_ZIP_TIME = time.gmtime()[:6]",
        "release/test_tables.py::test_an_archive_tells_no_time_and_no_system",
    ),
    "archives of few sizes (10)": (
        "import portal.release.tables as m; m.padded_size = lambda size: size",
        "release/test_handing.py::test_the_archive_is_as_big_for_some_more_rows",
    ),
    "column files without values beside cells (11)": (
        "import portal.release.reading_back as m; m._READERS['table.parquet'] = lambda *given: None",
        "release/test_formats.py::test_a_column_file_that_keeps_values_beside_its_cells_is_noticed",
    ),
    "two people, of two roles (15)": (
        f"from portal.release import deciding as m\nm._to_decide = {_ANYBODY}",
        "release/test_service.py::test_nobody_decides_what_they_asked_for_whatever_their_role_became",
    ),
    "consent as of sealing (15)": (
        "import portal.release.deciding as m; m._hold_still = lambda *given, **named: None",
        "release/test_uses_between.py::test_what_changes_while_it_is_computed_stops_the_approval",
    ),
}


def fails(patch: str, test: str) -> bool:
    """Run one test with its defence put out of action; True when it fails, as it must."""
    run = f"import sys, pytest\nsys.exit(pytest.main(['-q', '-x', '-p', 'no:cacheprovider', {test!r}]))"
    done = subprocess.run(
        [sys.executable, "-c", f"{patch}\n{run}"], cwd=TESTS, capture_output=True, check=False
    )
    return done.returncode == 1


def main() -> int:
    """Print what became of each test without its defence."""
    part, passed = (sys.argv[1] if len(sys.argv) > 1 else ""), 0
    for name, (patch, test) in OUT.items():
        if part in name:
            found = fails(patch, test)
            passed += not found
            sys.stdout.write(f"{'fails' if found else 'PASSES'}  without {name}: {test}\n")
            sys.stdout.flush()
    return int(passed > 0)


if __name__ == "__main__":
    sys.exit(main())
