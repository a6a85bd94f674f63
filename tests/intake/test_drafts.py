"""What a source has written so far survives its way through the session, whole."""

from uuid import uuid4

from flask.json.tag import TaggedJSONSerializer
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.drafts import Draft, DraftFile
from portal.intake.models import Compartment
from portal.vault.receipt import Receipt

TEXT = st.text(max_size=200)
FILES = st.builds(
    DraftFile,
    document_id=st.uuids(),
    stored_name=st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    name=TEXT,
    content_type=TEXT,
    caption=TEXT,
    length=st.integers(0, 2**40),
    stored_size=st.integers(0, 2**40),
    sha256=st.binary(min_size=32, max_size=32),
    stored_sha256=st.binary(min_size=32, max_size=32),
)


def drafted(**given_: object) -> Draft:
    draft = Draft.new()
    for name, value in given_.items():
        setattr(draft, name, value)
    return draft


@given(
    st.builds(
        drafted,
        narrative=TEXT,
        relation=TEXT,
        called=TEXT,
        contact=TEXT,
        reread=st.sampled_from(["", "yes", "no"]),
        consent=st.dictionaries(TEXT, TEXT),
        files=st.lists(FILES, max_size=3),
        sent=st.booleans(),
        confirmed=st.booleans(),
    )
)
def test_a_draft_comes_back_from_the_session_as_it_went(draft: Draft) -> None:
    serializer = TaggedJSONSerializer()
    assert Draft.from_session(serializer.loads(serializer.dumps(draft.to_session()))) == draft


def test_every_draft_has_ids_keys_and_words_of_its_own() -> None:
    one, two = Draft.new(), Draft.new()
    assert one.submission_id != two.submission_id
    assert one.receipt != two.receipt
    assert len({*one.keys.values(), *two.keys.values()}) == 2 * len(Compartment)
    assert len({*one.part_ids.values(), *two.part_ids.values()}) == 2 * len(Compartment)


def test_a_drafts_words_are_its_receipts() -> None:
    draft = Draft.new(bytes)
    for language in ("en", "fa"):
        assert draft.receipt_words(language) == Receipt(draft.receipt).words(language)


def test_a_draft_shows_no_secret_of_its_own() -> None:
    draft = Draft.new()
    for kind in Compartment:
        assert draft.part(kind).key.hex() not in repr(draft)
        assert str(draft.part(kind).key) not in repr(draft)
        assert str(draft.part(kind).key) not in repr(draft.part(kind))
    assert str(draft.receipt) not in repr(draft)


def test_a_file_is_taken_out_once() -> None:
    made = DraftFile(uuid4(), "0" * 32, "n", "t", "", 1, 2, b"", b"")
    draft = drafted(files=[made])
    assert draft.without(uuid4()) is None
    assert draft.without(made.document_id) is made
    assert draft.without(made.document_id) is None
    assert draft.files == []
