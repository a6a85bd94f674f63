"""Pieces that are arriving: whole or not there, kept through a crash, swept when nobody adds to them."""

import subprocess
import sys
from pathlib import Path

import pytest

from portal.errors import NotFoundError, UnavailableError
from portal.store.arrivals import Arrivals

OWNER, OTHER = "0" * 32, "f" * 32
ONE, TWO = "1" * 32, "2" * 32
LATER = 2**33
"""A moment far behind all that is written here, in seconds since the epoch."""


@pytest.fixture
def arrivals(tmp_path: Path) -> Arrivals:
    made = Arrivals(tmp_path)
    made.begin(OWNER, ONE, b"head")
    return made


def test_pieces_come_in_any_order_and_the_later_one_of_a_number_stays(arrivals: Arrivals) -> None:
    for index, sealed in ((7, b"seven"), (0, b"zero"), (7, b"again")):
        arrivals.put(OWNER, ONE, index, sealed)
    assert arrivals.pieces(OWNER, ONE) == {0: 4, 7: 5}
    assert arrivals.piece(OWNER, ONE, 7) == b"again"
    assert arrivals.head(OWNER, ONE) == b"head"
    assert arrivals.uploads(OWNER) == [ONE]


def test_what_was_never_begun_takes_nothing(arrivals: Arrivals) -> None:
    for act in (
        lambda: arrivals.put(OWNER, TWO, 0, b"x"),
        lambda: arrivals.head(OTHER, ONE),
        lambda: arrivals.piece(OWNER, ONE, 3),
        lambda: arrivals.lock(OWNER, TWO),
    ):
        with pytest.raises(NotFoundError):
            act()
    assert arrivals.pieces(OTHER, ONE) == {}
    assert arrivals.uploads(OTHER) == []


@pytest.mark.parametrize("name", ["", "..", "x" * 32, "0" * 31, "0" * 32 + "/.."])
def test_no_other_name_is_taken(arrivals: Arrivals, name: str) -> None:
    with pytest.raises(ValueError, match="32 hexadecimal"):
        arrivals.begin(name, ONE, b"x")
    with pytest.raises(ValueError, match="32 hexadecimal"):
        arrivals.begin(OWNER, name, b"x")


def test_what_is_dropped_or_forgotten_is_gone_and_asked_again_still_gone(
    arrivals: Arrivals, tmp_path: Path
) -> None:
    arrivals.begin(OWNER, TWO, b"head")
    arrivals.put(OWNER, TWO, 0, b"x")
    for _ in range(2):
        arrivals.drop(OWNER, TWO)
        assert arrivals.uploads(OWNER) == [ONE]
    for _ in range(2):
        arrivals.forget(OWNER)
        assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


def test_a_piece_that_could_not_be_written_leaves_nothing_and_the_one_before_it(
    arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arrivals.put(OWNER, ONE, 0, b"before")

    def full(_sink: object) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr("portal.store.arrivals.settle", full)
    with pytest.raises(UnavailableError):
        arrivals.put(OWNER, ONE, 0, b"after")
    assert arrivals.piece(OWNER, ONE, 0) == b"before"
    assert len([one for one in tmp_path.rglob("*") if one.is_file()]) == 2


def test_one_upload_is_finished_by_one_at_a_time(arrivals: Arrivals) -> None:
    lock = arrivals.lock(OWNER, ONE)
    assert lock is not None
    assert arrivals.lock(OWNER, ONE) is None
    lock.release()
    again = arrivals.lock(OWNER, ONE)
    assert again is not None
    again.release()


def test_only_what_nobody_adds_to_is_swept(arrivals: Arrivals, tmp_path: Path) -> None:
    now = tmp_path.stat().st_ctime
    assert arrivals.sweep(older_than=3600, now=now + 60) == 0
    assert arrivals.uploads(OWNER) == [ONE]
    assert arrivals.sweep(older_than=3600, now=LATER) == 1
    assert list((tmp_path / "arriving").iterdir()) == []
    assert Arrivals(tmp_path / "nowhere").sweep(older_than=0, now=LATER) == 0


DYING = """
import os, sys
from pathlib import Path
from portal.store import arrivals, disk
here = arrivals.Arrivals(Path(sys.argv[1]))
steps = [int(sys.argv[2])]
def dying(real):
    def step(*args, **how):
        steps[0] -= 1
        if steps[0] == 0:
            os._exit(9)
        return real(*args, **how)
    return step
arrivals.settle, arrivals.sync_folder = dying(arrivals.settle), dying(arrivals.sync_folder)
Path.rename = dying(Path.rename)
here.begin("0" * 32, "2" * 32, b"head")
print("begun", flush=True)
here.put("0" * 32, "2" * 32, 0, b"first")
print("first", flush=True)
here.put("0" * 32, "2" * 32, 0, b"again")
print("again", flush=True)
here.drop("0" * 32, "2" * 32)
print("dropped", flush=True)
"""


@pytest.mark.parametrize("step", range(1, 12))
def test_whoever_dies_at_any_step_leaves_what_was_acknowledged_and_nothing_half(
    arrivals: Arrivals, tmp_path: Path, step: int
) -> None:
    died = subprocess.run(
        [sys.executable, "-c", DYING, str(tmp_path), str(step)], capture_output=True, text=True, check=False
    )
    assert died.returncode in {0, 9}, died.stderr
    said = died.stdout.split()
    if "dropped" in said:
        assert arrivals.uploads(OWNER) == [ONE]
        return
    kept = [arrivals.piece(OWNER, TWO, index) for index in arrivals.pieces(OWNER, TWO)]
    if said[-1:] == ["first"]:
        assert kept in ([b"first"], [b"again"])
    elif said[-1:] == ["again"] and TWO in arrivals.uploads(OWNER):
        assert kept == [b"again"]
    else:
        assert kept in ([], [b"first"], [b"again"])
    arrivals.begin(OWNER, TWO, b"head")
    arrivals.put(OWNER, TWO, 0, b"retried")
    assert arrivals.piece(OWNER, TWO, 0) == b"retried"
