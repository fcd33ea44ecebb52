"""The probes, the diagnostics and the metrics."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from src.fault import first_ready

router = APIRouter()


@router.get("/health")
@router.get("/api/v1/health/liveness")
async def liveness(request: Request) -> dict[str, Any]:
    return request.app.state.health.liveness()


@router.get("/api/v1/health/readiness")
async def readiness(request: Request) -> JSONResponse:
    answer = await request.app.state.health.readiness()
    if answer["overall_healthy"]:
        first_ready()
    return JSONResponse(answer, 200 if answer["overall_healthy"] else 503)


@router.get("/api/v1/health/diagnostics")
async def diagnostics(request: Request) -> dict[str, Any]:
    return await request.app.state.health.diagnostics()


@router.get("/version")
async def version(request: Request) -> JSONResponse:
    return JSONResponse({"version": request.app.state.settings.version})


@router.get("/metrics")
async def metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
