"""The whole comparison as one HTML file: it opens without a server, and speaks of one part of the photos only."""

import html
from collections.abc import Iterable
from datetime import UTC, datetime

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from core.charts import class_bars, confusion_matrix
from core.charts.colours import LIGHT, ink_on, mix
from core.evaluation import Comparison
from core.records import Run
from pages.parts import compare_against, compare_curves, compare_figures, compare_verdict, plain_table, words

_LOOK = f"""
body {{ font: 16px/1.45 "Source Sans", "Source Sans 3", system-ui, sans-serif; color: {LIGHT.text};
  background: {LIGHT.background}; max-width: 1280px; margin: 2rem auto; padding: 0 1.2rem; }}
h1 {{ font-size: 1.7rem; }} h2 {{ font-size: 1.25rem; margin-top: 2.2rem; }}
p.quiet {{ color: {LIGHT.quiet}; }}
.pictures {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(420px, 1fr)); gap: 1rem; }}
.shares td.share {{ text-align: right; padding: .25rem .7rem; }}
"""


def report(found: Comparison, runs: list[Run]) -> str:
    """The file's text. Every name is escaped; test figures are in it only where `found` is of the test part."""
    of = {run.id: run for run in runs}
    title = f"Comparison of {words.count(len(runs), 'run')} on {found.part} photos"
    body = [
        f"<h1>{title}</h1>",
        f'<p class="quiet">{words.count(next(iter(found.figures.values())).photos, "photo")}, the same for all runs. '
        f"Made with Thaw on {datetime.now(UTC):%Y-%m-%d}.</p>",
        *_claims(found),
        "<h2>Figures</h2>",
        f'<div class="thaw-tables">{"".join(compare_figures.tables(found, of, dark=False))}</div>',
        *(_quiet(sentence) for sentence in (compare_figures.basis(found), *compare_against.notes(found))),
        "<h2>Classes</h2>",
        shares(found),
        *_pictures(found, runs),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_LOOK}{plain_table.STYLE}</style><script>{get_plotlyjs()}</script></head>"
        f"<body>{''.join(body)}</body></html>"
    )


def _claims(found: Comparison) -> Iterable[str]:
    for sentence in found.verdicts:
        yield f"<p>{html.escape(sentence)}</p>"
    if found.differences:
        yield _quiet(compare_verdict.SAME_NETWORK)
    for note in found.notes:
        yield _quiet(note)


def _quiet(sentence: str) -> str:
    return f'<p class="quiet">{html.escape(sentence)}</p>'


def shares(found: Comparison) -> str:
    """Precision, recall and F1 a class and a run, the darker the more."""
    table = found.per_class
    names = [name for name in table.columns if name not in ("class", "support")]
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in ("class", "photos", *names))
    lines = []
    for row in table.to_dict(orient="records"):
        cells = "".join(_share(row[name]) for name in names)
        name = f'<th scope="row"><bdi>{html.escape(row["class"])}</bdi></th>'
        lines.append(f"<tr>{name}<td>{row['support']:,}</td>{cells}</tr>")
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return f'<div class="thaw-table shares"><table>{body}</table></div>'


def _share(value: float) -> str:
    colour = mix(*LIGHT.shares, value)
    return f'<td class="share" style="background: {colour}; color: {ink_on(colour)}">{100 * value:.1f} %</td>'


def _pictures(found: Comparison, runs: list[Run]) -> Iterable[str]:
    letters = [found.letters[run.id] for run in runs]
    bars = class_bars.info(
        {run.id: found.figures[run.id].per_class for run in runs},
        str(found.part),
        letters=letters,
        names=[run.name for run in runs],
    )
    yield picture(class_bars.plot(bars))
    yield '<h2>Confusion matrices</h2><div class="pictures">'
    for run in runs:
        of = found.figures[run.id]
        name = html.escape(f"{found.letters[run.id]} {run.name}: {words.percent(of.accuracy, of.photos)}")
        matrix = confusion_matrix.info(of.confusion, found.classes)
        yield f"<div><b><bdi>{name}</bdi></b>{picture(confusion_matrix.plot(matrix, scale=False))}</div>"
    yield "</div>"
    trained = [run for run in runs if run.spec]
    if trained:
        yield "<h2>Learning curves</h2>"
        yield picture(compare_curves.picture(found, trained, dark=False))


def picture(figure: go.Figure) -> str:
    """A figure's HTML without Plotly's own code, which stands once in the file. Plotly escapes what it holds."""
    return figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False, "responsive": True})
