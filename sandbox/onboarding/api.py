"""The route of sign-up, the only one that makes something without a key."""

from fastapi import APIRouter, Request, Response

from sandbox.commands import PROBLEMS, services, takes
from sandbox.http import body_of, read_body
from sandbox.onboarding.models import SignedUpView, SignUp
from sandbox.onboarding.service import sign_up
from sandbox.routing import DirectRoute

router = APIRouter(route_class=DirectRoute, prefix="/v1", tags=["Sign-up"], responses=PROBLEMS)


@router.post(
    "/signup",
    status_code=201,
    response_model=SignedUpView,
    summary="Sign up",
    openapi_extra=takes(SignUp, startup={"name": "Chai Pay", "email": "dev@chaipay.example"}),
)
async def post_signup(request: Request) -> Response:
    """Makes a participant, its first sandbox with seeded accounts, and a secret key."""
    asked = read_body(SignUp, await body_of(request) or b"{}")
    view = await services(request.app).executor.write(sign_up, asked)
    headers = {"Kasauti-Sandbox": view.sandbox.id, "Cache-Control": "no-store"}
    return Response(view.model_dump_json(), 201, headers, media_type="application/json")
