"""1LINK's REST gateway for payments to merchants: pre-RTP, request to pay, and dynamic QR codes.

Headers and bodies in, typed orders out; facts in, bodies out. The paths, field names and lengths are those of
two public integrations (documented, third-party). A request to pay counts rupees (weak: one integration
sends it so), a QR code counts paisa (documented).
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal, NamedTuple

from connectors.contract import Declined, Reason
from connectors.onelink.body import GatewayError, Trace, parse_body
from connectors.onelink.codes import FIELD_39
from connectors.onelink.rtp_bodies import (
    AliasInquiryBody,
    Info,
    MerchantDetails,
    QrBody,
    QueryBody,
    RtpBody,
    TitleFetchBody,
)
from connectors.rtp import STATUSES, Mode
from ledger.clock import MAX_TIME, Micros

Caller = Literal["anyone", "merchant", "aggregator"]
"""Who a path is for: the suffix of its name."""

NOT_QUOTED = "0193"
BAD_DATE = "0118"

_CORRELATION = re.compile(r"[0-9A-Za-z-]{1,40}")
_BEARER = re.compile(r"Bearer [!-~]+", re.IGNORECASE)


class PreRtp(NamedTuple):
    """Ask whose account or alias this is, and for an `rtpId` to quote later.

    Either `iban` and `member` (the payer's bank as the caller names it) are set, or `mobile` (E.164) is.
    """

    caller: Caller
    trace: Trace
    iban: str = ""
    member: str = ""
    mobile: str = ""


class RtpOrder(NamedTuple):
    """Ask a payer for money. `expires` None means the default of the mode, `executes` None at once."""

    caller: Caller
    mode: Mode
    trace: Trace
    rtp_id: str
    merchant: MerchantDetails
    amount_paisa: int
    bill_no: str
    expires: Micros | None
    executes: Micros | None


class RtpQuery(NamedTuple):
    """Ask what became of a request to pay, or take it back."""

    what: Literal["status", "cancel"]
    trace: Trace
    rtp_id: str
    merchant_id: str


class QrOrder(NamedTuple):
    """Ask for a dynamic QR code."""

    caller: Caller
    trace: Trace
    merchant: MerchantDetails
    amount_paisa: int
    transaction_type: str
    expires: Micros | None
    executes: Micros | None


Order = PreRtp | RtpOrder | RtpQuery | QrOrder


# --- what comes in -----------------------------------------------------------------------------


def check_headers(headers: Mapping[str, str], client_id: str) -> str | None:
    """Check the headers of a call whose token belongs to `client_id`; return its correlation id, if it has one.

    Raises `GatewayError`. The correlation id is optional: of two integrations one sends it (weak).
    """
    found = {name.lower(): value for name, value in headers.items()}
    if not _BEARER.fullmatch(found.get("authorization", "")):
        raise GatewayError("unauthorised", "Authorization", "send the token: Bearer and a space before it")
    if "x-ibm-client-id" not in found:
        raise GatewayError("unauthorised", "X-IBM-Client-Id", "send your client id")
    if found["x-ibm-client-id"] != client_id:
        raise GatewayError("unauthorised", "X-IBM-Client-Id", "the token belongs to another client id")
    correlation = found.get("x-correlation-id")
    if correlation is not None and not _CORRELATION.fullmatch(correlation):
        raise GatewayError(
            "malformed", "X-Correlation-Id", "1 to 40 letters, digits and dashes, as a UUID has"
        )
    return correlation


def _title_fetch(caller: Caller, data: bytes) -> PreRtp:
    body = parse_body(TitleFetchBody, data)
    return PreRtp(caller, _trace(body.info), iban=body.customer.iban, member=body.customer.memberid)


def _alias_inquiry(caller: Caller, data: bytes) -> PreRtp:
    body = parse_body(AliasInquiryBody, data)
    return PreRtp(caller, _trace(body.info), mobile=body.alias.value)


def _rtp(caller: Caller, mode: Mode, data: bytes) -> RtpOrder:
    body = parse_body(RtpBody, data)
    payment = body.payment
    if caller == "aggregator" and mode == "later" and payment.transaction_type is None:
        raise GatewayError(
            "malformed", "paymentDetails.transactionType", "an aggregator's later request needs it"
        )
    return RtpOrder(
        caller,
        mode,
        _trace(body.info),
        payment.rtp_id,
        body.merchant,
        payment.amount_paisa,
        payment.bill_no or "",
        payment.expires,
        payment.executes,
    )


def _query(what: Literal["status", "cancel"], data: bytes) -> RtpQuery:
    info = parse_body(QueryBody, data).info
    return RtpQuery(what, Trace(info.stan), info.rtp_id, info.merchant_id)


def _qr(caller: Caller, data: bytes) -> QrOrder:
    body = parse_body(QrBody, data)
    payment, info = body.payment or body.payer.payment, body.info or body.payer.info
    if payment is None:
        raise GatewayError("malformed", "paymentDetails", "Field required")
    if info is None:
        raise GatewayError("malformed", "info", "Field required")
    return QrOrder(
        caller,
        _trace(info),
        body.merchant,
        payment.amount_paisa,
        payment.transaction_type or "",
        payment.expires,
        payment.executes,
    )


def _trace(info: Info) -> Trace:
    return Trace(info.stan, info.rrn or "")


ENDPOINTS: dict[str, Callable[[bytes], Order]] = {
    "/preRTPTitleFetch": partial(_title_fetch, "anyone"),
    "/preRTPTitleFetchMerchant": partial(_title_fetch, "merchant"),
    "/preRTPTitleFetchAggregator": partial(_title_fetch, "aggregator"),
    "/preRTPAliasInquiry": partial(_alias_inquiry, "anyone"),
    "/preRTPAliasInquiryMerchant": partial(_alias_inquiry, "merchant"),
    "/preRTPAliasInquiryAggregator": partial(_alias_inquiry, "aggregator"),
    "/rtpNowMerchant": partial(_rtp, "merchant", "now"),
    "/rtpNowAggregator": partial(_rtp, "aggregator", "now"),
    "/rtpLaterMerchant": partial(_rtp, "merchant", "later"),
    "/rtpLaterAggregator": partial(_rtp, "aggregator", "later"),
    "/statusInquiry": partial(_query, "status"),
    "/rtpCancellation": partial(_query, "cancel"),
    "/generateDQRCMerchant": partial(_qr, "merchant"),
    "/generateDQRCAggregator": partial(_qr, "aggregator"),
}
"""Each path and what reads its body; a reader raises `GatewayError`."""


def check_order(order: RtpOrder | QrOrder, now: Micros, *, quoted: bool = True) -> Declined | None:
    """Check what the order says about itself; `quoted` tells whether a pre-RTP call gave its `rtpId`, unused yet.

    None when it may go on. The order of the checks is ours.
    """
    if not quoted:
        return Declined(NOT_QUOTED)
    ends = order.expires if order.expires is not None else MAX_TIME
    begins = order.executes if order.executes is not None else now
    return Declined(BAD_DATE) if ends <= now or ends <= begins else None


# --- what goes out -----------------------------------------------------------------------------


def approved(**facts: str) -> dict[str, str]:
    """Answer that it was done; `facts` are further fields under the gateway's own names."""
    return {"responseCode": "00", "responseDescription": "Success", **facts}


def refused(reason: Reason) -> dict[str, str]:
    """Answer that it was not, or that nobody knows yet: the rail's reason as two digits (weak: only 00 is public)."""
    return {
        "responseCode": FIELD_39.get(reason.code, reason.code),
        "responseDescription": reason.meaning,
    }


def rejected(error: GatewayError) -> dict[str, str]:
    """Answer a call that was not understood, or, as API Connect does (from memory), one without its keys."""
    if error.kind == "unauthorised":
        return {"httpCode": "401", "httpMessage": "Unauthorized", "moreInformation": str(error)}
    return {"responseCode": "30", "responseDescription": str(error)}


def title_answer(*, title: str, iban: str, imd: str, rtp_id: str, raast_id: str = "") -> dict[str, str]:
    """Answer a pre-RTP call. Two integrations read the account by different names: it goes out under both."""
    alias = {"raastId": raast_id} if raast_id else {}
    return approved(
        title=title, accountTitle=title, iban=iban, accountNumber=iban, bankIMD=imd, rtpId=rtp_id, **alias
    )


def status_answer(rtp_id: str, status: str) -> dict[str, str]:
    """Answer an inquiry or a cancellation with the status that the request to pay has now."""
    return approved(rtpId=rtp_id, rtpStatus=status, rtpStatusDescription=STATUSES[status].meaning)


def qr_answer(png: bytes, text: str) -> dict[str, str]:
    """Answer with the code, as a picture in Base64 and as its text."""
    return approved(qrCode=b64encode(png).decode("ascii"), qrData=text)
