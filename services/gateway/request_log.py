"""What the trace of a request keeps of its headers, for those who build against the API and ask what we received.

Only for keys whose entry says `keeps_headers`, and for requests without a known key. Nothing here identifies or admits
anybody: no key, no cookie, no customer.
"""

from services.chassis import KeptHeaders

KEPT_HEADERS = KeptHeaders(
    request={
        "http.request.header.accept": "accept",
        "http.request.header.content-type": "content-type",
        "http.request.header.idempotency-key": "idempotency-key",
        "http.request.header.if-none-match": "if-none-match",
        "user_agent.original": "user-agent",
    },
    answer={
        "http.response.header.content-type": "content-type",
        "http.response.header.etag": "etag",
        "http.response.header.idempotency-replayed": "idempotency-replayed",
        "http.response.header.link": "link",
        "http.response.header.location": "location",
        "http.response.header.ratelimit-remaining": "ratelimit-remaining",
        "http.response.header.retry-after": "retry-after",
        "http.response.header.www-authenticate": "www-authenticate",
    },
)
