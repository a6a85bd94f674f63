"""A table of one's own: what goes in, what comes out, and what is refused without leaving anything behind."""

import csv
import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from portal.cli import main
from portal.errors import InvalidError
from portal.release import table_release
from portal.release.search import Reason
from portal.release.table_release import CannotReleaseError, anonymise_file
from portal.release.verifier import VerificationError, verify_folder

HERE = {
    "town": ["a1;A;*", "a2;A;*", "b1;B;*", "b2;B;*", "c1;C;*"],
    "age": [f"{n};{n // 10 * 10}-{n // 10 * 10 + 9};*" for n in range(20, 60)],
}
QUASI = {name: {"role": "quasi-identifier", "hierarchy": f"{name}.csv"} for name in HERE}
NAMES = {"table.csv", "manifest.json", "risk.json", "utility.json", "report.html"}
Rows = Sequence[Sequence[str]]


def people(count: int, seed: int = 1) -> list[list[str]]:
    """Invented: town, age, whether hurt, family, and a name that never leaves."""
    chance = random.Random(seed)  # noqa: S311 - invented people
    return [
        [
            chance.choice(["a1", "a1", "a2", "b1", "b2", "c1", ""]),
            str(min(59, max(20, round(chance.gauss(38, 8))))),
            chance.choice(["yes", "no", "no"]),
            f"f{number // 2 if number % 3 else number}",
            f"CANARY{number}",
        ]
        for number in range(count)
    ]


