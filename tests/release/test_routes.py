"""Releases at the desk: who sees which page, what a request, a decision and a file look like there."""

import io
import re
import zipfile
from uuid import UUID

import pytest
from builders import Instance, token_of
from coded import COLUMNS, a_release, a_request, accounts, approve, look
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.config import Face
from portal.intake import receivers, withdrawing
from portal.release.columns import NAMES, Choice
from portal.release.models import Release
from portal.release.plans import Plan, Protection, Side
from portal.release.policy import ColumnRole
from portal.staff.models import Staff
from portal.vault.wrap import new_seed, public_key

QUASI = ColumnRole.QUASI


def desk(instance: Instance, name: str = "") -> FlaskClient:
    client = instance.app(Face.DESK).test_client()
    if name:
        assert instance.sign_in(client, name).status_code == 303
    return client


TABLE = {"purpose": "a study", "recipient": "a university", "rows": "prison", "across": "month"}
TABLE |= {"pattern": "reprisals", "protection": "noise", "hundredths": "25", "receiver": ""}
NOISY = Plan(Side.PRISON, Side.MONTH, None, Protection.NOISE, 50)


def post(client: FlaskClient, page: TestResponse, url: str, **data: object) -> TestResponse:
    """Send a form with the token of the page it stands on."""
    return client.post(url, data={"csrf_token": token_of(page), **data})


def asked(**given: object) -> dict[str, object]:
    roles = {f"column_{name}": COLUMNS.get(name, ColumnRole.DROP).value for name in NAMES}
    told = {"purpose": "a study", "recipient": "a university", "receiver": "", "k": "5", "l": "1", "t": "1.0"}
    levels = {"finest_relation": "0", "coarsest_relation": "2", "finest_prison": "0", "coarsest_prison": "4"}
    levels |= {"finest_month": "0", "coarsest_month": "3"}
    return {**roles, **told, **levels, "delta": "1.0", **given}


def revision_of(page: TestResponse) -> str:
    found = re.search(r'name="revision"[^>]*value="(\d+)"', page.text)
    assert found
    return found[1]


def approval(page: TestResponse) -> dict[str, str]:
    """What a lead sends who compared the mark with the person who asked."""
    found = re.search(r'name="mark"[^>]*value="([0-9a-f ]+)"', page.text)
    assert found
    seen = re.search(r'name="seen"[^>]*value="([0-9a-f]{64})"', page.text)
    assert seen
    return {"revision": revision_of(page), "mark": found[1], "seen": seen[1], "same": "y"}


def test_nothing_is_approved_before_the_askers_key_was_compared(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 12)
    release_id = a_request(sqlite_instance, relation=QUASI)
    mine = desk(sqlite_instance, "rowan").get("/en/me").text
    lead, where = desk(sqlite_instance, "maple"), f"/en/releases/{release_id}"
    seen = post(lead, lead.get(where), f"{where}/preview")
    sent = approval(seen)
    assert sent["mark"] in mine
    without = post(lead, seen, f"{where}/approve", **{**sent, "same": ""})
    assert without.status_code == 400
    assert "Compare the mark" in without.text
    with sqlite_instance.database.session(write=True) as session:
        slipped = session.scalars(select(Staff).where(Staff.name == "rowan")).one()
        slipped.public_key = public_key(new_seed())
    late = post(lead, seen, f"{where}/approve", **sent)
    assert late.status_code == 409
    assert "not the key that you compared" in late.text
    assert approval(post(lead, lead.get(where), f"{where}/preview"))["mark"] not in mine


