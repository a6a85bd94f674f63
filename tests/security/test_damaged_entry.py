"""A tampered entry of the ledger is shown among the others; it does not hide them."""

from builders import Instance
from sqlalchemy import text

from portal.config import Face


def test_one_entry_that_does_not_open_leaves_the_others_readable(sqlite_instance: Instance) -> None:
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "maple")
    with sqlite_instance.database.main.begin() as connection:
        connection.execute(
            text("UPDATE ledger_entry SET body = :body WHERE seq = 0"), {"body": b'{"rows":3}'}
        )
    client = sqlite_instance.app(Face.DESK).test_client()
    sqlite_instance.sign_in(client, "olive")
    page = client.get("/en/ledger").get_data(as_text=True)
    assert "This entry cannot be opened" in page
    assert "signed in" in page
