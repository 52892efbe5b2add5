"""The command line: one small file for each noun, and nothing that decides.

This room turns words into calls and answers into tables. It must never hold a rule of the queue, never show
a traceback for bad input, and never import a heavy library before a command needs it.

To add commands, add one file here with a function ``register(app: typer.Typer) -> None``; it is found by
itself. Typer, ``bot.cli.context`` and ``bot.cli.output`` may stand at the top of the file; everything else
(settings, assemble, the queue) is imported inside the command, so that ``--help`` stays quick::

    def register(app: typer.Typer) -> None:
        app.command(rich_help_panel=Panel.MODERATION)(items)

    def items(ctx: typer.Context, state: str = "", as_json: JsonOption = False) -> None:
        # its docstring is the line that --help shows
        settings = context_settings(ctx)
        ...
        show(rows, ("id", "kind", "state", "title"), json=as_json)

A noun with verbs of its own (``sources list``) registers a Typer of its own with ``app.add_typer``.
``context_settings(ctx)`` gives the checked settings or ends with status 2. What a person can mend is raised
as ``CliError("one clear line", status=1)`` (2: wrong usage or configuration); several lines are several
mistakes. A result that is no error but no success (a red status) ends with ``raise typer.Exit(1)``. The
global options ``--config`` and ``--debug`` may stand anywhere, so no command may call an option so.
"""
