"""What a user wants. By rules: money never hangs on a model's mood, and the same message is the same order."""

import re
from dataclasses import dataclass

ORDER = re.compile(r"^\s*(please\s+)?(i\s+want\s+to\s+)?(order|buy)\b", re.IGNORECASE)
LINE = re.compile(r"(\d{1,9})\s*(?:x|×|\*|pcs\s+of|of)?\s*([A-Z][A-Z0-9]*-[A-Z0-9]+)", re.IGNORECASE)
QUESTION = re.compile(r"\?|\b(price|cost|how|what|which|catalog|product)", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    sku: str
    quantity: int


@dataclass(frozen=True)
class Intent:
    name: str
    lines: tuple[Wanted, ...] = ()


class IntentClassifier:
    def classify(self, message: str) -> Intent:
        if ORDER.search(message):
            return Intent("order", tuple(Wanted(sku.upper(), int(count)) for count, sku in LINE.findall(message)))
        if QUESTION.search(message):
            return Intent("question")
        return Intent("conversation")
