"""What all workers of a face must know at once, kept in memory only, beside the sessions' halves."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from portal.vault.seal import KEY_SIZE, Label, Sealed, UnsealError, context, derive, seal, unseal
from portal.web.sessions import Halves

_KEY = "shared-key"
_FOR_EVER = 2**62


class Shared:
    """Entries of JSON by kind and key, sealed under a key that lies in the same memory.

    They go where sessions go: a folder on tmpfs for all workers, or this process's memory. Their names tell
    nothing; what cannot be opened counts as gone.
    """

    def __init__(self, halves: Halves) -> None:
        self.halves = halves

    def mark(self, kind: str, key: str) -> str:
        """Return a name for the key that tells nothing of it: 64 hexadecimal signs."""
        return _mark(self._key(), kind, key)

    def read(self, kind: str, key: str) -> dict[str, Any]:
        """Return an entry; empty when there is none."""
        secret = self._key()
        return self._opened(secret, f"{kind}-{_mark(secret, kind, key)}")

    @contextmanager
    def change(self, kind: str, key: str, *, expires: int) -> Iterator[dict[str, Any]]:
        """Give an entry to be changed while nobody else can; it goes at a Unix time, or when it is empty."""
        secret = self._key()
        name = f"{kind}-{_mark(secret, kind, key)}"
        with self.halves.alone():
            entry = self._opened(secret, name)
            yield entry
            if entry:
                packed = json.dumps(entry, separators=(",", ":")).encode()
                self.halves.put(name, seal(secret, packed, context(Label.SHARED, name), pad=False), expires)
            else:
                self.halves.drop(name)

    def _opened(self, secret: bytes, name: str) -> dict[str, Any]:
        kept = self.halves.get(name)
        if kept is None:
            return {}
        try:
            entry: dict[str, Any] = json.loads(unseal(secret, Sealed(kept), context(Label.SHARED, name)))
        except UnsealError:
            return {}
        return entry

    def _key(self) -> bytes:
        """Return the key of all entries, made when it is first needed."""
        found = self.halves.get(_KEY)
        if found is not None:
            return found
        with self.halves.alone():
            if self.halves.get(_KEY) is None:
                self.halves.put(_KEY, secrets.token_bytes(KEY_SIZE), _FOR_EVER)
        return self._key()


def _mark(secret: bytes, kind: str, key: str) -> str:
    return derive(secret, context(Label.SHARED, kind, key)).hex()