def test_a_release_goes_its_way_through_the_pages(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 60)
    administrator = desk(sqlite_instance, "rowan")
    page = administrator.get("/en/releases/new")
    sent = post(administrator, page, "/en/releases/new", **asked())
    assert sent.status_code == 303
    where = sent.location
    assert "A lead reviewer will look" in administrator.get(where).text

    lead = desk(sqlite_instance, "maple")
    assert "a university" in lead.get("/en/releases/").text
    seen = post(lead, lead.get(where), f"{where}/preview")
    assert seen.status_code == 200
    assert "How safe people are" in seen.text
    assert "One step stricter" in seen.text
    assert "<svg" in seen.text
    done = post(lead, seen, f"{where}/approve", **approval(seen))
    assert done.status_code == 303
    assert "Exact figures" in lead.get(where).text

    ready = administrator.get(where)
    assert "The file is ready" in ready.text
    assert "Exact figures" not in ready.text
    file = administrator.get(f"{where}/release.zip")
    assert file.headers["Content-Disposition"] == 'attachment; filename="release.zip"'
    assert file.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(file.data)) as packed:
        assert {"manifest.json", "table.csv"} <= set(packed.namelist())


def test_a_table_of_counts_goes_its_way_through_the_pages(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 40)
    administrator, new = desk(sqlite_instance, "rowan"), "/en/releases/new-table"
    page = administrator.get(new)
    wanted = {"purpose": "a study", "recipient": "a university", "rows": "prison", "across": "month"}
    wanted |= {"pattern": "reprisals", "protection": "noise", "hundredths": "25", "receiver": ""}
    same = post(administrator, page, new, **{**wanted, "across": "province"})
    assert same.status_code == 400
    assert "must ask different things" in same.text
    assert "a university" in same.text
    assert "Choose one of the two." in post(administrator, page, new, **{**wanted, "protection": ""}).text
    where = post(administrator, page, new, **wanted).location
    assert "0.25" in administrator.get(where).text

    lead = desk(sqlite_instance, "maple")
    seen = post(lead, lead.get(where), f"{where}/preview")
    assert "the noise is drawn once" in seen.text
    assert "40" not in re.sub(r"<[^>]+>", " ", seen.text.partition("<main")[2])
    assert post(lead, seen, f"{where}/approve", **approval(seen)).status_code == 303
    assert "Families counted" in lead.get(where).text
    assert "Families counted" not in administrator.get(where).text
    assert "2.75" in administrator.get(new).text
    assert administrator.get(f"{where}/release.zip").status_code == 200


def test_a_table_with_hidden_counts_is_looked_at_before_it_leaves(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 60)
    release_id = a_request(sqlite_instance, plan=Plan(Side.REGION, Side.TELLER, None, Protection.THRESHOLD))
    lead, where = desk(sqlite_instance, "maple"), f"/en/releases/{release_id}"
    seen = post(lead, lead.get(where), f"{where}/preview")
    assert "Counts and sums that stay hidden" in seen.text


PAGES = [
    ("GET", "/en/releases/new-table", {"rowan"}),
    ("GET", "/en/releases/", {"rowan", "maple", "willow"}),
    ("GET", "/en/releases/new", {"rowan"}),
    ("GET", "/en/releases/{id}", {"rowan", "maple", "willow"}),
    ("POST", "/en/releases/{id}/preview", {"maple", "willow"}),
    ("POST", "/en/releases/{id}/approve", {"maple", "willow"}),
    ("POST", "/en/releases/{id}/decline", {"maple", "willow"}),
    ("GET", "/en/releases/{id}/release.zip", {"rowan", "maple", "willow"}),
    ("GET", "/en/figures", {"rowan", "maple", "willow", "cedar", "olive"}),
]


@pytest.mark.parametrize("name", ["rowan", "maple", "willow", "cedar", "olive"])
def test_every_page_opens_for_its_roles_alone(sqlite_instance: Instance, name: str) -> None:
    release_id = a_request(sqlite_instance)
    client = desk(sqlite_instance, name)
    token = token_of(client.get("/en/me"))
    for method, url, names in PAGES:
        answer = client.open(url.format(id=release_id), method=method, data={"csrf_token": token})
        assert (answer.status_code == 403) == (name not in names), (method, url)


