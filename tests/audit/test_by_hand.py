"""What an auditor can check with stock `openssl` and `sha256sum`, and nothing of ours."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

from audit.evidence.checkpoint import Head
from audit.evidence.merkle import inclusion_ranges, leaf_hash, root_of
from audit.evidence.note import Signer
from audit.evidence.proof import TlogProof
from tests.audit.vectors import vectors

PAGE = (Path(__file__).parents[2] / "audit" / "evidence" / "readme.md").read_text("utf-8")


def script() -> str:
    """What the page tells an auditor to type, as it stands there."""
    block = PAGE[PAGE.index("    # 1. the signature") :].partition("\n\n")[0]
    lines = [line[4:] for line in block.splitlines()]
    return "set -eu\n" + "\n".join(lines).replace("RECEIPT", "receipt").replace(
        "KEY_BASE64", '"$KEY"'
    )


needs = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("openssl", "sha256sum", "awk")),
    reason="openssl, sha256sum and awk are needed",
)


def sh(script: str, folder: Path, key: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", script], cwd=folder, env={"PATH": "/usr/bin:/bin", "KEY": key},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def written(folder: Path, entries: list[bytes], index: int) -> str:
    """A receipt of one of these entries; returns the key's last part."""
    signer = Signer("sochung/by-hand", bytes(range(32)))
    note = Head("sochung/by-hand", len(entries), root_of(entries)).signed(signer)
    leaves = [leaf_hash(entry) for entry in entries]
    path = [root_of(entries[first:end]) for first, end in inclusion_ranges(index, len(leaves))]
    proof = TlogProof(index, tuple(path), note, entries[index])
    (folder / "receipt").write_text(proof.text(), encoding="utf-8")
    return str(signer.key).split("+", 2)[2]


@needs
@pytest.mark.parametrize(("size", "index"), [(1, 0), (2, 0), (2, 1), (5, 4), (7, 3), (7, 6)])
def test_a_receipt_is_checked_as_the_page_says(size: int, index: int, tmp_path: Path) -> None:
    entries = [f'{{"n":{n}}}'.encode() for n in range(size)]
    key = written(tmp_path, entries, index)
    done = sh(script(), tmp_path, key)
    assert done.returncode == 0, done.stderr
    verdict, found, signed = done.stdout.strip().splitlines()
    assert verdict == "Signature Verified Successfully"
    assert found == signed == base64.b64encode(root_of(entries)).decode()


@needs
def test_a_changed_head_and_a_changed_entry_are_seen_by_hand(tmp_path: Path) -> None:
    key = written(tmp_path, [b'{"a":"one"}', b'{"b":"two"}'], 0)
    text = (tmp_path / "receipt").read_text(encoding="utf-8")
    (tmp_path / "receipt").write_text(
        text.replace("by-hand\n2\n", "by-hand\n3\n"), encoding="utf-8"
    )
    assert sh(script(), tmp_path, key).returncode != 0
    other = base64.b64encode(b'{"a":"0ne"}').decode()
    lines = text.splitlines(keepends=True)
    lines[1] = f"extra {other}\n"
    (tmp_path / "receipt").write_text("".join(lines), encoding="utf-8")
    _, found, signed = sh(script(), tmp_path, key).stdout.strip().splitlines()
    assert found != signed


@needs
def test_sha256sum_and_openssl_agree_with_a_foreign_log(tmp_path: Path) -> None:
    log = vectors("tlog-tiles-log15")
    note = log["checkpoints"]["2"]
    entry = base64.b64encode(log["entries_utf8"][0].encode()).decode()
    other = base64.b64encode(leaf_hash(log["entries_utf8"][1].encode())).decode()
    text = f"c2sp.org/tlog-proof@v1\nextra {entry}\nindex 0\n{other}\n\n{note}"
    (tmp_path / "receipt").write_text(text, encoding="utf-8")
    done = sh(script(), tmp_path, log["vkey"].split("+", 2)[2])
    assert done.returncode == 0, done.stderr
    verdict, found, signed = done.stdout.strip().splitlines()
    assert "Verified Successfully" in verdict
    assert found == signed == note.split("\n")[2]
