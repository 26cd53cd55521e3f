"""The words the checks look for, as patterns on lower-cased text."""

import re


def any_of(alternatives: str) -> str:
    """A pattern for whole words out of alternatives written over several lines."""
    joined = re.sub(r"\s*\n\s*", "", alternatives.strip())
    return rf"\b(?:{joined})\b"


# ---- who it is about, and what they came to do
CUSTOMER = any_of(r"""
    customers?|shoppers?|buyers?|users?|visitors?|guests?|consumers?|clients?|people|person|everyone|everybody|
    anyone|anybody|nobody|no one|those who|whoever|purchasers?|subscribers?|you (?:have to|cannot|get|see|must)
""")
THEY = any_of(
    r"they|of them|them|these|those|(?:\d+ ?%|third|half|quarter|fifth|tenth)(?= (?:get|see|wait|cannot|fail|leave)s?)"
)
PATH = any_of(r"""
    checkouts?|check out|orders?|ordering|payments?|paying|purchas\w+|attempts?|requests?|calls|traffic|
    browsing|search\w*|tracking|logins?|log-?ins?|sign-?ins?|shop|site|website|app|pages?|refunds?|baskets?|
    carts?|buying
""")
ACTION = any_of(r"""
    pay|paying|paid|buy|buying|order|orders|ordering|check out|checking out|checkout|purchas\w+|complet\w+|
    finish\w*|place|placing|log in|sign in|brows\w+|search\w*|track\w*|refund\w*|payments?|confirmation|use|
    through
""")
OBSTACLE = any_of(r"""
    cannot|could not|couldn't|unable to|not able to|no longer (?:able|possible)|fail\w*|errors?|refus\w+|
    reject\w+|declin\w+|struggl\w+|difficult\w*|blocked|turned (?:away|down)|locked out|giv(?:e|es|ing) up|
    gave up|abandon\w*|lose their|loses?|losing|lost|charged twice|prevented from|(?:do|does|did)(?: not|
    n't) (?:manage|get|work|go)|not work\w*|not going through|not possible|impossible|without (?:an?|their|any|
    having|success|coffee)|(?:has|have|had|left with) no|walk away|leaving|leave|waits?|waiting|waited|delay\w*|
    held up|stuck|patient|spinning wheel|slow\w*|ages|forever|(?:much|far|too|very) long\w*|longer|blank pages?|
    problems? (?:with|when|in) (?:paying|ordering|buying|checkout)|missing out|unavailable|broken|(?:is|are|
    completely) down
""")
NEEDS_TIME = r"\b(?:needs?|takes?|took|spend\w*)\b.{0,60}\b(?:seconds?|minutes?|gone up)\b"
NO_OBSTACLE = any_of(r"""
    without (?:errors?|problems?|delays?|trouble|waiting|failures?)|no (?:errors?|problems?|delays?|failures?)|
    no longer (?:wait|fail|get|see|have to wait)|not (?:have to wait|waiting)
""")
BROKEN_FOR = (
    any_of(r"checkouts?|payments?|paying|ordering|buying|search|login|the shop|the site|orders|it")
    + r".{0,60}"
    + OBSTACLE
    + r".{0,60}\bfor\b.{0,40}"
)
FOR_SOME_NOT = r"\bfor\b.{0,30}\bit (?:does(?: not|n't)|did(?: not|n't)|fails|is not)\b"
WELL = any_of(r"normal|normally|as usual|fine|works?|working|unaffected|not affected|load|loads|okay|ok|healthy|again")
TROUBLE = any_of(r"""
    fail\w*|errors?|cannot|could not|unable|waits?|waiting|slow\w*|lost|problems?|affected|refus\w+|reject\w+|
    broken|down|issues?|n't|give up|gave up
""")

# ---- whether a clause talks about failing or about succeeding
BAD = any_of(r"""
    fail\w*|errors?|cannot|could not|unable|lost|lose|loses|losing|refus\w+|reject\w+|declin\w+|affected|wrong|wrongly|
    incorrect\w*|missing|broken|turned away|give up|gave up|not able|down|dropped|abandon\w*|unpaid|without|trouble|hit
""")
GOOD = any_of(r"""
    succeed\w*|success\w*|go through|goes through|went through|going through|get through|gets through|paid|
    placed|work|works|working|completed?|fine|normal|normally|unaffected|can|able to|confirmed
""")

