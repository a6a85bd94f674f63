"""The auditor's pages: what was done, by whom, on which day, and whether the ledger holds together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from babel.dates import get_day_names
from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from persiantools.jdatetime import JalaliDate

from portal.config import Face
from portal.errors import NotFoundError
from portal.ledger import service as ledger
from portal.ledger.checkpoint import LogKeys
from portal.ledger.cosignature import witnesses_of
from portal.ledger.days import Day, days
from portal.ledger.heads import Trusted
from portal.ledger.models import LedgerEntry
from portal.ledger.report import Problem, Report
from portal.ledger.tags import read_key
from portal.ledger.verify import verify_log as verify_ledger
from portal.ledger.words import explained, thing
from portal.permissions import Group, Permission
from portal.staff.acts import label_of
from portal.staff.current import actor
from portal.store.pinned import certificates, witness_keys
from portal.vault.seal import UnsealError
from portal.vault.timestamp import Authorities
from portal.vault.wrap import Seeds
from portal.web import edge
from portal.web.guard import Pages
from portal.web.locale import gettext as _
from portal.web.locale import language, number
from portal.web.locale import lazy_gettext as _l

pages = Pages("audit", __name__, face=Face.DESK, url_prefix="/ledger")

PAGE = 50
WEEKS = 5
SHOWN = 20
"""Things of one kind that are named; after that they are counted."""
_SATURDAY, _MONDAY = 5, 0
_WEEK = (
    ("ش", "شنبه"),
    ("ی", "یکشنبه"),
    ("د", "دوشنبه"),
    ("س", "سه‌شنبه"),
    ("چ", "چهارشنبه"),
    ("پ", "پنجشنبه"),
    ("ج", "جمعه"),
)

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
        strip=_strip() if before is None else None,
    )


@dataclass(frozen=True)
class Strip:
    """Weeks of days, as the reader's week begins; ``most`` is the day with the most entries."""

    names: Sequence[tuple[str, str]]
    weeks: Sequence[Sequence[tuple[str, Day] | None]]
    most: int


def _strip() -> Strip:
    """Lay the last weeks out in rows: quiet days, busy days, and who vouched for them."""
    today, persian = edge.today(), language() == "fa"
    begins = _SATURDAY if persian else _MONDAY
    week = today - timedelta(days=(today.weekday() - begins) % 7)
    first = week - timedelta(weeks=WEEKS - 1)
    found = days(edge.db(), first=first, last=today)
    cells: list[tuple[str, Day] | None] = [(_day_of_month(one.day, persian=persian), one) for one in found]
    cells += [None] * (-len(cells) % 7)
    short, full = (get_day_names(width, locale="en") for width in ("abbreviated", "wide"))
    return Strip(
        names=_WEEK if persian else [(short[day], full[day]) for day in range(7)],
        weeks=[cells[start : start + 7] for start in range(0, len(cells), 7)],
        most=max([1, *(one.entries for one in found)]),
    )


def _day_of_month(day: date, *, persian: bool) -> str:
    if not persian:
        return str(day.day)
    solar = JalaliDate(day)  # type: ignore[no-untyped-call]  # persiantools ships no types
    return number(solar.day)


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


@dataclass(frozen=True)
class Found:
    """Everything of one kind that was found: what it means, what to do, the things themselves."""

    means: str
    todo: str
    things: Sequence[tuple[str, Problem]]
    more: int


def _grouped(problems: Sequence[Problem]) -> list[Found]:
    groups: dict[tuple[str, str], list[Problem]] = {}
    for one in problems:
        groups.setdefault(explained(one), []).append(one)
    return [
        Found(
            means=_(means),
            todo=_(todo),
            things=[(_(thing(one)), one) for one in some[:SHOWN]],
            more=len(some[SHOWN:]),
        )
        for (means, todo), some in groups.items()
    ]


def _checked() -> Report:
    """Check the log, what others said of it, and every row; files are left to `portal verify`."""
    settings = edge.settings()
    keys, folder = settings.public_keys, settings.instance
    return verify_ledger(
        edge.parts().database,
        LogKeys(keys.origin, keys.ledger_ed25519, keys.ledger_mldsa44),
        trusted=Trusted(
            witnesses=witnesses_of(witness_keys(folder)),
            authorities=Authorities.read(certificates(folder)),
            tags=read_key(settings),
        ),
        rows=True,
    )


@pages.page("/check", access=Permission.LEDGER_READ)
def check() -> ResponseReturnValue:
    """Recompute the whole tree, hold it and every row against every signed head, in plain words."""
    report, session = _checked(), edge.db()
    return render_template(
        "ledger/check.html",
        problems=_grouped(report.problems),
        warnings=_grouped(report.warnings),
        counts=report.counts,
        total=ledger.size(session),
        head=ledger.latest_checkpoint(session),
    )


@pages.page("/<int:seq>/entry.json", access=Permission.LEDGER_READ)
def entry(seq: int) -> ResponseReturnValue:
    """Give an entry's exact bytes; what was done stays sealed in them."""
    return _file(ledger.body_of(edge.db(), seq), f"entry-{seq}.json", "application/json")


@pages.page("/<int:seq>/proof", access=Permission.LEDGER_READ)
def proof(seq: int) -> ResponseReturnValue:
    """Give the proof that an entry is under the newest signed head (C2SP tlog-proof)."""
    text = ledger.proof(edge.db(), seq).text()
    return _file(text.encode(), f"entry-{seq}.tlog-proof", "text/plain")


def _file(content: bytes, name: str, kind: str) -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


@pages.page("/head.txt", access=Permission.LEDGER_READ)
def head() -> ResponseReturnValue:
    """Give the newest signed head as a C2SP checkpoint, to be kept elsewhere."""
    found = ledger.latest_checkpoint(edge.db())
    if found is None:
        raise NotFoundError
    return Response(found.note, mimetype="text/plain")
