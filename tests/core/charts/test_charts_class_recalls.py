import numpy as np
import pandas as pd
import pytest

from core.charts import class_recalls
from core.charts.colours import palette

RECALLS = pd.DataFrame({"Ash <b>": [0.1, 0.4], "Oak": [np.nan, 1.0]}, index=[1, 2])


def test_a_row_a_class_and_a_column_an_epoch():
    found = class_recalls.info(RECALLS)
    assert (found.classes, found.epochs) == (("Ash <b>", "Oak"), (1, 2))
    np.testing.assert_array_equal(found.values, [[0.1, 0.4], [np.nan, 1.0]])


@pytest.mark.parametrize("dark", [False, True])
def test_the_scale_is_that_of_the_matrices_and_names_are_taken_literally(dark):
    (heat,) = class_recalls.plot(class_recalls.info(RECALLS), dark).data
    assert (heat.zmin, heat.zmax) == (0, 100)
    assert [colour for _, colour in heat.colorscale] == list(palette(dark).shares)
    assert heat.customdata[0][0] == "Ash &lt;b&gt;"
