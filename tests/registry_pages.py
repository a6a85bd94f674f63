"""Walking the registry's pages as a browser does: what a form holds is sent back with changes."""

import re
from collections.abc import Callable
from html import unescape

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Open = Callable[[str], FlaskClient]


def text_of(page: TestResponse) -> str:
    return page.get_data(as_text=True)


def values(page: TestResponse) -> dict[str, str]:
    """What a browser would send back if nothing were changed."""
    found: dict[str, str] = {}
    html = text_of(page)
    html = html[html.index('<form method="post" novalidate>') :]
    for tag in re.findall(r"<input [^>]*>", html):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        ticked = 'type="checkbox"' not in tag and 'type="radio"' not in tag
        if name and (ticked or " checked" in tag):
            found[name[1]] = unescape(value[1]) if value else ""
    for name, text in re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>(.*?)</textarea>', html, re.DOTALL):
        found[name] = unescape(text).strip()
    for name, options in re.findall(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        first = re.search(r'<option[^>]*value="([^"]*)"', options)
        found[name] = option[1] if (option := chosen or first) else ""
    return found


def send(client: FlaskClient, url: str, **changes: str) -> TestResponse:
    return client.post(url, data={**values(client.get(url)), **changes})


def record_of(answer: TestResponse) -> str:
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["Location"].rpartition("/")[2]


def added(client: FlaskClient, kind: str, name: str, **facts: str) -> str:
    return record_of(
        send(client, f"/en/registry/add/{kind}", **{"names-0-text": name, "note": "test"}, **facts)
    )
