"""The process that parses a stranger's XML: limits first, then one answer on standard output.

`python -I -m exchange.workbook.child` takes the file's bytes on standard input and prints
`{"sheets": …}` or `{"refused": [code, message]}`. `-I` keeps the caller's folder and
environment off the import path.
"""

import gc
import json
import sys

MEMORY_BYTES = 2**30
PROCESSOR_SECONDS = 20


def limit() -> None:
    """Bounds this process; where the system knows no such limits the caller's clock remains."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(data: bytes) -> str:
    """What this process prints, for the bytes of one archive."""
    from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]

    from exchange.workbook.package import read_package
    from exchange.workbook.plain_cells import TooLarge, Unreadable
    from exchange.workbook.sheet_xml import EntitiesRefused

    try:
        return json.dumps(read_package(data), separators=(",", ":"))
    except (TooLarge, MemoryError) as error:
        refused = "workbook-too-large", f"Sổ quá lớn: {error}." if error.args else "Sổ quá lớn."
    except (DefusedXmlException, EntitiesRefused):
        refused = "workbook-entities", "Tệp có khai báo DOCTYPE hoặc ENTITY: không đọc."
    except Unreadable as error:
        refused = "workbook-unreadable", f"Không đọc được tệp: {error}."
    except Exception:
        # Whatever a stranger's bytes broke, it is their file that cannot be read.
        refused = "workbook-unreadable", "Không đọc được tệp: nội dung bị hỏng."
    return json.dumps({"refused": refused})


def main() -> None:
    limit()
    # One short job that makes no cycles: collecting them would take half of its time.
    gc.disable()
    # ASCII only: neither side depends on the terminal's encoding.
    sys.stdout.write(answer(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
