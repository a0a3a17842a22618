"""The integrator as a process of its own beside the service: started, watched, stopped with it."""

import os
import subprocess
import sys
import threading
from contextlib import suppress

from sochung.terminal import REFUSED, messages

RESTART_SECONDS = 1.0
# -P: nothing of the working directory is imported.
_PROGRAM = [sys.executable, "-P", "-c", "from sochung.cli import main; main()"]


class Integrating:
    """Keeps one integrator process alive. One that refused to sign stays down, and says why."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="integrating", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                if self._stopping.is_set():
                    return
                self._process = subprocess.Popen(  # noqa: S603  our own program
                    [*_PROGRAM, "integrate", "--beside", str(os.getpid())],
                    stdin=subprocess.DEVNULL,
                )
            if self._process.wait() == REFUSED:
                messages.print("Nhật ký không được ký tiếp; dịch vụ vẫn chạy. Xem lý do ở trên.")
                return
            self._stopping.wait(RESTART_SECONDS)

    def stop(self) -> None:
        self._stopping.set()
        with self._lock:
            process = self._process
        if process is not None:
            with suppress(ProcessLookupError):
                process.terminate()
            process.wait(10)
        self._thread.join(2)
