"""The program in docs/ledger.md is run as it stands there, with OpenSSL, by somebody who has no portal."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from portal.ledger import tree
from portal.ledger.checkpoint import Signer, prove
from portal.vault.sign import SigningKey

PAGE = Path(__file__).parents[2] / "docs" / "ledger.md"
SIGNER = Signer("ledger.example/docs", SigningKey.from_seeds(bytes(range(64))))
ENTRIES = [f'{{"seq":{number}}}'.encode() for number in range(21)]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the documented program, the log's keys, and a proof of every entry."""
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len([line for line in program.splitlines() if line.strip()]) <= 32
    (tmp_path / "check.py").write_text(program, encoding="utf-8")
    (tmp_path / "log.keys").write_text("\n".join(SIGNER.public.verifier_keys()) + "\n", encoding="utf-8")
    leaves = [tree.leaf_hash(entry) for entry in ENTRIES]
    note = SIGNER.sign(len(leaves), tree.root(leaves))
    for number, entry in enumerate(ENTRIES):
        (tmp_path / f"entry-{number}.json").write_bytes(entry)
        proof = prove(leaves, number, note).text()
        (tmp_path / f"entry-{number}.tlog-proof").write_text(proof, encoding="utf-8")
    return tmp_path


def run(desk: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=desk, capture_output=True, text=True, check=False)


def check(desk: Path, entry: int, proof: int) -> subprocess.CompletedProcess[str]:
    names = (f"entry-{entry}.json", f"entry-{proof}.tlog-proof", "log.keys")
    return run(desk, sys.executable, "-I", "check.py", *names)


def signature(desk: Path) -> subprocess.CompletedProcess[str]:
    (command,) = re.findall(r"^(openssl pkeyutl .*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    return run(desk, *command.split())


def test_every_entry_is_proved_by_the_documented_program(desk: Path) -> None:
    for number in (0, 1, 7, 15, 16, 19, 20):
        found = check(desk, number, number)
        assert found.returncode == 0, found.stderr
        assert f"Entry {number} is one of the 21 entries of ledger.example/docs." in found.stdout


def test_another_entry_or_a_changed_proof_is_told(desk: Path) -> None:
    assert "THE ENTRY IS NOT IN THIS LEDGER" in check(desk, 3, 4).stderr
    proof = desk / "entry-4.tlog-proof"
    proof.write_text(proof.read_text().replace("index 4", "index 5"))
    assert check(desk, 4, 4).returncode != 0


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="no openssl: the page checks the signature with it"
)
def test_the_signature_of_the_head_is_checked_by_openssl(desk: Path) -> None:
    assert check(desk, 7, 7).returncode == 0
    assert "Signature Verified Successfully" in signature(desk).stdout
    head = desk / "head.txt"
    head.write_text(head.read_text().replace("21", "22"))
    assert signature(desk).returncode != 0
