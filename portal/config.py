"""Settings: made once from the environment and the instance folder; nobody else reads either."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

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
    """What every process may know: whom to seal to, and how to check the ledger.

    It is the signed directory as it is used (`portal.store.directory`). ``groups`` has the key of each
    group's current epoch; ``former`` the earlier ones, by group and epoch.
    """

    recovery: bytes
    groups: Mapping[str, bytes]
    ledger_ed25519: bytes
    ledger_mldsa44: bytes
    receipt_salt: bytes
    origin: str
    epochs: Mapping[str, int] = field(default_factory=dict)
    former: Mapping[str, Mapping[int, bytes]] = field(default_factory=dict)

    def is_group_key(self, group: str, epoch: int, public: bytes) -> bool:
        """Tell whether this is the key of a group's epoch, current or earlier."""
        if self.epochs.get(group, 1) == epoch:
            return self.groups.get(group) == public
        return self.former.get(group, {}).get(epoch) == public

    def epoch_of(self, public: bytes) -> int:
        """Return the epoch of a group's current key; 1 for every other recipient."""
        return next((self.epochs.get(name, 1) for name, key in self.groups.items() if key == public), 1)


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
    desk_onion_address: str = ""
    file_limit: int = 25 * MIB
    chunked_file_limit: int = 2048 * MIB
    draft_limit: int = 4096 * MIB
    files_per_submission: int = 20
    draft_days: int = 30
    quiet_accounts: int = 60
    """Accounts begun within ten minutes that are nothing unusual; above, letting in slows (decision 12)."""
    exit_address: str = "https://www.wikipedia.org/"
    staff_memory_kib: int = 128 * 1024
    root_fingerprint: str = ""
    intake_languages: tuple[str, ...] = ("fa", "en")
    desk_languages: tuple[str, ...] = ("fa", "en")

    def languages(self, face: Face) -> tuple[str, ...]:
        """Return the codes of the languages that a face offers (`portal.web.languages`)."""
        return self.intake_languages if face is Face.INTAKE else self.desk_languages

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


def root_fingerprint(environ: Mapping[str, str]) -> str:
    """Return the fingerprint of the organisation root that is pinned; empty where none is."""
    return environ.get("PORTAL_ROOT_FINGERPRINT", "")


def _codes(named: str) -> tuple[str, ...]:
    return tuple(named.split()) or Settings.intake_languages


def load_settings(
    environ: Mapping[str, str],
    instance: Path | None = None,
    *,
    read: Callable[[Path, str], PublicKeys],
) -> Settings:
    """Make settings from a mapping (the environment, at the edge) and the instance folder.

    ``read`` gives the public keys of a folder whose root has a certain fingerprint; empty means the one
    that founding wrote there (`portal.store.directory.read_public_keys`).
    Raises `UnavailableError` naming the remedy when something is missing or malformed.
    """
    folder = instance or default_instance(environ)
    session_folder = environ.get("PORTAL_SESSION_FOLDER")
    root = root_fingerprint(environ)
    try:
        return Settings(
            instance=folder,
            public_keys=read(folder, root),
            root_fingerprint=root,
            database_url=environ.get("PORTAL_DATABASE_URL", ""),
            keys_url=environ.get("PORTAL_KEYS_URL", ""),
            session_folder=Path(session_folder) if session_folder else None,
            secure_cookies=environ.get("PORTAL_SECURE_COOKIES", "1") != "0",
            desk_address=environ.get("PORTAL_DESK_ADDRESS", Settings.desk_address),
            onion_address=environ.get("PORTAL_ONION_ADDRESS", ""),
            desk_onion_address=environ.get("PORTAL_DESK_ONION_ADDRESS", ""),
            file_limit=int(environ.get("PORTAL_FILE_LIMIT", Settings.file_limit)),
            chunked_file_limit=int(environ.get("PORTAL_CHUNKED_FILE_LIMIT", Settings.chunked_file_limit)),
            draft_limit=int(environ.get("PORTAL_DRAFT_LIMIT", Settings.draft_limit)),
            files_per_submission=int(
                environ.get("PORTAL_FILES_PER_SUBMISSION", Settings.files_per_submission)
            ),
            draft_days=int(environ.get("PORTAL_DRAFT_DAYS", Settings.draft_days)),
            intake_languages=_codes(environ.get("PORTAL_INTAKE_LANGUAGES", "")),
            desk_languages=_codes(environ.get("PORTAL_DESK_LANGUAGES", "")),
            quiet_accounts=max(1, int(environ.get("PORTAL_QUIET_ACCOUNTS", Settings.quiet_accounts))),
            exit_address=environ.get("PORTAL_EXIT_ADDRESS", Settings.exit_address),
            staff_memory_kib=int(environ.get("PORTAL_STAFF_MEMORY_KIB", Settings.staff_memory_kib)),
        )
    except ValueError as problem:
        raise UnavailableError(f"A setting cannot be read: {problem}") from None
