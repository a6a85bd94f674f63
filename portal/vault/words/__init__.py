"""The two lists of 2,048 everyday words behind receipts and staff passphrases; line n always means n.

The lists are printed on paper that nobody can call back: no word may ever move, change or go.
"""

from functools import cache
from importlib.resources import files

SIZE = 2048
LANGUAGES = ("fa", "en")


def word_list(language: str) -> tuple[str, ...]:
    """Give the 2,048 words of `language` ("fa" or "en"; any other falls back to English), in their order."""
    return _read(language if language in LANGUAGES else "en")


@cache
def _read(language: str) -> tuple[str, ...]:
    return tuple((files(__name__) / f"{language}.txt").read_text(encoding="utf-8").split())
