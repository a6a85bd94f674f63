"""Who is acting: a signed-in person with the keys that this session alone may use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from portal.errors import KeylessError, RefusedError
from portal.permissions import CIRCLES, Group, Permission, Role, allows
from portal.vault.wrap import key_id, opener, public_key


@dataclass(frozen=True)
class CircleKey:
    """One key of a circle that the actor holds."""

    group: Group
    epoch: int
    seed: bytes = field(repr=False)

    @cached_property
    def opens(self) -> Callable[[bytes, bytes], bytes]:
        """What opens the keys that were wrapped to it, each in its place."""
        return opener(self.seed)


@dataclass(frozen=True)
class Actor:
    """A member of staff at work; services ask it for leave and for keys."""

    id: UUID
    name: str
    role: Role
    seed: bytes = field(repr=False, default=b"")
    seeds: Mapping[Group, Mapping[int, bytes]] = field(repr=False, default_factory=dict)
    """The seeds held of each group, by epoch."""

    def may(self, permission: Permission) -> bool:
        """Tell whether the actor's role carries the permission."""
        return allows(self.role, permission)

    def require(self, permission: Permission) -> None:
        """Refuse unless the actor's role carries the permission."""
        if not self.may(permission):
            raise RefusedError

    def ring(self, group: Group) -> Mapping[int, bytes]:
        """Return the group's seeds by epoch, or refuse when none was granted."""
        try:
            return self.seeds[group]
        except KeyError:
            raise RefusedError from None

    @property
    def circles(self) -> tuple[Group, ...]:
        """The circles whose cases the actor may know of."""
        return tuple(group for group in CIRCLES if self.seeds.get(group))

    @cached_property
    def circle_keys(self) -> Mapping[str, CircleKey]:
        """The keys of the circles that the actor holds, by the names of their public halves."""
        return {
            key_id(public_key(seed)): CircleKey(group, epoch, seed)
            for group in self.circles
            for epoch, seed in self.seeds[group].items()
        }

    def case_seeds(self) -> tuple[bytes, ...]:
        """Return the seeds of all circles that the actor holds, or refuse when there is none."""
        found = tuple(seed for group in self.circles for seed in self.seeds_of(group))
        if not found:
            raise KeylessError
        return found

    def seeds_of(self, group: Group) -> tuple[bytes, ...]:
        """Return the group's seeds, newest first, or refuse when none was granted."""
        return tuple(seed for _, seed in sorted(self.ring(group).items(), reverse=True))

    def seed_at(self, group: Group, epoch: int) -> bytes:
        """Return the seed of one epoch, or refuse when it was never granted."""
        try:
            return self.ring(group)[epoch]
        except KeyError:
            raise RefusedError from None

    def seed_of(self, group: Group) -> bytes:
        """Return the newest seed held of the group, or refuse when none was granted."""
        return self.seeds_of(group)[0]
