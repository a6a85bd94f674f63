"""A witness signs what grew, and nothing else; comparing their files shows a log with two faces."""

from collections.abc import Callable, Sequence
from uuid import UUID

import pytest

from portal.database import Database
from portal.errors import NotFoundError, StaleError
from portal.ledger import attesting, cosignature, service, tree
from portal.ledger.checkpoint import Signer, parse
from portal.ledger.comparing import Comparison
from portal.ledger.cosignature import Cosigner, witnesses_of
from portal.ledger.notes import CheckpointError, parse_signatures
from portal.ledger.witness import Request, State, WitnessError, answer
from portal.vault.sign import SigningKey

LOG = Signer("ledger.example/test", SigningKey.from_seeds(bytes(range(64))))
OTHER = Signer("ledger.example/other", SigningKey.from_seeds(bytes(range(1, 65))))
ONE = Cosigner("one.example/witness", SigningKey.from_seeds(b"\x01" * 64))
TWO = Cosigner("two.example/witness", SigningKey.from_seeds(b"\x02" * 64))
Fill = Callable[[Database, int], list[UUID]]
NOW = 1_795_000_000
ENTRIES = b"\x0b" * 32


def leaves_of(count: int, face: str = "true") -> list[bytes]:
    return [tree.leaf_hash(f"{face if number >= 4 else 'true'} {number}".encode()) for number in range(count)]


def asking(leaves: Sequence[bytes], size: int, old: int = 0, signer: Signer = LOG) -> Request:
    head = signer.sign(size, tree.root(leaves[:size]))
    return Request(old, tuple(tree.consistency_proof(leaves[:size], old)), head)


def fresh(signer: Cosigner = ONE) -> State:
    return State(signer.name, signer.public, {}).trusting(LOG.public)


def having(*sizes: int, face: str = "true", signer: Cosigner = ONE) -> State:
    """A witness that signed heads of these sizes."""
    state, old = fresh(signer), 0
    for size in sizes:
        state = answer(state, asking(leaves_of(size, face), size, old), signer, time=NOW + size).state
        old = size
    return state


def test_a_log_that_grows_is_co_signed_and_remembered() -> None:
    state, old = fresh(), 0
    for size in (1, 5, 5, 9):
        request = Request.parse(asking(leaves_of(9), size, old).text())
        made = answer(state, request, ONE, time=NOW)
        head = parse(request.note).checkpoint
        assert cosignature.check_all(head, parse_signatures(made.lines), ONE.public) == NOW
        state, old = State.from_json(made.state.to_json()), size
        last = state.logs[LOG.origin].last
        assert last is not None
        assert last.checkpoint == head


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (asking(leaves_of(9), 9, 5, OTHER), 404),
        (Request(5, (), asking(leaves_of(9), 9).note.replace("\n9\n", "\n8\n", 1)), 403),
        (asking(leaves_of(9), 3), 409),
        (Request(10, (), asking(leaves_of(9), 9).note), 400),
        (asking(leaves_of(9), 9), 409),
        (asking(leaves_of(9), 9, 4), 409),
        (asking(leaves_of(5, "false"), 5, 5), 409),
        (asking(leaves_of(9, "false"), 9, 5), 422),
        (Request(5, (), asking(leaves_of(9), 9).note), 422),
        (Request(5, (bytes(32),), asking(leaves_of(5), 5).note), 422),
    ],
    ids=[
        "unknown log",
        "not signed",
        "set back",
        "old larger",
        "starts anew",
        "old size",
        "fork at a size",
        "fork",
        "no proof",
        "a proof of nothing",
    ],
)
def test_a_fork_a_rollback_and_a_wrong_request_are_refused(request_: Request, status: int) -> None:
    with pytest.raises(WitnessError) as refused:
        answer(having(5), request_, ONE, time=NOW)
    assert refused.value.status == status
    assert len(str(refused.value)) > 20


def test_a_damaged_memory_signs_nothing() -> None:
    text = having(5, 9).to_json()
    for old, new in (
        ("\\n9\\n", "\\n8\\n"),
        ('"v": 1', '"v": 2'),
        ('"witness"', '"with"'),
        ("one.example", "two.example"),
    ):
        with pytest.raises(CheckpointError):
            State.from_json(text.replace(old, new, 1))
    for wrong in ("", "{}", "[]", "nonsense"):
        with pytest.raises(CheckpointError):
            State.from_json(wrong)
    with pytest.raises(CheckpointError, match="does not belong"):
        answer(having(5), asking(leaves_of(9), 9, 5), TWO, time=NOW)


def test_heads_in_another_order_are_a_damaged_memory() -> None:
    state = having(5, 9)
    log = state.logs[LOG.origin]
    turned = State(state.name, state.keys, {LOG.origin: type(log)(log.keys, log.notes[::-1])})
    with pytest.raises(CheckpointError):
        State.from_json(turned.to_json())


def test_a_log_keeps_the_keys_that_were_compared() -> None:
    state = having(5)
    assert state.trusting(LOG.public) == state
    with pytest.raises(CheckpointError):
        state.trusting(Signer(LOG.origin, OTHER.key).public)


def test_names_and_keys_of_witnesses_are_read_with_care() -> None:
    text = "# a comment\n\n" + "\n".join(key.text() for key in ONE.public) + "\n"
    assert witnesses_of([text, text]) == {ONE.name: ONE.public}
    with pytest.raises(CheckpointError, match="signs notes"):
        witnesses_of([LOG.public.classic.text()])
    with pytest.raises(CheckpointError, match="two keys"):
        witnesses_of([text, Cosigner(ONE.name, TWO.key).public[0].text()])
    with pytest.raises(CheckpointError):
        Cosigner("one witness", ONE.key)


