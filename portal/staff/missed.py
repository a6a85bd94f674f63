"""Who is to hear that somebody had their passphrase, but neither their code nor their security key.

In memory only, until they sign in: a row or an entry at that moment would let the visitor measure that the
passphrase was right, and let a flood of wrong codes fill the ledger.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from portal.web.shared import Shared

_KIND = _EVERYBODY = "missed"
_NOBODY = "nobody"
_KEPT = timedelta(days=90)


@dataclass(frozen=True)
class Miss:
    """How often it happened since the person was last here, and when last (a day of UTC)."""

    times: int
    day: date


class Missed:
    """Counts right passphrases with a wrong code or security key, for all workers of the desk."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def add(self, staff_id: UUID | None, now: datetime) -> None:
        """Count a mistake; None is a wrong passphrase, which costs the same and says nothing.

        All lie in one entry, opened and sealed again whoever it was: so it takes as long for everybody.
        """
        key = _NOBODY if staff_id is None else staff_id.hex
        with self._shared.change(_KIND, _EVERYBODY, expires=int((now + _KEPT).timestamp())) as counts:
            moment = int(now.timestamp())
            times, _last = counts.get(key, (0, 0))
            counts[key] = [times + 1, moment]
            for old in [one for one, (_, last) in counts.items() if moment - last > _KEPT.total_seconds()]:
                del counts[old]

    def of(self, staff_id: UUID) -> Miss | None:
        """Return what the person is to hear."""
        found = self._shared.read(_KIND, _EVERYBODY).get(staff_id.hex)
        return Miss(found[0], datetime.fromtimestamp(found[1], UTC).date()) if found else None

    def told(self, staff_id: UUID, now: datetime) -> None:
        """Forget it: the person has been told, and the ledger says so."""
        with self._shared.change(_KIND, _EVERYBODY, expires=int((now + _KEPT).timestamp())) as counts:
            counts.pop(staff_id.hex, None)
