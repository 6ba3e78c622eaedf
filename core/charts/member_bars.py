"""Accuracy of an ensemble's members as bars, beside the ensemble; the best single member as a tick."""

from typing import NamedTuple

import plotly.graph_objects as go

from core.charts.colours import mix, palette, part_colour, run_letter
from core.charts.layout import SMALL, dress, literal, percent, percent_axis, shorten


class Member(NamedTuple):
    letter: str
    name: str
    accuracy: float  # 0..1
    on: bool


class MemberBarsInfo(NamedTuple):
    members: tuple[Member, ...]  # in the order given
    ensemble: float | None  # None where too few members are on
    best: float | None  # accuracy of the best member that is on
    photos: int
    part: str


def info(members, ensemble: float | None, photos: int, part: str = "validation") -> MemberBarsInfo:
    """Bars of the members.

    Parameters
    ----------
    members : sequence of (name, accuracy 0..1, on), called A, B, C in this order
    ensemble : accuracy of those that are on together, 0..1
    photos : photos in the part
    """
    rows = tuple(
        Member(run_letter(n), name, float(accuracy), bool(on)) for n, (name, accuracy, on) in enumerate(members)
    )
    best = max((member.accuracy for member in rows if member.on), default=None)
    return MemberBarsInfo(rows, ensemble, best, int(photos), part)


def plot(info: MemberBarsInfo, dark: bool = False) -> go.Figure:
    """Members from above, switched off ones pale; the ensemble last; the tick goes through its bar."""
    colours = palette(dark)
    strong = part_colour(info.part, dark)
    pale = mix(strong, colours.background, 0.75)
    rows = [
        (f"{member.letter} {shorten(member.name, 22)}", member.name, member.accuracy, strong if member.on else pale)
        for member in info.members
    ]
    if info.ensemble is not None:
        rows.append(("<b>Ensemble</b>", "Ensemble", info.ensemble, strong))
    n = len(rows)
    figure = go.Figure(
        go.Bar(
            x=[100 * accuracy for _, _, accuracy, _ in rows],
            y=list(range(n)),
            orientation="h",
            marker={"color": [colour for *_, colour in rows], "line": {"width": 0}},
            width=[0.55] * len(info.members) + [0.85] * (n - len(info.members)),
            text=[percent(accuracy, 1) for _, _, accuracy, _ in rows],
            textposition="outside",
            cliponaxis=False,
            textfont={"size": SMALL, "color": colours.text},
            customdata=[literal(name) for _, name, _, _ in rows],
            hovertemplate="%{customdata}: %{x:.1f} % of " + f"{info.photos:,} {info.part} photos<extra></extra>",
            name=info.part,
        )
    )
    dress(figure, dark, 70 + 34 * max(n, 2))
    figure.update_xaxes(range=[0, 112], **percent_axis())
    figure.update_yaxes(
        tickvals=list(range(n)),
        ticktext=[label if label.startswith("<b>") else literal(label) for label, *_ in rows],
        range=[n, -0.6],
        showgrid=False,
        zeroline=False,
    )
    if info.best is not None and info.ensemble is not None:
        best = 100 * info.best
        figure.add_shape(
            type="line", x0=best, x1=best, y0=n - 1.5, y1=n - 0.5, line={"color": colours.background, "width": 6}
        )
        figure.add_shape(
            type="line", x0=best, x1=best, y0=n - 1.5, y1=n - 0.5, line={"color": colours.text, "width": 2}
        )
        figure.add_annotation(
            x=best,
            y=n - 0.5,
            yanchor="top",
            text=f"best single {percent(info.best, 1)}",
            showarrow=False,
            font={"size": SMALL, "color": colours.text},
        )
    return figure