class Desk:
    """A folder with a table, hierarchies and a policy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, lines in HERE.items():
            (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
        self.table([["town", "age", "hurt", "family", "name"], *people(200)])
        self.policy()

    def table(self, rows: Rows, name: str = "table.csv") -> Path:
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as sink:
            csv.writer(sink).writerows(rows)
        return path

    def policy(self, columns: dict[str, Any] | None = None, **more: Any) -> Path:
        given = {
            **QUASI,
            "hurt": {"role": "sensitive"},
            "family": {"role": "unit"},
            "name": {"role": "drop"},
        }
        said = {"columns": columns or given, "k": 5, "l": 2, "seed": 1, **more}
        path = self.folder / "policy.json"
        path.write_text(json.dumps({k: v for k, v in said.items() if v is not None}), encoding="utf-8")
        return path

    def run(self, out: str = "out", *earlier: str) -> Path:
        folder = self.folder / out
        given = [self.folder / one for one in earlier]
        anonymise_file(self.folder / "table.csv", self.folder / "policy.json", folder, earlier=given)
        return folder

    def left(self) -> set[str]:
        """What lies there beside what was put there."""
        return {one.name for one in self.folder.iterdir()} - {
            *(f"{n}.csv" for n in HERE),
            "table.csv",
            "policy.json",
        }


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def released(out: Path) -> list[dict[str, str]]:
    with (out / "table.csv").open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


# What comes out


def test_a_table_leaves_as_five_files_and_a_record_that_stays(desk: Desk) -> None:
    out = desk.run()
    assert {one.name for one in out.iterdir()} == NAMES
    assert desk.left() == {"out", "out.inside.json"}
    assert (desk.folder / "out.inside.json").stat().st_mode & 0o077 == 0
    rows = released(out)
    assert list(rows[0]) == ["town", "age", "hurt"]
    assert min(Counter((row["town"], row["age"]) for row in rows).values()) >= 5
    said = json.loads((out / "manifest.json").read_bytes())
    for name in NAMES - {"manifest.json"}:
        data = (out / name).read_bytes()
        assert said["files"][name] == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert verify_folder(out).records == len(rows)


def test_no_name_family_or_exact_count_is_in_any_released_byte(desk: Desk) -> None:
    out = desk.run()
    whole = b"".join(path.read_bytes() for path in out.iterdir())
    for forbidden in (b"CANARY", b'"f1', b"seed"):
        assert forbidden not in whole
    risk = json.loads((out / "risk.json").read_bytes())
    assert all(count % 10 == 0 for count in risk["rounded"].values())


def test_the_same_table_and_seed_give_the_same_bytes_in_any_order_of_rows(desk: Desk) -> None:
    desk.table([["town", "age", "hurt", "family", "name"], *people(200)])
    first = desk.run("first")
    desk.table([["town", "age", "hurt", "family", "name"], *reversed(people(200))])
    again = desk.run("again")
    for name in NAMES:
        assert (first / name).read_bytes() == (again / name).read_bytes()


def test_k_counts_families_and_not_rows(desk: Desk) -> None:
    rows = [["a1", "30", "yes" if n % 2 else "no", f"f{n % 4}", ""] for n in range(40)]
    desk.table([["town", "age", "hurt", "family", "name"], *rows])
    with pytest.raises(CannotReleaseError, match="fewer families"):
        desk.run()
    assert desk.left() == set()
    desk.policy(
        {**QUASI, "hurt": {"role": "sensitive"}, "family": {"role": "drop"}, "name": {"role": "drop"}}
    )
    assert len(released(desk.run())) == 40


def test_what_is_missing_is_a_value_of_its_own(desk: Desk) -> None:
    rows = [["", "30", said, str(n), ""] for n, said in enumerate(["yes", "no"] * 4)]
    rows += [["a1", "30", said, str(n + 20), ""] for n, said in enumerate(["yes", "no"] * 4)]
    desk.table([["town", "age", "hurt", "family", "name"], *rows])
    assert Counter(row["town"] for row in released(desk.run())) == {"unknown": 8, "a1": 8}


@pytest.mark.parametrize(
    ("promise", "reached"),
    [({"t": 0.2}, "t"), ({"entropy_l": 1.8}, "entropy_l"), ({"top_share": 0.6}, "top_share")],
)
def test_promises_about_sensitive_values_are_kept(
    desk: Desk, promise: dict[str, float], reached: str
) -> None:
    rows = [
        [town, "30", "yes" if n % 3 == 0 else "no", f"{town}{n}", ""]
        for town in ("a1", "b1")
        for n in range(15)
    ]
    rows += [["c1", "40", "no", f"c{n}", ""] for n in range(8)] + [
        ["a2", "50", "yes", f"d{n}", ""] for n in range(12)
    ]
    desk.table([["town", "age", "hurt", "family", "name"], *rows])
    free, kept = [], []
    for given, found in (({}, free), (promise, kept)):
        desk.policy(l=None, **given)
        found.append(
            json.loads((desk.run(f"out{len(given)}") / "risk.json").read_bytes())["sensitive"]["hurt"]
        )
    value = promise[reached]
    assert (
        (kept[0][reached] >= value - 1e-3) if reached == "entropy_l" else (kept[0][reached] <= value + 1e-3)
    )
    assert (free[0][reached] < value) if reached == "entropy_l" else (free[0][reached] > value)


def test_no_class_holds_more_of_a_register_than_was_promised(desk: Desk) -> None:
    """In a small prison everybody spoke: who fits its label would be known to have spoken."""
    rows = [["c1", "30", "yes" if n % 2 else "no", f"c{n}", ""] for n in range(8)]
    rows += [["a1", "30", "yes" if n % 2 else "no", f"a{n}", ""] for n in range(20)]
    desk.table([["town", "age", "hurt", "family", "name"], *rows])
    assert {row["town"] for row in released(desk.run("free"))} == {"a1", "c1"}
    desk.table([["town", "age"], *[["c1", "30"]] * 9, *[["a1", "30"]] * 60], "register.csv")
    desk.policy(register="register.csv", delta=0.5)
    out = desk.run("kept")
    assert {row["town"] for row in released(out)} == {"*"}
    assert json.loads((out / "risk.json").read_bytes())["delta"] <= 0.5
    desk.table([["town", "age"], *[["a1", "30"]] * 30], "register.csv")
    with pytest.raises(CannotReleaseError, match="no groups that keep every promise"):
        desk.run("small")


def test_numbers_are_compared_in_their_order(desk: Desk) -> None:
    rows = [["a1", "30", str(n % 10), f"{n}", ""] for n in range(40)]
    desk.table([["town", "age", "hurt", "family", "name"], *rows])
    desk.policy(l=None, t=0.3)
    out = desk.run()
    assert json.loads((out / "manifest.json").read_bytes())["columns"]["hurt"]["ordered"] is True


def test_a_plain_column_that_tells_people_apart_is_warned_of(desk: Desk) -> None:
    columns = {**QUASI, "hurt": {"role": "sensitive"}, "family": {"role": "drop"}, "name": {"role": "plain"}}
    desk.policy(columns, l=None)
    warnings = json.loads((desk.run() / "risk.json").read_bytes())["warnings"]
    assert any("The plain column name" in one for one in warnings)
    assert any("Nothing is promised about hurt" in one for one in warnings)


def test_the_report_stands_alone_and_runs_nothing(desk: Desk) -> None:
    page = (desk.run() / "report.html").read_text(encoding="utf-8")
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert page.count("<svg") == 2
    assert "http" not in page.replace("http-equiv", "")
    for forbidden in ("<script", "<link", "<img", " style=", " onload", "CANARY"):
        assert forbidden not in page


# What is refused


HEAD = b"town,age,hurt,family,name\r\n"
ONE = b"a1,30,yes,f,x\r\n"
TABLES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "has no header"),
    "header alone": (HEAD, "is empty"),
    "nameless column": (b"town,,hurt,family,name\r\n" + ONE, "line 1: column 2 has no name"),
    "column twice": (b"town,town,hurt,family,name\r\n" + ONE, "line 1: the column town stands there twice"),
    "ragged": (HEAD + ONE + b"a1,30\r\n", "line 3: there are 2 cells"),
    "other letters": ((HEAD + ONE).decode().encode("utf-16"), "line 1: is not UTF-8"),
    "open quote": (HEAD + b'"' + ONE, "line 2: no table of comma-separated values"),
    "unnamed column": (HEAD[:-2] + b",diary\r\n" + ONE[:-2] + b",y\r\n", "does not name the column diary"),
    "missing column": (b"town,age,hurt,family\r\na1,30,yes,f\r\n", "has no column name"),
    "unknown value": (HEAD + ONE + b"SECRET,30,no,g,x\r\n", "line 3: the value in column town"),
    "small": (HEAD + ONE, "k is 5, and table.csv has only 1 rows"),
    "no family": (HEAD + b"a1,30,yes,,x\r\na1,30,no,,x\r\n" * 9, "line 2: the column family is empty"),
    "semicolons": (HEAD.replace(b",", b";") + ONE.replace(b",", b";"), "semicolons between cells"),
    "tabs": (HEAD.replace(b",", b"\t") + ONE.replace(b",", b"\t"), "tabs between cells"),
    "ragged below a cell of two lines": (
        HEAD + b'a1,30,yes,f,"x\r\ny"\r\n\r\n' + b"a1,30\r\n",
        "line 5: there are 2 cells",
    ),
    "other letters below": (HEAD + ONE + b"a1,30,yes,f,\xff\r\n", "line 3: is not UTF-8"),
    "one answer alone": (
        HEAD + b"".join(b"a1,30,yes,f%d,x\r\n" % n for n in range(9)),
        "column hurt of table.csv has only 1 different values",
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_cannot_be_used_is_refused_in_words_that_repeat_no_value(desk: Desk, name: str) -> None:
    data, why = TABLES[name]
    (desk.folder / "table.csv").write_bytes(data)
    with pytest.raises(InvalidError, match=why) as caught:
        desk.run()
    assert "SECRET" not in str(caught.value)
    assert desk.left() == set()


def test_a_byte_order_mark_blank_lines_quotes_and_blanks_do_not_matter(desk: Desk) -> None:
    lines = [
        '"town", age ,hurt,family,name',
        *(f'"a1 ", 30,{"yes" if n % 2 else "no"},{n},"x, ""y"""' for n in range(9)),
        "",
    ]
    (desk.folder / "table.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode() + b"\r\n\r\n")
    assert {row["town"] for row in released(desk.run())} == {"a1"}


def test_what_is_too_big_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.release import policy_files, table_files  # noqa: PLC0415

    for module, limit, why in (
        (table_files, "MOST_BYTES", "table.csv is too big"),
        (table_files, "MOST_ROWS", "199 rows at most"),
        (policy_files, "MOST_BYTES", "too big for a policy"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(module, limit, 199)
            with pytest.raises(InvalidError, match=why):
                desk.run()


POLICIES: dict[str, tuple[str, str]] = {
    "no JSON": ("{", "is no JSON"),
    "a list": ("[]", "is to be an object"),
    "twice": ('{"k": 5, "k": 6}', 'policy.json, line 1: "k" is said twice'),
    "unknown key": ('{"kk": 5}', 'policy.json, line 1: "kk" is none of'),
    "no columns": ("{}", "gives each column"),
    "no role": ('{"columns": {"town": {"role": "secret"}}}', "line 1: the role of column town is none of"),
    "no object": ('{"columns": {"town": "drop"}}', "the role of column town is none of"),
    "unknown entry": ('{"columns": {"town": {"role": "drop", "level": 2}}}', "level not"),
    "no hierarchy": ('{"columns": {"town": {"role": "quasi-identifier"}}}', "names the file"),
    "no such file": ('{"columns": {"town": {"role": "quasi-identifier", "hierarchy": "x.csv"}}}', "x.csv"),
    "nothing to protect": ('{"columns": {"town": {"role": "plain"}}}', "no column is a quasi-identifier"),
    "lines": ('{\n "columns": {},\n "k": 5,}', "policy.json, line 3: this is no JSON"),
    "depth": ("[" * 100_000, "is no JSON that can be read"),
    "not a number": ('{"columns": {"town": {"role": "drop"}}, "t": NaN}', "no column is a quasi-identifier"),
    "a name of a file that is none": (
        '{"columns": {"town": {"role": "quasi-identifier", "hierarchy": "\\u0000"}}}',
        "cannot be read",
    ),
    "a hierarchy of what does not leave by one": (
        '{"columns": {"town": {"role": "drop", "hierarchy": "town.csv"}}}',
        "only a quasi-identifier leaves by one",
    ),
    "no tag": ('{"columns": {"town": {"role": "drop", "hxl": "adm1"}}}', "is no tag such as"),
    "a folder": ('{"columns": {"town": {"role": "quasi-identifier", "hierarchy": "."}}}', "cannot be read"),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_that_cannot_be_used_is_refused(desk: Desk, name: str) -> None:
    text, why = POLICIES[name]
    (desk.folder / "policy.json").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidError, match=why):
        desk.run()
    assert desk.left() == set()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"k": 4}, '"k" is to be a whole number, 5 or more'),
        ({"k": True}, '"k"'),
        ({"l": 0}, '"l"'),
        ({"t": 1.5}, '"t" is to be a number from 0 to 1'),
        ({"suppression_limit": "x"}, '"suppression_limit"'),
        ({"delta": 0.5}, "belong together"),
        ({"delta": 0.5, "register": "nowhere.csv"}, '"register" is to be the name'),
        ({"columns": {**QUASI, "a": {"role": "unit"}, "b": {"role": "unit"}}}, "a and b are both the unit"),
        ({"columns": QUASI}, "none has that role"),
    ],
)
def test_a_promise_that_cannot_be_is_refused(desk: Desk, said: dict[str, Any], why: str) -> None:
    desk.policy(**said)
    with pytest.raises(InvalidError, match=why):
        desk.run()


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "town.csv is empty"),
        (["a1;A;*", "a1;B;*"], "town.csv, line 2: a1 has a line already"),
        (["a1;A"], "town.csv, line 1: the labels are to go from fine to coarse"),
        (["a1;;*"], "town.csv, line 1: the labels are to go from fine to coarse"),
        (["a1;*;*"], "town.csv, line 1: the labels are to go from fine to coarse"),
        (["a1,A,*"], "town.csv, line 1: there is one cell"),
        (["a1;A;*", "a2;*"], "town.csv, line 2: there are 2 cells, and 3 on the first line"),
        (["unknown;A;*"], "town.csv, line 1: what is unknown stays unknown"),
        (["a1;A;X;*", "", "a2;A;Y;*"], "town.csv, line 3: A stands under X on another line"),
        (["20;20-29;*", "30;20-29;*"], "does not hold 30"),
        (["30;[20, 30);*"], "does not hold 30"),
        (["a1;T;X;*", "b1;B;T;*"], "means two things"),
    ],
)
def test_a_hierarchy_that_is_not_sound_is_refused(desk: Desk, lines: list[str], why: str) -> None:
    (desk.folder / "town.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InvalidError, match=why):
        desk.run()


def test_a_town_may_be_called_as_its_province_is(desk: Desk) -> None:
    (desk.folder / "town.csv").write_text("Qom;Qom;*\nKahak;Qom;*\n30;[20, 30];*", encoding="utf-8")
    rows = [["Qom", "30", "yes" if n % 2 else "no", f"{n}", ""] for n in range(8)]
    rows += [["Kahak", "30", "no", "x", ""]]
    desk.table([["town", "age", "hurt", "family", "name"], *rows])
    out = desk.run()
    assert {row["town"] for row in released(out)} <= {"Qom", "*"}
    assert verify_folder(out).k_records == 9


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([["town"], ["a1"]], "no column age"),
        ([["town", "age"], ["SECRET", "30"]], "line 2: the value in column"),
    ],
)
def test_a_register_that_does_not_fit_is_refused(desk: Desk, rows: Rows, why: str) -> None:
    desk.table(rows, "register.csv")
    desk.policy(register="register.csv", delta=0.5)
    with pytest.raises(InvalidError, match=why):
        desk.run()


