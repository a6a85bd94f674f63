"""Who is acting: a signed-in person with the keys that this session alone may use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from portal.errors import RefusedError
from portal.permissions import Group, Permission, Role, allows


@dataclass(frozen=True)
class Actor:
    """A member of staff at work; services ask it for leave and for keys."""

    id: UUID
    name: str
    role: Role
    seed: bytes = field(repr=False, default=b"")
    seeds: Mapping[Group, bytes] = field(repr=False, default_factory=dict)

    def may(self, permission: Permission) -> bool:
        """Tell whether the actor's role carries the permission."""
        return allows(self.role, permission)

    def require(self, permission: Permission) -> None:
        """Refuse unless the actor's role carries the permission."""
        if not self.may(permission):
            raise RefusedError

    def seed_of(self, group: Group) -> bytes:
        """Return the group's key seed, or refuse when it was never granted."""
        try:
            return self.seeds[group]
        except KeyError:
            raise RefusedError from None
