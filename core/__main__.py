"""The command line: the same verbs as the screens. `--json` prints one object; all else goes to standard error.

Exit codes: 0; 1 for an error that a person can mend, in one sentence; 2 for wrong usage.
"""

import sys

import typer

from core import disk_errors
from core.commands import comparison, data, ensembles, keeping, kept, klass, predict, store, sweep, training, views
from core.commands.terminal import say
from core.errors import ThawError
from core.settings import settings

app = typer.Typer(
    name="thaw",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Thaw on the command line: photos in, training, comparison, ensembles.",
)
photos = typer.Typer(no_args_is_help=True, help="Import, list and audit photos.")
brought = typer.Typer(no_args_is_help=True, help="Bring predictions that were made elsewhere.")
cache = typer.Typer(no_args_is_help=True, help="Outputs that trainings keep: how large, and delete them.")
kept_runs = typer.Typer(no_args_is_help=True, help="The run store itself: check it, back it up, go back to a backup.")
app.add_typer(photos, name="data")
app.add_typer(brought, name="predictions")
app.add_typer(cache, name="cache")
app.add_typer(kept_runs, name="store")

photos.command("add")(data.add)
photos.command("list")(data.list_all)
photos.command("audit")(data.audit)
brought.command("add")(comparison.predictions_add)
cache.command("list")(kept.list_all)
cache.command("clear")(kept.clear)
kept_runs.command("check")(store.check)
kept_runs.command("backup")(store.backup)
kept_runs.command("restore")(store.restore)
for verb in (
    data.split,
    training.spec,
    training.train,
    training.runs,
    training.show,
    training.cancel,
    training.retry,
    keeping.rename,
    keeping.tag,
    keeping.note,
    keeping.delete,
    keeping.restore,
    sweep.sweep,
    comparison.compare,
    ensembles.ensemble,
    predict.predict,
    views.views,
):
    app.command()(verb)


app.command("class")(klass.show_class)


def main() -> None:
    try:
        app()
    except ThawError as error:
        say(str(error))
        sys.exit(1)
    except OSError as error:
        if (said := disk_errors.in_words(error, settings().home)) is None:
            raise
        say(str(said))
        sys.exit(1)
    except KeyboardInterrupt:
        say("Stopped.")
        sys.exit(130)


if __name__ == "__main__":
    main()
