"""`lab completion`: the Tab key completes commands, options and names."""

import click

from lab.cli.command import Lab, LabCommand

INSTALL = {
    "bash": ("lab completion bash > ~/.lab-complete.bash", "echo '. ~/.lab-complete.bash' >> ~/.bashrc"),
    "zsh": ("lab completion zsh > ~/.lab-complete.zsh", "echo '. ~/.lab-complete.zsh' >> ~/.zshrc"),
    "fish": ("lab completion fish > ~/.config/fish/completions/lab.fish", ""),
}


@click.command(
    "completion",
    cls=LabCommand,
    examples=["lab completion bash > ~/.lab-complete.bash"],
)
@click.argument("shell", type=click.Choice(sorted(INSTALL)))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that lets the Tab key complete commands, options and names in SHELL."""
    from click.shell_completion import get_completion_class

    lab: Lab = ctx.obj
    kind = get_completion_class(shell)
    assert kind is not None
    completion = kind(ctx.find_root().command, {}, "lab", "_LAB_COMPLETE")
    # Not source(): it starts a shell to ask for its version, which may not be installed here.
    script = completion.source_template % completion.source_vars()
    install = [line for line in INSTALL[shell] if line]
    if lab.terminal.json_mode:
        lab.terminal.data({"shell": shell, "script": script, "install": install})
        return
    lab.terminal.raw(script)
    steps = [(line, "") for line in install]
    lab.terminal.steps(steps, "To install it, run this once and open a new terminal:")
