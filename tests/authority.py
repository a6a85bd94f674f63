"""A time-stamp authority for tests: real certificates, and real answers by OpenSSL."""

import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CONFIG = """
[ tsa ]
default_tsa = here
[ here ]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/signer.pem
signer_key = {folder}/signer.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True)
class Authority:
    """An authority in a folder: its root, and what answers requests."""

    folder: Path

    @property
    def root(self) -> bytes:
        return (self.folder / "root.pem").read_bytes()

    @property
    def signer(self) -> bytes:
        return (self.folder / "signer.pem").read_bytes()

    def answer(self, request: bytes) -> bytes:
        """Answer a request (DER) as an authority does, at the present moment."""
        asked, given = self.folder / "asked.tsq", self.folder / "given.tsr"
        asked.write_bytes(request)
        subprocess.run(
            ["openssl", "ts", "-reply", "-config", "tsa.conf", "-queryfile", asked, "-out", given],
            cwd=self.folder,
            check=True,
            capture_output=True,
        )
        return given.read_bytes()


def an_authority(folder: Path, *, lasts: tuple[int, int] = (-2, 365)) -> Authority:
    """Make an authority; ``lasts`` are the days from now between which its signer's certificate is valid."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl: the tests' time-stamp authority is made with it")
    folder.mkdir(parents=True)
    now = datetime.now(UTC)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "signer")}
    names = {
        name: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{folder.name} {name}")]) for name in keys
    }
    root = (
        x509.CertificateBuilder()
        .subject_name(names["root"])
        .issuer_name(names["root"])
        .public_key(keys["root"].public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=4000))
        .not_valid_after(now + timedelta(days=4000))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(keys["root"], hashes.SHA256())
    )
    use = ExtendedKeyUsageOID.TIME_STAMPING
    signer = (
        x509.CertificateBuilder()
        .subject_name(names["signer"])
        .issuer_name(names["root"])
        .public_key(keys["signer"].public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=lasts[0]))
        .not_valid_after(now + timedelta(days=lasts[1]))
        .add_extension(x509.ExtendedKeyUsage([use]), critical=True)
        .sign(keys["root"], hashes.SHA256())
    )
    for name, certificate in (("root", root), ("signer", signer)):
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / f"{name}.key").write_bytes(
            keys[name].private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    (folder / "serial").write_text("01\n")
    (folder / "tsa.conf").write_text(CONFIG.format(folder=folder))
    return Authority(folder)
