"""A server killed between any two pages: what was saved is there again with the nine words, file included."""

from builders import Instance
from live import Browser, Server, words_on

PAGES = (
    ("account", {"narrative": "Sepidehdam told, and rested."}),
    ("people", {"name": "Simin Rad"}),
    ("reaching", {"called": "Mahtabgoon"}),
)


def test_every_page_that_was_answered_survives_a_kill_right_after_it(
    sqlite_instance: Instance, servers: list[Server]
) -> None:
    folder = sqlite_instance.settings.instance
    servers.append(Server(folder, faces="intake"))
    source = Browser(servers[-1].port("intake"))
    words = " ".join(words_on(source.get("code")))
    assert source.post("code").status == 303
    for page, fields in PAGES:
        assert source.fill(page, **fields).status == 303
        source.get("documents")
        assert source.attach("documents", name=f"{page}.txt", content=page.encode() * 100).status == 303
        servers[-1].end()
        servers.append(Server(folder, faces="intake"))
        source = Browser(servers[-1].port("intake"), "fa")
        assert source.fill("return", words=words).status == 303
        for earlier, typed in PAGES[: PAGES.index((page, fields)) + 1]:
            assert next(iter(typed.values())) in source.get(earlier).text
            assert f"{earlier}.txt" in source.get("documents").text
    source.fill("permissions", read="yes")
    source.get("check")
    assert source.post("check", reread="no").status == 303
    servers[-1].end()
    servers.append(Server(folder, faces="intake"))
    source = Browser(servers[-1].port("intake"))
    answer = source.fill("return", words=words)
    assert answer.location.endswith("/folder")
