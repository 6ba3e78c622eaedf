"""What leaves the Compare screen."""

import io
import re

import numpy as np
import pandas as pd
import pytest

from core.charts import class_bars
from core.evaluation import compare
from core.records import Part, PartPredictions, Predictions, Run, RunKind, Status
from pages.parts import compare_out, compare_report
from pages.parts.plain_table import Cell, table_html

EVIL = "</script><script>alert(1)</script><b>'\"&"
CLASSES = (EVIL, "=SUM(A1)", "שם ארוך")


def predictions(seed: int) -> Predictions:
    random, parts = np.random.default_rng(seed), {}
    for part, n in ((Part.VALIDATION, 60), (Part.TEST, 77)):
        true = np.arange(n) % 3
        ids = tuple(f"{part}{number:03d}" for number in range(n))
        said = np.where(random.random(n) < 0.7, true, (true + 1) % 3)
        parts[part] = PartPredictions(ids=ids, true=true, probabilities=0.7 * np.eye(3)[said] + 0.1)
    return Predictions(evaluation_id="e", classes=CLASSES, parts=parts)


@pytest.fixture(scope="module")
def compared():
    made = {name: predictions(seed) for seed, name in enumerate(("x", "y"))}
    created = pd.Timestamp("2025-01-01", tz="UTC")
    runs = [
        Run(
            id=run,
            name=f"{EVIL} {run}",
            kind=RunKind.BROUGHT,
            status=Status.FINISHED,
            evaluation_id="e",
            created=created,
        )
        for run in made
    ]
    return compare(made, Part.VALIDATION), runs


def test_the_whole_comparison_is_one_file_with_nothing_to_fetch(compared):
    text = compare_report.report(*compared)
    outside = text.replace(compare_report.get_plotlyjs(), "")
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", outside)
    assert text.count(compare_report.get_plotlyjs()) == 1
    assert outside.count("Plotly.newPlot") == 3  # bars, and a matrix a run
    assert compared[0].verdicts[0].split(".")[0] in outside


def test_every_name_in_the_file_is_escaped(compared):
    text = compare_report.report(*compared)
    assert "alert(1)</script>" not in text
    assert "<b>'" not in text
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in text


def test_the_file_of_validation_holds_no_test_figure(compared):
    text = compare_report.report(*compared).replace(compare_report.get_plotlyjs(), "")
    assert "60 photos" in text
    assert "77" not in re.sub(r"#[0-9A-F]{6}|[0-9a-f-]{36}|[\d.]*\d{4,}", "", text).replace("77.", "")


def test_the_saved_picture_is_named_and_of_the_kind_chosen(monkeypatch):
    monkeypatch.setattr(compare_out.st, "session_state", {compare_out._FORMAT: "SVG"})
    options = compare_out.config("curves")["toImageButtonOptions"]
    assert (options["format"], options["filename"]) == ("svg", "thaw curves")


def test_a_basket_makes_a_table_only_when_it_is_asked_for():
    made = []
    basket = compare_out.Basket()
    basket.table("late", lambda: made.append(1) or pd.DataFrame({"a": [1]}))
    assert not made
    assert list(basket.tables["late"]()["a"]) == [1]


def test_a_files_name_holds_no_path():
    assert compare_out.file_name("../a/b\\c:d.csv") == ".._a_b_c_d.csv"


def test_a_table_escapes_cells_and_titles():
    text = table_html(["", Cell("<i>", "<u>", title='"x"')], [[EVIL, Cell("5", mark="better")]], title="<p>")
    assert "<script" not in text
    assert "&lt;i&gt;" in text
    assert "&quot;x&quot;" in text
    assert "▲ 5" in text


def test_an_interactive_picture_of_an_evil_name_stays_inside_its_script(compared):
    found, _ = compared
    info = class_bars.info({run: of.per_class for run, of in found.figures.items()})
    text = class_bars.plot(info).to_html(include_plotlyjs=False)
    assert "alert(1)</script>" not in text


def test_confusions_and_classes_with_formula_names_leave_as_texts(compared):
    from core.table_csv import csv_text
    from pages.parts.compare_several import matrix_table

    found, runs = compared
    back = pd.read_csv(io.StringIO(csv_text(matrix_table(found, runs[0]))))
    assert list(back.columns) == ["true class", EVIL, "'=SUM(A1)", "שם ארוך"]
    assert back["true class"][1] == "'=SUM(A1)"
