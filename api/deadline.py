"""No request waits for ever: a database that is frozen answers nobody, so the service does.

A thread that waits inside libpq cannot be called back; it is left to end by itself, and what it
then says is dropped. The command may still take effect: the caller asks again with the same key.
"""

import asyncio
import re
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem

_OF_ALL_CLUBS = re.compile(r"/v1/(reports/province|associations/[^/]+/reports)\b")


class Deadline:
    """503 for whatever has not begun to answer after `seconds` of our own time.

    What adds up all clubs of a province, event by event, is given `report_seconds`.
    """

    def __init__(self, app: ASGIApp, seconds: float, report_seconds: float) -> None:
        self.app = app
        self.seconds = seconds
        self.report_seconds = report_seconds
        self._left: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        late: asyncio.Future[None] = loop.create_future()
        begun = dropped = whole = False
        of_all_clubs = _OF_ALL_CLUBS.match(scope["path"]) is not None
        seconds = self.report_seconds if of_all_clubs else self.seconds

        def ring() -> None:
            if not late.done():
                late.set_result(None)

        timer = loop.call_later(seconds, ring)

        async def receiving() -> Message:
            nonlocal timer, whole
            if whole:
                return await receive()
            # A slow line may take its time to send; the clock is for our own part, which begins
            # before the body is asked for: who calls is looked up first.
            timer.cancel()
            message = await receive()
            whole = not message.get("more_body")
            timer = loop.call_later(seconds, ring)
            return message

        async def sending(message: Message) -> None:
            nonlocal begun
            if not dropped:
                begun = True
                await send(message)

        task = asyncio.ensure_future(self.app(scope, receiving, sending))
        try:
            await asyncio.wait((task, late), return_when=asyncio.FIRST_COMPLETED)
            if task.done() or begun:
                await task
                return
            dropped = True
            self._left.add(task)
            task.add_done_callback(self._over)
            await problem(Request(scope), 503)(scope, receive, send)
        finally:
            timer.cancel()

    def _over(self, task: "asyncio.Task[Any]") -> None:
        self._left.discard(task)
        if not task.cancelled():
            task.exception()  # asked for, so that nobody hears of it again
