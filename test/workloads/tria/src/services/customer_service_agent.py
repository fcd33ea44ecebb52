"""The customer service agent: understands, looks up, asks the model for words, writes everything of one message in one transaction."""

import uuid
from dataclasses import dataclass
from typing import Any

from src.config import Settings
from src.core import metrics
from src.core.database import Database, Session
from src.core.openai_client import OpenAI
from src.services import orders
from src.services.idempotency import Idempotency, request_hash
from src.services.intent_classifier import Intent, IntentClassifier
from src.services.knowledge_base import KnowledgeBase
from src.services.session_manager import SessionManager

HISTORY = 10
SYSTEM = (
    "You are the customer service agent of a supplier of food packaging. Answer briefly and only about its products and orders.\n"
    "Intent: {intent}\nProducts:\n{products}"
)


class SessionRefused(Exception):
    """The session token is not this user's."""


class _Lost(Exception):
    """Another request with the same key was first: undoes the transaction."""


@dataclass(frozen=True)
class Message:
    user_id: str
    text: str
    session: str | None
    key: str

    def hash(self) -> str:
        return request_hash({"message": self.text, "user_id": self.user_id, "session": self.session})


class CustomerServiceAgent:
    def __init__(
        self,
        settings: Settings,
        database: Database,
        openai: OpenAI,
        classifier: IntentClassifier,
        knowledge: KnowledgeBase,
        sessions: SessionManager,
        idempotency: Idempotency,
    ) -> None:
        self.settings, self.database, self.openai = settings, database, openai
        self.classifier, self.knowledge, self.sessions, self.idempotency = classifier, knowledge, sessions, idempotency

    async def answer(self, message: Message) -> tuple[dict[str, Any], bool]:
        """The answer, and whether it is that of an earlier request with the same key."""
        async with self.idempotency.alone(message.user_id, message.key):
            earlier = await self.idempotency.earlier(message.user_id, message.key, message.hash())
            if earlier is not None:
                metrics.chatbot_answers.labels("replayed").inc()
                return earlier, True
            return await self.work(message)

    async def work(self, message: Message) -> tuple[dict[str, Any], bool]:
        conversation = self.conversation_of(message)
        intent = self.classifier.classify(message.text)
        if intent.name == "order":
            async with self.database.work() as session:  # refused before the model is asked
                await orders.prepare(self.settings, session, intent.lines)
        # Outside the transaction: a connection is not held while the model thinks.
        reply = await self.words(message, conversation, intent)
        try:
            async with self.database.transaction() as session:
                response = await self.write(session, message, conversation, intent, reply)
                if not await self.idempotency.remember(session, message.user_id, message.key, message.hash(), response):
                    raise _Lost
        except _Lost:
            earlier = await self.idempotency.earlier(message.user_id, message.key, message.hash())
            if earlier is None:
                raise RuntimeError("the earlier answer went at the same moment") from None
            metrics.chatbot_answers.labels("replayed").inc()
            return earlier, True
        metrics.chatbot_answers.labels("new").inc()
        if intent.name == "order":
            metrics.orders.inc()
        return response, False

    def conversation_of(self, message: Message) -> uuid.UUID | None:
        if message.session is None:
            return None
        conversation = self.sessions.conversation(message.user_id, message.session)
        if conversation is None:
            raise SessionRefused
        return conversation

    async def words(self, message: Message, conversation: uuid.UUID | None, intent: Intent) -> str:
        products, _ = await self.knowledge.find(message.text)
        listed = "\n".join(f"{each['sku']}: {each['name']}, {each['unit_price']}" for each in products)
        history = []
        if conversation is not None:
            rows = await self.database.rows(
                "SELECT role, content FROM messages WHERE conversation_id = %s ORDER BY id DESC LIMIT %s", [conversation, HISTORY]
            )
            history = [{"role": row["role"], "content": row["content"]} for row in reversed(rows)]
        system = SYSTEM.format(intent=intent.name, products=listed)
        return await self.openai.reply(system, [*history, {"role": "user", "content": message.text}])

    async def write(
        self, session: Session, message: Message, conversation: uuid.UUID | None, intent: Intent, reply: str
    ) -> dict[str, Any]:
        customer = await self.customer(session, message.user_id)
        if conversation is None:
            [row] = await session.rows("INSERT INTO conversations (customer_id) VALUES (%s) RETURNING id", [customer])
            conversation = row["id"]
        for role, content in (("user", message.text), ("assistant", reply)):
            await self.message(session, conversation, role, content, intent.name)
        order = None
        if intent.name == "order":
            order = await orders.place(session, customer, await orders.prepare(self.settings, session, intent.lines))
        return {
            "reply": reply,
            "intent": intent.name,
            "conversation_id": str(conversation),
            "session": self.sessions.token(message.user_id, conversation),
            "order": order,
            "version": self.settings.version,
        }

    async def customer(self, session: Session, user_id: str) -> int:
        seen = ", last_seen_at = now()" if self.settings.uses_intent else ""
        [row] = await session.rows(
            "INSERT INTO customers (user_id) VALUES (%s)"
            f" ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id{seen} RETURNING id",
            [user_id],
        )
        return row["id"]

    async def message(self, session: Session, conversation: uuid.UUID, role: str, content: str, intent: str) -> None:
        if self.settings.uses_intent:
            await session.rows(
                "INSERT INTO messages (conversation_id, role, content, intent) VALUES (%s, %s, %s, %s)",
                [conversation, role, content, intent],
            )
        else:
            await session.rows(
                "INSERT INTO messages (conversation_id, role, content) VALUES (%s, %s, %s)", [conversation, role, content]
            )
