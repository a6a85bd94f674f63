"""The page that goes with every release: how to check it with Python and OpenSSL, and without any portal."""

HOW_TO_VERIFY = "HOW-TO-VERIFY.txt"

COMMAND = (
    "openssl pkeyutl -verify -pubin -keyform DER -inkey {name}.der -rawin -in signed.bin -sigfile {name}.sig"
)
_TEXT = """\
HOW TO CHECK THIS RELEASE

You need Python 3 and OpenSSL 3, and no portal. The file "padding" holds zeros and says nothing: it keeps the
size of the archive from telling how much is in it.

1. Save what stands between the lines as check.py beside these files, and run: python3 check.py

-----8<-----
{script}-----8<-----

   It stops if a file is not the one that manifest.json names.

2. Compare the mark that it prints with this one, AND with the one that the people who sent you the release
   tell you in another way, such as aloud on the telephone: whoever can change these files can change this
   page as well.

       {mark}

3. Check the signatures of manifest.json (OpenSSL 3.5 or newer knows the second one):

       {ed25519}
       {mldsa44}

4. The ledger of the portal names this release in a row that check.py prints. Ask for the entry with that row
   and for its proof (entry-NUMBER.json, entry-NUMBER.tlog-proof; they may lie beside this file). The row must
   stand in the entry, and that the entry stands in the ledger is checked as the portal's page
   docs/ledger.md says, with Python and OpenSSL alone.
"""

SCRIPT = """\
import base64, hashlib, json

manifest = open("manifest.json", "rb").read()
told = json.loads(manifest)
for name, entry in told["files"].items():
    found = hashlib.sha256(open(name, "rb").read()).hexdigest()
    assert found == entry["sha256"], name + " IS NOT THE FILE THAT THE MANIFEST NAMES"
print(len(told["files"]), "files are those of the manifest.")

signature = json.load(open("manifest.sig.json"))
heads = {
    "ed25519": "302a300506032b6570032100",
    "mldsa44": "30820532300b0609608648016503040311038205210" "0",
}
publics = b""
for name, head in heads.items():
    public = base64.b64decode(signature[name]["public"])
    publics += public
    open(name + ".der", "wb").write(bytes.fromhex(head) + public)
    open(name + ".sig", "wb").write(base64.b64decode(signature[name]["signature"]))
open("signed.bin", "wb").write(b"tp1/release/manifest\\0" + manifest)
print("Mark of the signer:", hashlib.sha256(publics).hexdigest()[:32])


def framed(part):
    return len(part).to_bytes(8, "big") + part


row = b"tp1/row\\0" + framed(told["ledger"]["table"].encode())
row += framed(b"digest") + b"y" + framed(hashlib.sha256(manifest).digest())
row += framed(b"release_id") + b"u" + framed(bytes.fromhex(told["ledger"]["key"]))
names = [told["ledger"]["table"], told["ledger"]["key"], hashlib.sha256(row).hexdigest()]
print("Row of the ledger:", json.dumps(names))
"""


def how_to_verify(mark: str) -> bytes:
    """Return the page; `mark` names the key of the signature."""
    commands = {name: COMMAND.format(name=name) for name in ("ed25519", "mldsa44")}
    return _TEXT.format(script=SCRIPT, mark=mark, **commands).encode()
