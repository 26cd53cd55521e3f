"""`lab scenario`: what authors of scenarios need."""

from lab.cli.command import LabGroup

command = LabGroup(
    "scenario",
    package="lab.cli.authoring",
    lines={
        "new": "Write a commented scenario to begin with",
        "check": "Find mistakes without running anything",
        "prove": "Run it unattended and show that it teaches what it says",
        "kinds": "List the kinds that scenarios are made of",
        "schema": "Print the JSON Schema of scenario.yaml",
    },
    help="Write, check and prove scenarios of your own. A scenario is a folder of data; it runs no code.",
)
