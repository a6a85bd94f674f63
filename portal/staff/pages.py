"""The URL table that all pages of staff share, and what several of them say."""

from portal.config import Face
from portal.vault.passphrase import Cost
from portal.vault.wrap import key_id
from portal.web.edge import settings
from portal.web.guard import Pages

pages = Pages("staff", __name__, face=Face.DESK)

_PASSES = 3


def cost() -> Cost:
    """Return what a passphrase of staff costs to try."""
    return Cost(settings().staff_memory_kib, _PASSES, 1)


def fingerprint(public: bytes) -> str:
    """Write a key's name in groups of four, for two people to compare aloud."""
    name = key_id(public)
    return " ".join(name[start : start + 4] for start in range(0, len(name), 4))
