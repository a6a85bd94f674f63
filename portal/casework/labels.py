"""The words of casework as people see them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from portal.casework.coding import Pattern, Said
from portal.casework.marking import MarkKind
from portal.casework.models import SheetState
from portal.intake.journey import Relation
from portal.intake.models import Answer, Authority, HoldState, Receiver, Status, Use
from portal.intake.numbers_words import MONTHS, PATTERN_WORDS
from portal.intake.wordings import called
from portal.web.locale import gettext as _
from portal.web.locale import language, ngettext
from portal.web.locale import lazy_gettext as _l


class Question(NamedTuple):
    """A pattern in a few words, and as the question that the sheet asks."""

    short: Any
    full: Any


STATUSES: Mapping[Status, Any] = {
    Status.RECEIVED: _l("waiting to be read"),
    Status.IN_REVIEW: _l("being read"),
    Status.AWAITING_SOURCE: _l("waiting for the source"),
    Status.SECOND_REVIEW: _l("second review"),
    Status.COMPLETE: _l("complete"),
    Status.SET_ASIDE: _l("set aside"),
    Status.LOCKED: _l("taken back by its source"),
}

# The shape beside the word (parts/display.html, tag).
SHAPES: Mapping[Status, str] = {
    Status.RECEIVED: "wait",
    Status.IN_REVIEW: "",
    Status.AWAITING_SOURCE: "wait",
    Status.SECOND_REVIEW: "",
    Status.COMPLETE: "done",
    Status.SET_ASIDE: "stop",
    Status.LOCKED: "stop",
}

MOVES: Mapping[tuple[Status, Status], Any] = {
    (Status.IN_REVIEW, Status.AWAITING_SOURCE): _l("Wait for the source"),
    (Status.IN_REVIEW, Status.SET_ASIDE): _l("Set aside"),
    (Status.AWAITING_SOURCE, Status.IN_REVIEW): _l("Go on without waiting"),
    (Status.COMPLETE, Status.IN_REVIEW): _l("Open again"),
}

USES: Mapping[Use, Any] = {
    Use.CONTACT: _l("Being written to"),
    Use.READ: _l("Being read"),
    Use.LINK: _l("Being linked"),
    Use.RESEARCH: _l("Research"),
    Use.STATISTICS: _l("Counting"),
    Use.COURT: _l("Court, without the name"),
    Use.COURT_NAMED: _l("Court, with the name"),
    Use.PUBLISH: _l("Publishing words"),
    Use.PUBLISH_NAME: _l("Publishing the name"),
    Use.PUBLISH_PHOTO: _l("Publishing pictures"),
    Use.PUBLISH_VOICE: _l("Publishing the voice"),
}


def aim_of(use: Use, receiver_id: UUID | None, receivers: Iterable[Receiver]) -> Any:
    """Name a use, or the body that it may be handed to."""
    one = next((one for one in receivers if one.id == receiver_id), None)
    return USES[use] if one is None else handing_to(one)


def handing_to(receiver: Receiver) -> str:
    """Name the use of handing an account to one body."""
    return _("Handing over: %(name)s", name=called(receiver, language()))


HOLD_STATES: Mapping[HoldState, Any] = {
    HoldState.ASKED: _l("waits for a second lead"),
    HoldState.APPROVED: _l("in force"),
    HoldState.DECLINED: _l("declined"),
    HoldState.ENDED: _l("ended"),
}

HOLD_SHAPES: Mapping[HoldState, str] = {
    HoldState.ASKED: "wait",
    HoldState.APPROVED: "stop",
    HoldState.DECLINED: "",
    HoldState.ENDED: "",
}

# Days, and what they are called; no hold is asked for longer than two years.
HOLD_TIMES: Sequence[tuple[int, Any]] = (
    (30, _l("30 days")),
    (90, _l("90 days")),
    (180, _l("half a year")),
    (365, _l("one year")),
    (730, _l("two years")),
)

AUTHORITIES: Mapping[Authority, Any] = {
    Authority.SOURCE: _l("the source, in the folder"),
    Authority.LETTER: _l("the source, by letter"),
    Authority.COURT: _l("a court"),
}

ANSWERS: Mapping[Answer, Any] = {Answer.YES: _l("yes"), Answer.ASK: _l("ask first"), Answer.NO: _l("no")}

NARRATORS: Mapping[Relation, Any] = {
    Relation.SURVIVOR: _l("was in prison"),
    Relation.PARENT: _l("parent of someone killed"),
    Relation.SPOUSE: _l("wife or husband of someone killed"),
    Relation.SIBLING: _l("sister or brother of someone killed"),
    Relation.CHILD: _l("child of someone killed"),
    Relation.RELATIVE: _l("another relative"),
    Relation.CELLMATE: _l("cellmate"),
    Relation.FRIEND: _l("friend or comrade"),
    Relation.WITNESS: _l("saw or heard something"),
    Relation.OFFICIAL: _l("worked or served there"),
    Relation.ORGANISATION: _l("an organisation"),
    Relation.HELPER: _l("writes for someone else"),
    Relation.OTHER: _l("something else"),
}

MARK_KINDS: Mapping[MarkKind, Any] = {
    MarkKind.PERSON: _l("person"),
    MarkKind.PLACE: _l("place"),
    MarkKind.DATE: _l("date"),
    MarkKind.CLAIM: _l("claim"),
    MarkKind.NOTE: _l("note"),
}

SHEET_STATES: Mapping[SheetState, Any] = {
    SheetState.DRAFT: _l("draft"),
    SheetState.SUBMITTED: _l("waiting for a second reviewer"),
    SheetState.APPROVED: _l("approved"),
    SheetState.RETURNED: _l("to be looked at again"),
}

SAID: Mapping[Said, Any] = {Said.YES: _l("Yes"), Said.NO: _l("No"), Said.NOT_SAID: _l("Not said")}

PATTERNS: Mapping[Pattern, Question] = {
    Pattern.QUESTIONNAIRES: Question(
        PATTERN_WORDS["questionnaires"],
        _l(
            "Were there unexpected interrogations, or long written questions about opinions, "
            "between late 1987 and mid-July 1988?"
        ),
    ),
    Pattern.THREATS: Question(
        PATTERN_WORDS["threats"], _l("Was anyone threatened beforehand that prisoners would be “dealt with”?")
    ),
    Pattern.SORTING: Question(
        PATTERN_WORDS["sorting"], _l("Were prisoners sorted by how firmly they held to their beliefs?")
    ),
    Pattern.TRANSFERS: Question(
        PATTERN_WORDS["transfers"],
        _l("Were prisoners moved suddenly between prisons, often far from home, without explanation?"),
    ),
    Pattern.REARREST: Question(
        PATTERN_WORDS["rearrest"], _l("Were people arrested again who had been released years earlier?")
    ),
    Pattern.CONTACT_CUT: Question(PATTERN_WORDS["contact_cut"], _l("Were visits, calls or letters cut off?")),
    Pattern.COMMISSION: Question(PATTERN_WORDS["commission"], _l("Was anyone brought before a commission?")),
    Pattern.FAMILY_TOLD: Question(
        PATTERN_WORDS["family_told"],
        _l("Was the family told of the killing while the place of burial was withheld?"),
    ),
    Pattern.BELONGINGS: Question(
        PATTERN_WORDS["belongings"],
        _l("Were belongings handed back, or did the family have to sign a form or an undertaking?"),
    ),
    Pattern.MOURNING_BAN: Question(
        PATTERN_WORDS["mourning_ban"], _l("Were mourning, flowers, gatherings or gravestones forbidden?")
    ),
    Pattern.GRAVE_DISTURBED: Question(
        PATTERN_WORDS["grave_disturbed"],
        _l("Was a burial place disturbed, by building, a road, planting, digging or rubbish?"),
    ),
    Pattern.REPRISALS: Question(
        PATTERN_WORDS["reprisals"],
        _l("Did relatives who asked questions face summons, prosecution, prison or ill-treatment?"),
    ),
}


def waited(since: date, today: date) -> str:
    """Say in words how long something has waited."""
    days = (today - since).days
    return ngettext("%(num)s day", "%(num)s days", days) if days > 0 else _("today")


def month_words(month: str, number: Any) -> str:
    """Write a coded month in words: "1367-05" is Mordad 1367; ``number`` writes figures."""
    year, _dash, part = month.partition("-")
    if not year:
        return _("not known")
    return f"{MONTHS[int(part) - 1]} {number(year)}" if part else str(number(year))
