"""The real thing that the model is compared with: a folder, its services, and whoever ever held a key."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from builders import CHEAP, Instance, a_draft, an_instance, open_instance
from keys_model import ADMINISTRATOR, RECOVERY, Stage, Token, first
from keys_thief import NARRATIVE, Opening, Sent, rows
from sqlalchemy import select

import portal.linking.speaking  # noqa: F401 - the index asks it
from portal.casework import holds, kept, moving, search_building, sheets
from portal.casework import service as casework
from portal.casework.coding import Sheet
from portal.casework.sealing import release_wrap_place
from portal.config import PublicKeys
from portal.database import PortalSession
from portal.errors import InvalidError
from portal.intake import service as intake
from portal.intake import withdrawing
from portal.intake.documents import draft_file, receiving
from portal.intake.models import Compartment
from portal.intake.sealing import PartKey
from portal.ledger import service as ledger
from portal.ledger.tags import read_key
from portal.permissions import Group, Role
from portal.release import rewrapping
from portal.staff import epochs, groups, restoring
from portal.staff import service as staff
from portal.staff.actor import Actor
from portal.staff.credentials import Bundle, new_bundle
from portal.staff.founding import founder, read_signer
from portal.staff.models import Staff
from portal.store.directory import read_public_keys, standing
from portal.store.files import new_name
from portal.upkeep import install_directory
from portal.vault import recovery
from portal.vault.directory import Request
from portal.vault.receipt import ReceiptKeys
from portal.vault.shares import Custodian
from portal.vault.sign import SigningKey
from portal.vault.wrap import key_id, new_seed, public_key


class CutOffError(Exception):
    """The machine went off here."""


class World:
    """A founded folder and the services over it; every secret that anybody ever held is remembered here."""

    def __init__(self, room: Path) -> None:
        self.room = room
        self.instance: Instance = an_instance(room / "live")
        self.identities = {name: one.bundle.identity for name, one in self.instance.founders.items()}
        self.machine = self._files_beside()
        self.sent: dict[str, Sent] = {}
        self.tokens: dict[Token, bytes] = {}
        self.names: dict[str, Token] = {}
        """Tokens by the id of their public key."""
        for group, seed in self.instance.secrets.group_seeds.items():
            self.learn(first(group), seed)
        recovery_seed = self.instance.secrets.recovery_seed
        assert recovery_seed is not None
        self.learn(RECOVERY, recovery_seed)
        self.custodians = [new_seed() for _ in range(3)]
        people = [Custodian(f"c{number}", public_key(seed)) for number, seed in enumerate(self.custodians)]
        self.shares = recovery.share(recovery_seed, people, 2)
        self.opening = Opening()

    def learn(self, token: Token, seed: bytes) -> None:
        self.tokens[token] = seed
        self.names[key_id(public_key(seed))] = token

    @property
    def folder(self) -> Path:
        return self.instance.settings.instance

    @property
    def keys(self) -> PublicKeys:
        return read_public_keys(self.folder)

    def _files_beside(self) -> set[bytes]:
        """What a thief of the folder finds beside the databases, cut into keys."""
        folder = self.instance.settings.instance
        contents = [(folder / name).read_bytes() for name in ("ledger.key", "web.key", "entry.key")]
        return {one[at : at + 32] for one in contents for at in range(0, len(one) - 31, 32)}

    def actor(self, session: PortalSession, name: str) -> Actor:
        person = self.person(session, name)
        seed = self.identities[name]
        return Actor(person.id, person.name, person.role, seed, staff.group_seeds(person, seed))

    @staticmethod
    def person(session: PortalSession, name: str) -> Staff:
        return session.scalars(select(Staff).where(Staff.name == name)).one()

    # Staff

    def join(self, name: str, role: Role) -> None:
        """Invited by the administrator, joined with the words."""
        bundle: Bundle = new_bundle()
        self.identities[name] = bundle.identity
        with self.instance.database.session(write=True) as session:
            by, now = self.actor(session, ADMINISTRATOR), self.instance.clock()
            code = staff.invite(session, by=by, name=name, role=role, now=now)
        with self.instance.database.session(write=True) as session:
            staff.join(session, name=name, code=code, bundle=bundle, passphrase="x" * 20, cost=CHEAP, now=now)

    def grant(self, by: str, to: str, group: Group, *, before: bool) -> None:
        with self.instance.database.session(write=True) as session:
            person = self.person(session, to)
            groups.grant(
                session,
                by=self.actor(session, by),
                staff_id=person.id,
                group=group,
                now=self.instance.clock(),
                before=before,
                compared=key_id(public_key(self.identities[to])),
            )

    def propose_member(self, name: str, group: Group, *, before: bool) -> None:
        with self.instance.database.session(write=True) as session:
            by, now = self.actor(session, ADMINISTRATOR), self.instance.clock()
            person = self.person(session, name)
            groups.propose(session, by=by, staff_id=person.id, group=group, before=before, now=now)

    def leave(self, name: str, group: Group) -> None:
        with self.instance.database.session(write=True) as session:
            by, person = self.actor(session, ADMINISTRATOR), self.person(session, name)
            groups.revoke(session, by=by, staff_id=person.id, group=group)

    def change_role(self, name: str, role: Role) -> None:
        with self.instance.database.session(write=True) as session:
            by, person = self.actor(session, ADMINISTRATOR), self.person(session, name)
            groups.change_role(session, by=by, staff_id=person.id, role=role)

    def end(self, name: str) -> None:
        with self.instance.database.session(write=True) as session:
            staff.end(session, by=self.actor(session, ADMINISTRATOR), staff_id=self.person(session, name).id)

    def propose(self, by: str, group: Group, token: Token) -> None:
        seed = new_seed()
        self.learn(token, seed)
        with self.instance.database.session(write=True) as session:
            actor, now = self.actor(session, by), self.instance.clock()
            epochs.propose(session, by=actor, group=group, keys=self.keys, now=now, random=lambda _: seed)

    def install(self, by: str, group: Group) -> None:
        with self.instance.database.session(write=False) as session:
            asked = epochs.asked_for(session, by=self.actor(session, by), group=group, keys=self.keys)
        root = SigningKey.from_seeds(self.instance.secrets.root_seeds)
        signed = Request(standing(self.folder), (asked,)).signed(root)
        install_directory(self.folder, {}, signed.to_json().encode())

    def rewrap(self, by: str, group: Group, stop: int) -> tuple[Stage, bool]:
        """Move over; the machine goes off before transaction number ``stop`` is kept.

        Returns how far it came for certain, and whether it was finished.
        """
        stage, calls = Stage.NOTHING, 0

        def once(act: Any) -> object:
            nonlocal stage, calls
            calls += 1
            assert isinstance(act, partial)
            name = act.func.__name__
            with self.instance.database.session(write=True) as session:
                found = act(session)
                if calls >= stop:
                    raise CutOffError
            if name == "add_batch":
                stage = Stage.ADDING if isinstance(found, UUID) else Stage.ADDED
            elif name == "erase_batch":
                stage = Stage.ERASING if found else Stage.ERASED
            return found

        with self.instance.database.session(write=False) as session:
            actor = self.actor(session, by)
        try:
            for _ in rewrapping.rounds(group, once, by=actor, keys=self.keys):
                pass
        except CutOffError:
            return stage, False
        return Stage.ERASED, True

    # Sources, and the desk's last word

    def submit(self, name: str, *, reread: bool) -> None:
        draft = a_draft(NARRATIVE.format(name=name), called="called", contact="contact")
        draft.reread = "yes" if reread else "no"
        receipt = ReceiptKeys(uuid4().bytes, new_seed())
        with self.instance.database.session(write=True) as session:
            day = self.instance.clock().date()
            intake.submit(session, draft=draft, keys=self.keys, receipt=receipt, language="en", day=day)
        made = self.sent[name] = Sent(draft, receipt.seed)
        self.learn(f"source {name}", receipt.seed)
        for kind in Compartment:
            part = draft.part(kind)
            made.places[part.part_id] = f"{name}/{kind.value}", part.place

    def reply(self, name: str) -> None:
        one = self.sent[name]
        with self.instance.database.session(write=True) as session:
            intake.reply(
                session,
                submission_id=one.draft.submission_id,
                seed=one.seed,
                text="And this.",
                day=self.instance.clock().date(),
            )

    def add_file(self, name: str, part_name: str) -> None:
        one, document_id, stored = self.sent[name], uuid4(), new_name()
        part = PartKey.new(one.draft.submission_id, Compartment.CONTENT)
        with receiving(self.instance.files, part, document_id, stored) as coming:
            coming.write(b"a letter")
        file = draft_file(coming, document_id=document_id, stored_name=stored, name="letter.txt", caption="")
        with self.instance.database.session(write=True) as session:
            intake.add_files(
                session,
                submission_id=one.draft.submission_id,
                seed=one.seed,
                part=part,
                files=[file],
                keys=self.keys,
                day=self.instance.clock().date(),
                limit=99,
            )
        one.places[part.part_id] = f"{name}/{part_name}", part.place

    def approve(self, name: str, by: str, lead: str) -> None:
        """Code a case and approve the sheet: its copy goes to the release group."""
        case_id, now = self.sent[name].draft.submission_id, self.instance.clock()
        with self.instance.database.session(write=True) as session:
            casework.claim(session, by=self.actor(session, by), case_id=case_id, now=now)
        with self.instance.database.session(write=True) as session:
            actor = self.actor(session, by)
            sheets.save(
                session,
                by=actor,
                case_id=case_id,
                sheet=Sheet(month="1367-05"),
                revision=0,
                submit=True,
                now=now,
            )
        with self.instance.database.session(write=True) as session:
            actor = self.actor(session, lead)
            sheets.approve(session, by=actor, case_id=case_id, revision=1, keys=self.keys, now=now)
        row = next(row for row in rows(self.folder, "coding_sheet") if row["submission_id"] == case_id.hex)
        sheet_id = UUID(row["id"])
        self.sent[name].places[sheet_id] = f"{name}/sheet", release_wrap_place(case_id, sheet_id)

    def move(self, name: str, by: str, origin: Group, to: Group) -> None:
        with self.instance.database.session(write=True) as session:
            moving.move(
                session,
                by=self.actor(session, by),
                case_id=self.sent[name].draft.submission_id,
                origin=origin,
                to=to,
                reason="Fewer people should read this.",
                keys=self.keys,
                now=self.instance.clock(),
            )

    def withdraw(self, name: str) -> None:
        with self.instance.database.session(write=True) as session:
            day = self.instance.clock().date()
            names = withdrawing.withdraw(session, submission_id=self.sent[name].draft.submission_id, day=day)
        for stored in names:
            self.instance.files.erase(stored)

    def hold(self, name: str, asker: str, second: str) -> str:
        """One lead asks for a legal hold, another lets it begin."""
        now, case_id = self.instance.clock(), self.sent[name].draft.submission_id
        with self.instance.database.session(write=True) as session:
            by, until = self.actor(session, asker), now.date() + timedelta(days=30)
            made = holds.ask(session, by=by, case_id=case_id, reason="A court asks.", until=until, now=now)
            hold_id = made.id
        with self.instance.database.session(write=True) as session:
            holds.approve(session, by=self.actor(session, second), hold_id=hold_id, now=now)
        return hold_id.hex

    def look_at_holds(self, by: str) -> int:
        with self.instance.database.session(write=True) as session:
            actor, today = self.actor(session, by), self.instance.clock().date()
            return kept.hand_over(session, by=actor, keys=self.keys, today=today)

    def lift(self, by: str, hold: str) -> None:
        with self.instance.database.session(write=True) as session:
            actor, now = self.actor(session, by), self.instance.clock()
            names = holds.end(session, by=actor, hold_id=UUID(hold), now=now)
        for stored in names:
            self.instance.files.erase(stored)

    def read_in(self, by: str) -> None:
        """Read everything that waits into the groups' indexes."""

        def once(act: Callable[[PortalSession], Any]) -> Any:
            with self.instance.database.session(write=True) as session:
                return act(session)

        with self.instance.database.session(write=False) as session:
            actor = self.actor(session, by)
        for _ in search_building.rounds(once, by=actor):
            pass

    # The folder

    def copy(self, name: str) -> Path:
        shutil.copytree(self.folder, self.room / name)
        return self.room / name

    def restore(self, backup: Path) -> None:
        """Put a whole older folder back in the place of the present one."""
        self.instance.database.dispose()
        shutil.rmtree(self.folder)
        shutil.copytree(backup, self.folder)
        made = self.instance
        again = open_instance(made, self.folder, files=False)  # type: ignore[arg-type] # has what is asked
        again.clock.now = made.clock.now
        self.instance = again

    def checkpoint(self) -> str:
        """Sign the ledger's head; the note is kept elsewhere."""
        with self.instance.database.session(write=True) as session:
            settings, day = self.instance.settings, self.instance.clock().date()
            made = ledger.checkpoint(session, signer=read_signer(settings), key=read_key(settings), day=day)
            return made.note

    def recover(self, name: str) -> None:
        """Two of three custodians open the recovery key; a new lead is given what it opens."""
        try:
            recovery.open(self.shares, self.custodians[:1])
        except InvalidError:
            pass
        else:
            raise AssertionError("one custodian alone opened the recovery key")
        seed = recovery.open(self.shares, self.custodians[1:])
        assert seed == self.tokens[RECOVERY]
        newcomer, now = founder(name, Role.LEAD), self.instance.clock()
        self.identities[name] = newcomer.bundle.identity
        seeds = restoring.open_groups(self.folder, self.keys, seed)
        with self.instance.database.session(write=True) as session:
            to = restoring.enrol(session, newcomer, cost=CHEAP, now=now)
            later = restoring.open_later(session, self.keys, seed)
            restoring.hand_on(session, to=to, seeds=seeds, later=later, now=now)
