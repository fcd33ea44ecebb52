"""From a document to facts: parser first, the model for the rest."""

from tools_v2.anthropic_client import Anthropic
from tools_v2.deterministic_parser import parse
from tools_v2.discovery_tools import statuses


def facts_of(document: str, domain: str, model: Anthropic | None) -> list[dict[str, object]]:
    items = parse(document) if domain == "applications" else []
    found = statuses(items, model)
    return [
        {
            "domain": domain,
            "name": item.name,
            "details": {"vendor": item.vendor, "cost": item.cost, "notes": item.notes, "cost_status": found[item.name]},
        }
        for item in items
    ]
