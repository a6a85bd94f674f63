"""Pages of the patterns: what leads see of them now, and asking for a table of them."""

from fractions import Fraction
from http import HTTPStatus

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal.casework.coding import Pattern
from portal.intake.numbers import ALL, Numbers
from portal.intake.numbers_drawn import one_pattern, overview, told
from portal.intake.numbers_words import PATTERN_WORDS, place_words
from portal.permissions import Permission
from portal.release import labels
from portal.release import patterns as counting
from portal.release.laplace import AT_ONCE, farthest
from portal.release.pattern_forms import PatternsForm
from portal.release.plans import PLACES, Side
from portal.release.routes import asked_for, budget_rows, pages, see, to_fill
from portal.release.tabulating import SHARE
from portal.staff.current import actor
from portal.web.edge import db
from portal.web.locale import lazy_gettext as _l
from portal.web.locale import ngettext, number


def _side() -> Side:
    asked = request.args.get("by", "")
    return next((one for one in PLACES if one.value == asked), Side.PRISON)


@pages.page("/patterns", access=Permission.RELEASE_APPROVE, writes=True, menu=_l("Patterns"))
def patterns() -> ResponseReturnValue:
    """Show how many families tell of each pattern; of one, by places and months."""
    side, asked = _side(), request.args.get("pattern", "")
    found = counting.seen(db(), by=actor(), side=side)
    pattern = asked if asked in found.patterns else ""
    drawn = one_pattern(found, pattern) if pattern else {**overview(found), **_by_place(found)}
    sides = [(one.value, labels.SIDES[one]) for one in PLACES]
    return render_template("release/patterns.html", **{"pattern": "", **drawn}, side=side.value, sides=sides)


def _by_place(found: Numbers) -> dict[str, object]:
    """Lay all patterns beside all places."""
    places = (ALL, *found.places)
    return {
        "headers": [(place_words(one, found), "number") for one in found.places],
        "rows": [
            (code, str(PATTERN_WORDS[code]), [told(found.at(code, one)) for one in places])
            for code in found.patterns
        ],
    }


@pages.page("/releases/new-patterns", access=Permission.RELEASE_REQUEST, methods=("GET", "POST"), fresh=True)
def new_patterns() -> ResponseReturnValue:
    """Ask for a table of patterns."""
    form = to_fill(PatternsForm())
    if form.validate_on_submit() and (made := asked_for(form, form.plan)):
        return see(made.id)
    page = render_template(
        "release/new_patterns.html", form=form, budget=budget_rows(), exactness=_exactness()
    )
    return page, HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK


def _exactness() -> list[tuple[str, str]]:
    """Say how exact a noisy table is, by how many patterns share it."""
    return [
        (
            ngettext("%(num)s pattern", "%(num)s patterns", many),
            number(farthest(Fraction(AT_ONCE, many), share=SHARE)),
        )
        for many in (1, 3, 6, len(Pattern))
    ]
