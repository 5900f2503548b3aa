"""Routes of accounts, statements and the trial balance."""

from functools import partial

from fastapi import APIRouter, Request, Response

from sandbox.accounts import queries
from sandbox.accounts.models import AccountView, OpenAccount, StatementLineView, TrialBalanceView
from sandbox.accounts.service import open_account
from sandbox.commands import PROBLEMS, Cursor, Limit, Page, command, query, takes
from sandbox.limits.models import AccountLimitsView
from sandbox.routing import DirectRoute

router = APIRouter(route_class=DirectRoute, prefix="/v1", tags=["Accounts"], responses=PROBLEMS)


@router.get("/accounts", response_model=Page[AccountView], summary="List accounts")
async def get_accounts(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """In the order in which they were opened; a fresh sandbox has eleven."""
    return await query(request, partial(queries.list_accounts, limit=limit, cursor=cursor))


@router.post(
    "/accounts",
    status_code=201,
    response_model=AccountView,
    summary="Open an account",
    openapi_extra=takes(
        OpenAccount, savings={"institution": "SBXA", "holder": "Imran Yousaf", "balance_paisa": 1_000_000}
    ),
)
async def post_account(request: Request) -> Response:
    """Opens an account for an invented holder and pays in its opening balance."""
    return await command(request, OpenAccount, open_account)


@router.get("/accounts/{account_id}", response_model=AccountView, summary="Show an account")
async def get_account(request: Request, account_id: str) -> Response:
    """With its balance at this moment."""
    return await query(request, partial(queries.get_account, account_id=account_id))


@router.get(
    "/accounts/{account_id}/limits", response_model=AccountLimitsView, summary="Show an account's limits"
)
async def get_limits(request: Request, account_id: str) -> Response:
    """Those of its tier that are in force now: how much of each is used and left, and when it resets."""
    return await query(request, partial(queries.get_limits, account_id=account_id))


@router.get(
    "/accounts/{account_id}/statement",
    response_model=Page[StatementLineView],
    summary="List an account's postings",
)
async def get_statement(
    request: Request, account_id: str, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """The oldest first, each with the balance right after it."""
    return await query(request, partial(queries.statement, account_id=account_id, limit=limit, cursor=cursor))


@router.get(
    "/ledger/trial-balance",
    response_model=TrialBalanceView,
    tags=["Ledger"],
    summary="Add up the whole ledger",
)
async def get_trial_balance(request: Request) -> Response:
    """Debits and credits over all accounts of the sandbox, posted and pending."""
    return await query(request, queries.trial_balance)
