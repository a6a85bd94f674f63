"""What an instance pins of outsiders, as files: certificates of authorities, keys of witnesses.

Nothing in it is secret. Whoever writes to the folder can write here as well: a check that shall not rely on
the folder is given the same files from elsewhere.
"""

from pathlib import Path

from portal.errors import UnavailableError

PUBLIC, AUTHORITIES, WITNESSES = "public", "authorities", "witnesses"


def certificates(instance: Path) -> list[bytes]:
    """Return the certificates in ``public/authorities/*.pem``; empty where there are none."""
    return [_read(path) for path in sorted((instance / PUBLIC / AUTHORITIES).glob("*.pem"))]


def witness_keys(instance: Path) -> list[str]:
    """Return the verifier keys in ``public/witnesses/*.txt``; empty where there are none."""
    try:
        return [_read(path).decode() for path in sorted((instance / PUBLIC / WITNESSES).glob("*.txt"))]
    except UnicodeDecodeError:
        raise UnavailableError("A file with the keys of a witness is no text.") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise UnavailableError(f"{path.name} cannot be read.") from None
