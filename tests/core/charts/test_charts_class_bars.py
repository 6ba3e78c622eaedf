"""Per-class bars: info exactly, the figure lightly."""

import pandas as pd
import pytest

from core.charts import class_bars
from core.charts.colours import LIGHT


def table(f1=(0.5, 0.9), classes=("Oak", "Elm")) -> pd.DataFrame:
    return pd.DataFrame(
        {"class": classes, "precision": [0.4, 0.8], "recall": [0.6, 1.0], "f1": f1, "support": [10, 1200]}
    )


def test_info_has_a_layer_a_metric_and_a_row_a_run():
    info = class_bars.info({"one": table(), "two": table(f1=(0.7, 0.2))})
    assert info.classes == ("Oak", "Elm")
    assert info.support == (10, 1200)
    assert info.letters == ("A", "B")
    assert info.values.shape == (3, 2, 2)
    assert info.values[0].tolist() == [[0.4, 0.8], [0.4, 0.8]]
    assert info.values[2].tolist() == [[0.5, 0.9], [0.7, 0.2]]


def test_sorted_by_difference_the_class_the_runs_disagree_on_most_comes_first():
    info = class_bars.info({"one": table(), "two": table(f1=(0.7, 0.2))}, sort="difference")
    assert info.classes == ("Elm", "Oak")
    assert info.values[2].tolist() == [[0.9, 0.5], [0.2, 0.7]]
    assert info.support == (1200, 10)


def test_one_run_sorted_by_difference_puts_its_weakest_class_first():
    assert class_bars.info({"one": table(f1=(0.9, 0.5))}, sort="difference").classes == ("Elm", "Oak")


def test_runs_with_other_classes_are_refused():
    with pytest.raises(ValueError, match="same classes"):
        class_bars.info({"one": table(), "two": table(classes=("Elm", "Oak"))})


def test_bars_carry_the_letter_and_the_part_its_colour():
    figure = class_bars.plot(class_bars.info({"one": table(), "two": table()}))
    assert len(figure.data) == 6
    assert list(figure.data[0].text) == ["A 40", "A 80"]
    assert list(figure.data[1].text) == ["B 40", "B 80"]
    assert figure.data[0].marker.color == LIGHT.validation
    assert figure.data[1].marker.color != LIGHT.validation


def test_test_figures_are_in_ink():
    assert class_bars.plot(class_bars.info({"one": table()}, part="test")).data[0].marker.color == LIGHT.test


def test_no_bar_is_hatched_since_hatching_means_frozen():
    figure = class_bars.plot(class_bars.info({"one": table(), "two": table(), "three": table()}))
    assert all(not trace.marker.pattern.shape for trace in figure.data)
