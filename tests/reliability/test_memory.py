"""What somebody finds who copies the memory of a running server: nothing that opens what lies there."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import Instance
from cases import a_case

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from apparatus import Server, Visitor, served, sign_in

TOLD = "Sepidehdam told of the corridor"
_RANGE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r")


def memory(server: Server) -> Iterator[bytes]:
    """Everything that the server's processes can read, piece by piece; skips where that is not allowed."""
    for pid in server.pids():
        try:
            with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as content:
                for line in maps:
                    found = _RANGE.match(line)
                    if found is None or "[v" in line:  # the kernel's own pages are not to be read
                        continue
                    start, end = (int(one, 16) for one in found.groups())
                    try:
                        content.seek(start)
                        yield content.read(end - start)
                    except (OSError, OverflowError):
                        continue
        except PermissionError:
            pytest.skip("the memory of other processes may not be read here")


def found_in_memory(server: Server, wanted: dict[str, bytes]) -> set[str]:
    return {name for piece in memory(server) for name, secret in wanted.items() if secret in piece}


def private_keys(instance: Instance) -> dict[str, bytes]:
    """Every private key that opens anything which is stored."""
    keys = {f"group {group.value}": seed for group, seed in instance.secrets.group_seeds.items()}
    for name, one in instance.founders.items():
        keys |= {f"{name}'s key": one.bundle.identity, f"{name}'s passphrase": one.passphrase.encode()}
        keys[f"{name}'s signing key"] = one.bundle.signing
    assert instance.secrets.recovery_seed
    return keys | {"recovery": instance.secrets.recovery_seed, "root": instance.secrets.root_seeds}


def tell(server: Server) -> None:
    source = Visitor(server.port)
    assert source.fill("/en/account", narrative=TOLD) == 303
    source.close()


def test_the_memory_of_intake_holds_no_key_to_anything_that_was_sent(sqlite_instance: Instance) -> None:
    a_case(sqlite_instance, holder="")
    with served(sqlite_instance, "intake", workers=1) as server:
        tell(server)
        assert found_in_memory(server, private_keys(sqlite_instance)) == set()
        public = {"intake's public key": sqlite_instance.keys.groups["intake"][:64]}
        assert found_in_memory(server, public)  # so the looking finds what is there


def test_the_memory_of_the_desk_holds_the_keys_of_nobody_who_did_not_come(sqlite_instance: Instance) -> None:
    """Whoever is there lends the process their keys; everybody else's stay away."""
    a_case(sqlite_instance, holder="")
    with served(sqlite_instance, "desk", workers=1) as server:
        assert found_in_memory(server, private_keys(sqlite_instance)) == set()
        visitor = sign_in(sqlite_instance, server, "cedar")
        assert visitor.ask("GET", "/en/cases/") == 200
        found = found_in_memory(server, private_keys(sqlite_instance))
        visitor.close()
    assert found <= {"group intake", "cedar's key", "cedar's passphrase", "cedar's signing key"}


def test_a_server_that_crashes_leaves_no_picture_of_its_memory(sqlite_instance: Instance) -> None:
    with served(sqlite_instance, "intake", workers=1) as server:
        for pid in server.pids():
            limits = Path(f"/proc/{pid}/limits").read_text()
            assert re.search(r"Max core file size +0 +0 ", limits)
