"""The waiting page, the small question, and where a script brings its proof."""

from http import HTTPStatus
from math import ceil
from typing import Any

from flask import Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import StaleError
from portal.intake import arriving, visit
from portal.intake import letting_in_gate as gate
from portal.intake.forms import PressForm
from portal.intake.journey import Step
from portal.intake.letting_in import PUZZLES, Verdict
from portal.intake.routes import pages
from portal.permissions import Access
from portal.web import uploads
from portal.web.guard import Token
from portal.web.locale import gettext as _

_SOONEST, _LATEST = 5, 30
"""Seconds between two looks of a page that goes on by itself."""


@pages.app_context_processor
def _work() -> dict[str, Any]:
    """Give pages the work that a script may do meanwhile."""

    def proof_asked() -> dict[str, Any] | None:
        asked = gate.challenge()
        return {"salt": asked.salt.hex(), "bits": asked.bits} if asked else None

    return {"proof_asked": proof_asked}


def _then() -> str:
    asked = request.args.get("then", "")
    return asked if asked in gate.WAITED_FOR else gate.WAITED_FOR[0]


@pages.page("/wait", access=Access.PUBLIC, methods=("GET", "POST"))
def wait() -> ResponseReturnValue:
    """Wait where many write at once: the place is kept, the page goes on by itself, nothing is lost."""
    then = _then()
    if not visit.has_draft() or visit.draft().sent:
        return redirect(url_for("intake.received"), HTTPStatus.SEE_OTHER)
    if not gate.quietly() and gate.waits():
        return _waiting(then)
    wrong = request.method == "POST" and not gate.is_in() and not gate.choose(request.form.get("word", ""))
    if not gate.is_in():
        page = {"asked": gate.asked(), "wrong": wrong, "missed": "word" not in request.form}
        aside = _aside(then)
        return render_template(
            "intake/letting_in_word.html", form=PressForm(), then=then, aside=aside, **page
        )
    if then == gate.WAITED_FOR[0]:
        return render_template("intake/letting_in_turn.html", form=PressForm())
    return redirect(url_for(f"intake.{then}"), HTTPStatus.SEE_OTHER)


def _aside(then: str) -> tuple[str, str]:
    """Return where one may go instead of waiting: back to what was written, or on with writing."""
    if then == "code":
        return _("Go on writing meanwhile"), url_for(f"intake.{visit.draft().at or Step.YOU}")
    return _("Back to what I wrote"), url_for("intake.check")


def _waiting(then: str) -> Response:
    """Show how long it still takes; a reader who wants the page to stay still gets it so."""
    seconds, still = gate.waits(), "still" in request.args
    page = {"minutes": ceil(seconds / 60), "still": still, "aside": _aside(then)}
    answer = Response(render_template("intake/letting_in_wait.html", then=then, **page))
    if not still:
        answer.headers["Refresh"] = str(min(max(seconds, _SOONEST), _LATEST))
    return answer


@pages.page("/wait/proof", access=Access.PUBLIC, methods=("POST",), token=Token.STREAM)
def take_proof() -> ResponseReturnValue:
    """Take the answer to a challenge: once, for this visit; what is not right gets a new challenge (409)."""
    arriving.check_token(request.headers.get("X-CSRF-Token"))
    answer = uploads.body(4 * PUZZLES)
    if not visit.has_draft():
        raise StaleError("What you had begun is no longer open here. Open it again with your nine words.")
    verdict = gate.judge(answer)
    if verdict is Verdict.RIGHT:
        return "", HTTPStatus.NO_CONTENT
    new = gate.challenge()
    told = {"salt": new.salt.hex(), "bits": new.bits} if new else {}
    return jsonify(why=verdict.value, **told), HTTPStatus.CONFLICT
