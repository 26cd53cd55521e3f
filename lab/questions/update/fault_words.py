"""The words of what an update must not do: unproven causes, blame, jargon."""

from lab.questions.update.words import any_of

SUSPECT = any_of(r"""
    releases?|deploy\w*|rollouts?|versions?|bugs?|code|config\w*|misconfig\w*|databases?|db|servers?|networks?|
    providers?|partners?|suppliers?|vendors?|(?:third|3rd)[- ]part(?:y|ies)|processors?|psp|banks?|campaigns?|
    marketing|traffic|load|demand|quotas?|limits?|limiters?|limiting|throttling|keys?|certificates?|migrations?|
    index(?:es)?|quer(?:y|ies)|caches?|memory|disks?|cpu|retr(?:y|ies)|timeouts?|pools?|queues?|gateways?|
    paylane|services?|cloud|hosting|dns|firewalls?|attacks?|bots?|human error|contracts?|changes?|systems?|api|upstream|
    downstream|capacity|overload\w*|developers
""")
BECAUSE = any_of(r"""
    because|due to|caused by|owing to|as a result of|result of|triggered by|thanks to|stems? from|comes? from|
    coming from|(?:is|was|all) down to|traced (?:back )?to|blamed on|on account of|reason (?:is|was|
    for this is)|brought about by|(?:rejected|refused|declined|blocked|limited|throttled|slowed(?: down)?|
    overwhelmed|hit) by
""")
WE_BROKE_IT = r"\bwe (?:have )?(?:exceed\w*|overload\w*|overwhelm\w*|are over|went over|ran (?:into|out of|over))\b"
THEREFORE = any_of(r"that is why|that's why|which is why|therefore|hence|as a consequence|consequently")
THE_CAUSE = r"\b(?:root cause|cause|culprit|reason)\b(?:\s+\w+){0,4}?\s*(?:\bis\b|\bwas\b|\bare\b|:)\s*"
GUILTY = (
    r"\b(?:(?:is|are|was|were|has|have|keeps?|has been|have been|is being)\s+"
    r"(?:\w+ly\s+|simply\s+|again\s+|far\s+)*"
    r"(?:down|slow|slower|broken|overloaded|overwhelmed|refusing|throttling|rejecting|limiting|rate[- ]limiting|"
    r"crash\w*|"
    r"unresponsive|misbehaving|exhausted|full|saturated|out of \w+|too \w+|timing out|at fault|responsible|unavailable|"
    r"declining|blocking|struggling|experiencing \w+|suffering \w+|brought|broken|caused|taken|hit|killed|died|"
    r"corrupt\w*|slowed|stopped|blocked|led to|"
    r"(?:an?\s+|some\s+|having\s+)?(?:\w+\s+)?(?:problems?|issues?|outages?|troubles?|bugs?|failures?|incidents?))|"
    r"caused|causes|broke|breaks|brought|took|killed|overwhelmed|crashed|overloads?|refuses|rejects|throttles|"
    r"limits us|blocks|went down|fell over|ran out|cannot cope|cannot keep up)\b"
)
MAYBE = any_of(r"""
    may|might|could|possibl[ey]|perhaps|maybe|suspect\w*|suspicion|likely|probabl[ey]|appears?|seems?|
    looks? like|think|believe|assum\w+|hypothes\w+|presum\w+|apparently|unconfirmed|unknown|unclear|unproven|
    not (?:yet )?(?:been )?(?:known|confirm\w*|clear|sure|certain|prov\w+|establish\w*)|do not know|don't know|
    to be confirmed|no proof|have(?:n't| not) (?:yet )?confirm\w*
""")
ASKING = any_of(r"""
    whether|if|check(?:s|ed|ing)?(?! out)|investigat\w+|look(?:ing)? (?:at|into|for)|find\w* out|rul\w+ out|
    compar\w+|verify\w*|confirm\w*|explanations?|candidates?|analys\w+|examin\w+|test\w*|why|where|who
""")
NOT_SAID = r"(?:being|still|not|under|what|where|yet|open|to be|unknown|unclear)\b"
BLAME = any_of(r"""
    (?:their|his|her|your|whose|\w+'s|team'?s?'?) (?:fault|mistake|negligence|carelessness)|at fault|to blame|
    blames?|blaming|mess(?:ed)? up|screw\w* up|botched|incompeten\w+|careless\w*|sloppy|stupid\w*|idiot\w*|lazy|
    negligen\w+|useless|clueless|amateur\w*|should(?:n't| not)? have|ought to have|forgot|lets? us down|
    letting us down|broke (?:it|everything|the \w+)|did not bother|didn't bother|human error|once again our|
    as always|unacceptable|shame\w*|typical\w*|guys broke|failed us|ashamed|told you so|never \w+ anything|
    whoever (?:did|deployed|wrote|broke)|(?:did|does) not test
""")
NOBODY = r"\b(?:nobody|no one|not|nobody's|no one's)\b[^.,;]*$"
_STATUS = r"(?:400|401|403|404|408|409|422|429|499|500|502|503|504)s?"
_NOUN = r"\s*(?:%|ms\b|s\b|orders|customers|people|checkouts|requests|payments|euros|shoppers|users|seconds|of\b)"
JARGON = {
    "an HTTP status": rf"\b(?:http|[45]xx|{_STATUS})\b(?!{_NOUN})",
    "a percentile": r"\bp\d{2}s?\b|\bpercentiles?\b",
    "latency": r"\blatenc(?:y|ies)\b",
    "throughput": r"\bthroughput\b|\brps\b|\bqps\b",
    "a timeout": r"\btime-?outs?\b",
    "a pool": r"\b(?:connection |thread )?pools?\b",
    "a quota": r"\bquotas?\b",
    "a rate limit": r"\brate[- ]limit\w*|\bthrottl\w+",
    "a circuit breaker": r"\b(?:circuit[- ])?breakers?\b",
    "backoff": r"\bback-?off\b|\bjitter\b",
    "idempotency": r"\bidempoten\w+",
    "a gateway": r"\bgateways?\b",
    "upstream and downstream": r"\b(?:up|down)stream\b",
    "an endpoint": r"\bendpoints?\b|(?<![\w/])/(?:api|orders|products|v\d)\b|\b(?:post|get|put|patch) /|"
    r"\bpost (?:calls|requests)\b",
    "an API": r"\bapis?\b",
    "an SLO": r"\bsl[oia]s?\b|\berror budgets?\b",
    "saturation": r"\bsaturat\w+",
    "a trace": r"\b(?:traces?|spans?)\b",
    "an outbox": r"\boutbox\b",
    "a cache": r"\bcach(?:e|es|ed|ing)\b",
    "infrastructure words": any_of(r"""
        dns|sql|db|cpu|k8s|kubernetes|pods?|nodes?|containers?|tcp|tls|load balancers?|threads?|deadlocks?|
        stack traces?|exceptions?|payloads?|microservices?|full table scans?|retry storms?|bulkheads?|psp
    """),
    "an abbreviation": any_of(r"rca|mttr|mttd|sev-?\d|p[0-4]|sre|poc"),
}
EXPLAINS = (
    r"^[\w%]*\s*(?:\(|,?\s*(?:that is|i\.?e\.?|which (?:is|are|means?)|meaning|in other words|or rather|so)\b|[—–:-]\s)"
)
