"""A founded instance with an empty registry, and somebody who brings files into it."""

import pytest
from builders import Instance
from exchanged import House


@pytest.fixture
def house(sqlite_instance: Instance) -> House:
    return House(sqlite_instance)
