"""The service as it runs: on a port of its own, its read models followed by another thread."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import uvicorn
from fastapi import FastAPI

from projections.follower import Follower


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """The address; connections wait from the first moment on."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    sock.listen()
    thread.start()
    yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@contextmanager
def following(follower: Follower) -> Iterator[None]:
    stop = Event()
    thread = Thread(target=follower.follow, args=(stop.is_set,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
