"""What the parser could not tell, the model is asked, all at once."""

import json

from tools_v2.anthropic_client import Anthropic, AnthropicError
from tools_v2.deterministic_parser import Item
from utils.cost_status_inference import infer_cost_status, valid

SYSTEM = (
    "You read an inventory of applications for IT due diligence. For each item answer whether its cost is known, estimated, "
    "internal_no_cost (nobody is paid for it) or unknown. Answer with one JSON object: the item's name as key, the status as value."
)


def statuses(items: list[Item], model: Anthropic | None) -> dict[str, str]:
    """By name. Without an answer that can be used, an item is `unknown`: somebody must ask the seller."""
    open_ones = [item for item in items if item.status is None]
    answers = ask(open_ones, model) if open_ones and model is not None else {}
    return {item.name: item.status or valid(answers.get(item.name)) or infer_cost_status(item.cost) or "unknown" for item in items}


def ask(items: list[Item], model: Anthropic) -> dict[str, object]:
    said = [{"name": item.name, "vendor": item.vendor, "cost": item.cost, "notes": item.notes} for item in items]
    try:
        answer = json.loads(model.message(SYSTEM, json.dumps(said, ensure_ascii=False)))
    except (AnthropicError, ValueError) as error:
        print(f"discovery: {error}: {len(items)} items stay unknown", flush=True)
        return {}
    return answer if isinstance(answer, dict) else {}
