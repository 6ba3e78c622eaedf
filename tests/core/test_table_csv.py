import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.table_csv import FORMULA_STARTS, csv_text, harmless


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_a_text_that_starts_like_a_formula_is_led_by_an_apostrophe(start):
    assert harmless(f"{start}1+1") == f"'{start}1+1"


def test_numbers_keep_their_sign_and_other_texts_their_letters():
    assert harmless(-0.5) == -0.5
    assert harmless("oak = elm") == "oak = elm"
    assert harmless("") == ""


def test_headings_categories_and_mixed_columns_are_made_harmless_too():
    table = pd.DataFrame(
        {
            "=cmd()": [1, -2],
            "mixed": pd.Series(["@x", -1.5], dtype=object),
            "kind": pd.Categorical(["-a", "b"]),
        }
    )
    assert csv_text(table) == "'=cmd(),mixed,kind\n1,'@x,'-a\n-2,-1.5,b\n"


def test_what_is_missing_is_an_empty_cell():
    assert csv_text(pd.DataFrame({"a": [0.5, None], "b": [None, "x"]})) == "a,b\n0.5,\n,x\n"


def test_two_columns_of_one_name_are_both_written():
    assert csv_text(pd.DataFrame([["=a", "b"]], columns=["x", "x"])) == "x,x\n'=a,b\n"


@given(st.lists(st.text(min_size=1).filter(lambda text: text.strip() and "\x00" not in text), min_size=1, max_size=5))
def test_no_cell_of_any_text_starts_a_formula_and_every_text_comes_back(texts):
    written = csv_text(pd.DataFrame({"text": texts}))
    back = pd.read_csv(io.StringIO(written), dtype=str, keep_default_na=False, lineterminator="\n")["text"]
    assert not any(cell.startswith(FORMULA_STARTS) for cell in back)
    assert [
        cell[1:] if text.startswith(FORMULA_STARTS) else cell for cell, text in zip(back, texts, strict=True)
    ] == texts
