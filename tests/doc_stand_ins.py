"""Which printed commands the tests of the documentation do not run as printed, and why. Everything else is run."""

FETCHES = "fetches libraries from the package index; tests/e2e/test_wheel.py installs the same from a wheel"
SUITE = "is a part of what CI runs, or would run this test within itself"
CONTAINERS = "needs a Docker engine; tests/docker/ does the same on one"
WINDOWS = "untried, and said so on the page"
LONG = "takes many minutes; CI proves scenarios in turn"

NOT_RUN = {
    "make test": SUITE,
    "make check": SUITE,
    "make format": "changes files of the project",
    "make docs": "changes files of the project; tests/test_docs.py and tests/test_docs_site.py do it elsewhere",
    "make bench": "half an hour; tests/test_benchmarks.py runs each part of it briefly",
    "make lock": FETCHES,
    'make test ARGS="-m browser tests/browser"': SUITE,
    'make test ARGS="-m docker"': SUITE,
    'make test ARGS="-m crash"': SUITE,
    'make test ARGS="-m docs"': SUITE,
    'make test ARGS="-m long"': SUITE,
    "make soak": "ten minutes; tests/e2e/test_soak.py runs one round of it",
    'make test ARGS="tests/lab/probes tests/lab/scenario"': SUITE,
    ".venv/bin/python docs/pictures.py /tmp/shots": "a whole lab in chromium, which tests/browser/ has",
    "python3 -m venv .venv": FETCHES,
    "python -m pip install .": FETCHES,
    "python -m pip install --require-hashes -r requirements.lock": FETCHES,
    "python -m pip install --no-deps --no-build-isolation .": FETCHES,
    "pipx install .": FETCHES,
    "python3 -m venv lab-env": FETCHES,
    "lab-env/bin/python -m pip install faultlab-0.1.0-py3-none-any.whl": FETCHES,
    "lab-env/bin/lab start rate-limit": FETCHES,
    "docker compose up": CONTAINERS,
    "docker compose exec lab lab status": CONTAINERS,
    "docker compose --profile observability down --volumes": CONTAINERS,
    "lab start rate-limit --runtime compose": CONTAINERS,
    "OTEL_EXPORTER_OTLP_ENDPOINT=http://traces:4318 docker compose --profile observability up": CONTAINERS,
    "docker run --rm -p 127.0.0.1:3000:3000 -p 127.0.0.1:4318:4318 grafana/otel-lgtm": (
        "needs a Docker engine and another image; tests/docker/ has a collector in a container"
    ),
    "ssh -L 7703:127.0.0.1:7703 -L 8003:127.0.0.1:8003 THE-MACHINE": "needs a second machine",
    "py -m venv .venv": WINDOWS,
    r".venv\Scripts\python -m pip install .": WINDOWS,
    r".venv\Scripts\lab doctor": WINDOWS,
    r".venv\Scripts\lab start rate-limit": WINDOWS,
    r".venv\Scripts\Activate.ps1": WINDOWS,
    "lab scenario prove ./our-outage": "half a minute; tests/e2e/test_wheel.py proves this very scenario",
    "lab scenario prove --all --scenarios ~/our-incidents": LONG,
    "lab scenario prove --all --repeat 5": LONG,
    "lab scenario prove rate-limit": LONG,
    "lab scenario prove rate-limit --seed 3 --figures": LONG,
}
"""Printed command → why it is not run."""

READ = 'python -c \'import json, sys; print(json.load(sys.stdin)["{}"][0]["{}"])\''
RECORD = f"$(lab logs event:payment.refused --limit 1 --json | {READ.format('logs', 'id')})"
TRACE = f"$(lab traces status:503 --limit 1 --json | {READ.format('traces', 'trace_id')})"
SHOP = '$(lab status --json | python -c \'import json, sys; print(json.load(sys.stdin)["addresses"]["gateway"])\')'
SHORT = "the windows of a proof, so that it breaks in seconds"
OWN = "the record or trace of this run, as the page says"
ENDLESS = "goes on until somebody ends it"
ANEW = "each example of the reference stands for itself"
ASKED = "asks before it spends points, and here nobody can be asked"
LESSON = "in the home where a lesson with steps runs; a learner has one home"
AT_ONCE = "without waiting for the incident, which nothing on this page needs"
SEATS = "for seat in 1 2 3; do LAB_HOME=~/class/seat-$seat {}; done"

