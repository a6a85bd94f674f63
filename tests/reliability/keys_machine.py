"""The state machine of keys over time: its rules drive the real services and the model side by side."""

import copy
import shutil
import tempfile
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)
from keys_model import ADMINISTRATOR, MOVED, RECOVERY, Model, Person, Token, first, founded
from keys_thief import Thief, rows
from keys_world import World

from portal.errors import PortalError
from portal.permissions import CIRCLES, MAY_HOLD, Group, Role
from portal.store.directory import standing
from portal.upkeep import verify_folder

PEOPLE, SUBMISSIONS, BACKUPS = 9, 5, 2
HELPLESS = {Role.ADMINISTRATOR, Role.AUDITOR}
NUMBER = st.integers(0, 60)


def pick(number: int, several: list[str]) -> str:
    return several[number % len(several)]


class KeysOverTime(RuleBasedStateMachine):
    """People come and go, keys are renewed, sources come and take back, machines are lost and put back."""

    def __init__(self) -> None:
        super().__init__()
        self.room = Path(tempfile.mkdtemp(prefix="portal-keys-"))
        self.world = World(self.room)
        founders = self.world.instance.founders.items()
        people = {name: Person(one.role, holds=founded(one.role)) for name, one in founders}
        self.model = Model(people, {group: [first(group)] for group in Group})
        self.roles: dict[str, set[Role]] = {name: {one.role} for name, one in people.items()}
        self.knows: dict[str, set[Token]] = {}
        self.seeds: dict[str, set[bytes]] = {}
        self.backups: list[tuple[Path, Model, int]] = []
        self.drawn = 0

    def teardown(self) -> None:
        try:
            for folder, model, _entries in self.backups:  # seized at last, by those who know everything since
                self._look(folder, model)
        finally:
            self.world.instance.database.dispose()
            shutil.rmtree(self.room)

    def endable(self) -> list[str]:
        """Those whose access the administrator could end."""
        return [name for name, one in self.model.people.items() if one.active and name != ADMINISTRATOR]

    def moved(self) -> list[Group]:
        """The groups with an earlier key, from which something can be moved over."""
        return sorted(group for group in MOVED if len(self.model.lines[group]) > 1)

    def new(self, what: str) -> str:
        self.drawn += 1
        return f"{what}{self.drawn}"

    # What is said after each step

    def _learn(self) -> None:
        """Remember what everybody holds now: what was held once is known for good."""
        thief = Thief(self.world, self.world.folder)
        for name in self.world.identities:
            now = thief.group_seeds(name)
            self.seeds.setdefault(name, {self.world.identities[name]}).update(now)
            holds = self.model.people[name].holds if name in self.model.people else set()
            self.knows.setdefault(name, set()).update(holds)
            assert now == {self.world.tokens[token] for token in holds}, f"{name} was given other keys"
            known = {self.world.tokens[token] for token in self.knows[name]}
            assert self.seeds[name] - {self.world.identities[name]} == known, f"{name} knows other keys"

    def _look(self, folder: Path, model: Model) -> None:
        """Try everything that anybody ever held on this folder, and compare with the model."""
        thief = Thief(self.world, folder)
        found = thief.recipients()
        assert found.keys() == model.parts.keys()
        for name, part in model.parts.items():
            part.settle(found[name])
        for name, seeds in self.seeds.items():
            opened = thief.opens(seeds)
            assert opened == _open_to(model, self.knows[name]), f"{name} opens something else"
            assert not opened or not self.roles[name] <= HELPLESS, f"{name} opens content"
            assert not thief.recovered(seeds)
        for name, sent in self.world.sent.items():
            assert thief.opens({sent.seed}) == _open_to(model, {f"source {name}"})
        recovery = {self.world.tokens[RECOVERY]}
        assert thief.opens(recovery) == set(model.parts), "the recovery key was locked out"
        assert thief.opens(self.world.machine) == set()
        line = {token for tokens in model.lines.values() for token in tokens}
        assert {self.world.tokens[token] for token in line} <= thief.recovered(recovery)

    def _look_at_indexes(self) -> None:
        """What is searched opens to those who hold its key, and speaks of nothing that is gone."""
        thief = Thief(self.world, self.world.folder)
        names = {one.draft.submission_id.hex: name for name, one in self.world.sent.items()}
        for segment, blob, token in thief.segments():
            assert token not in self.model.retired, "an index is still under a key that was retired"
            for name, seeds in self.seeds.items():
                assert thief.opens_segment(seeds, segment, blob) == (token in self.knows[name]), name
            cases = segment["cases"].hex()
            there = {names[cases[at : at + 32]] for at in range(0, len(cases), 32)}
            assert there <= set(self.model.live()), "an index speaks of what was taken back"
            groups = {self.model.parts[f"{name}/content"].group.value for name in there}
            assert groups == {segment["group"]}, "an index speaks of another circle's case"

    @invariant()
    def nobody_opens_what_they_should_not_and_somebody_opens_each(self) -> None:
        self._learn()
        self._look(self.world.folder, self.model)
        self._look_at_indexes()
        for name, part in self.model.parts.items():
            holders = [who for who, one in self.model.people.items() if one.active and part.must & one.holds]
            assert holders or RECOVERY in part.must, name
        for group, line in self.model.lines.items():
            if self._to_renew(group) or self._behind(group):
                continue
            for name, one in self.model.people.items():  # whoever is gone or was taken out opens nothing
                mine = _open_to(self.model, self.knows[name])
                opened = {part for part in mine if self.model.parts[part].group is group}
                assert not opened or line[-1] in one.holds, f"{name} opens {opened} and should not"

    @invariant()
    def the_folder_holds(self) -> None:
        report = verify_folder(self.world.folder, {})
        assert [str(one) for one in report.problems] == []

    def _to_renew(self, group: Group) -> bool:
        """Whether the portal itself says that a newer key is needed, or one waits for the root."""
        mine = [one for one in rows(self.world.folder, "group_epoch") if one["group"] == group.value]
        return any(one["renew"] or one["state"] == "proposed" for one in mine)

    def _behind(self, group: Group) -> bool:
        old = set(self.model.lines[group][:-1])
        return any(part.may & old for part in self.model.parts.values())

    # Staff

    @precondition(lambda self: len(self.model.people) < PEOPLE)
    @rule(role=st.sampled_from(list(Role)))
    def invite(self, role: Role) -> None:
        name = self.new("person")
        self.world.join(name, role)
        self.model.join(name, role)
        self.roles[name] = {role}

    @rule(giver=NUMBER, taker=NUMBER, group=st.sampled_from(list(Group)), before=st.booleans())
    def grant(self, giver: int, taker: int, group: Group, before: bool) -> None:  # noqa: FBT001 - drawn
        holders = self.model.holders(group)
        takers = [
            name
            for name in self.model.people
            if holders and self.model.granted(pick(giver, holders), name, group, before=before)
        ]
        if takers:
            by, to = pick(giver, holders), pick(taker, takers)
            self.world.grant(by, to, group, before=before)
            self.model.grant(by, to, group, before=before)

    @rule(who=NUMBER, group=st.sampled_from(list(Group)), before=st.booleans())
    def propose_member(self, who: int, group: Group, before: bool) -> None:  # noqa: FBT001 - drawn
        people = [name for name in self.model.people if self.model.proposable(name, group, before=before)]
        if people:
            self.try_to_propose(pick(who, people), group, before=before)

    def try_to_propose(self, name: str, group: Group, *, before: bool = False) -> None:
        """An administrator proposes; what the model refuses is refused."""
        may = self.model.proposable(name, group, before=before)
        try:
            self.world.propose_member(name, group, before=before)
        except PortalError:
            assert not may, f"{name} could not be proposed for {group}"
            return
        assert may, f"{name} could be proposed for {group}"
        self.model.people[name].proposed[group] = before

    @rule(who=NUMBER, group=st.sampled_from(list(Group)))
    def leave(self, who: int, group: Group) -> None:
        """Somebody is taken out of one group and stays in the others."""
        tokens = {token for token, one in self.model.all_tokens().items() if one is group}
        inside = [name for name in self.endable() if self.model.people[name].holds & tokens]
        if inside:
            self.world.leave(pick(who, inside), group)
            self.model.leave(pick(who, inside), group)

    @precondition(lambda self: self.endable())
    @rule(who=NUMBER, role=st.sampled_from(list(Role)))
    def change_role(self, who: int, role: Role) -> None:
        name = pick(who, self.endable())
        before = self.model.people[name].role
        if role is not before and bool(MAY_HOLD[role]) is bool(MAY_HOLD[before]):
            self.world.change_role(name, role)
            self.model.change_role(name, role)
            self.roles[name].add(role)
            return
        try:
            self.world.change_role(name, role)
        except PortalError:
            return
        raise AssertionError(f"{name} became {role}")

    @rule(giver=NUMBER, taker=NUMBER, group=st.sampled_from(list(Group)), before=st.booleans())
    def try_to_grant(self, giver: int, taker: int, group: Group, before: bool) -> None:  # noqa: FBT001 - drawn
        """Whoever works here tries to give anything to anybody; what the model refuses is refused."""
        working = [name for name, one in self.model.people.items() if one.active]
        by, to = pick(giver, working), pick(taker, list(self.model.people))
        if self.model.granted(by, to, group, before=before):
            self.world.grant(by, to, group, before=before)
            self.model.grant(by, to, group, before=before)
            return
        try:
            self.world.grant(by, to, group, before=before)
        except PortalError:
            return
        raise AssertionError(f"{by} could give {group} to {to}")

    @precondition(lambda self: self.endable())
    @rule(who=NUMBER)
    def end(self, who: int) -> None:
        name = pick(who, self.endable())
        self.world.end(name)
        self.model.end(name)

    @rule(by=NUMBER, group=st.sampled_from(list(Group)))
    def propose(self, by: int, group: Group) -> None:
        holders = self.model.holders(group)
        if holders and group not in self.model.proposed:
            token = self.new(f"{group.value} ")
            self.world.propose(pick(by, holders), group, token)
            self.model.propose(group, token)

    @precondition(lambda self: self.model.proposed)
    @rule(which=NUMBER)
    def install(self, which: int) -> None:
        group = Group(pick(which, sorted(self.model.proposed)))
        holders = self.model.holders(group)
        if holders:
            self.world.install(holders[0], group)
            self.model.install(group)

    @precondition(lambda self: self.moved())
    @rule(by=NUMBER, which=NUMBER, stop=st.integers(1, 12))
    def rewrap(self, by: int, which: int, stop: int) -> None:
        group = self.moved()[which % len(self.moved())]
        holders = [name for name in self.model.holders(group) if Role.LEAD is self.model.people[name].role]
        if holders:
            name = pick(by, holders)
            stage, done = self.world.rewrap(name, group, stop if stop < 9 else 10_000)
            self.model.rewrap(group, name, stage)
            if done:
                self.model.retire(group)

    @precondition(lambda self: len(self.model.people) < PEOPLE + 2)
    @rule()
    def recover(self) -> None:
        name = self.new("lead")
        self.world.recover(name)
        self.model.recover(name, Role.LEAD)
        self.roles[name] = {Role.LEAD}

    # Sources

    @precondition(lambda self: len(self.world.sent) < SUBMISSIONS)
    @rule(reread=st.booleans())
    def submit(self, reread: bool) -> None:  # noqa: FBT001 - drawn
        name = self.new("account")
        self.world.submit(name, reread=reread)
        self.model.submit(name, reread=reread)

    @precondition(lambda self: self.model.live())
    @rule(which=NUMBER, file=st.booleans())
    def add(self, which: int, file: bool) -> None:  # noqa: FBT001 - drawn
        name = pick(which, self.model.live())
        self.world.reply(name)
        if file:
            part = self.new("file")
            self.world.add_file(name, part)
            self.model.add_file(name, part)

    @precondition(lambda self: _uncoded(self.model))
    @rule(which=NUMBER)
    def approve(self, which: int) -> None:
        name = pick(which, _uncoded(self.model))
        readers = self.model.readers(name, Role.LEAD, Role.REVIEWER)
        leads = self.model.readers(name, Role.LEAD)
        if leads and len(readers) > 1:
            by = next(who for who in readers if who != leads[0])
            self.world.approve(name, by, leads[0])
            self.model.approve(name)

    @precondition(lambda self: self.model.live())
    @rule(which=NUMBER)
    def withdraw(self, which: int) -> None:
        name = pick(which, self.model.live())
        self.world.withdraw(name)
        self.model.withdraw(name)

    @precondition(lambda self: set(self.model.live()) - self.model.held.keys())
    @rule(which=NUMBER)
    def hold(self, which: int) -> None:
        name = pick(which, [one for one in self.model.live() if one not in self.model.held])
        leads = self.model.readers(name, Role.LEAD)
        if len(leads) > 1:
            self.model.held[name] = self.world.hold(name, leads[0], leads[1])

    @precondition(lambda self: self.model.held)
    @rule(which=NUMBER)
    def lift(self, which: int) -> None:
        name = pick(which, sorted(self.model.held))
        leads = self.model.readers(name, Role.LEAD)
        if leads:
            self.world.lift(leads[0], self.model.held[name])
            self.model.lift(name)

    @precondition(lambda self: self.model.locked)
    @rule(by=NUMBER)
    def look_at_holds(self, by: int) -> None:
        """What was taken back under a hold goes to the legal circle, by a lead who can."""
        leads = [who for who, one in self.model.people.items() if one.active and one.role is Role.LEAD]
        leads = [who for who in leads if self.model.people[who].holds]
        if leads:
            who = pick(by, leads)
            assert self.world.look_at_holds(who) == self.model.look_at_holds(who)

    @precondition(lambda self: self.model.live())
    @rule(by=NUMBER)
    def read_in(self, by: int) -> None:
        readers = [
            name
            for name, one in self.model.people.items()
            if one.active and one.role in {Role.LEAD, Role.REVIEWER} and one.holds
        ]
        if readers:
            self.world.read_in(pick(by, readers))

    @precondition(lambda self: self.model.live())
    @rule(which=NUMBER, by=NUMBER, to=st.sampled_from(CIRCLES))
    def move(self, which: int, by: int, to: Group) -> None:
        """A case goes to another circle; whoever holds the old circle's key alone opens nothing of it."""
        name = pick(which, self.model.live())
        origin, token = self.model.circle(name), self.model.current(to)
        movers = [who for who in self.model.can_move(name) if token in self.model.people[who].holds]
        if movers and origin is not to:
            self.world.move(name, pick(by, movers), origin, to)
            self.model.move(name, to)

    # The folder

    @precondition(lambda self: len(self.backups) < BACKUPS)
    @rule()
    def back_up(self) -> None:
        entries = len(rows(self.world.folder, "ledger_entry"))
        kept = self.world.copy(self.new("backup"))
        model = copy.deepcopy(self.model)
        self._look(kept, model)
        self.backups.append((kept, model, entries))

    @precondition(lambda self: self.backups)
    @rule(which=NUMBER)
    def restore(self, which: int) -> None:
        folder, model, _entries = self.backups[which % len(self.backups)]
        self.world.restore(folder)
        self.model = copy.deepcopy(model)

    @precondition(lambda self: self.backups)
    @rule(which=NUMBER, what=st.sampled_from(["portal.db", "keys.db", "everything"]))
    def put_back_alone(self, which: int, what: str) -> None:
        """An older state is slipped in; a head and a directory that were kept elsewhere show it."""
        folder, _model, entries = self.backups[which % len(self.backups)]
        now, head = len(rows(self.world.folder, "ledger_entry")), self.world.checkpoint()
        kept, live = standing(self.world.folder), Thief(self.world, self.world.folder).recipients()
        forged = self.room / self.new("forged")
        shutil.copytree(folder if what == "everything" else self.world.folder, forged)
        for name in [] if what == "everything" else [what, f"{what}-wal", f"{what}-shm"]:
            (forged / name).unlink(missing_ok=True)
            if (folder / name).exists():
                shutil.copy2(folder / name, forged / name)
        report = verify_folder(forged, {}, kept=kept, witnessed=[head])
        older = live != Thief(self.world, folder).recipients() if what == "keys.db" else entries < now
        assert report.problems or not older, f"{what} was put back and nobody says so"
        shutil.rmtree(forged)


def _open_to(model: Model, tokens: set[Token]) -> set[str]:
    return {name for name, part in model.parts.items() if part.must & tokens}


def _uncoded(model: Model) -> list[str]:
    return [name for name in model.live() if f"{name}/sheet" not in model.parts]
