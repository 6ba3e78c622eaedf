"""Errors: every one is a sentence whose gaps are filled."""

import inspect
import string

import pytest

from core import errors

ALL = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, errors.ThawError)]


@pytest.mark.parametrize("error", [one for one in ALL if one is not errors.ThawError], ids=lambda one: one.__name__)
def test_the_docstring_is_the_sentence(error):
    fields = [name for _, name, _, _ in string.Formatter().parse(error.__doc__) if name]
    text = str(error(**dict.fromkeys(fields, "<received>")))
    assert text.count("<received>") == len(fields)
    assert "{" not in text
    assert text[-1] in ".!?" or fields


def test_a_received_value_with_braces_is_not_formatted_again():
    assert "{x}" in str(errors.UnknownRun(run="{x}"))