IN_PLACE: dict[str, dict[str, tuple[str, str]]] = {
    "README.md": {
        "make start": ('make -C faultlab start SCENARIO="rate-limit --windows prove"', SHORT),
        "lab traces 401be9c6": (f"lab traces {TRACE}", OWN),
    },
    "docs/tutorial/first-incident.md": {
        "make start": ('make start SCENARIO="rate-limit --windows prove"', SHORT),
        "lab cite log:7969": (f"lab cite log:{RECORD}", OWN),
        "lab fix NAME": ("lab fix queue-payments", "a name from the list, as the page says"),
    },
    "docs/tutorial/in-the-browser.md": {
        ". .venv/bin/activate": (". faultlab/.venv/bin/activate", "the environment that is there already"),
    },
    "docs/how-to/answer-from-a-file.md": {
        "generate-answers | lab diagnose --answers - --json": (
            "echo 'next: a' | lab diagnose --answers - --json",
            "stands for a program of the reader's own",
        ),
    },
    "docs/how-to/author-a-scenario.md": {
        "lab start ./our-outage": ("lab start ./our-outage --windows prove; lab stop", f"{SHORT}; one lab at a time"),
        "lab start our-campaign --scenarios ~/our-incidents": (
            "lab start our-campaign --scenarios ~/our-incidents --no-wait",
            AT_ONCE,
        ),
    },
    "docs/how-to/install.md": {
        ". .venv/bin/activate": (". faultlab/.venv/bin/activate", "the environment that is there already"),
        "lab start rate-limit": ("lab stop; lab start rate-limit --no-wait", AT_ONCE),
    },
    "docs/how-to/load-test-elsewhere.md": {},
    "docs/how-to/run-a-class.md": {
        "lab start full-table-scan": ("lab start rate-limit --no-wait", "a million orders take half a minute to build"),
        "lab start rate-limit --seed 3": ("lab start rate-limit --no-wait --seed 3; lab stop", AT_ONCE),
        SEATS.format(
            "lab start rate-limit --seed $seat --port $((7700 + seat)) --gateway-port $((8000 + seat)) --no-wait"
        ): (
            SEATS.format("lab start rate-limit --seed $seat --no-wait"),
            "ports in a row that somebody else on this machine may have",
        ),
        "LAB_IDLE_MINUTES=45 lab start rate-limit": (
            "LAB_IDLE_MINUTES=45 lab start rate-limit --no-wait; lab stop",
            AT_ONCE,
        ),
    },
    "docs/how-to/run-two-labs.md": {
        "lab start rate-limit": ("lab start rate-limit --no-wait", AT_ONCE),
        "lab start slow-partner": ("lab start slow-partner --no-wait", AT_ONCE),
        "lab start rate-limit --port 7710 --gateway-port 8010": (
            "lab stop; lab start rate-limit --no-wait --port 7710 --gateway-port 8010",
            "one lab a directory",
        ),
        "lab start rate-limit --seed 7": (
            "lab stop; lab start rate-limit --no-wait --windows prove --seed 7",
            f"one lab a directory; {SHORT}",
        ),
    },
    "docs/how-to/send-telemetry-elsewhere.md": {
        "export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318": (
            "export OTEL_EXPORTER_OTLP_ENDPOINT=$COLLECTOR",
            "the test's own collector, on a free port",
        ),
        "lab start rate-limit": ("lab start rate-limit --no-wait", AT_ONCE),
        "curl -s http://127.0.0.1:8000/metrics": (
            f"curl -fs {SHOP}/metrics",
            "the shop's address, which is another one where port 8000 is taken",
        ),
    },
    "docs/how-to/use-the-console.md": {
        "LAB_BASE_PATH=/user/anna/lab lab start rate-limit": (
            "lab stop; LAB_BASE_PATH=/user/anna/lab lab start rate-limit --no-wait",
            "one lab a directory",
        ),
    },
    "docs/how-to/when-something-goes-wrong.md": {
        "LAB_IDLE_MINUTES=480 lab start rate-limit": (
            "lab stop; LAB_IDLE_MINUTES=480 lab start rate-limit --no-wait",
            "one lab a directory",
        ),
        "LAB_DEBUG=1 lab status": (
            "lab start rate-limit --no-wait; LAB_DEBUG=1 lab status",
            "the command before it on the page has ended the lab",
        ),
    },
    "docs/how-to/use-your-own-client.md": {
        "lab start idempotency": ("lab start idempotency --windows prove", SHORT),
        "lab steps --watch": ("timeout 3 lab steps --watch", ENDLESS),
        "lab export http --editor jetbrains -o requests.http": (
            "lab export http --editor jetbrains -o jetbrains.http",
            "nobody has both editors: the file is there already",
        ),
    },
    "docs/reference/cli.md": {
        "lab start rate-limit": ("lab start rate-limit --no-wait", ANEW),
        "lab start rate-limit --seed 7 --port 7710": (
            "lab stop; lab start rate-limit --no-wait --seed 7 --port 7710",
            ANEW,
        ),
        "lab start mystery --level beginner": ("lab stop; lab start mystery --no-wait --level beginner", ANEW),
        "lab hint": ("lab hint --yes", ASKED),
        "lab hint --reveal whose": ("lab hint --reveal whose --yes", ASKED),
        "lab start ./my-scenario": (
            "lab stop; lab start ./my-scenario --no-wait && lab stop && lab start rate-limit --windows prove",
            ANEW,
        ),
        "lab traces 4bf92f35": (f"lab traces {TRACE}", OWN),
        "lab cite log:1234 --note 'the partner refused it'": (
            f"lab cite log:{RECORD} --note 'the partner refused it'",
            OWN,
        ),
        "lab steps": ("LAB_HOME=$LESSON lab steps", LESSON),
        "lab steps --watch": ("LAB_HOME=$LESSON timeout 3 lab steps --watch", f"{LESSON}; {ENDLESS}"),
        "lab steps --received": ("LAB_HOME=$LESSON lab steps --received", LESSON),
        "lab inbox": ("LAB_HOME=$LESSON lab inbox", LESSON),
        "lab inbox 1": ("LAB_HOME=$LESSON lab inbox 1", LESSON),
        "lab inbox 1 --secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": (
            "LAB_HOME=$LESSON lab inbox 1 --secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            LESSON,
        ),
        "lab fix --undo": ("lab fix queue-payments; lab fix --undo", "there has to be one to take back"),
        "lab load": ("true", "the next one waits for the same"),
        "lab diagnose size 19% --since 60s": ("lab diagnose size 19%", "the incident is younger than a minute here"),
        "lab stop": (
            "lab stop; lab start rate-limit --windows prove",
            "what follows in the reference needs a lab again",
        ),
    },
}
"""Page → printed command → what is run in its place, and why."""

