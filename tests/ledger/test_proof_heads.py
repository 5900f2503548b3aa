"""Signed heads, the key that signs them, and what they prove."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from ledger.errors import StorageError
from ledger.proof.errors import ProofError
from ledger.proof.export import prove_growth, prove_row, sign_head
from ledger.proof.heads import (
    SignedHead,
    check_head,
    extends_head,
    includes_row,
    key_id,
    public_key,
    signed,
)
from ledger.proof.keys import signing_key
from tests.ledger.scribe import SANDBOX, Scribe, written

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HEAD = SignedHead("sbx_1", 3, bytes(32), 2, bytes(range(32)), 9, "")
SIGNED = signed(HEAD, KEY)
PUBLIC = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"


def test_the_signature_of_a_head_is_this_for_ever() -> None:
    assert SIGNED.key_id == "56475aa75463474c"
    assert SIGNED.signature.hex() == (
        "e588e1cb9fab19fb15090c4955968c50da6021692dd8efbfa962e1299c3d32f7"
        "e7b5cdf00afb6415360f6944cba7160003c717e38458c4cbfcfc99ebf29dc205"
    )


def test_a_head_is_checked_with_the_public_key_alone() -> None:
    check_head(SIGNED, public_key(PUBLIC))


@pytest.mark.parametrize("field", SignedHead._fields)
def test_every_field_of_a_head_counts(field: str) -> None:
    value = getattr(SIGNED, field)
    if isinstance(value, int):
        value += 1
    else:
        value = f"{value[:-1]}0" if isinstance(value, str) else b"\1" + value[1:]
    with pytest.raises(ProofError, match="signature of the head" if field != "key_id" else "signed by key"):
        check_head(SIGNED._replace(**{field: value}), KEY.public_key())


@pytest.mark.parametrize(
    "changes",
    [
        {"size": 2**63},
        {"sandbox_id": "\ud800"},
        {"root": bytes(31)},
        {"digest": bytes(33)},
    ],
)
def test_what_cannot_be_a_head_is_neither_signed_nor_taken(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="the head has"):
        signed(HEAD._replace(**changes), KEY)  # type: ignore[arg-type]  # the fault is the point
    with pytest.raises(ProofError, match="signature of the head"):
        check_head(SIGNED._replace(**changes), KEY.public_key())  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "00", PUBLIC[:-1], f"{PUBLIC}00", "x" * 64])
def test_what_is_no_public_key(text: str) -> None:
    with pytest.raises(ProofError, match="64 hex digits"):
        public_key(text)


def test_a_head_of_a_book() -> None:
    scribe = written()
    head = sign_head(scribe, SANDBOX, KEY, 9)
    check_head(head, KEY.public_key())
    assert (head.size, head.batch, head.digest) == (len(scribe.rows), 4, scribe.batches[-1].digest)


def test_a_head_of_a_book_without_rows() -> None:
    scribe = Scribe()
    scribe.head = (0, 0, 0, 0, bytes(32))
    assert sign_head(scribe, SANDBOX, KEY, 9)[1:5:2] == (0, 0)


@pytest.mark.parametrize("seq", range(1, 24))
def test_each_row_is_proved_to_be_in_the_book(seq: int) -> None:
    scribe = written()
    head = sign_head(scribe, SANDBOX, KEY, 9)
    proof = prove_row(scribe, head, seq)
    assert len(proof) <= 5
    assert includes_row(head, scribe.rows[seq - 1], proof)
    assert not includes_row(head, scribe.rows[seq - 1]._replace(recorded_at=1), proof)


def test_a_book_is_proved_to_have_only_grown() -> None:
    scribe = written()
    newer = sign_head(scribe, SANDBOX, KEY, 9)
    del scribe.rows[scribe.batches[1].last_seq :], scribe.batches[2:]
    scribe.head = (9, 2, 0, 0, scribe.batches[1].digest)
    older = sign_head(scribe, SANDBOX, KEY, 8)
    proof = prove_growth(written(), older, newer)
    assert extends_head(older, newer, proof)
    assert not extends_head(older._replace(root=bytes(32)), newer, proof)
    assert not extends_head(older._replace(sandbox_id="sbx_2"), newer, proof)


def test_there_is_no_such_book() -> None:
    with pytest.raises(ProofError, match="no book of sandbox 'sbx_2'"):
        sign_head(written(), "sbx_2", KEY, 9)


def test_a_row_that_is_lost_is_noticed() -> None:
    scribe = written()
    head = sign_head(scribe, SANDBOX, KEY, 9)
    del scribe.rows[7]
    with pytest.raises(StorageError, match="lacks a row"):
        prove_row(scribe, head, 3)


def changed(scribe: Scribe) -> None:
    scribe.rows[6] = scribe.rows[6]._replace(amount=101)  # type: ignore[call-arg]  # it is an entry


def renumbered(scribe: Scribe) -> None:
    scribe.batches[1] = scribe.batches[1]._replace(number=3)


def shifted(scribe: Scribe) -> None:
    scribe.batches[1] = scribe.batches[1]._replace(first_seq=8)


def emptied(scribe: Scribe) -> None:
    scribe.batches[1] = scribe.batches[1]._replace(last_seq=6)


def cut(scribe: Scribe) -> None:
    del scribe.batches[-1]


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (changed, r"batch 2 of sbx_1 \(rows 7 to 9\) is not what was sealed"),
        (renumbered, "batch 3 stands where batch 2 with rows from 7 on must follow"),
        (shifted, "batch 2 stands where batch 2 with rows from 7 on must follow"),
        (emptied, "batch 2 stands where batch 2 with rows from 7 on must follow"),
        (cut, "does not end where its batches do"),
    ],
)
def test_a_book_that_was_changed_is_never_signed(tamper: object, says: str) -> None:
    scribe = written()
    assert callable(tamper)
    tamper(scribe)
    with pytest.raises(ProofError, match=says):
        sign_head(scribe, SANDBOX, KEY, 9)


def test_the_key_is_made_on_first_use_and_kept_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    first = signing_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert signing_key(path).private_bytes_raw() == first.private_bytes_raw()
    assert [each.name for each in tmp_path.iterdir()] == ["ledger.key"]


def test_the_first_of_two_who_make_the_key_at_once_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, link = tmp_path / "ledger.key", os.link
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def linked_late(aside: Path, target: Path) -> None:
        path.touch(0o600)
        path.write_bytes(pem)
        link(aside, target)

    monkeypatch.setattr(os, "link", linked_late)
    assert signing_key(path).private_bytes_raw() == KEY.private_bytes_raw()
    assert [each.name for each in tmp_path.iterdir()] == ["ledger.key"]


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    signing_key(path)
    path.chmod(0o640)
    with pytest.raises(ProofError, match="others may read"):
        signing_key(path)


OTHER_KEY = generate_private_key(SECP256R1())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "holds no private key"),
        (b"not a key", "holds no private key"),
        (OTHER_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "not an Ed25519 one"),
        (
            KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
            "holds no private key",
        ),
    ],
)
def test_what_is_no_key_of_ours_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "ledger.key"
    path.touch(0o600)
    path.write_bytes(content)
    with pytest.raises(ProofError, match=says):
        signing_key(path)


def test_the_id_of_a_key_is_short() -> None:
    assert key_id(KEY.public_key()) == SIGNED.key_id
    assert len(SIGNED.key_id) == 16
