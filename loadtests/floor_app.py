"""The floor: an endpoint that parses the body of a payment and answers one, and does nothing in between."""

import sys

import uvicorn
from fastapi import FastAPI

from sandbox.payments.models import CreatePayment, PaymentStatus, PaymentView
from sandbox.server import calm_collector

ANSWER = PaymentView(
    id="pay_01M869TA8V0000000G54AC97BB",
    rail="raast",
    status=PaymentStatus.SETTLED,
    reason=None,
    source="acc_01M869T92D000000011P99H8XM",
    destination_iban="PK78SBXB0000000000000002",
    destination_title="Bilal General Store",
    amount_paisa=100,
    title_fetch="tf_01M869TA8V0000000G54AC97BB",
    end_to_end_id="order-1",
    narration=None,
    created_at="2026-11-24T08:12:34.765871Z",
    completed_at="2026-11-24T08:12:34.765871Z",
)

app = FastAPI()


@app.post("/floor", status_code=201)
async def post_floor(_body: CreatePayment) -> PaymentView:
    """Answer as a payment would."""
    return ANSWER


if __name__ == "__main__":
    calm_collector()
    uvicorn.run(app, port=int(sys.argv[1]), http="httptools", log_level="warning", access_log=False)
