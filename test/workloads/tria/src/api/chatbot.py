"""POST /api/chatbot."""

import logging
from typing import Annotated

import psycopg
from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from redis.exceptions import RedisError

from src.core import metrics
from src.core.openai_client import OpenAIError
from src.services.customer_service_agent import Message, SessionRefused
from src.services.idempotency import KeyReused, StillRunning
from src.services.orders import OrderRefused

router = APIRouter()
log = logging.getLogger("uvicorn.error")


class ChatRequest(BaseModel):
    message: Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00]+$")]
    user_id: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
    session: Annotated[str | None, Field(max_length=200)] = None


Key = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{1,200}$")]


@router.post("/api/chatbot")
async def chatbot(request: Request, body: ChatRequest, key: Key) -> JSONResponse:
    message = Message(body.user_id, body.message, body.session, key)
    version = request.app.state.settings.version

    def refused(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
        metrics.chatbot_answers.labels("refused").inc()
        return JSONResponse({"detail": detail, "version": version}, status, headers)

    try:
        answer, replayed = await request.app.state.components.agent.answer(message)
    except OrderRefused as error:
        return refused(422, f"order refused: {error}")
    except SessionRefused:
        return refused(403, "this session is not yours")
    except KeyReused:
        return refused(422, "this Idempotency-Key was used for another request")
    except StillRunning:
        return refused(409, "the first request with this Idempotency-Key is still running", {"Retry-After": "5"})
    except OpenAIError as error:
        log.warning("openai: %s", error)
        return refused(503, "the assistant is away", {"Retry-After": "5"})
    except (psycopg.OperationalError, RedisError) as error:
        log.warning("store: %s", type(error).__name__)
        return refused(503, "the service is away", {"Retry-After": "5"})
    return JSONResponse(answer, headers={"Idempotent-Replayed": "true"} if replayed else None)
