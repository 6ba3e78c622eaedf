"""Labels that fit, and that stay what the visitor typed."""

from hypothesis import given
from hypothesis import strategies as st

from core.charts import layout


@given(st.text(max_size=80), st.integers(min_value=4, max_value=30))
def test_a_shortened_name_fits(name, limit):
    assert len(layout.shorten(name, limit)) <= max(limit, 0)


@given(st.lists(st.text(min_size=1, max_size=60), unique=True, max_size=100))
def test_labels_of_different_names_differ(names):
    assert len(set(layout.labels(names, 14))) == len(names)


def test_a_short_name_stays_as_it_is():
    assert layout.shorten("Quercus", 10) == "Quercus"


def test_both_ends_of_a_long_name_are_kept():
    assert layout.shorten("Species number 17 of 20", 12) == "Species…20"


def test_markup_is_made_literal():
    assert layout.literal("<b>&") == "&lt;b&gt;&amp;"
