"""However many ask at once, no more derivations run than there are places: as a process really shows."""

import subprocess
import sys

import pytest

MIB = 1024
SIZE = 48
PROGRAM = """
import re, sys, threading
from portal.vault import passphrase as module

def held():
    # Of this very process: the peak that `getrusage` tells is handed down by whoever started it.
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])

places, many, size = (int(one) for one in sys.argv[1:])
line = module.Line(places, most=many)
cost = module.Cost(size * 1024, 1, 1)
module.derive_key("warm", bytes(16), module.Cost(64, 1, 1), line)
before = held()
done = []
ask = lambda number: done.append(module.derive_key(f"one {number}", bytes(16), cost, line))
threads = [threading.Thread(target=ask, args=(number,)) for number in range(many)]
for one in threads:
    one.start()
for one in threads:
    one.join()
print(len(set(done)), held() - before)
"""


def taken(places: int, many: int) -> tuple[int, float]:
    """How many keys came of it, and the most memory that was held above the start, in MiB."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the peak of a process is told by Linux alone")
    command = [sys.executable, "-c", PROGRAM, str(places), str(many), str(SIZE)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.split()
    return int(said[0]), int(said[1]) / MIB


@pytest.mark.parametrize("places", [1, 2])
def test_twelve_at_once_hold_no_more_memory_than_there_are_places(places: int) -> None:
    keys, held = taken(places, 12)
    assert keys == 12
    assert held < (places + 0.5) * SIZE


def test_without_the_bound_they_would_hold_more() -> None:
    """What is measured is real: as many places as people, and the memory grows with them."""
    _keys, held = taken(12, 12)
    assert held > 2.5 * SIZE


def test_the_lines_of_staff_have_three_places_in_all() -> None:
    from portal.vault.passphrase import KNOWN, SIGNING_IN  # noqa: PLC0415 - the program above needs none of it

    assert (SIGNING_IN._free, KNOWN._free) == (2, 1)
