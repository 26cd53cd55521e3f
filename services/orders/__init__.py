"""Orders: products, customers, orders, payments and refunds of Beanline.

`models` are the tables, `migrations` how they came to be, `seed` fills them; `database` owns the connections.
`checkout` places an order and pays it, by `payment` (the partner's API, v1 and v2) at once or by `outbox` later.
"""
