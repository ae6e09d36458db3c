#!/usr/bin/env python3
"""gen_junit.py CASES FILE [BYTES]: a report as pytest would write it, for the import benchmark.

Suites of 1,000 cases, names with parameters, 2 % failures with messages of BYTES (2,000). The same arguments give the
same file.
"""
import random
import sys

MODULES = ["parser", "scheduler", "storage", "api", "auth", "billing", "cache", "router", "worker", "metrics"]
VERBS = ["handles", "rejects", "parses", "retries", "returns", "updates", "drops"]
THINGS = ["empty_input", "unicode", "timeout", "large_payload", "missing_key", "race", "null_bytes"]
SUITE = 1000


def traceback(size):
    lines = [
        f"    def test_value(self):\n&gt;       assert compute({i}) == {i * 7}\n"
        f"E       AssertionError: assert {i} == {i * 7}\n"
        for i in range(size // 40)
    ]
    text = "".join(lines)
    return text[: text.rindex("\n", 0, size - 50)]


def testcase(suite, index, text):
    module = MODULES[suite % len(MODULES)]
    name = f"test_{VERBS[index % 7]}_{THINGS[index // 7 % 7]}[{index}-param{index % 13}]"
    head = (
        f'<testcase classname="tests.unit.{module}.test_{module}_{suite}.Test{module.capitalize()}Case"'
        f' name="{name}" time="{random.random():.3f}"'
    )
    if index % 50 != 7:
        return head + " />"
    return (
        f'{head}><failure message="AssertionError: assert {index} == {index * 7}">{text}\n'
        f"tests/unit/{module}/test_{module}.py:{index}: AssertionError</failure></testcase>"
    )


def main(cases, path, size):
    random.seed(7)
    text = traceback(size)
    with open(path, "w", buffering=1 << 20) as out:
        out.write('<?xml version="1.0" encoding="utf-8"?><testsuites>\n')
        for suite, first in enumerate(range(0, cases, SUITE)):
            count = min(SUITE, cases - first)
            out.write(
                f'<testsuite name="pytest" errors="0" failures="{count // 50}" skipped="0" tests="{count}"'
                f' time="12.345" timestamp="2026-01-05T12:00:00.000000" hostname="ci-{suite % 16}">'
            )
            out.writelines(testcase(suite, index, text) for index in range(count))
            out.write("</testsuite>\n")
        out.write("</testsuites>\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 2000)
