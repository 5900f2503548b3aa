"""What is written is read again as it was: every message, with random values in every row."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.iso20022 import leaves
from connectors.iso20022.errors import MessageError
from connectors.iso20022.header import HEADERS, Header
from connectors.iso20022.leaves import AMOUNT, COUNT, DAY, FLAG, MAX_35, MAX_PAISA, TIME, Leaf, Text
from connectors.iso20022.parts import Account, Agent, Contact, Party, PaymentType, Reason
from connectors.iso20022.payments import CreditTransfer
from connectors.iso20022.recalls import Recall, RecallAnswer
from connectors.iso20022.reports import AccountReport, Balance, Entry, HeldAccount, Notification, Statement
from connectors.iso20022.requests import RequestToPay
from connectors.iso20022.schema import Codec, Record, Row
from connectors.iso20022.wire import MESSAGES, Envelope, name_of, read, write
from ledger.clock import from_rfc3339

# Where a value as a whole has a rule: the sets of fields of which exactly one set is given.
ALTERNATIVES: dict[Callable[..., Any], tuple[tuple[str, ...], ...]] = {
    RequestToPay: (("execute_on",), ("execute_at", "expires_on"), ("execute_on", "expires_at")),
    Entry: ((), ("booked_on", "value_on"), ("booked_at", "value_on"), ("booked_on", "value_at")),
    Agent: (("member",), ("bic",), ("member", "bic")),
    Account: (("iban",), ("other",)),
    HeldAccount: (("iban",), ("other",)),
    Balance: (("on",), ("at",)),
    Reason: (("code",), ("own",)),
    Party: ((), ("organisation_id",), ("organisation_id", "organisation_scheme")),
    Recall: ((), ("case_id", "case_creator")),
    RecallAnswer: ((), ("case_id", "case_creator")),
}
XML_CHARACTERS = st.characters(
    codec="utf-8",
    exclude_categories=("Cc", "Cs"),
    include_characters="\t\n\r",
    exclude_characters="\ufffe\uffff",
)


def leaf_values(kind: Leaf, characters: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    if isinstance(kind, Text):
        if kind.pattern:
            return st.from_regex(kind.pattern, fullmatch=True).filter(lambda text: len(text) <= kind.longest)
        return st.text(characters, min_size=1, max_size=min(kind.longest, 20))
    by_kind: dict[int, st.SearchStrategy[Any]] = {
        id(AMOUNT): st.integers(0, MAX_PAISA),
        id(TIME): st.integers(leaves.FIRST_TIME, leaves.LAST_TIME),
        id(DAY): st.dates(date(1000, 1, 1)),
        id(FLAG): st.booleans(),
        id(COUNT): st.integers(0, 10**15 - 1),
    }
    return by_kind[id(kind)]


@st.composite
def values_of(draw: st.DrawFn, record: Record, characters: st.SearchStrategy[str]) -> Any:
    """Draw a value of a record from its rows."""
    alternatives = ALTERNATIVES.get(record.shape, ((),))
    chosen = draw(st.sampled_from(alternatives))
    ruled = {field for fields in alternatives for field in fields}
    fields = {}
    for row in record.rows:
        if not row.field or (row.field in ruled and row.field not in chosen):
            continue
        one = (
            values_of(row.kind, characters)
            if isinstance(row.kind, Record)
            else leaf_values(row.kind, characters)
        )
        if row.need == "*":
            fields[row.field] = tuple(draw(st.lists(one, max_size=2)))
        elif row.need == "1" or row.field in chosen or draw(st.booleans()):
            fields[row.field] = draw(one)
    return record.shape(**fields)


def messages(
    codec: Codec[Any], characters: st.SearchStrategy[str] = XML_CHARACTERS
) -> st.SearchStrategy[Any]:
    return values_of(codec.reader.record, characters)


headers = values_of(HEADERS[0].reader.record, XML_CHARACTERS)

EVERY_MESSAGE = pytest.mark.parametrize("codec", MESSAGES.values(), ids=list(MESSAGES))
RANDOM = settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))

NOW = from_rfc3339("2026-11-24T07:42:38.123Z")
A, B = Agent("SBXAPKKA"), Agent("SBXBPKKA")
PAYMENT = CreditTransfer(
    message_id="SBXAPKKA261124120000000001",
    created_at=NOW,
    end_to_end_id="0ffb1f6e2a5b-4c1d-9a3e-1234567890ab",
    amount_paisa=150_050,
    charge_bearer="DEBT",
    debtor=Party(
        "Sana Test", mobile="+92-3001234567", contacts=(Contact("LATD", "33.6"), Contact("LONG", "73.0"))
    ),
    debtor_agent=A,
    creditor_agent=B,
    creditor=Party("Demo Kiryana & Sons", organisation_id="5411", organisation_scheme="MCC"),
    creditor_account=Account("PK33SBXA0000000000000001"),
)


@EVERY_MESSAGE
@RANDOM
@given(st.data())
def test_a_message_is_read_as_it_was_written(codec: Codec[Any], data: st.DataObject) -> None:
    message = data.draw(messages(codec))
    assert name_of(message) == codec.name
    assert read(write(message)) == Envelope(message)


@EVERY_MESSAGE
@RANDOM
@given(st.data())
def test_so_is_one_in_an_envelope(codec: Codec[Any], data: st.DataObject) -> None:
    message, header = data.draw(messages(codec)), data.draw(headers)._replace(message_name=codec.name)
    assert read(write(message, header)) == Envelope(message, header)


def test_the_older_header_is_read_too() -> None:
    header = Header(A, B, "1", "pacs.008.001.08", NOW, "IPS")
    body = write(PAYMENT, header).replace(b"head.001.001.02", b"head.001.001.01")
    assert read(body).header == header


def test_a_payment_looks_as_the_schema_has_it() -> None:
    assert write(PAYMENT).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf>'
        "<GrpHdr><MsgId>SBXAPKKA261124120000000001</MsgId><CreDtTm>2026-11-24T12:42:38.123+05:00</CreDtTm>"
        "<NbOfTxs>1</NbOfTxs><SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr>"
        "<CdtTrfTxInf><PmtId><EndToEndId>0ffb1f6e2a5b-4c1d-9a3e-1234567890ab</EndToEndId></PmtId>"
        '<IntrBkSttlmAmt Ccy="PKR">1500.50</IntrBkSttlmAmt><ChrgBr>DEBT</ChrgBr>'
        "<Dbtr><Nm>Sana Test</Nm><CtctDtls><MobNb>+92-3001234567</MobNb>"
        "<Othr><ChanlTp>LATD</ChanlTp><Id>33.6</Id></Othr><Othr><ChanlTp>LONG</ChanlTp><Id>73.0</Id></Othr>"
        "</CtctDtls></Dbtr>"
        "<DbtrAgt><FinInstnId><ClrSysMmbId><MmbId>SBXAPKKA</MmbId></ClrSysMmbId></FinInstnId></DbtrAgt>"
        "<CdtrAgt><FinInstnId><ClrSysMmbId><MmbId>SBXBPKKA</MmbId></ClrSysMmbId></FinInstnId></CdtrAgt>"
        "<Cdtr><Nm>Demo Kiryana &amp; Sons</Nm><Id><OrgId><Othr><Id>5411</Id><SchmeNm><Prtry>MCC</Prtry></SchmeNm>"
        "</Othr></OrgId></Id></Cdtr><CdtrAcct><Id><IBAN>PK33SBXA0000000000000001</IBAN></Id></CdtrAcct>"
        "</CdtTrfTxInf></FIToFICstmrCdtTrf></Document>"
    )


NAME = "/Document/FIToFICstmrCdtTrf/CdtTrfTxInf/Dbtr/Nm"
TX = "/Document/FIToFICstmrCdtTrf/CdtTrfTxInf/"


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"amount_paisa": -1}, "value", TX + "IntrBkSttlmAmt"),
        ({"amount_paisa": MAX_PAISA + 1}, "value", TX + "IntrBkSttlmAmt"),
        ({"amount_paisa": None}, "missing", TX + "IntrBkSttlmAmt"),
        ({"debtor": None}, "missing", TX + "Dbtr"),
        ({"debtor": Party("")}, "value", NAME),
        ({"debtor": Party("x" * 141)}, "value", NAME),
        ({"debtor": Party("a\0b")}, "value", NAME),
        ({"debtor": Party("a\ud800b")}, "value", NAME),
        ({"debtor": Party("a\uffffb")}, "value", NAME),
        (
            {"debtor": Party("a", contacts=(Contact("A", "1"), Contact("", "2")))},
            "value",
            TX + "Dbtr/CtctDtls/Othr[2]/ChanlTp",
        ),
        ({"debtor": Party("a", organisation_scheme="MCC")}, "choice", TX + "Dbtr"),
        ({"debtor": Party("a", mobile="03001234567")}, "value", TX + "Dbtr/CtctDtls/MobNb"),
        ({"charge_bearer": "NONE"}, "value", TX + "ChrgBr"),
        ({"debtor_agent": Agent()}, "choice", TX + "DbtrAgt"),
        ({"debtor_account": Account("PK33SBXA0000000000000001", "1")}, "choice", TX + "DbtrAcct"),
        ({"created_at": -1}, "value", "/Document/FIToFICstmrCdtTrf/GrpHdr/CreDtTm"),
        ({"created_at": 2**63}, "value", "/Document/FIToFICstmrCdtTrf/GrpHdr/CreDtTm"),
        ({"texts": ("a", "b", "")}, "value", TX + "RmtInf/Ustrd[3]"),
    ],
)
def test_what_would_be_no_valid_message_is_not_written(change: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(MessageError) as refused:
        write(PAYMENT._replace(**change))
    assert (refused.value.code, refused.value.path) == (code, path)


def test_a_notification_carries_no_balances() -> None:
    report = AccountReport(
        "1", HeldAccount("PK33SBXA0000000000000001"), balances=(Balance("OPBD", 1, "CRDT", at=NOW),)
    )
    with pytest.raises(MessageError, match="choice at /Document/BkToCstmrDbtCdtNtfctn/Ntfctn: "):
        write(Notification("1", NOW, report))


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (Entry(1, "CRDT", "BOOK", "R", booked_on=date(2026, 11, 24), booked_at=NOW), "choice"),
        (Entry(1, "CRDT", "BOOK", "R", value_on=date(2026, 11, 24), value_at=NOW), "choice"),
        (Entry(1, "BOTH", "BOOK", "R"), "value"),
    ],
)
def test_an_entry_is_refused_by_its_number(entry: Entry, code: str) -> None:
    good = Entry(1, "CRDT", "BOOK", "R", booked_at=NOW, value_on=date(2026, 11, 24))
    report = AccountReport("1", HeldAccount("PK33SBXA0000000000000001"), entries=(good, entry))
    with pytest.raises(MessageError) as refused:
        write(Statement("1", NOW, report))
    assert refused.value.code == code
    assert refused.value.path.startswith("/Document/BkToCstmrStmt/Stmt/Ntry[2]")


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"execute_at": NOW}, "either execute_on or execute_at is given"),
        ({"execute_on": None}, "either execute_on or execute_at is given"),
        (
            {"expires_on": date(2026, 11, 25), "expires_at": NOW},
            "not both expires_on and expires_at are given",
        ),
    ],
)
def test_a_request_to_pay_has_one_date_of_each_kind(change: dict[str, Any], detail: str) -> None:
    request = RequestToPay(
        "1", NOW, Party("A"), "E", 1, "SLEV", Party("B"), B, A, Party("A"), execute_on=date(2026, 11, 24)
    )
    assert read(write(request)).message == request
    with pytest.raises(MessageError, match=detail):
        write(request._replace(**change))


def test_a_case_is_whole() -> None:
    with pytest.raises(MessageError, match="choice at /Document: a case has an id and a creator"):
        write(Recall("1", NOW, A, B, Reason("DUPL"), case_id="1"))


def test_an_empty_record_is_still_an_element() -> None:
    payment = PAYMENT._replace(payment_type=PaymentType())
    assert b"<PmtTpInf/>" in write(payment)
    assert read(write(payment)).message == payment


def test_a_row_of_an_element_that_no_type_knows_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        Codec("pacs.008.001.08", Header, "", (Row("FIToFICstmrCdtTrf/Nothing", "sender", MAX_35),))
