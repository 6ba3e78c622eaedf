import numpy as np
import pytest

from core.errors import BadPredictions
from core.records import Part, evaluation_id
from core.runs.brought import read_csv

GOOD = """id,split,true,oak,ash
p2,validation,oak,0.75,0.25
p1,validation,ash,0.1,0.9
p3,test,ash,0.4,0.6
"""


def write(tmp_path, text):
    path = tmp_path / "mine.csv"
    path.write_text(text)
    return path


def test_probabilities_are_read_in_class_order_with_sorted_ids(tmp_path):
    classes, predictions = read_csv(write(tmp_path, GOOD))
    assert classes == predictions.classes == ("ash", "oak")
    validation = predictions.parts[Part.VALIDATION]
    assert validation.ids == ("p1", "p2")
    assert validation.true.tolist() == [0, 1]
    np.testing.assert_allclose(validation.probabilities, [[0.9, 0.1], [0.25, 0.75]], atol=1e-7)
    assert predictions.has_probabilities


def test_the_evaluation_id_follows_from_ids_labels_and_classes(tmp_path):
    _, predictions = read_csv(write(tmp_path, GOOD))
    labelled = {Part.VALIDATION: [("p1", "ash"), ("p2", "oak")], Part.TEST: [("p3", "ash")]}
    assert predictions.evaluation_id == evaluation_id(("ash", "oak"), labelled)


def test_predicted_counts_as_probability_one_and_is_the_same_test(tmp_path):
    text = "id,split,true,predicted\np1,validation,ash,oak\np2,validation,oak,oak\np3,test,ash,ash\n"
    classes, predictions = read_csv(write(tmp_path, text))
    assert classes == ("ash", "oak")
    assert predictions.parts[Part.VALIDATION].probabilities.tolist() == [[0, 1], [0, 1]]
    assert not predictions.has_probabilities
    assert predictions.evaluation_id == read_csv(write(tmp_path, GOOD))[1].evaluation_id


def test_ids_that_look_like_numbers_stay_as_given(tmp_path):
    _, predictions = read_csv(write(tmp_path, GOOD.replace("p1", "0010").replace("p2", "1e3")))
    assert predictions.parts[Part.VALIDATION].ids == ("0010", "1e3")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("id,split,true,oak,ash\n", "no rows"),
        ("id,true,oak,ash\np1,ash,0,1\n", "column split is missing"),
        ("id,split,true\np1,test,ash\n", "neither"),
        ("id,split,true,oak,oak\np1,test,oak,1,0\n", "comes twice"),
        (GOOD.replace("oak,ash\n", "oak,predicted\n", 1), "both"),
        (GOOD.replace("0.75,0.25", "0.75,0.35"), "line 2: the probabilities sum to 1.1"),
        (GOOD.replace("0.75,0.25", "1.75,-0.75"), "line 2: the probability of ash"),
        (GOOD.replace("0.75", "high"), 'Received: "high"'),
        (GOOD.replace("0.75", "nan"), "number from 0 to 1"),
        (GOOD.replace("p3", "p1"), "line 4: the id p1 comes twice"),
        (GOOD.replace("test,ash", "test,elm"), 'line 4: the class "elm" is not known. Known are: ash, oak'),
        (GOOD.replace("p3,test", "p3,train"), "line 4: split must be validation or test"),
        (GOOD.replace("p3,test", "p3,validation"), "no rows of the test part"),
        (GOOD.replace("p3,test,ash", "p3,test,"), "line 4 has no true"),
        (GOOD.replace("p3,test", ",test"), "line 4 has no id"),
        (GOOD.replace("0.4,0.6", "0.4,0.6,0.7"), "can't be read as CSV"),
        ("id,split,true,predicted\np1,validation,ash,elm\np2,test,ash,ash\n", '"elm" is not known'),
        ("id,split,true,predicted\np1,validation,ash,ash\np2,test,ash,ash\n", "only the class ash"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(tmp_path, text, said):
    with pytest.raises(BadPredictions, match=r"mine\.csv can't be used as predictions") as refused:
        read_csv(write(tmp_path, text))
    assert said in str(refused.value)


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path):
    (tmp_path / "photo.csv").write_bytes(bytes(range(256)) * 10)
    for name in ("photo.csv", "absent.csv"):
        with pytest.raises(BadPredictions):
            read_csv(tmp_path / name)
