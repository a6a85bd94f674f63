"""The roll of sessions: where each person is signed in, so that they can end them. In memory only."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from portal.web.sessions import Lifetime
from portal.web.shared import Shared

_KIND = "stays"
_COARSE = timedelta(minutes=1)
"""How exactly it is known when a session was last used."""


@dataclass(frozen=True)
class Stay:
    """One session of a person: its handle, since when, when last used, and if the device was known before."""

    handle: str
    begun: datetime
    seen: datetime
    known: bool


class Roll:
    """Who is signed in where. A session that is not on the roll is none, whatever its cookie opens."""

    def __init__(self, shared: Shared, lifetime: Lifetime) -> None:
        self._shared, self._lifetime = shared, lifetime

    def enter(self, staff_id: UUID, handle: str, *, half: str, known: bool, now: datetime) -> None:
        """Put a session that has just begun on the roll; ``half`` names what the server keeps of it."""
        with self._change(staff_id, now) as stays:
            moment = int(now.timestamp())
            stays[handle] = [half, moment, moment, known]

    def holds(self, staff_id: UUID, handle: str, now: datetime) -> bool:
        """Tell whether the session is on the roll, and remember that it was used."""
        found = self._shared.read(_KIND, staff_id.hex).get(handle)
        if found is None or not self._lasts(found, now):
            return False
        if now.timestamp() - found[2] >= _COARSE.total_seconds():
            with self._change(staff_id, now) as stays:
                if handle not in stays:
                    return False
                stays[handle][2] = int(now.timestamp())
        return True

    def move(self, staff_id: UUID, handle: str, *, half: str, now: datetime) -> None:
        """Follow a session whose id has changed."""
        with self._change(staff_id, now) as stays:
            if handle in stays:
                stays[handle][0] = half

    def stays(self, staff_id: UUID, now: datetime) -> list[Stay]:
        """Return the person's sessions, the one that began last first."""
        found = [
            (handle, stay)
            for handle, stay in self._shared.read(_KIND, staff_id.hex).items()
            if self._lasts(stay, now)
        ]
        return [
            Stay(handle, _moment(begun, now), _moment(seen, now), known)
            for handle, (_half, begun, seen, known) in sorted(found, key=lambda one: -one[1][1])
        ]

    def end(self, staff_id: UUID, *, which: Callable[[str], bool], now: datetime) -> int:
        """Take sessions off the roll by their handles, and forget what is kept of them; say how many."""
        with self._change(staff_id, now) as stays:
            ended = {handle: stay for handle, stay in stays.items() if which(handle)}
            for handle in ended:
                del stays[handle]
        for half, *_rest in ended.values():
            self._shared.halves.drop(half)
        return len(ended)

    def _change(self, staff_id: UUID, now: datetime) -> Any:
        expires = int((now + self._lifetime.absolute).timestamp())
        return self._shared.change(_KIND, staff_id.hex, expires=expires)

    def _lasts(self, stay: list[Any], now: datetime) -> bool:
        """Tell whether the session has neither rested nor lasted too long."""
        moment = now.timestamp()
        rest = (self._lifetime.idle + _COARSE).total_seconds()
        return bool(moment - stay[2] < rest and moment - stay[1] < self._lifetime.absolute.total_seconds())


def _moment(seconds: int, now: datetime) -> datetime:
    return datetime.fromtimestamp(seconds, now.tzinfo)