@pytest.mark.parametrize(
    ("bytes_", "why"), [(b"a1;\xff;*", "line 1: is not UTF-8"), (b'"a1;A;*', "town.csv, line 1: no labels")]
)
def test_a_hierarchy_that_cannot_be_read_is_refused(desk: Desk, bytes_: bytes, why: str) -> None:
    (desk.folder / "town.csv").write_bytes(bytes_)
    with pytest.raises(InvalidError, match=why):
        desk.run()


def test_nothing_is_written_over(desk: Desk) -> None:
    desk.run()
    before = (desk.folder / "out" / "table.csv").read_bytes()
    with pytest.raises(InvalidError, match="is there already"):
        desk.run()
    assert (desk.folder / "out" / "table.csv").read_bytes() == before


@pytest.mark.parametrize("broken", ["verify_files", "_write"])
def test_nothing_half_made_is_left(desk: Desk, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def fails(*_: object, **__: object) -> None:
        raise VerificationError(["k"])

    monkeypatch.setattr(table_release, broken, fails)
    with pytest.raises(VerificationError):
        desk.run()
    assert desk.left() == set()


def test_a_disk_that_gives_out_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def fails(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(InvalidError, match="cannot be written"):
        desk.run()
    monkeypatch.setattr(Path, "rename", rename)
    assert desk.left() == set()


def test_what_helps_is_said_for_every_refusal() -> None:
    of_the_portal = {Reason.TOO_PRESENT, Reason.NO_LIST, Reason.TOO_CLOSE}
    assert set(table_release._SAID) == set(Reason) - of_the_portal


# The command


@pytest.fixture
def command(desk: Desk) -> Callable[..., tuple[int, str]]:
    def run(*words: str) -> tuple[int, str]:
        given = [str(desk.folder / word[1:]) if word.startswith("@") else word for word in words]
        found = CliRunner().invoke(main, ["release", *given])
        return found.exit_code, found.output

    return run


def test_the_command_writes_tells_and_verifies(desk: Desk, command: Callable[..., tuple[int, str]]) -> None:
    code, said = command("anonymise", "@table.csv", "--policy", "@policy.json", "--out", "@out")
    assert code == 0
    assert "The smallest group holds" in said
    assert "give it to nobody" in said
    code, said = command("verify", "@out")
    assert (code, "hold what is promised" in said) == (0, True)
    path = desk.folder / "out" / "table.csv"
    path.write_bytes(path.read_bytes().replace(b'"no"', b'"yes"', 1))
    code, said = command("verify", "@out")
    assert (code, "table.csv: is not the file that the manifest names" in said) == (1, True)


def test_the_command_shows_a_preview_and_writes_nothing(
    desk: Desk, command: Callable[..., tuple[int, str]]
) -> None:
    code, said = command("anonymise", "@table.csv", "--policy", "@policy.json", "--preview")
    assert (code, said.startswith("Roughly ")) == (0, True)
    assert command("anonymise", "@table.csv", "--policy", "@policy.json")[0] == 2
    assert desk.left() == set()


def test_the_command_says_in_a_line_what_is_wrong(
    desk: Desk, command: Callable[..., tuple[int, str]]
) -> None:
    desk.policy(k=500)
    code, said = command("anonymise", "@table.csv", "--policy", "@policy.json", "--out", "@out")
    assert (code, said.count("\n")) == (2, 1)
    assert said.startswith("Error: policy.json: k is 500, and table.csv has only 200 rows.")
    desk.policy()
    one_family = [["a1", "30", f"{number}", "f", ""] for number in range(9)]
    desk.table([["town", "age", "hurt", "family", "name"], *one_family])
    code, said = command("anonymise", "@table.csv", "--policy", "@policy.json", "--out", "@out")
    assert (code, "fewer families than a group must hold" in said) == (1, True)


def test_the_command_compares_with_earlier_releases(
    desk: Desk, command: Callable[..., tuple[int, str]]
) -> None:
    desk.run("first")
    code, said = command(
        "anonymise", "@table.csv", "--policy", "@policy.json", "--out", "@out", "--earlier", "@first"
    )
    assert code == 0
    assert "wait, so that earlier releases tell nobody apart" in said
