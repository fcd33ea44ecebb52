"""What the code needs of the database, as queries that return nothing. Newer revisions that only add pass; no revision is named."""

TABLES = {
    "products": "id, sku, name, description, unit_price, active",
    "customers": "id, user_id, name, notes",
    "orders": "id, customer_id, subtotal, tax, total, xero_invoice_id",
    "order_items": "order_id, line, product_id, quantity, unit_price",
    "conversations": "id, customer_id, started_at",
    "messages": "id, conversation_id, role, content",
    "idempotency_keys": "user_id, key, request_hash, response",
    "xero_tokens": "tenant_id, given_hash, refresh_token, updated_at",
}
ADDED = {"messages": "intent", "customers": "last_seen_at"}  # by 0002_intent


def checks(uses_intent: bool) -> list[str]:
    more = {table: f", {column}" for table, column in ADDED.items()} if uses_intent else {}
    return [f"SELECT {columns}{more.get(table, '')} FROM {table} LIMIT 0" for table, columns in TABLES.items()]