def test_signatures_of_different_times_are_not_one_answer() -> None:
    head = parse(asking(leaves_of(5), 5).note).checkpoint
    one, other = ONE.cosign(head, time=NOW), ONE.cosign(head, time=NOW + 1)
    mixed = one.splitlines(keepends=True)[0] + other.splitlines(keepends=True)[1]
    with pytest.raises(CheckpointError, match="different times"):
        cosignature.check_all(head, parse_signatures(mixed), ONE.public)


# -- comparing ----------------------------------------------------------------------------------------------


def compared(*states: tuple[str, State]) -> Comparison:
    made = Comparison()
    for where, state in states:
        made.add_state(where, state)
    return made


def test_two_witnesses_of_one_log_agree() -> None:
    found = compared(("one", having(2, 5, 9)), ("two", having(5, 9, signer=TWO))).result()
    assert (found.faces, found.unlinked) == ([], [])
    assert len(found.heads) == 5


def test_a_log_that_shows_two_faces_to_two_witnesses_is_caught() -> None:
    found = compared(("one", having(2, 9)), ("two", having(9, face="false", signer=TWO))).result()
    assert found.faces == ["ledger.example/test: two different logs of 9 entries: one against two"]


def test_heads_of_different_sizes_need_a_proof_between_them() -> None:
    made = compared(("one", having(6)), ("two", having(9, signer=TWO)))
    (untold,) = made.result().unlinked
    assert "nothing links 6 entries (one) with 9 (two)" in untold
    made.add_request("proof", asking(leaves_of(9), 9, 6))
    found = made.result()
    assert (found.faces, found.unlinked) == ([], [])


def test_two_faces_of_different_sizes_are_caught_by_the_log_s_own_proof_or_a_copy() -> None:
    made = compared(("one", having(6)), ("two", having(9, face="false", signer=TWO)))
    made.add_request("proof", asking(leaves_of(9, "false"), 9, 6))
    (face,) = made.result().faces
    assert "cannot show that its 9 entries begin with the 6 that one has" in face
    other = compared(("one", having(6)), ("two", having(9, face="false", signer=TWO)))
    heads = [parse(asking(leaves_of(9), size).note).checkpoint for size in (6, 9)]
    other.add_roots("copy", heads)
    assert other.result().faces == ["ledger.example/test: two different logs of 9 entries: copy against two"]


def test_what_the_log_did_not_sign_proves_nothing() -> None:
    made = compared(("one", having(6)))
    with pytest.raises(CheckpointError):
        made.add_note("forged", asking(leaves_of(6), 6, signer=Signer(LOG.origin, OTHER.key)).note)
    with pytest.raises(CheckpointError, match="--log-keys"):
        Comparison().add_note("head", asking(leaves_of(6), 6).note)
    strange = State(TWO.name, TWO.public, {}).trusting(Signer(LOG.origin, OTHER.key).public)
    with pytest.raises(CheckpointError, match="other keys"):
        made.add_state("two", strange)


# -- kept beside the heads ----------------------------------------------------------------------------------


@pytest.fixture
def logged(database: Database, fill: Fill, signer: Signer) -> Database:
    fill(database, 3)
    with database.session(write=True) as session:
        service.checkpoint(session, signer=signer, key=ENTRIES, day=service._today())
    return database


def test_a_request_is_answered_and_the_answer_kept_and_recorded(
    logged: Database, signer: Signer, fill: Fill
) -> None:
    state = State(ONE.name, ONE.public, {}).trusting(signer.public)
    with logged.session(write=False) as session:
        request = attesting.ask_witness(session, witness=ONE.name)
    assert request.old_size == 0
    made = answer(state, request, ONE, time=NOW)
    known = {ONE.name: ONE.public, TWO.name: TWO.public}
    with logged.session(write=True) as session:
        (row,) = attesting.attach_cosignature(
            session, answer=made.lines, witnesses=known, day=service._today()
        )
        assert (row.size, row.witness, row.lines) == (3, ONE.name, made.lines)
    with logged.session(write=True) as session, pytest.raises(StaleError):
        attesting.attach_cosignature(session, answer=made.lines, witnesses=known, day=service._today())
    fill(logged, 2)
    with logged.session(write=True) as session:
        service.checkpoint(session, signer=signer, key=ENTRIES, day=service._today())
        again = attesting.ask_witness(session, witness=ONE.name)
        assert again.old_size == 3
        whole = answer(made.state, again, ONE, time=NOW).state.logs[signer.origin].notes[-1]
        (row,) = attesting.attach_cosignature(session, answer=whole, witnesses=known, day=service._today())
        assert row.size == 6  # three, the attached co-signature, and two more


def test_answers_of_strangers_and_for_other_heads_are_not_kept(logged: Database) -> None:
    foreign = ONE.cosign(parse(asking(leaves_of(3), 3).note).checkpoint, time=NOW)
    with logged.session(write=True) as session:
        with pytest.raises(CheckpointError, match="known here"):
            attesting.attach_cosignature(session, answer=foreign, witnesses={}, day=service._today())
        with pytest.raises(CheckpointError, match="no head of this log"):
            attesting.attach_cosignature(
                session, answer=foreign, witnesses={ONE.name: ONE.public}, day=service._today()
            )
        with pytest.raises(NotFoundError):
            attesting.ask_witness(session, old=99)


def test_nothing_is_asked_before_a_head_is_signed(database: Database) -> None:
    with database.session(write=False) as session, pytest.raises(NotFoundError, match="checkpoint"):
        attesting.ask_witness(session)
