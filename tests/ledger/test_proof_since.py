"""An earlier head binds: neither a file nor a book may have another past."""

from collections.abc import Callable

import orjson
import pytest

from ledger.proof.errors import ProofError
from ledger.proof.export import export
from ledger.proof.heads import signed
from ledger.proof.verify import last_head, verify
from tests.ledger.scribe import KEY, SANDBOX, Scribe, with_a_new_past, written

PUBLIC = KEY.public_key()
FILE = list(export(written(), SANDBOX, KEY, 9_000))


def a_shorter_log() -> Scribe:
    """Return the log as it was two batches before."""
    scribe = written()
    del scribe.batches[2:]
    scribe.rows = scribe.rows[: scribe.batches[-1].last_seq]
    scribe.head = (9, 2, 0, 0, scribe.batches[-1].digest)
    return scribe


def shorter() -> list[bytes]:
    return list(export(a_shorter_log(), SANDBOX, KEY, 8_000))


@pytest.mark.parametrize("earlier", [shorter(), shorter()[-1:], FILE])
def test_an_earlier_head_still_holds(earlier: list[bytes]) -> None:
    assert verify(FILE, PUBLIC, since=last_head(earlier)) == verify(FILE, PUBLIC)


def of_another_book() -> list[bytes]:
    return [FILE[0].replace(b"sbx_1", b"sbx_2"), *FILE[1:]]


@pytest.mark.parametrize(
    ("file", "earlier", "says"),
    [
        (
            list(export(with_a_new_past(), SANDBOX, KEY, 9_000)),
            shorter(),
            "line 12: one of the rows 1 to 9 is not what it was when the earlier head",
        ),
        (shorter(), FILE, "line 13: the earlier head covers 23 rows, but only 9 are left"),
        (of_another_book(), FILE, "line 1: this is book sbx_2, but the earlier head is of book sbx_1"),
    ],
)
def test_even_the_holder_of_the_key_cannot_change_the_past(
    file: list[bytes], earlier: list[bytes], says: str
) -> None:
    with pytest.raises(ProofError, match=says):
        verify(file, PUBLIC, since=last_head(earlier))


@pytest.mark.parametrize("earlier", [shorter(), FILE])
def test_what_adds_to_an_earlier_head_is_signed(earlier: list[bytes]) -> None:
    assert list(export(written(), SANDBOX, KEY, 9_000, last_head(earlier))) == FILE


@pytest.mark.parametrize(
    ("log", "earlier", "says"),
    [
        (with_a_new_past, shorter(), "one of the rows 1 to 9 is not what it was"),
        (a_shorter_log, FILE, "the earlier head covers 23 rows, but only 9 are left"),
        (written, [orjson.dumps({**orjson.loads(FILE[-1]), "size": 9}) + b"\n"], "signature of the head"),
    ],
)
def test_a_new_past_is_not_signed(log: Callable[[], Scribe], earlier: list[bytes], says: str) -> None:
    """Who can write to the database can seal all batches anew; who signs can still tell."""
    with pytest.raises(ProofError, match=says):
        list(export(log(), SANDBOX, KEY, 9_000, last_head(earlier)))


def test_a_head_of_another_book_is_no_earlier_one() -> None:
    head = signed(last_head(FILE)._replace(sandbox_id="sbx_2"), KEY)
    with pytest.raises(ProofError, match="this is book sbx_1, but the earlier head is of book sbx_2"):
        list(export(written(), SANDBOX, KEY, 9_000, head))


def test_an_earlier_head_is_checked_first() -> None:
    with pytest.raises(ProofError, match="the signature of the head"):
        verify(FILE, PUBLIC, since=last_head(FILE)._replace(size=1))


@pytest.mark.parametrize(
    ("file", "says"),
    [(FILE[:-1], "the last line is not a signed head"), ([], "breaks off"), ([b"[]\n"], "is none of")],
)
def test_where_there_is_no_head(file: list[bytes], says: str) -> None:
    with pytest.raises(ProofError, match=says):
        last_head(file)
