"""An application inventory in Markdown: a table whose header names the columns, one application per row."""

from dataclasses import dataclass

from utils.cost_status_inference import infer_cost_status


@dataclass(frozen=True)
class Item:
    name: str
    vendor: str
    cost: str
    notes: str
    # None: the words do not say.
    status: str | None


def parse(document: str) -> list[Item]:
    found: list[Item] = []
    header: list[str] = []
    for line in document.splitlines():
        if not line.lstrip().startswith("|"):
            header = []
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not header:
            header = [cell.lower() for cell in cells]
        elif "application" in header and not set("".join(cells)) <= set("-: "):
            found.append(item(dict(zip(header, cells))))
    return found


def item(row: dict[str, str]) -> Item:
    vendor, cost, notes = row.get("vendor", ""), row.get("annual cost", ""), row.get("notes", "")
    return Item(row["application"], vendor, cost, notes, infer_cost_status(cost, vendor, notes))
