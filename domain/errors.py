"""The errors of the product. Their codes are stable; sentences may change.

SochungError
 ├─ Refusal        a rule of the domain says no
 ├─ Malformed      the input cannot be read as what it should be
 ├─ NotFound       no such thing, or not yours
 ├─ StaleVersion   the history moved on past the version the caller named
 ├─ NotLoggedIn    who asks is not known, or the secret they gave is wrong
 ├─ TooManyTries   a secret was tried too often
 ├─ KeyReused      an idempotency key came back with another body
 └─ Unavailable    the database is away, full or too slow; nothing was half done
"""

from typing import Any


class SochungError(Exception):
    """`code` is stable; `message` is for people; `facts` are the figures the rule looked at."""

    code = "error"

    def __init__(self, code: str, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.facts = facts


class Refusal(SochungError):
    """A hard rule refuses the command; nothing was recorded."""


class Malformed(SochungError):
    """The input has the wrong shape."""


class NotFound(SochungError):
    def __init__(self, message: str = "Không tìm thấy.", **facts: Any) -> None:
        super().__init__("not-found", message, **facts)


class StaleVersion(SochungError):
    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__("stale-version", message, **facts)


class NotLoggedIn(SochungError):
    def __init__(
        self, code: str = "not-logged-in", message: str = "Hãy đăng nhập trước.", **facts: Any
    ) -> None:
        super().__init__(code, message, **facts)


class TooManyTries(SochungError):
    def __init__(self, seconds: int) -> None:
        super().__init__(
            "too-many-tries", "Đã thử quá nhiều lần; hãy chờ rồi thử lại.", seconds=seconds
        )


class KeyReused(SochungError):
    def __init__(self, key: str) -> None:
        super().__init__(
            "idempotency-key-reused", "Khóa chống lặp này đã dùng cho một lệnh khác.", key=key
        )


class Unavailable(SochungError):
    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__("unavailable", message, **facts)
