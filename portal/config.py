"""Settings: made once from the environment and the instance folder; nobody else reads either."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Self

from portal.errors import UnavailableError

PACKAGE = Path(__file__).resolve().parent

MIB = 1024 * 1024


class Face(StrEnum):
    """The two sides of the portal; in production each runs as its own process and user."""

    INTAKE = "intake"
    DESK = "desk"


def bundled(name: str) -> Path:
    """Return a folder that lies beside the package in a checkout and inside it in a wheel."""
    shipped = PACKAGE / "_shipped" / name
    return shipped if shipped.is_dir() else PACKAGE.parent / name


def default_instance(environ: Mapping[str, str]) -> Path:
    """Return ``PORTAL_INSTANCE``, or else ``instance`` below the current folder."""
    return Path(environ.get("PORTAL_INSTANCE", "instance")).resolve()


@dataclass(frozen=True)
class PublicKeys:
    """What every process may know: whom to seal to, and how to check the ledger."""

    recovery: bytes
    groups: Mapping[str, bytes]
    ledger_ed25519: bytes
    ledger_mldsa44: bytes
    receipt_salt: bytes
    origin: str

    def to_json(self) -> str:
        """Return the text kept in ``public-keys.json``."""
        return json.dumps(
            {
                "recovery": self.recovery.hex(),
                "groups": {name: key.hex() for name, key in sorted(self.groups.items())},
                "ledger_ed25519": self.ledger_ed25519.hex(),
                "ledger_mldsa44": self.ledger_mldsa44.hex(),
                "receipt_salt": self.receipt_salt.hex(),
                "origin": self.origin,
            },
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        data = json.loads(text)
        return cls(
            recovery=bytes.fromhex(data["recovery"]),
            groups={name: bytes.fromhex(key) for name, key in data["groups"].items()},
            ledger_ed25519=bytes.fromhex(data["ledger_ed25519"]),
            ledger_mldsa44=bytes.fromhex(data["ledger_mldsa44"]),
            receipt_salt=bytes.fromhex(data["receipt_salt"]),
            origin=data["origin"],
        )


def read_public_keys(instance: Path, *, digest: str = "") -> PublicKeys:
    """Read the instance's public keys, or say what to do first.

    ``digest`` is the file's SHA-256 in hex, kept where whoever can write the file cannot: everything is
    sealed to these keys, so one that was exchanged would open all that comes from then on.
    """
    path = instance / "public-keys.json"
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise UnavailableError(f"{path} is missing: run `portal init` first.") from None
    if digest and hashlib.sha256(text).hexdigest() != digest.strip().lower():
        raise UnavailableError(f"{path} is not the file whose SHA-256 PORTAL_PUBLIC_KEYS_SHA256 names.")
    try:
        return PublicKeys.from_json(text.decode())
    except (ValueError, LookupError, TypeError, AttributeError):
        raise UnavailableError(f"{path} is damaged: put the copy back that was kept elsewhere.") from None


@dataclass(frozen=True)
class Settings:
    """Everything a process needs to know; immutable."""

    instance: Path
    public_keys: PublicKeys = field(repr=False)
    database_url: str = ""
    keys_url: str = ""
    session_folder: Path | None = None
    secure_cookies: bool = True
    desk_address: str = "http://127.0.0.1:8001"
    onion_address: str = ""
    file_limit: int = 25 * MIB
    files_per_submission: int = 20
    exit_address: str = "https://www.wikipedia.org/"
    staff_memory_kib: int = 128 * 1024

    @property
    def files(self) -> Path:
        """The folder of sealed documents."""
        return self.instance / "files"

    @property
    def main_url(self) -> str:
        """SQLAlchemy URL of the main database."""
        return self.database_url or f"sqlite:///{self.instance / 'portal.db'}"

    @property
    def wraps_url(self) -> str:
        """SQLAlchemy URL of the store of wrapped keys, kept out of long-lived backups."""
        return self.keys_url or f"sqlite:///{self.instance / 'keys.db'}"


def load_settings(environ: Mapping[str, str], instance: Path | None = None) -> Settings:
    """Make settings from a mapping (the environment, at the edge) and the instance folder.

    Raises `UnavailableError` naming the remedy when something is missing or malformed.
    """
    folder = instance or default_instance(environ)
    session_folder = environ.get("PORTAL_SESSION_FOLDER")
    try:
        return Settings(
            instance=folder,
            public_keys=read_public_keys(folder, digest=environ.get("PORTAL_PUBLIC_KEYS_SHA256", "")),
            database_url=environ.get("PORTAL_DATABASE_URL", ""),
            keys_url=environ.get("PORTAL_KEYS_URL", ""),
            session_folder=Path(session_folder) if session_folder else None,
            secure_cookies=environ.get("PORTAL_SECURE_COOKIES", "1") != "0",
            desk_address=environ.get("PORTAL_DESK_ADDRESS", Settings.desk_address),
            onion_address=environ.get("PORTAL_ONION_ADDRESS", ""),
            file_limit=int(environ.get("PORTAL_FILE_LIMIT", Settings.file_limit)),
            files_per_submission=int(
                environ.get("PORTAL_FILES_PER_SUBMISSION", Settings.files_per_submission)
            ),
            exit_address=environ.get("PORTAL_EXIT_ADDRESS", Settings.exit_address),
            staff_memory_kib=int(environ.get("PORTAL_STAFF_MEMORY_KIB", Settings.staff_memory_kib)),
        )
    except ValueError as problem:
        raise UnavailableError(f"A setting cannot be read: {problem}") from None
