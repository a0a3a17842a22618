"""Time stamps (RFC 3161) over heads, by an authority that stock openssl makes for the test."""

import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from audit.evidence.checkpoint import Head
from audit.evidence.note import Signer
from audit.evidence.timestamp import StampRefused, asked, keep, kept, question, verified
from authority import Authority

NOTE = Head("sochung/test", 7, bytes(32)).signed(Signer("sochung/test", bytes(32))).encode()
OTHER = Head("sochung/test", 8, bytes(32)).signed(Signer("sochung/test", bytes(32))).encode()

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def address(authority: Authority) -> Iterator[str]:
    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(authority.answer(query))

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Desk)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_token_names_its_head_and_stock_openssl_verifies_it(
    authority: Authority, address: str, tmp_path: Path
) -> None:
    token = asked(address, question(NOTE))
    assert verified(token, [OTHER, NOTE], authority.certificates) == NOTE

    out = keep(tmp_path / "stamps", 7, NOTE, token)
    by_hand = ["openssl", "ts", "-verify", "-data", "7.checkpoint", "-in", out.name,
               "-CAfile", str(authority.certificates)]  # fmt: skip
    assert subprocess.run(by_hand, cwd=out.parent, capture_output=True, check=False).returncode == 0
    (out.parent / "7.checkpoint").write_bytes(NOTE.replace(b"\n7\n", b"\n8\n"))
    assert subprocess.run(by_hand, cwd=out.parent, capture_output=True, check=False).returncode == 1
    assert dict(kept(out.parent, 7)).keys() == {"7.checkpoint", "7.tsr"}
    assert list(kept(out.parent, 6)) == []


def test_a_token_over_nothing_of_ours_or_by_a_stranger_or_changed_is_refused(
    authority: Authority, tmp_path: Path
) -> None:
    token = authority.answer(question(NOTE))
    strangers = Authority(tmp_path, "stranger").certificates
    at = len(token) - 5  # within the signature
    changed = token[:at] + bytes([token[at] ^ 1]) + token[at + 1 :]
    for wrong, notes, trusted in (
        (token, [OTHER], authority.certificates),
        (token, [NOTE], strangers),
        (changed, [NOTE], authority.certificates),
        (token[: len(token) // 2], [NOTE], authority.certificates),
        (b"", [NOTE], authority.certificates),
        (bytes(200_000), [NOTE], authority.certificates),
    ):
        with pytest.raises(StampRefused):
            verified(wrong, notes, trusted)


def test_only_the_web_is_asked() -> None:
    with pytest.raises(StampRefused):
        asked("file:///etc/hostname", question(NOTE))
