"""The code can be read in an afternoon: functions and files stay small."""

from statistics import median

from tests.architecture.source import PACKAGES, files, functions, length, name


def test_the_median_function_has_at_most_ten_lines() -> None:
    assert median(length(each) for path in files(*PACKAGES) for each in functions(path)) <= 10


def test_nineteen_functions_in_twenty_have_under_thirty_lines() -> None:
    lengths = [length(each) for path in files(*PACKAGES) for each in functions(path)]
    assert sum(lines < 30 for lines in lengths) >= 0.95 * len(lengths)


def test_no_function_is_a_giant() -> None:
    giants = [
        f"{name(path)}:{each.lineno} {each.name}"
        for path in files(*PACKAGES)
        if path.parent.name != "versions"  # a migration is a list of tables, as Alembic writes it
        for each in functions(path)
        if length(each) > 60
    ]
    assert giants == []


def test_no_file_has_over_four_hundred_lines() -> None:
    lines = {name(path): path.read_text(encoding="utf-8").count("\n") for path in files(*PACKAGES, "tests")}
    assert {path: count for path, count in lines.items() if count > 400} == {}
