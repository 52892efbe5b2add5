"""The API's application and its OpenAPI document."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Security
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.desk.api import further, items, posts
from bot.desk.api.acting import Api
from bot.desk.api.gate import DOCUMENT, Gate, problem, refusal
from bot.desk.web.parts import DeskParts
from bot.desk.web.refusal import RefusalError

ABOUT = (
    "What moderators do at the desk, for programs. Bring a token of a person (`technopolys people token`, or"
    " My account): it may do what its scope says, and never more than its person. Every answer that is no"
    " success is a problem as RFC 9457 has it."
)
_PROBLEMS: dict[int | str, dict[str, object]] = {
    status: {"description": what, "content": {"application/problem+json": {}}}
    for status, what in {
        400: "No JSON that we take",
        401: "No token, or one that opens nothing",
        403: "The token's scope or its person's role does not reach so far",
        404: "There is no such thing",
        409: "It has changed since, or cannot be done in its state",
        413: "Too large",
        415: "Not application/json",
        422: "Something in it cannot be",
        429: "Too often; Retry-After says when",
        503: "The database is busy",
    }.items()
}


def create_api(parts: DeskParts) -> Gate:
    """Return the API behind its gate. Nothing is opened or started here."""
    app = FastAPI(
        title="technopolys-bot",
        description=ABOUT,
        version=parts.version or "0",
        openapi_url=DOCUMENT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    bearer = HTTPBearer(auto_error=False, description="tpb_...")
    under = APIRouter(prefix="/api/v1", dependencies=[Security(bearer)], responses=_PROBLEMS)
    api = Api(parts)
    for pages in (items, posts, further):
        under.include_router(pages.router(api))
    app.include_router(under)
    app.add_exception_handler(RefusalError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _nothing_here)
    return Gate(app, parts)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusalError)  # noqa: S101  registered for it alone
    return refusal(error)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for it alone
    said = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()[:5]]
    return problem(422, "; ".join(said))


async def _nothing_here(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(getattr(error, "headers", None) or {})
    lines = {404: "there is nothing at this address", 405: "this address takes no such request"}
    return problem(status, lines.get(status, "this cannot be done"), headers)
