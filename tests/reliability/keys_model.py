"""A small pure model of who may open what: names of keys, sets of names, and nothing else.

It knows no cryptography and no database. ``must`` and ``may`` differ only while moving over to a new key
was cut off half-way; `Part.settle` takes what was found between them.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from portal.permissions import CIRCLES, GRANTS, MAY_HOLD, USUAL, Group, Permission, Role

Token = str
"""The name of one private key: of a group's epoch, of a source, of the recovery."""

RECOVERY: Token = "recovery"
ADMINISTRATOR = "rowan"
MOVED = frozenset(Group) - {Group.AUDITORS}


def first(group: Group) -> Token:
    """The key that a group was founded with."""
    return f"{group.value} founded"


def founded(role: Role) -> set[Token]:
    """What a founder is handed: leads all that they may hold, others what is usual."""
    return {first(group) for group in (MAY_HOLD if role is Role.LEAD else USUAL)[role]}


class Stage(StrEnum):
    """How far moving over to a new key came."""

    NOTHING = "nothing"
    ADDING = "adding"
    ADDED = "added"
    ERASING = "erasing"
    ERASED = "erased"


@dataclass
class Part:
    """One key of a submission: to whom it is wrapped at least, and at most."""

    group: Group
    must: set[Token]
    may: set[Token]

    def settle(self, found: set[Token]) -> None:
        """Take what is there, which lies between the two."""
        assert self.must <= found <= self.may, (self.must, found, self.may)
        self.must, self.may = set(found), set(found)


@dataclass
class Person:
    role: Role
    active: bool = True
    holds: set[Token] = field(default_factory=set)
    proposed: dict[Group, bool] = field(default_factory=dict)
    """The groups whose key an administrator said they may have; true where earlier keys may follow."""

    def may_grant(self) -> bool:
        return self.active and Permission.GROUP_GRANT in GRANTS[self.role]


