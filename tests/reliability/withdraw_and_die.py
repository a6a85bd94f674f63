"""Takes a submission back and sweeps, in a process of its own that is killed at the n-th point on the way.

Points are every commit of either database, every emptying of a log, and every file that is erased: each is
passed before it happens. ``withdraw_and_die.py FOLDER SUBMISSION N DAY``; prints how many points were passed.
"""

import os
import signal
import sys
from datetime import UTC, date, datetime, time
from itertools import count
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parents[1]))

from builders import _settings
from sqlalchemy import event

from portal import upkeep
from portal.database import Database
from portal.intake import withdrawing
from portal.ledger import recorder
from portal.ledger import service as ledger
from portal.ledger.tags import read_key
from portal.permissions import Group
from portal.store.files import FileStore

passed = count(1)
last = 0


def point(number: int) -> None:
    """Pass a point, or die at it."""
    global last  # noqa: PLW0603 - a script
    last = next(passed)
    if last == number:
        os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path, submission_id: UUID, number: int, day: date) -> None:
    """Withdraw as the page does, then sweep as the nightly command does."""
    settings = _settings(folder, url="", keys_url="")
    database = Database(settings.main_url, settings.wraps_url)
    ledger.attach(database, settings.public_keys.groups[Group.AUDITORS.value], key=read_key(settings))
    for engine in (database.main, database.keys):
        event.listen(engine, "commit", lambda _connection: point(number))
    erase, empty = FileStore.erase, recorder.empty_log
    FileStore.erase = lambda self, name: (point(number), erase(self, name))[1]  # type: ignore[method-assign]
    for module in (recorder, upkeep):
        module.empty_log = lambda engine: (point(number), empty(engine))[1]  # type: ignore[attr-defined]
    with database.session(write=True) as session:
        names = withdrawing.withdraw(session, submission_id=submission_id, day=day)
    for name in names:
        FileStore(settings.files).erase(name)
    now = datetime.combine(day, time(12), UTC)
    upkeep.sweep(database, settings, older_than=-(10**10), now=now)
    database.dispose()
    print(last)  # noqa: T201 - a script


if __name__ == "__main__":
    main(Path(sys.argv[1]), UUID(sys.argv[2]), int(sys.argv[3]), date.fromisoformat(sys.argv[4]))
