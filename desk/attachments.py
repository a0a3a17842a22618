"""Photos and scans by entries of a book: sealed and kept first, then named by an event."""

from functools import cache
from uuid import UUID

from desk.books import book_story, club_of_entry
from desk.desk import Call, Desk, Receipt
from domain.clubs.decisions import Club
from domain.errors import Malformed
from domain.files import media_of
from domain.loans.attachments import attach_file, key_for
from domain.loans.book import Book
from domain.loans.commands import AttachFile
from domain.loans.events import BookEvent
from domain.values import Purpose, SealedFile
from store import attachments
from store.log import Work

BYTES_MAX = 5_000_000


def attach(desk: Desk, call: Call, command: AttachFile, content: bytes) -> Receipt:
    """Takes a file by what it is, whatever it is called. The answer's id is the event's own.

    Raises `Malformed` for a file of no kind we take, or one that was cut off.
    """
    media = media_of(content)
    if media is None:
        raise Malformed("not-a-photo", "Chỉ nhận tệp JPEG, PNG, WebP hoặc PDF còn nguyên vẹn.")
    club_id = club_of_entry(desk.log, command.event_id)

    @cache  # decided again after a collision, it is not sealed again
    def sealed(subject: UUID, purpose: Purpose) -> tuple[SealedFile, bytes]:
        return attachments.sealed(desk.keys, subject, purpose, media, content)

    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        desk.known_people(unit, command.attached_by)
        story = book_story(unit, club_id)
        file, closed = sealed(*key_for(story, command, club_id))
        events = attach_file(story, command, file, desk.today)
        attachments.keep(desk.log.database, closed)
        return events

    return desk.in_book(call, club_id, decide)
