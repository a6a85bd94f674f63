"""A sender's side of the proof of work, as js/proof.js does it, and pages as such a sender reads them."""

import hashlib
import html
import re
import struct

_TASK = re.compile(r'data-proof="([^"]+)" data-salt="(\w+)" data-bits="(\d+)" data-token="([^"]+)"')


def solve(salt: bytes, bits: int, puzzles: int = 16) -> bytes:
    """Find the answer to a challenge: sixteen numbers, u32be each."""
    found, limit = [], 1 << (32 - bits)
    for place in range(puzzles):
        start = hashlib.sha256(salt + struct.pack(">I", place))
        number = 0
        while True:
            one = start.copy()
            one.update(struct.pack(">I", number))
            if int.from_bytes(one.digest()[:4], "big") < limit:
                break
            number += 1
        found.append(number)
    return struct.pack(f">{puzzles}I", *found)


def task_on(page: str) -> tuple[str, bytes, int, str]:
    """Read the work that a page gives to scripts: where to bring it, the salt, the bits, the token."""
    found = _TASK.search(page)
    if found is None:
        raise LookupError("this page gives no work")
    return html.unescape(found[1]), bytes.fromhex(found[2]), int(found[3]), html.unescape(found[4])