@dataclass
class Model:
    """What a folder says; a backup is a copy of it."""

    people: dict[str, Person]
    lines: dict[Group, list[Token]]
    """Each group's keys that the root signed, oldest first; the last receives."""
    proposed: dict[Group, Token] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    rereads: dict[str, bool] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    held: dict[str, str] = field(default_factory=dict)
    """Legal holds in force, by submission."""
    locked: set[str] = field(default_factory=set)
    """Taken back while a hold stood in the way: there still, and used for nothing."""
    retired: set[Token] = field(default_factory=set)

    # Who is there

    def current(self, group: Group) -> Token:
        return self.lines[group][-1]

    def holders(self, group: Group) -> list[str]:
        """Who can hand a group's key on, or make the next one."""
        wanted = self.current(group)
        return [name for name, one in self.people.items() if one.may_grant() and wanted in one.holds]

    def all_tokens(self) -> dict[Token, Group]:
        line = {token: group for group, tokens in self.lines.items() for token in tokens}
        return line | {token: group for group, token in self.proposed.items()}

    def readers(self, name: str, *roles: Role) -> list[str]:
        """Who of these roles opens what was told, by a key that they are given now."""
        wanted = self.parts[f"{name}/content"].must
        return [
            who for who, one in self.people.items() if one.role in roles and one.active and wanted & one.holds
        ]

    # What staff do

    def join(self, name: str, role: Role) -> None:
        self.people[name] = Person(role, proposed=dict.fromkeys(USUAL[role], False))

    def proposable(self, name: str, group: Group, *, before: bool) -> bool:
        """Whether an administrator may say that somebody may have a key."""
        one = self.people[name]
        lacks = self.current(group) not in one.holds
        earlier = set(self.lines[group]) - self.retired - one.holds
        return (
            one.active
            and name != ADMINISTRATOR
            and group in MAY_HOLD[one.role]
            and (lacks or (before and bool(earlier)))
        )

    def granted(self, by: str, to: str, group: Group, *, before: bool) -> set[Token]:
        """The keys that a grant would hand on; empty where it would be refused."""
        giver, taker, line = self.people[by], self.people[to], set(self.lines[group])
        if by == to or by not in self.holders(group) or not taker.active or group not in MAY_HOLD[taker.role]:
            return set()
        mine = taker.holds & (line | {self.proposed.get(group, "")})
        given = ({self.current(group)} | (giver.holds & line if before else set())) - mine
        keeps_up = bool(mine) and self.current(group) not in mine and not before
        asked = group in taker.proposed and (taker.proposed[group] or not before)
        return given if asked or keeps_up else set()

    def grant(self, by: str, to: str, group: Group, *, before: bool) -> None:
        given = self.granted(by, to, group, before=before)
        self.people[to].holds |= given
        self.people[to].proposed.pop(group, None)

    def end(self, name: str) -> None:
        self.people[name].active = False
        self.people[name].holds.clear()
        self.people[name].proposed.clear()

    def change_role(self, name: str, role: Role) -> None:
        """Keys that the new role may not hold are taken away at once."""
        one, groups = self.people[name], self.all_tokens()
        one.role = role
        one.holds = {token for token in one.holds if groups.get(token) in MAY_HOLD[role]}
        one.proposed = {group: before for group, before in one.proposed.items() if group in MAY_HOLD[role]}

    def leave(self, name: str, group: Group) -> None:
        """Somebody is taken out of one group."""
        one, groups = self.people[name], self.all_tokens()
        one.holds = {token for token in one.holds if groups.get(token) is not group}
        one.proposed.pop(group, None)

    def propose(self, group: Group, token: Token) -> None:
        before = self.current(group)
        self.proposed[group] = token
        for one in self.people.values():
            if one.active and before in one.holds and group in MAY_HOLD[one.role]:
                one.holds.add(token)

    def install(self, group: Group) -> None:
        self.lines[group].append(self.proposed.pop(group))

    def recover(self, name: str, role: Role) -> None:
        self.people[name] = Person(role)
        self.people[name].holds = {token for group in MAY_HOLD[role] for token in self.lines[group]}

    # Moving over

    def rewrap(self, group: Group, by: str, stage: Stage) -> None:
        """Keys that the mover opens are wrapped to the current epoch as well; then the earlier wraps go."""
        new, old = self.current(group), set(self.lines[group][:-1])
        for part in self.parts.values():
            if part.group is not group:
                continue
            if (
                stage is not Stage.NOTHING
                and new not in part.must
                and part.must & old & self.people[by].holds
            ):
                part.may.add(new)
                if stage is not Stage.ADDING:
                    part.must.add(new)
            if stage in {Stage.ERASING, Stage.ERASED} and new in part.may:
                part.must -= old
                if stage is Stage.ERASED and new in part.must:
                    part.may -= old

    def retire(self, group: Group) -> bool:
        """Once nothing is wrapped to earlier epochs, nobody is given them any more."""
        old = set(self.lines[group][:-1])
        if any(part.may & old for part in self.parts.values()):
            return False
        for one in self.people.values():
            one.holds -= old
        self.retired |= old
        return True

    # What sources do

    def submit(self, name: str, *, reread: bool) -> None:
        self.rereads[name] = reread
        source = {f"source {name}"}
        kept = source if reread else set()
        self._add(f"{name}/content", Group.INTAKE, kept)
        self._add(f"{name}/identity", Group.CONTACT, kept)
        self._add(f"{name}/thread", Group.INTAKE, source)

    def add_file(self, name: str, part: str) -> None:
        self._add(f"{name}/{part}", self.circle(name), {f"source {name}"} if self.rereads[name] else set())

    def can_move(self, name: str) -> list[str]:
        """Who opens everything that a circle may open of a case, and may say where it belongs."""
        inside = [
            part for key, part in self.parts.items() if key.startswith(f"{name}/") and part.group in CIRCLES
        ]
        leads = [who for who, one in self.people.items() if one.active and one.role is Role.LEAD]
        return [who for who in leads if all(part.must & self.people[who].holds for part in inside)]

    def move(self, name: str, to: Group) -> None:
        """A case goes to another circle: to its present key, and to none of the circles' keys before."""
        circles = {token for group in CIRCLES for token in self.lines[group]}
        for key, part in self.parts.items():
            if key.startswith(f"{name}/") and part.group in CIRCLES:
                kept = (part.must - circles) | {self.current(to)}
                part.group, part.must, part.may = to, set(kept), set(kept)

    def circle(self, name: str) -> Group:
        return self.parts[f"{name}/content"].group

    def approve(self, name: str) -> None:
        self._add(f"{name}/sheet", Group.RELEASE, set())

    def withdraw(self, name: str) -> None:
        if name in self.held:
            self.locked.add(name)
            return
        self.withdrawn.add(name)
        self.parts = {part: one for part, one in self.parts.items() if part.split("/")[0] != name}

    def lift(self, name: str) -> None:
        """A hold ends; what was taken back meanwhile is erased."""
        del self.held[name]
        if name in self.locked:
            self.locked.discard(name)
            self.withdraw(name)

    def look_at_holds(self, by: str) -> int:
        """What was taken back under a hold goes to the legal circle; its copy for releases is shut."""
        if self.current(Group.LEGAL) not in self.people[by].holds:
            return 0
        names = [name for name in self.locked if self.circle(name) is not Group.LEGAL]
        names = [name for name in names if by in self.can_move(name)]
        for name in names:
            self.move(name, Group.LEGAL)
            if copy := self.parts.get(f"{name}/sheet"):
                copy.must -= set(self.lines[Group.RELEASE])
                copy.may -= set(self.lines[Group.RELEASE])
        return len(names)

    def live(self) -> list[str]:
        return [name for name in self.rereads if name not in self.withdrawn | self.locked]

    def _add(self, part: str, group: Group, more: set[Token]) -> None:
        to = {self.current(group), RECOVERY} | more
        self.parts[part] = Part(group, set(to), set(to))
