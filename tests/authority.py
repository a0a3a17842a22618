"""A time-stamping authority of our own, made with stock openssl: for tests, and a day long."""

import subprocess
from pathlib import Path

_CONFIG = """
[tsa]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
[extensions]
extendedKeyUsage = critical,timeStamping
"""


class Authority:
    def __init__(self, folder: Path, name: str = "tsa") -> None:
        self.folder = folder / name
        self.folder.mkdir()
        (self.folder / "config").write_text(_CONFIG)
        (self.folder / "serial").write_text("01\n")
        self.certificates = self.folder / "ca.pem"
        fresh = ("req", "-newkey", "rsa:2048", "-nodes")
        self._openssl(*fresh, "-x509", "-days", "1", "-subj", f"/CN={name} root",
                      "-keyout", "ca.key", "-out", "ca.pem")  # fmt: skip
        self._openssl(*fresh, "-subj", f"/CN={name}", "-keyout", "tsa.key", "-out", "tsa.csr")
        self._openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                      "-days", "1", "-extfile", "config", "-extensions", "extensions",
                      "-CAcreateserial", "-out", "tsa.pem")  # fmt: skip

    def answer(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        self._openssl("ts", "-reply", "-config", "config", "-section", "tsa", "-queryfile", "query",
                      "-inkey", "tsa.key", "-signer", "tsa.pem", "-out", "reply")  # fmt: skip
        return (self.folder / "reply").read_bytes()

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)
