"""Names under a band of blocks of uneven widths, where many stand close."""

from collections.abc import Iterable

import plotly.graph_objects as go

from core.charts.layout import SMALL, literal, shorten

NARROW = 760  # px that a picture has on a narrow screen, about


def write_names(
    figure: go.Figure, names: Iterable[tuple[str, float, float]], right: float, y: float, colour: str
) -> float:
    """Write (name, middle, width) of each block under the height `y`; all slanted where one would not fit level.

    The band reaches from 0 to `right`. Where blocks stand too close even for that, the wider ones are named. Returns
    how far down the names reach, in px.
    """
    pixel = right / NARROW
    found = [(width, middle, shorten(name, 12)) for name, middle, width in names]
    level = all(width > 7 * len(name) * pixel for width, _, name in found)
    reach, taken = 20.0, []
    for _, middle, name in sorted(found, key=lambda block: (-block[0], block[1])):
        fits = int((right - middle) / pixel / 5)  # characters up to the right edge, slanted
        if not level and (fits < 4 or any(abs(middle - other) < 21 * pixel for other in taken)):
            continue
        taken.append(middle)
        text = name if level else shorten(name, fits)
        reach = max(reach, 0 if level else 16 + 3.7 * len(text))
        figure.add_annotation(
            x=middle,
            y=y,
            yanchor="top",
            text=literal(text),
            textangle=0 if level else 35,
            xanchor="center" if level else "left",
            showarrow=False,
            font={"size": SMALL - 1, "color": colour},
        )
    return reach
