"""The signed directory as a file of the instance, checked whenever somebody asks whom to seal to."""

import hashlib
import os
from pathlib import Path

from portal.config import PublicKeys
from portal.errors import UnavailableError
from portal.vault.directory import DAMAGED, Directory, DirectoryError, bare, verify

DIRECTORY, FINGERPRINT = "directory.json", "root.fingerprint"


def pinned_fingerprint(instance: Path, pinned: str = "") -> str:
    """Return the root's fingerprint: from the settings, or else as founding wrote it beside the directory."""
    if pinned:
        return bare(pinned)
    try:
        return bare((instance / FINGERPRINT).read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise UnavailableError(
            "No root is pinned: set PORTAL_ROOT_FINGERPRINT, or run `portal init` first."
        ) from None


class SignedKeys:
    """The public keys of an instance, read from its signed directory.

    Each call reads the file and compares its SHA-256 with that of the last text that was verified: a
    changed file is checked anew, whatever its times and size say. An edition older than one that this
    process has seen is refused.
    """

    def __init__(self, instance: Path, pinned: str = "") -> None:
        self._path = instance / DIRECTORY
        self._pinned = pinned_fingerprint(instance, pinned)
        self._digest = b""
        self._serial = 0
        self._keys: PublicKeys | None = None
        self._directory: Directory | None = None
        self._refused = ""

    @property
    def last(self) -> PublicKeys:
        """The keys of the last edition that held: for reading, and for the ledger, not for sealing."""
        try:
            return self.keys()
        except DirectoryError:
            if self._keys is None:
                raise
            return self._keys

    def newly_refused(self, reason: str) -> bool:
        """Tell whether this is news: a reason is told once, until the directory holds again."""
        known, self._refused = self._refused, reason
        return known != reason

    def holds(self) -> None:
        """Say that all is well again: the next refusal is news."""
        self._refused = ""

    def keys(self) -> PublicKeys:
        """Return whom to seal to now; raises `DirectoryError` unless the directory holds at this moment."""
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            raise DirectoryError(
                f"{self._path} is missing: run `portal init`, or `portal directory install`."
            ) from None
        except OSError:
            raise DirectoryError(f"{self._path} cannot be read.") from None
        digest = hashlib.sha256(text).digest()
        kept = self._keys
        if kept is not None and digest == self._digest:
            return kept
        directory = read_directory(text, self._pinned)
        if directory.serial < self._serial:
            raise DirectoryError("The directory was set back to an older edition.")
        keys = directory.public_keys()
        self._keys, self._digest, self._serial = keys, digest, directory.serial
        self._directory = directory
        return keys

    def edition(self) -> Directory:
        """Return the directory itself as it holds at this moment; raises `DirectoryError`."""
        self.keys()
        assert self._directory is not None  # noqa: S101 - just read
        return self._directory


def read_directory(text: bytes, fingerprint: str) -> Directory:
    """Read and verify a directory; raises `DirectoryError`."""
    try:
        directory = Directory.from_json(text.decode())
    except ValueError:
        raise DirectoryError(DAMAGED) from None
    verify(directory, fingerprint)
    return directory


def standing(instance: Path, pinned: str = "") -> Directory:
    """Return the verified directory of an instance; raises `DirectoryError`."""
    try:
        text = (instance / DIRECTORY).read_bytes()
    except OSError:
        raise DirectoryError("The instance has no signed directory.") from None
    return read_directory(text, pinned_fingerprint(instance, pinned))


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in the place of another at one stroke, readable for its owner alone, and on the disk."""
    part = path.with_name(f"{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    rename_whole(part, path)


def rename_whole(part: Path, path: Path) -> None:
    """Give a finished file its name, in the place of what bears it now, and bring that to the disk."""
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_public_keys(instance: Path, pinned: str = "") -> PublicKeys:
    """Return the verified public keys of an instance, or say what to do first."""
    return SignedKeys(instance, pinned).keys()
