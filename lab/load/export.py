"""The same load as a locustfile that stands alone: `locust -f beanline.py --headless` runs it anywhere."""

import json
from dataclasses import asdict
from pathlib import Path

from lab.load.profile import Profile

_HEAD = '''"""Customers of the Beanline shop, as one file for Locust (https://locust.io).

Run it with `locust -f {name} --headless{users}`, or without --headless for Locust's own web page.
--host sends the customers to another shop; --html report.html and --csv results keep what was measured.
"""
'''

_TAIL = '''

PROFILE = json.loads("""{profile}""")
SHOP_OPENS_WITHIN_S = 30


class Shopper(Customer):
    """A customer of this profile."""

    plan = Plan(PROFILE)
    host = PROFILE["host"]


@events.test_start.add_listener
def learn_products(environment, **_):
    """Before the first customer comes: what does the shop sell?"""
    if not Shopper.plan.learn_products(environment.host or Shopper.host, SHOP_OPENS_WITHIN_S):
        raise SystemExit("The shop did not list its products: is it up, and is the API key one it knows?")
'''

_SHAPE = '''

class Run(Stages):
    """So many customers for so long."""

    stages = PROFILE["stages"]
'''


def locustfile(profile: Profile, name: str = "beanline.py") -> str:
    """The text of a locustfile that plays the profile, stages included."""
    source = Path(__file__).with_name("users.py").read_text(encoding="utf-8")
    body = source.split('"""', 2)[2].replace(
        "from locust import FastHttpUser,", "from locust import events, FastHttpUser,"
    )
    plain = "\n".join(line.split("  # type: ignore")[0] for line in body.splitlines())
    kept = ("host", "seed", "keys", "pace_s", "mix", "stages", "timeout_s")
    fields = {name: value for name, value in asdict(profile).items() if name in kept}
    written = json.dumps(fields, indent=2).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    users = "" if profile.stages else f" --users {profile.users} --spawn-rate {max(profile.users, 1)} --run-time 1m"
    parts = [_HEAD.format(name=name, users=users), plain, _TAIL.replace("{profile}", written)]
    return "".join([*parts, _SHAPE] if profile.stages else parts).rstrip() + "\n"