COPIED = "cp -rLn faultlab/lab faultlab/services faultlab/scenarios . && export PYTHONPATH=$PWD"
"""A copy of the project's code, with the files of the page in it."""

BEFORE: dict[str, tuple[str, ...]] = {
    "docs/how-to/add-a-kind.md": (COPIED,),
    "docs/how-to/add-a-service.md": (COPIED,),
    "docs/how-to/answer-from-a-file.md": (
        "lab start rate-limit --windows prove",
        "sleep 4",
        f"lab cite log:{RECORD}",
        "lab fix queue-payments",
        "lab load",
    ),
    "docs/how-to/load-test-elsewhere.md": ("lab start rate-limit --windows prove",),
    "docs/how-to/when-something-goes-wrong.md": ("lab start rate-limit --no-wait",),
    "docs/reference/cli.md": (
        "mkdir our-incidents",
        "lab scenario new my-scenario",
        "LAB_HOME=$LESSON lab start webhooks --windows prove",
        "LAB_HOME=$LESSON lab request POST / --to inbox --body '{}'",
    ),
}
"""Page → what a reader has done before, or has at hand."""

MAY_FAIL = (
    "lab diagnose",  # an answer may be wrong
    "lab load",  # a promise may be broken
    "lab rehearse",  # only a lesson about a migration has one
    "locust",  # some requests failed: that is the exercise
    "LAB_HOME=$LESSON lab inbox 1 --secret",  # it is not what it claims to be
)
"""What may end with 1: no error, but the exercise's own bad news."""