def test_strangers_are_led_to_the_way_in(sqlite_instance: Instance) -> None:
    client = desk(sqlite_instance)
    for method, url, _names in PAGES:
        answer = client.open(url.format(id=UUID(int=1)), method=method)
        assert answer.status_code == 303
        assert answer.location.endswith("/en/sign-in")


def test_the_second_lead_sees_the_release_and_cannot_fetch_it(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 12)
    release_id = a_release(sqlite_instance, relation=QUASI)
    client = desk(sqlite_instance, "willow")
    page = client.get(f"/en/releases/{release_id}")
    assert "Exact figures" in page.text
    assert "release.zip" not in page.text
    assert client.get(f"/en/releases/{release_id}/release.zip").status_code == 403


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"k": "4"}, "Please look again"),
        ({"l": "many"}, "Please look again"),
        ({"recipient": ""}, "Name the person or institution"),
        ({"finest_prison": "3", "coarsest_prison": "1"}, "no finer than"),
        ({"purpose": ""}, "what the data is for"),
        (dict.fromkeys((f"column_{name}" for name in NAMES), "drop"), "at least one column"),
        (dict.fromkeys((f"column_{name}" for name in NAMES), "quasi-identifier"), "six columns at most"),
    ],
)
def test_a_request_that_cannot_be_is_shown_again_with_all_that_was_written(
    sqlite_instance: Instance, given: dict[str, object], words: str
) -> None:
    client = desk(sqlite_instance, "rowan")
    answer = post(
        client, client.get("/en/releases/new"), "/en/releases/new", **{**asked(recipient="somebody"), **given}
    )
    assert answer.status_code == 400
    assert words in answer.text
    assert "recipient" in given or "somebody</textarea>" in answer.text.replace("\r\n", "")


def test_safe_answers_stand_there_beforehand_and_are_what_is_asked_for(sqlite_instance: Instance) -> None:
    client = desk(sqlite_instance, "rowan")
    page = client.get("/en/releases/new")
    chosen = dict(re.findall(r'<input checked[^>]*name="(k|l|t|delta)"[^>]*value="([^"]+)"', page.text))
    assert chosen == {"k": "11", "l": "2", "t": "0.3", "delta": "0.5"}
    sent = post(client, page, "/en/releases/new", **asked(**chosen, finest_prison="2"))
    with sqlite_instance.database.session(write=False) as session:
        kept = Choice.from_json(session.get_one(Release, UUID(sent.location.rpartition("/")[2])).policy)
    assert (kept.k, kept.l, kept.t, kept.delta, kept.range_of("prison")) == (11, 2, 0.3, 0.5, (2, 4))
    assert "from provinces to nothing" in client.get(sent.location).text


def test_who_asked_takes_it_back_and_asks_again_with_what_was_chosen(sqlite_instance: Instance) -> None:
    client, lead = desk(sqlite_instance, "rowan"), desk(sqlite_instance, "maple")
    for new, given in (
        ("/en/releases/new", asked(k="15", finest_month="1")),
        ("/en/releases/new-table", TABLE),
    ):
        where = post(client, client.get(new), new, **given).location
        page = client.get(where)
        assert post(lead, lead.get(where), f"{where}/cancel", revision="1").status_code == 403
        assert post(client, page, f"{where}/cancel", revision="9").status_code == 409
        assert post(client, page, f"{where}/cancel", revision="1").status_code == 303
        assert "taken back by who asked" in client.get("/en/releases/").text
        assert post(client, page, f"{where}/cancel", revision="2").status_code == 409
        assert post(lead, lead.get(where), f"{where}/decline", revision="2", reason="no").status_code == 409
        again = client.get(f"{where}/again").text
        assert "a university" in again
        assert f'action="{new}"' in again
        if "k" in given:
            assert re.search(r'<input checked[^>]*name="k"[^>]*value="15"', again)
            assert re.search(r'name="finest_month".*?<option selected value="1"', again, re.DOTALL)
    assert client.get(f"{where}/cancel").status_code == 303


