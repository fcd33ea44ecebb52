"""What a cost status is, and how it follows from what a document says. The one place for both (guide 004, "Troubleshooting")."""

import re

# Those of check_cost_status_values.
VALID = ("known", "unknown", "internal_no_cost", "estimated")

AMOUNT = re.compile(r"^[~≈]?\s*[$€£]?\s*\d[\d,.]*\s*([kKmM]|USD|EUR|GBP)?\s*(/\s*(yr|year|mo|month))?$")
INTERNAL = re.compile(r"\b(in-house|internal|internally built|open[- ]source)\b", re.IGNORECASE)
SILENT = ("", "-", "n/a", "tbd", "unknown", "?")


def infer_cost_status(cost: str, vendor: str = "", notes: str = "") -> str | None:
    """None where the words alone do not say it: the model is asked then."""
    said = cost.strip()
    if AMOUNT.match(said):
        return "estimated" if said[0] in "~≈" else "known"
    if INTERNAL.search(vendor) or INTERNAL.search(said):
        return "internal_no_cost"
    if said.lower() in SILENT:
        return "unknown" if not notes.strip() else None
    return None


def valid(status: object) -> str | None:
    return status if isinstance(status, str) and status in VALID else None


def quality(statuses: list[str | None]) -> dict[str, object]:
    """Guide 004, "API Verification"."""
    by_status = {status: statuses.count(status) for status in ("known", "estimated", "internal_no_cost", "unknown")}
    with_cost = len(statuses) - by_status["unknown"] - statuses.count(None)
    return {
        "total_items": len(statuses),
        "items_with_cost": with_cost,
        "percentage": round(100 * with_cost / len(statuses), 1) if statuses else 0.0,
        "by_status": {status: count for status, count in by_status.items() if count > 0},
    }