# ---- which way it moves
WORSE = any_of(r"""
    upwards?|ever (?:longer|slower|higher|more)|increases?|lengthens?|gone up|worsen\w*|deteriorat\w*|rising|
    risen|rises|increasing|increased|growing|grown|grows?|climbing|climbs|(?:go(?:es|ing)?|is|are) up|
    trending up|escalat\w+|on the rise|spreading|piling up|wrong direction|(?:trend|development|tendency) (?:is|
    looks) negative|(?:slower|longer|higher|bigger|larger|more) (?:and \w+|every|each|by the|from (?:minute|
    hour|day))|fewer and fewer|more and more|(?:becoming|getting|growing|becomes|gets) (?:slower|longer|higher|
    bigger|larger|more)
""")
BETTER = any_of(r"""
    downwards?|gone down|improving|improved|improves?|improvement|recovering|recovered|recovers?|recovery|
    easing|eased|falling|fallen|dropping|decreasing|decreased|going down|trending down|shrinking|declining|
    subsid\w+|calming|back to normal|on the mend|(?:work|works|working|going through|goes through) again|
    can (?:pay|buy|order|check out|complete \w+ \w+) again|resolved|mitigated|right direction|(?:trend|
    development|tendency) (?:is|looks) positive|(?:becoming|getting|becomes|gets) (?:faster|shorter|lower|
    smaller|fewer|less)
""")
STEADY = any_of(r"""
    steady|stable|unchanged|flat|constant|(?:the|on the|at the) same|same (?:share|level|rate|number|picture|
    pace)|(?:been|is|remains?) level|no trend|where (?:it is|they are)|without (?:any )?changes?|been so for|
    been like (?:this|that)|holding|level+ed off|plateau\w*|no change|nothing has changed|(?:not|
    n't) (?:changed|changing|moving|moved|move)|as before|sideways|stays? level|stayed level|(?:at|
    on) this level|consistent|consistently
""")
SINCE_FIX = any_of(r"""
    now|again|since (?:the|we|our|then|that)|after (?:the|we|our|that)|back to|down to|no longer|any ?more|
    fixed|resolved|restored|recovered|load test|test
""")
COMPARED = (
    r"\b(?:is|are|be|been|being|getting|gets|get|becoming|becomes|got|gotten|grown|looks?|become|became|it's|neither|nor|no|not)\s+"
    r"(?:\w+ly\s+|any\s+|much\s+|a bit\s+|a little\s+|even\s+|still\s+|getting\s+)*(better|worse)\b"
)
NEGATED = r"(?:\bnot|n't|\bneither|\bnor|\bno longer|\bno|\bnever|\bwithout|\bno signs? of)(?:\s+\w+){0,2}\s*$"
NOT_YET = (
    any_of(r"expect\w*|hope\w*|hoping|should|will|may|might|could|would|once|until|if|when|unless|to|soon") + r"|'ll\b"
)
PAST = frozenset({"increased", "improved", "recovered", "eased", "decreased"})
PERFECT = r"\b(?:has|have|had|been|not|neither|nor|'s|'ve)\b(?:\s+\w+){0,3}\s*$|'(?:s|ve)\s+(?:\w+\s+)?$"
DEMAND = any_of(r"traffic|visits?|visitors|demand|campaign|sales|load|interest|page views|sign-?ups?")
PROBLEM = any_of(r"""
    it|this|fail\w*|errors?|waits?|waiting|delays?|problems?|situation|issues?|times?|rate|level|number|impact|
    refus\w+|things|everything|latency|losses|incident|share|trend|figure
""")

