"""The auditor's pages: what was done, by whom, on which day, and whether the ledger holds together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from portal.config import Face
from portal.errors import NotFoundError
from portal.ledger import service as ledger
from portal.ledger.checkpoint import LogKeys
from portal.ledger.models import LedgerEntry
from portal.ledger.verify import verify_log as verify_ledger
from portal.permissions import Group, Permission
from portal.staff.acts import label_of
from portal.staff.current import actor
from portal.vault.seal import UnsealError
from portal.vault.wrap import Seeds
from portal.web import edge
from portal.web.guard import Pages
from portal.web.locale import lazy_gettext as _l

pages = Pages("audit", __name__, face=Face.DESK, url_prefix="/ledger")

PAGE = 50


Said = tuple[object, str, UUID | None, str]


@dataclass(frozen=True)
class Line:
    """One entry as an auditor reads it."""

    seq: int
    day: date
    rows: int
    acts: Sequence[Said]


@pages.page("", access=Permission.LEDGER_READ, menu=_l("Ledger"))
def index() -> ResponseReturnValue:
    """Entries, newest first, opened with the auditors' key; and the newest signed head."""
    before = request.args.get("before", type=int)
    session, seed = edge.db(), actor().seeds_of(Group.AUDITORS)
    found = ledger.newest(session, before=before, limit=PAGE + 1)
    lines = []
    for entry in found[:PAGE]:
        acts, rows = _read(entry, seed)
        lines.append(Line(entry.seq, entry.day, rows, acts))
    return render_template(
        "ledger/index.html",
        lines=lines,
        older=found[PAGE - 1].seq if len(found) > PAGE else None,
        newest=before is None,
        head=ledger.latest_checkpoint(session),
        total=ledger.size(session),
    )


def _read(entry: LedgerEntry, seed: Seeds) -> tuple[list[Said], int]:
    """Open an entry; one that was tampered with is shown as what it is, among the others."""
    try:
        acts = [
            (
                label_of(one.act),
                one.by,
                one.subject,
                ", ".join(f"{name}: {value}" for name, value in one.detail.items()),
            )
            for one in ledger.read_acts(entry, seed)
        ]
        return acts, ledger.row_count(entry)
    except (UnsealError, ValueError, KeyError, TypeError):
        return [(_l("This entry cannot be opened. Check the whole ledger."), "", None, "")], 0


@pages.page("/check", access=Permission.LEDGER_READ)
def check() -> ResponseReturnValue:
    """Recompute the whole tree and hold it against every signed head, in plain words."""
    keys = edge.settings().public_keys
    report = verify_ledger(
        edge.parts().database, LogKeys(keys.origin, keys.ledger_ed25519, keys.ledger_mldsa44)
    )
    problems = [f"{one.kind} {one.object}: {one.what}" for one in report.problems]
    session = edge.db()
    return render_template(
        "ledger/check.html",
        problems=problems,
        total=ledger.size(session),
        head=ledger.latest_checkpoint(session),
    )


@pages.page("/head.txt", access=Permission.LEDGER_READ)
def head() -> ResponseReturnValue:
    """Give the newest signed head as a C2SP checkpoint, to be kept elsewhere."""
    found = ledger.latest_checkpoint(edge.db())
    if found is None:
        raise NotFoundError
    return Response(found.note, mimetype="text/plain")
