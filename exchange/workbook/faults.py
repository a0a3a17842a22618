"""What is wrong in a book, said to the person who keeps it."""

from dataclasses import dataclass, field

LISTED_MAX = 500


@dataclass(frozen=True)
class Fault:
    """One finding. `row` is Excel's row number; `column` the header as the book writes it."""

    sheet: str
    row: int | None
    column: str | None
    code: str
    message: str


@dataclass
class Listing:
    """The first `LISTED_MAX` findings and how many more there are: a broken book has thousands."""

    listed: list[Fault] = field(default_factory=list)
    left_out: int = 0

    def add(self, fault: Fault) -> None:
        if len(self.listed) < LISTED_MAX:
            self.listed.append(fault)
        else:
            self.left_out += 1


@dataclass
class Report:
    """Faults refuse the book; warnings do not."""

    faults: Listing = field(default_factory=Listing)
    warnings: Listing = field(default_factory=Listing)

    def fault(
        self, sheet: str, row: int | None, column: str | None, code: str, message: str
    ) -> None:
        self.faults.add(Fault(sheet, row, column, code, message))

    def warn(
        self, sheet: str, row: int | None, column: str | None, code: str, message: str
    ) -> None:
        self.warnings.add(Fault(sheet, row, column, code, message))
