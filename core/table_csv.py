"""Tables as CSV that a spreadsheet opens without running anything in it."""

import pandas as pd

# What a spreadsheet takes for the start of a formula (OWASP, "CSV Injection"); tab and return are skipped by some
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell):
    """A text that a spreadsheet would calculate is led by an apostrophe, which makes it a text; all else as it is."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def csv_text(table: pd.DataFrame) -> str:
    """The table as CSV without its index, headings and texts made harmless; what is missing is an empty cell.

    Numbers stay numbers, whatever their sign.
    """
    safe = table.copy()
    safe.columns = [harmless(str(name)) for name in table.columns]
    for at in range(safe.shape[1]):
        column = safe.iloc[:, at]
        if not pd.api.types.is_numeric_dtype(column):
            safe.isetitem(at, column.astype(object).map(harmless))
    return safe.to_csv(index=False, lineterminator="\n")
