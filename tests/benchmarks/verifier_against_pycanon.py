"""The verifier beside pycanon on random tables: two programs that share nothing measure k, l, entropy and t.

    python -m venv ORACLE && ORACLE/bin/pip install pycanon
    python tests/benchmarks/verifier_against_pycanon.py ORACLE/bin/python [TABLES]

pycanon pins its own numpy and pandas, so it lives in an environment of its own. Tables (50 unless said) have
one to four quasi-identifiers and a sensitive column, of words or of numbers; no value is missing, as pycanon
passes over those. Prints how many tables agree in every figure, and the greatest difference.
"""

import json
import random
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from portal.release.tables import canonical, write_csv
from portal.release.verifier import NAMES, _Release

ORACLE = """
import json, sys
import pandas
from pycanon import anonymity
found = []
for one in json.load(sys.stdin):
    table = pandas.DataFrame(one["rows"], columns=one["columns"])
    if one["ordered"]:
        table["said"] = pandas.to_numeric(table["said"])
    quasi = one["columns"][:-1]
    found.append({
        "k": int(anonymity.k_anonymity(table, quasi)),
        "l": int(anonymity.l_diversity(table, quasi, ["said"])),
        "entropy_l": float(anonymity.entropy_l_diversity(table, quasi, ["said"])),
        "t": float(anonymity.t_closeness(table, quasi, ["said"])),
    })
json.dump(found, sys.stdout)
"""


def a_table(seed: int) -> dict[str, Any]:
    chance = random.Random(seed)  # noqa: S311 - a benchmark
    ordered = seed % 2 == 0
    quasi = [f"q{number}" for number in range(chance.randint(1, 4))]
    said = [str(number * chance.randint(1, 3)) if ordered else f"said {number}" for number in range(6)]
    rows = [
        [*(f"v{chance.randrange(chance.randint(2, 3))}" for _ in quasi), chance.choice(said)]
        for _ in range(chance.randint(30, 400))
    ]
    return {"columns": [*quasi, "said"], "rows": sorted(rows), "ordered": ordered}


def measured(one: Mapping[str, Any]) -> dict[str, float]:
    """Have the verifier read the table back from bytes, and measure."""
    columns = {name: {"ordered": False, "role": "quasi-identifier"} for name in one["columns"][:-1]}
    manifest = {
        "columns": {**columns, "said": {"ordered": one["ordered"], "role": "sensitive"}},
        "hierarchies": {name: [[f"v{number}", "*"] for number in range(3)] for name in columns},
        "promised": {},
    }
    files = dict.fromkeys(NAMES, b"{}")
    release = _Release(
        {**files, "manifest.json": canonical(manifest), "table.csv": write_csv(one["columns"], one["rows"])}
    )
    values, entropy, _top, t = release.measure("said", None)
    return {"k": min(release.sizes.values()), "l": values, "entropy_l": entropy, "t": t}


def run(oracle: str, count: int) -> dict[str, Any]:
    tables = [a_table(seed) for seed in range(count)]
    answer = subprocess.run(
        [oracle, "-c", ORACLE], input=json.dumps(tables), capture_output=True, text=True, check=True
    )
    agree, apart = 0, 0.0
    for one, theirs in zip(tables, json.loads(answer.stdout), strict=True):
        ours = measured(one)
        # pycanon cuts the entropy's exponential down to a whole number, a 2 that comes out a hair less to 1.
        entropy = {int(ours["entropy_l"] + 1e-9), int(ours["entropy_l"] - 1e-9)}
        same = (ours["k"], ours["l"]) == (theirs["k"], theirs["l"]) and theirs["entropy_l"] in entropy
        apart = max(apart, abs(ours["t"] - theirs["t"]))
        agree += same and abs(ours["t"] - theirs["t"]) < 1e-9
    return {"tables": count, "agree": agree, "greatest_difference_in_t": apart}


if __name__ == "__main__":
    json.dump(run(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 50), sys.stdout, indent=1)
    sys.stdout.write("\n")