def test_a_body_of_the_list_is_chosen_and_its_name_stands_there(sqlite_instance: Instance) -> None:
    client = desk(sqlite_instance, "rowan")
    with sqlite_instance.database.session(write=True) as session:
        told = receivers.Described("نهاد", "The Archive", "بایگانی", "an archive")
        by = sqlite_instance.actor("rowan", session)
        body = receivers.add(session, by=by, described=told, now=sqlite_instance.clock()).id
    page = client.get("/en/releases/new")
    assert page.text.index("The Archive") < page.text.index("Somebody else who does research")
    sent = post(client, page, "/en/releases/new", **asked(receiver=body.hex, recipient=""))
    assert "The Archive" in client.get("/en/releases/").text
    assert sent.status_code == 303
    table = post(
        client,
        client.get("/en/releases/new-table"),
        "/en/releases/new-table",
        **{**TABLE, "receiver": "everybody"},
    )
    assert "everybody: it is published" in client.get(table.location).text


def test_a_release_is_recalled_and_its_receiver_told(sqlite_instance: Instance) -> None:
    some = accounts(sqlite_instance, 30)
    release_id = a_release(sqlite_instance, relation=QUASI)
    where = f"/en/releases/{release_id}"
    client, lead, other = (desk(sqlite_instance, name) for name in ("rowan", "maple", "willow"))
    revision = revision_of_release(sqlite_instance, release_id)
    assert post(client, client.get(where), f"{where}/recall", revision=revision).status_code == 403
    assert "Recall this release" not in lead.get(where).text
    with sqlite_instance.database.session(write=True) as session:
        withdrawing.withdraw(session, submission_id=some[0].submission_id, day=sqlite_instance.clock().date())
    page = lead.get(where)
    assert "Recall this release" in page.text
    assert post(client, client.get(where), f"{where}/told", revision=revision).status_code == 409
    assert post(lead, page, f"{where}/recall", revision=revision).status_code == 303
    assert post(lead, page, f"{where}/recall", revision=revision).status_code == 409
    assert release_id.hex in client.get(where).text
    assert client.get(f"{where}/release.zip").status_code == 409
    assert "The file is ready" not in client.get(where).text
    now_at = revision_of_release(sqlite_instance, release_id)
    assert post(other, other.get(where), f"{where}/told", revision=now_at).status_code == 403
    assert post(client, client.get(where), f"{where}/told", revision=now_at).status_code == 303
    assert "was told on" in lead.get(where).text
    assert release_id.hex in client.get("/en/releases/recalled").text
    told = client.get("/en/releases/recalled.json").get_json()
    assert told["releases"] == [
        {"recalled": sqlite_instance.clock().date().isoformat(), "release": release_id.hex}
    ]


def revision_of_release(instance: Instance, release_id: UUID) -> int:
    with instance.database.session(write=False) as session:
        return session.get_one(Release, release_id).revision


def test_what_was_decided_meanwhile_is_said(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 12)
    release_id = a_request(sqlite_instance, relation=QUASI)
    client = desk(sqlite_instance, "maple")
    where = f"/en/releases/{release_id}"
    seen = post(client, client.get(where), f"{where}/preview")
    approve(sqlite_instance, release_id, by="willow")
    late = post(client, seen, f"{where}/approve", **approval(seen))
    assert late.status_code == 409
    assert "changed or decided meanwhile" in late.text


def test_a_lead_declines_and_the_reason_is_read(sqlite_instance: Instance) -> None:
    release_id = a_request(sqlite_instance)
    where = f"/en/releases/{release_id}"
    lead = desk(sqlite_instance, "maple")
    page = lead.get(where)
    empty = post(lead, page, f"{where}/decline", revision=revision_of(page), reason=" ")
    assert empty.status_code == 400
    assert "Say why" in empty.text
    assert lead.get(f"{where}/decline").status_code == 303
    sent = post(lead, page, f"{where}/decline", revision=revision_of(page), reason="<b>too wide</b>")
    assert sent.status_code == 303
    assert "&lt;b&gt;too wide" in desk(sqlite_instance, "rowan").get(where).text


