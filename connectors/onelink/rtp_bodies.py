"""The JSON bodies of the merchant gateway, as two public integrations send them.

Where the two disagree both are taken: `merchantID` and `merchantId`; an aggregator's `paymentDetails` and
`info` of a QR code on top or within `payerDetails`; amounts and types as numbers or as text.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, StringConstraints

from connectors.identifiers.mobile import parse_mobile
from connectors.onelink.body import (
    Body,
    Iban,
    Moment,
    Paisa,
    Rrn,
    Rupees,
    Stan,
    Text8,
    Text35,
    Text70,
    Text140,
    as_text,
)

MerchantId = Annotated[Text35, Field(validation_alias=AliasChoices("merchantID", "merchantId"))]
Member = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,24}$")]
Mobile = Annotated[str, AfterValidator(parse_mobile)]
TransactionType = Annotated[str, BeforeValidator(as_text), StringConstraints(pattern=r"^[0-9A-Za-z]{1,10}$")]


class Info(Body):
    """The numbers of a call."""

    stan: Stan
    rrn: Rrn | None = None


class CustomerDetails(Body):
    """The payer's account and bank."""

    memberid: Member
    iban: Iban


class TitleFetchBody(Body):
    """`/preRTPTitleFetch...`: ask whose account this is."""

    customer: Annotated[CustomerDetails, Field(validation_alias="customerDetails")]
    info: Info


class Alias(Body):
    """A Raast id. The integrations use mobile numbers only."""

    type: Literal["MOBILE"]
    value: Mobile


class AliasInquiryBody(Body):
    """`/preRTPAliasInquiry...`: ask whose alias this is."""

    alias: Alias
    info: Info


class PostalAddress(Body):
    """Where the merchant is; `subDept` is the terminal."""

    townName: Text35
    addressLine: Text70
    subDept: Text70


class MerchantDetails(Body):
    """Who asks. An aggregator sends the id and the terminal only."""

    merchant_id: MerchantId
    dbaName: Text140 | None = None
    merchantName: Text140 | None = None
    iban: Iban | None = None
    bankBic: Member | None = None
    merchantCategoryCode: Text35 | None = None
    postalAddress: PostalAddress | None = None
    subDept: Text70 | None = None

    @property
    def terminal(self) -> str:
        """The terminal, "" when none is told."""
        if self.subDept is not None:
            return self.subDept
        return "" if self.postalAddress is None else self.postalAddress.subDept


class RtpPayment(Body):
    """What is asked for, in rupees."""

    amount_paisa: Annotated[Rupees, Field(validation_alias="instructedAmount")]
    rtp_id: Annotated[Text70, Field(validation_alias="rtpId")]
    bill_no: Annotated[Text35 | None, Field(validation_alias="billNo")] = None
    expires: Annotated[Moment | None, Field(validation_alias="expiryDateTime")] = None
    executes: Annotated[Moment | None, Field(validation_alias="executionDateTime")] = None
    transaction_type: Annotated[TransactionType | None, Field(validation_alias="transactionType")] = None


class RtpBody(Body):
    """`/rtpNow...` and `/rtpLater...`: ask a payer for money."""

    merchant: Annotated[MerchantDetails, Field(validation_alias="merchantDetails")]
    payment: Annotated[RtpPayment, Field(validation_alias="paymentDetails")]
    info: Info


class QueryInfo(Body):
    """Which request to pay is meant."""

    stan: Stan
    rtp_id: Annotated[Text70, Field(validation_alias="rtpId")]
    merchant_id: MerchantId
    subDept: Text8 | None = None


class QueryBody(Body):
    """`/statusInquiry` and `/rtpCancellation`."""

    info: QueryInfo


class QrPayment(Body):
    """What the code asks for, in paisa."""

    amount_paisa: Annotated[Paisa, Field(validation_alias="instructedAmount")]
    expires: Annotated[Moment | None, Field(validation_alias="expiryDateTime")] = None
    executes: Annotated[Moment | None, Field(validation_alias="executionDateTime")] = None
    transaction_type: Annotated[TransactionType | None, Field(validation_alias="transactionType")] = None


class QrPayer(Body):
    """Where an aggregator puts the payment."""

    payment: Annotated[QrPayment | None, Field(validation_alias="paymentDetails")] = None
    info: Info | None = None


class QrBody(Body):
    """`/generateDQRC...`: make a dynamic QR code."""

    merchant: Annotated[MerchantDetails, Field(validation_alias="merchantDetails")]
    payer: Annotated[QrPayer, Field(validation_alias="payerDetails")] = QrPayer()
    payment: Annotated[QrPayment | None, Field(validation_alias="paymentDetails")] = None
    info: Info | None = None
