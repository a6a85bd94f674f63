"""Who is typed in words as a recipient is no body on the list: for those, accounts are asked by name."""

from uuid import UUID

import pytest
from builders import NOON, Instance
from coded import accounts, approve, look

from portal.errors import InvalidError, StaleError
from portal.intake import receivers
from portal.intake.consent import name_of
from portal.intake.models import Use
from portal.intake.receivers import Described
from portal.release import deciding, recipients, service
from portal.release.columns import Choice
from portal.release.models import Release, ReleaseState
from portal.release.policy import ColumnRole

ARCHIVE = Described("بایگانی شهادت‌ها", "The Archive of Testimonies", "بایگانی", "an archive")
PANEL = Described("هیئت مستقل", "UN Panel", "هیئت", "a panel")


def listed(instance: Instance, told: Described = ARCHIVE) -> UUID:
    with instance.database.session(write=True) as session:
        return receivers.add(session, by=instance.actor("rowan", session), described=told, now=NOON).id


def asked(instance: Instance, recipient: str, receiver: UUID | None = None) -> UUID:
    with instance.database.session(write=True) as session:
        return service.request(
            session,
            by=instance.actor("rowan", session),
            purpose="a study",
            recipient=recipient,
            asked=Choice({"relation": ColumnRole.QUASI}, 5),
            now=instance.clock(),
            receiver=receiver,
        ).id


@pytest.mark.parametrize(
    "recipient",
    [
        "The Archive of Testimonies",
        "the ARCHIVE, of  testimonies",
        "Dr. Rad, The Archive of Testimonies (Berlin)",
        "TheArchiveOfTestimonies",
        "بایگانی شهادت‌ها",
        "بایگانى شهادت ها",
        "بایگاني\u200cشهادتها، برلین",
        "به دست\nبایگانی شهادت‌ها",
        "un panel",
    ],
)
def test_a_body_of_the_list_is_found_however_it_is_spelt(sqlite_instance: Instance, recipient: str) -> None:
    listed(sqlite_instance)
    listed(sqlite_instance, PANEL)
    with pytest.raises(InvalidError, match="choose it there"):
        asked(sqlite_instance, recipient)


@pytest.mark.parametrize(
    "recipient", ["a university", "An archive", "A paneled room in Bonn", "Fun panels", "؟"]
)
def test_another_recipient_is_none_of_the_list(sqlite_instance: Instance, recipient: str) -> None:
    listed(sqlite_instance)
    listed(sqlite_instance, PANEL)
    with sqlite_instance.database.session(write=False) as session:
        assert recipients.named(session, recipient) == []


def test_the_chosen_body_may_be_named_in_words_and_no_other(sqlite_instance: Instance) -> None:
    one, other = listed(sqlite_instance), listed(sqlite_instance, PANEL)
    asked(sqlite_instance, "The Archive of Testimonies", one)
    with pytest.raises(InvalidError, match="no other"):
        asked(sqlite_instance, "The Archive of Testimonies", other)


def test_a_body_that_ended_is_no_longer_one_of_the_list(sqlite_instance: Instance) -> None:
    one = listed(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        receivers.end(session, by=sqlite_instance.actor("rowan", session), receiver_id=one, now=NOON)
    with sqlite_instance.database.session(write=False) as session:
        assert recipients.named(session, "The Archive of Testimonies") == []


def test_a_recipient_that_comes_onto_the_list_after_the_request_receives_nothing_by_it(
    sqlite_instance: Instance,
) -> None:
    accounts(sqlite_instance, 12)
    early, late = (asked(sqlite_instance, "The Archive of Testimonies") for _ in range(2))
    assert look(sqlite_instance, late).accounts == 12
    listed(sqlite_instance)
    with pytest.raises(StaleError, match="by now"):
        look(sqlite_instance, early)
    with pytest.raises(StaleError, match="by now"):
        approve(sqlite_instance, late)


@pytest.mark.parametrize("what", ["listed", "ended"])
def test_a_request_that_can_no_longer_be_prepared_can_still_be_declined(
    sqlite_instance: Instance, what: str
) -> None:
    if what == "ended":
        one = listed(sqlite_instance)
        release_id = asked(sqlite_instance, "them", one)
        with sqlite_instance.database.session(write=True) as session:
            receivers.end(session, by=sqlite_instance.actor("rowan", session), receiver_id=one, now=NOON)
    else:
        release_id = asked(sqlite_instance, "The Archive of Testimonies")
        listed(sqlite_instance)
    with sqlite_instance.database.session(write=True) as session:
        by = sqlite_instance.actor("maple", session)
        deciding.decline(session, by=by, release_id=release_id, revision=1, reason="no", now=NOON)
        assert session.get_one(Release, release_id).state is ReleaseState.DECLINED


def test_a_body_that_comes_onto_the_list_while_it_is_computed_stops_the_approval(
    sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts(sqlite_instance, 12)
    release_id = asked(sqlite_instance, "The Archive of Testimonies")
    look(sqlite_instance, release_id)
    prepare = deciding.prepare

    def meanwhile(*given: object, **named: object) -> object:
        listed(sqlite_instance)
        return prepare(*given, **named)  # type: ignore[arg-type] # handed on as they came

    monkeypatch.setattr(deciding, "prepare", meanwhile)
    with pytest.raises(StaleError, match="by now"):
        approve(sqlite_instance, release_id)


def test_a_chosen_body_receives_what_may_be_handed_to_it(sqlite_instance: Instance) -> None:
    one = listed(sqlite_instance)
    accounts(sqlite_instance, 12, **{name_of(Use.SHARE, one): "yes"})
    assert look(sqlite_instance, asked(sqlite_instance, "The Archive of Testimonies", one)).accounts == 12