# ---- who does what next
ACTOR = (
    r"(?:\bwe|\bi|\b(?:our|the|two|both|some)?\s*(?:[\w-]+\s+){0,2}"
    r"(?:teams?|engineers?|colleagues?|developers?|specialists?|experts?)|\w+'s team|"
    + any_of(r"""
        engineering|on-?call|support|operations|ops|sre|platform|development|provider|partner|they|product|
        it department
    """)
    + ")"
)
NO_ACTOR = rf"{CUSTOMER}|{PATH}|" + any_of(
    r"it|this|that|which|there|fix|solution|impact|situation|problem|what|update|more"
)
_BUSY = r"(?:(?:now|currently|also|still|already|both|all|busy|actively|right now|\w+ly)\s+)*"
DOING = (
    rf"(?:(?:\bam|\bare|\bis|'re|'m)\s+{_BUSY}"
    r"(?:on it|on this|on the \w+|busy (?:with|on)|going (?:through|over)|\w+ing\b))"
)
WILL_DO = (
    r"(?:(?:\bwill|'ll|\bshall)\s+(?:(?:now|first|next|then|also|\w+ly)\s+)*"
    r"(?:keep (?:an eye|watching|monitoring)|\w+)|"
    r"(?:\bis|\bare|\bam|'re|'m)\s+going to\s+(?:\w+ly\s+)?\w+)"
)
DOES = (
    any_of(r"""
    (?:have|has) (?:asked|called|contacted|begun|started|opened|escalated)|decides?|plans? to|begins?|starts?|
    tests?|investigates?|analyses?|checks?|works? on|looks? (?:into|at|for)|prepares?|reviews?|restarts?|tries|
    rolls? back|calls?|continues?|compares?|switch(?:es)?|pauses?|adds?|repairs?|examines?|watch(?:es)?|
    monitors?|keeps? (?:an eye|watching|monitoring)
""")
    + r"|'ve (?:asked|called|contacted|begun|started|opened|escalated)\b"
)
WE_DO = (
    r"\b(?:we|i|engineers)\s+(?:now\s+|also\s+|first\s+|then\s+|\w+ly\s+)?(?!(?:are|am|have|had|see|know|lose|lost|do|did|"
    r"cannot|can|could|hope|expect|apolog\w+|think|suspect|believe|keep|inform|come|send|get|got|wait|need|experience|regret|"
    r"understand|estimate|report|post|write|will|would|should|may|might|must|shall|were|feel|want|face|update|told|said|say|"
    r"who|of|in|and|saw|fail|to|for|with|from|on|at|is|was|has)\b)[a-z]{3,}\b"
)
NO_STEP = (
    r"\b(?:seeing|experiencing|having|facing|losing|apologi[sz]\w*|waiting|getting|suffering|being|noticing|receiving|going|"
    r"(?:update|inform|keep|write|report|post|send|share|let|be|have|hear|follow|provide|come|publish|know|mail|message|"
    r"communicate|announce|improve|return|see|get|recover|go))$"
)

# ---- when it goes on
UPDATE = any_of(r"""
    updates?|updated|news|(?:report|get|come|be|check|write|post|mail|message|hear)s?\b.{0,12}\b(?:back|again|
    you|us)|next (?:\w+ )?(?:message|note|report|bulletin|mail|summary|info\w*|status|word|post)|
    more information|more at|more from|more by|more in|inform|(?:status|report|message|mail|info\w*|news|
    post) (?:will|comes?|follows?|is due)|let you know|in touch
""")
_COUNTED = (
    r"(?:\d+|an?|one|two|three|five|ten|fifteen|twenty|thirty|forty|forty-five|sixty|half an|half a|a quarter of an)"
)
_SPAN = rf"{_COUNTED}\s*(?:mins?|minutes?|m|h|hrs?|hours?)\b"
_CLOCK = (
    r"(?:\d{1,2}[:.h]\d{2}\b|\d{1,2}\s*(?:am|pm|a\.m|p\.m|o'clock|uhr)\b|noon|midday|midnight|half past \w+|"
    r"quarter (?:past|to) \w+)"
)
TIME = (
    rf"\b(?:in|within|every|after)\s+(?:about\s+|around\s+|(?:the\s+)?next\s+|at most\s+|another\s+)*{_SPAN}"
    rf"|\b{_SPAN}\s+(?:from now|later)\b|(?<![\d.:])(?<!since )(?<!since about )(?<!from ){_CLOCK}"
    r"|\b(?:at|by|around|until|before)\s+(?:\d{1,2}|nine|ten|eleven|twelve|one|two|three|four|five|six)(?=[.,;!)]|$)"
)