def test_a_preview_that_cannot_be_says_what_would_help(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 4)
    where = f"/en/releases/{a_request(sqlite_instance)}"
    client = desk(sqlite_instance, "maple")
    seen = post(client, client.get(where), f"{where}/preview")
    assert "Too few accounts may leave." in seen.text
    assert "Approve this release" not in seen.text
    assert client.get(f"{where}/preview").status_code == 303


def test_a_request_that_ran_out_and_one_that_failed_say_so(sqlite_instance: Instance) -> None:
    accounts(sqlite_instance, 4)
    old, failing = a_request(sqlite_instance), a_request(sqlite_instance)
    look(sqlite_instance, failing)
    approve(sqlite_instance, failing)
    client = desk(sqlite_instance, "rowan")
    assert "Nothing has left" in client.get(f"/en/releases/{failing}").text
    sqlite_instance.clock.advance(days=31)
    client = desk(sqlite_instance, "rowan")
    assert "This request has run out" in client.get(f"/en/releases/{old}").text


def test_a_decision_without_the_revision_that_was_seen_is_none(sqlite_instance: Instance) -> None:
    release_id = a_request(sqlite_instance)
    client = desk(sqlite_instance, "maple")
    page = client.get(f"/en/releases/{release_id}")
    assert post(client, page, f"/en/releases/{release_id}/approve").status_code == 404


@pytest.mark.parametrize("language", ["en", "fa"])
def test_figures_are_rounded_and_cast_in_the_readers_words(sqlite_instance: Instance, language: str) -> None:
    client = desk(sqlite_instance, "cedar")
    assert client.get(f"/{language}/figures").status_code == 200
    accounts(sqlite_instance, 13)
    page = client.get(f"/{language}/figures").text
    assert ("10" if language == "en" else "۱۰") in page
    assert ("13" if language == "en" else "۱۳") not in page.partition("<main")[2]
    assert ("November 2026" if language == "en" else "۱۴۰۵") in page


@pytest.mark.parametrize("name", ["rowan", "maple"])
def test_every_page_is_said_in_persian(sqlite_instance: Instance, name: str) -> None:
    accounts(sqlite_instance, 60)
    release_id = a_release(sqlite_instance)
    waiting, table = a_request(sqlite_instance), a_request(sqlite_instance, plan=NOISY)
    client = desk(sqlite_instance, name)
    urls = [f"/fa/releases/{table}", "/fa/releases/", f"/fa/releases/{release_id}", f"/fa/releases/{waiting}"]
    pages = [client.get(url) for url in urls]
    if name == "maple":
        pages += [post(client, pages[-1], f"/fa/releases/{one}/preview") for one in (waiting, table)]
    else:
        pages += [client.get("/fa/releases/new"), client.get("/fa/releases/new-table")]
    for page in pages:
        assert page.status_code == 200
        main = re.sub(r"<bdi.*?</bdi>|<[^>]+>", " ", page.text.partition("<main")[2].partition(">")[2])
        assert re.findall(r"[A-Za-z]{3,}", main) == []


def test_a_recipient_written_in_html_stays_text(sqlite_instance: Instance) -> None:
    client = desk(sqlite_instance, "rowan")
    sent = post(
        client, client.get("/en/releases/new"), "/en/releases/new", **asked(recipient="<script>x</script>")
    )
    for url in (sent.location, "/en/releases/"):
        assert "<script>x" not in client.get(url).text
    with sqlite_instance.database.session(write=False) as session:
        made = session.get_one(Release, UUID(sent.location.rpartition("/")[2]))
        assert made.recipient == "<script>x</script>"
