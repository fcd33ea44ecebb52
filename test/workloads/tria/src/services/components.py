"""Phase 5: the application's components, in the order of the guide."""

from dataclasses import dataclass

from redis.asyncio import Redis

from src.config import Settings
from src.core.chroma_client import Chroma
from src.core.database import Database
from src.core.openai_client import OpenAI
from src.services.cache import Cache
from src.services.customer_service_agent import CustomerServiceAgent
from src.services.idempotency import Idempotency
from src.services.intent_classifier import IntentClassifier
from src.services.knowledge_base import KnowledgeBase
from src.services.session_manager import SessionManager
from src.services.xero import Xero


@dataclass
class Connections:
    """What phases 2 to 4 opened."""

    settings: Settings
    database: Database
    redis: Redis
    openai: OpenAI
    chroma: Chroma | None


@dataclass
class Components:
    classifier: IntentClassifier
    agent: CustomerServiceAgent
    knowledge: KnowledgeBase
    cache: Cache
    sessions: SessionManager
    xero: Xero | None


def make(made: Connections) -> Components:
    settings = made.settings
    classifier, cache = IntentClassifier(), Cache(made.redis)
    knowledge = KnowledgeBase(made.database, made.openai, made.chroma, cache)
    sessions = SessionManager(settings.secret_key)
    idempotency = Idempotency(made.database, made.redis)
    agent = CustomerServiceAgent(settings, made.database, made.openai, classifier, knowledge, sessions, idempotency)
    xero = None if settings.xero is None else Xero(settings, settings.xero, made.database)
    return Components(classifier, agent, knowledge, cache, sessions, xero)


NAMES = ("intent classifier", "customer service agent", "knowledge base", "cache system", "session manager")


async def prove(components: Components) -> None:
    """Each component does its work once; raises with its name."""
    if components.classifier.classify("order 1 x A-1").name != "order":
        raise RuntimeError("intent classifier: does not know an order")
    if not await components.knowledge.products():
        raise RuntimeError("knowledge base: has no products")
    if not await components.cache.put("test", [1]) or await components.cache.get("test") != [1]:
        raise RuntimeError("cache system: does not keep what it is given")
