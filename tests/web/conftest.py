"""A face of the portal with a few pages of the test's own beside the real ones."""

from collections.abc import Callable

import pytest
from builders import Instance
from flask import Flask

from portal import app
from portal.config import Face
from portal.web.guard import Pages


@pytest.fixture
def with_pages(sqlite_instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Flask]:
    """Make an app of a face that mounts the given pages too."""
    real = app._features

    def make(*more: Pages, face: Face = Face.INTAKE, **changes: object) -> Flask:
        monkeypatch.setattr(app, "_features", lambda asked: [*real(asked), *more])
        settings = sqlite_instance.settings
        for name, value in changes.items():
            object.__setattr__(settings, name, value)
        return sqlite_instance.app(face)

    return make
