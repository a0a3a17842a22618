"""Hashes of secrets: argon2id, and no more of them at once than the machine bears."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from domain.errors import Unavailable
from store.passwords import HANDS, hashed, matches


def test_only_the_secret_itself_matches() -> None:
    known = hashed("cây đa bến nước")
    assert known.startswith("$argon2id$")
    assert matches("cây đa bến nước", known)
    assert not matches("cây đa bến nướ", known)
    assert not matches("", None), "nobody's is no password either"


def test_a_crowd_is_told_to_come_back() -> None:
    together = Barrier(40)

    def knock(_: int) -> str:
        together.wait()
        try:
            return str(matches("x", None))
        except Unavailable as error:
            return error.code

    with ThreadPoolExecutor(40) as crowd:
        answers = list(crowd.map(knock, range(40)))
    assert set(answers) == {"False", "unavailable"}
    assert answers.count("False") >= HANDS
