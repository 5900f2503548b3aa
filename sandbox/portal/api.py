"""The web pages: what this is, the guides, and the reference of the API."""

from typing import Any

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)


def describe() -> dict[str, Any]:
    """Return how the API presents itself: title, version, and where its reference lives."""
    return {"title": "Kasauti", "version": "0.1.0", "docs_url": None, "redoc_url": None}


@router.get("/healthz")
async def get_health() -> dict[str, str]:
    """Say that the server answers."""
    return {"status": "ok"}
