"""What an auditor can check with stock `openssl` and `sha256sum`, and nothing of ours."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

from audit.evidence.checkpoint import Head
from audit.evidence.merkle import leaf_hash, root_of
from audit.evidence.note import Signer
from audit.evidence.proof import TlogProof
from tests.audit.vectors import vectors

# The page an auditor reads (audit/evidence/readme.md) says it step by step; here it is run.
SIGNATURE = """
set -eu
awk 'f{print} /^$/{n++; if(n==1)f=1}' receipt > head.note
head -n 3 head.note > head.txt
echo "$KEY" | base64 -d | tail -c 32 > pub.raw
(printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'; cat pub.raw) > pub.der
tail -n 1 head.note | cut -d' ' -f3 | base64 -d | tail -c 64 > sig
openssl pkeyutl -verify -pubin -inkey pub.der -keyform DER -rawin -in head.txt -sigfile sig
"""
LEAF = """
set -eu
sed -n 's/^extra //p' receipt | base64 -d > entry
(printf '\\000'; cat entry) | sha256sum | cut -d' ' -f1
"""
ROOT = """
set -eu
tobytes() { env printf "$(sed 's/../\\\\x&/g')"; }
(printf '\\000'; cat entry) | sha256sum | cut -c1-64 | tobytes > leaf.bin
sed -n '4p' receipt | base64 -d > path1.bin
(printf '\\001'; cat leaf.bin path1.bin) | sha256sum | cut -c1-64 | tobytes | base64
"""

needs = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("openssl", "sha256sum", "awk")),
    reason="openssl, sha256sum and awk are needed",
)


def sh(script: str, folder: Path, key: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", script], cwd=folder, env={"PATH": "/usr/bin:/bin", "KEY": key},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def receipt(tmp_path: Path) -> tuple[Path, Signer, list[bytes]]:
    entries = [b'{"a":"one"}', b'{"b":"two"}']
    signer = Signer("sochung/by-hand", bytes(range(32)))
    note = Head("sochung/by-hand", 2, root_of(entries)).signed(signer)
    proof = TlogProof(0, (leaf_hash(entries[1]),), note, entries[0])
    (tmp_path / "receipt").write_text(proof.text(), encoding="utf-8")
    return tmp_path, signer, entries


@needs
def test_openssl_verifies_the_signature_of_a_receipts_head(
    receipt: tuple[Path, Signer, list[bytes]],
) -> None:
    folder, signer, _ = receipt
    key = str(signer.key).split("+", 2)[2]
    done = sh(SIGNATURE, folder, key)
    assert done.returncode == 0, done.stderr
    assert "Verified Successfully" in done.stdout
    text = (folder / "receipt").read_text(encoding="utf-8")
    (folder / "receipt").write_text(text.replace("by-hand\n2\n", "by-hand\n3\n"), encoding="utf-8")
    assert sh(SIGNATURE, folder, key).returncode != 0


@needs
def test_sha256sum_rebuilds_a_two_leaf_root(receipt: tuple[Path, Signer, list[bytes]]) -> None:
    folder, _, entries = receipt
    assert sh(LEAF, folder).stdout.strip() == leaf_hash(entries[0]).hex()
    assert sh(ROOT, folder).stdout.strip() == base64.b64encode(root_of(entries)).decode()


@needs
def test_sha256sum_and_openssl_agree_with_a_foreign_log(tmp_path: Path) -> None:
    log = vectors("tlog-tiles-log15")
    note = log["checkpoints"]["2"]
    (tmp_path / "receipt").write_text("\n" + note, encoding="utf-8")
    done = sh(SIGNATURE, tmp_path, log["vkey"].split("+", 2)[2])
    assert "Verified Successfully" in done.stdout, done.stderr
    first, second = log["entries_utf8"][:2]
    script = f"""
    tobytes() {{ env printf "$(sed 's/../\\\\x&/g')"; }}
    leaf() {{ (printf '\\000'; printf '%s' "$1") | sha256sum | cut -c1-64 | tobytes; }}
    (printf '\\001'; leaf {first}; leaf {second}) | sha256sum | cut -c1-64 | tobytes | base64
    """
    assert sh(script, tmp_path).stdout.strip() == note.split("\n")[2]


@needs
def test_the_page_for_auditors_says_what_was_run_here() -> None:
    page = (Path(__file__).parents[2] / "audit" / "evidence" / "readme.md").read_text("utf-8")
    for line in SIGNATURE.splitlines()[4:]:
        if line and not line.startswith(("set", 'echo "$KEY"')):
            assert line.replace("receipt", "RECEIPT") in page
