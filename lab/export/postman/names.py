"""Variables as Postman names them."""

from lab.questions.steps.template import GENERATED, renamed


def named(text: str) -> str:
    """A text with `{{guid}}` as Postman's own `{{$guid}}`; other variables have the same name there."""
    return renamed(text, lambda name: f"{{{{${name}}}}}" if name in GENERATED else f"{{{{{name}}}}}")
