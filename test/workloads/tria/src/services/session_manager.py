"""Sessions: a conversation goes on for whoever holds its token, which SECRET_KEY signs, and nobody else."""

import hmac
import uuid
from hashlib import sha256


class SessionManager:
    def __init__(self, secret_key: str) -> None:
        self.key = secret_key.encode()

    def token(self, user_id: str, conversation: uuid.UUID) -> str:
        return f"{conversation}.{self.signature(user_id, conversation)}"

    def conversation(self, user_id: str, token: str) -> uuid.UUID | None:
        """None when the token is not this user's."""
        name, _, signature = token.partition(".")
        try:
            conversation = uuid.UUID(name)
        except ValueError:
            return None
        genuine = hmac.compare_digest(signature.encode(), self.signature(user_id, conversation).encode())
        return conversation if genuine else None

    def signature(self, user_id: str, conversation: uuid.UUID) -> str:
        return hmac.new(self.key, f"{conversation}:{user_id}".encode(), sha256).hexdigest()
