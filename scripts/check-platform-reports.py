#!/usr/bin/env python3
"""Checks reports as the platforms that take them do, which no schema of JSON can say.

    python check-platform-reports.py JUNIT.xsd FILE...

FILE.junit  JUnit XML: the schema, at least one case, names that are unique in a suite, totals, 30 MB
FILE.gitlab GitLab Code Quality: fingerprints that are unique, relative paths, no byte-order mark, 100 MB
FILE.github workflow commands: ten of a level, one line each, 4,096 characters

Needs lxml. Prints every problem; exits 0 if there is none, 1 if there is any, 2 on wrong usage.
"""

import collections
import json
import pathlib
import sys

from lxml import etree

LARGEST = {".junit": 30_000_000, ".gitlab": 100_000_000}
ANNOTATIONS = 10
MESSAGE = 4096


def junit(content, schema):
    # As strict as a parser gets: nothing is recovered, nothing is fetched.
    root = etree.fromstring(content, etree.XMLParser(recover=False, no_network=True, resolve_entities=False))
    if not schema.validate(root):
        yield from (f"line {error.line}: {error.message}" for error in schema.error_log)
    if next(root.iter("testcase"), None) is None:
        yield "no case; Jenkins fails on a report without any"
    for suite in root.iter("testsuite"):
        yield from twice((case.get("name") for case in suite.iter("testcase")), f"in suite {suite.get('name')}")
    for total in ("tests", "failures", "errors"):
        told, summed = int(root.get(total)), sum(int(suite.get(total)) for suite in root.iter("testsuite"))
        if told != summed:
            yield f"{told} {total} in all, {summed} in the suites"


def gitlab(content, _):
    if content.startswith(b"\xef\xbb\xbf"):
        yield "begins with a byte-order mark"
    entries = json.loads(content)
    yield from twice((entry["fingerprint"] for entry in entries), "as a fingerprint")
    for entry in entries:
        path = pathlib.PurePosixPath(entry["location"]["path"])
        if path.is_absolute() or ".." in path.parts or entry["location"]["path"].startswith("./"):
            yield f"{path} is no path of a repository"


def github(content, _):
    lines = content.decode("utf-8").split("\n")
    if lines.pop():
        yield "the last line has no end"
    levels = collections.Counter()
    for line in lines:
        head, _, message = line.removeprefix("::").partition("::")
        level = head.partition(" ")[0]
        levels[level] += 1
        if not line.startswith("::") or level not in ("error", "warning", "notice"):
            yield f"no annotation: {line[:80]}"
        if len(message) > MESSAGE:
            yield f"a message of {len(message)} characters"
        if "##[" in line or "\r" in line:
            yield f"holds a command: {line[:80]}"
    yield from (f"{count} of level {level}" for level, count in levels.items() if count > ANNOTATIONS)


def twice(names, where):
    counts = collections.Counter(names)
    return (f"{name} is there {count} times {where}" for name, count in counts.items() if count > 1)


def main():
    checks = {".junit": junit, ".gitlab": gitlab, ".github": github}
    files = [pathlib.Path(name) for name in sys.argv[2:]]
    if not files or any(file.suffix not in checks for file in files):
        print(__doc__, file=sys.stderr)
        return 2
    schema = etree.XMLSchema(etree.parse(sys.argv[1]))
    problems = 0
    for file in files:
        try:
            content = file.read_bytes()
            found = list(checks[file.suffix](content, schema))
            if len(content) > (largest := LARGEST.get(file.suffix, len(content))):
                found.append(f"{len(content)} bytes; GitLab takes {largest}")
        except (ValueError, KeyError, TypeError, etree.XMLSyntaxError) as error:
            found = [f"cannot be read: {error}"]
        for problem in found:
            print(f"{file}: {problem}")
        problems += len(found)
    print(f"check-platform-reports: {problems or 'no'} problem(s) in {len(files)} file(s)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
