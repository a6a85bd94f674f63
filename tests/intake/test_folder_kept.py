"""What a source types into a folder is never lost, not even when the session has ended meanwhile."""

from builders import Instance, a_submission, token_of

from portal.config import Face


def test_a_reply_typed_into_a_folder_that_had_closed_is_there_again(sqlite_instance: Instance) -> None:
    with sqlite_instance.database.session(write=True) as session:
        sent = a_submission(sqlite_instance, session)
    client = sqlite_instance.app(Face.INTAKE).test_client()
    words = " ".join(sent.receipt.words("en"))
    token = token_of(client.get("/en/return"))
    opened = client.post("/en/return", data={"csrf_token": token, "words": words})
    token = token_of(client.get(opened.location))
    sqlite_instance.clock.advance(hours=4)
    typed = {"csrf_token": token, "text": "I remembered his name."}
    turned_away = client.post("/en/folder/reply", data=typed)
    assert turned_away.status_code == 303
    page = client.get(turned_away.location)
    assert "What you typed is kept" in page.get_data(as_text=True)
    client.post("/en/return", data={"csrf_token": token_of(page), "words": words})
    assert "I remembered his name." in client.get("/en/folder").get_data(as_text=True)
    assert "I remembered his name." not in client.get("/en/folder").get_data(as_text=True)


def test_another_site_cannot_put_words_into_a_source_s_folder(sqlite_instance: Instance) -> None:
    client = sqlite_instance.app(Face.INTAKE).test_client()
    client.post("/en/folder/reply", data={"text": "not mine"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert "What you typed is kept" not in client.get("/en/return").get_data(as_text=True)
