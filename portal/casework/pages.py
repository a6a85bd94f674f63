"""The URL table that all pages of casework share, and what several of them say."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from portal.casework import labels
from portal.config import Face
from portal.errors import NotFoundError
from portal.intake import media
from portal.intake.file_forms import SORT_LABELS
from portal.permissions import CIRCLES, Group
from portal.staff.labels import GROUPS
from portal.web.guard import Pages

pages = Pages("casework", __name__, face=Face.DESK, url_prefix="/cases")

CASE = "/<uuid:case_id>"


def short(case_id: UUID) -> str:
    """Return the few signs by which people speak of a case."""
    return case_id.hex[:8]


@pages.app_context_processor
def _words() -> dict[str, Any]:
    """Give templates the words of casework."""
    return {
        "case_label": short,
        "circles": {group.value: GROUPS[group] for group in CIRCLES if group is not Group.INTAKE},
        "statuses": labels.STATUSES,
        "status_shapes": labels.SHAPES,
        "mark_kinds": labels.MARK_KINDS,
        "shown_as_image": media.SHOWN_AS_IMAGE,
        "file_sorts": {sort.value: label for sort, label in SORT_LABELS.items()},
    }


def see(case_id: UUID, **values: Any) -> ResponseReturnValue:
    """Lead to the page of a case."""
    return redirect(url_for("casework.show", case_id=case_id, **values), HTTPStatus.SEE_OTHER)


def uuid_of(text: str | None) -> UUID | None:
    """Read an id from an address or a form; what is none leads nowhere."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFoundError from None
