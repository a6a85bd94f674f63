"""A release, made by people who never heard of k-anonymity: asked for, looked at, approved, recalled."""

import pytest
from coded import accounts
from end_to_end.conftest import Portal

from portal.intake import withdrawing
from portal.release.models import Release
from portal.release.policy import ColumnRole

QUASI = ColumnRole.QUASI.value


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_newcomer_makes_a_release(portal: Portal, language: str) -> None:
    some = accounts(portal.instance, 90)
    office, lead = portal.staff(language, "rowan"), portal.staff(language, "maple")
    office.go("/releases/new")
    office.press("button[value=send]")
    assert office.status == 400
    office.fill({"purpose": "a study of mourning", "recipient": "Example University"})
    for name in ("relation", "prison", "month", "mourning_ban"):
        office.page.select_option(f"[name=column_{name}]", QUASI)
    office.page.select_option("[name=finest_prison]", "2")
    office.press("button[value=send]")
    release = office.page.url.rpartition("/")[2]

    office.press("button[value=cancel]")
    assert office.page.locator(".notice.is-quiet").count() >= 1
    office.press("a[href$='/again']")
    assert office.page.input_value("[name=finest_prison]") == "2"
    assert office.page.input_value("[name=purpose]") == "a study of mourning"
    office.press("button[value=send]")
    release = office.page.url.rpartition("/")[2]

    lead.go(f"/releases/{release}")
    lead.press("button[value=preview]")
    assert lead.page.locator("table.bars").count() == 0  # the registry lists fewer people than spoke
    assert lead.page.locator(".scroll tbody tr").count() == 3
    lead.fill({"reason": "Let it be seen who may be among them."})
    lead.press("button[value=decline]")

    office.go(f"/releases/{release}")
    office.press("a[href$='/again']")
    office.choose({"delta": "1.0"})
    office.press("button[value=send]")
    release = office.page.url.rpartition("/")[2]
    lead.go(f"/releases/{release}")
    lead.press("button[value=preview]")
    assert lead.page.locator("table.bars").count() == 1
    lead.choose({"same": "y"})
    lead.press("button[value=approve]")
    office.go(f"/releases/{release}")
    _name, archive = office.save("a[href$='release.zip']")
    assert archive

    with portal.instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=some[0].submission_id, day=portal.instance.clock().date())
    lead.go(f"/releases/{release}")
    lead.press("button[value=recall]")
    office.go("/releases/recalled")
    office.press(f"a[href$='/releases/{release}']")
    office.press("button[value=told]")
    with portal.instance.database.session(write=False) as session:
        assert session.query(Release).filter(Release.told.is_not(None)).count() == 1
    portal.findings.check()
