#!/usr/bin/env python3
"""Checks SARIF files for what GitHub code scanning demands and sarif-multitool does not see.

    check-github-limits.py [--audit] FILE...

--audit  the files are for audit and not for upload: no limit on results and size, suppressions allowed.

Prints every problem with the place in the document; exits 1 if there is any, 2 on wrong usage. A warning (file size)
does not fail. Only the standard library is used, so that there is nothing to install.
"""

import codecs
import json
import re
import sys
from urllib.parse import unquote_to_bytes

MAX_RESULTS = 5_000  # GitHub keeps so many of a run and drops the rest
MAX_LOCATIONS = 100  # the same, for one result
MAX_TAGS = 10
MAX_NAME = 255
MAX_TEXT = 1_024  # descriptions on GitHub; messages too, because GitLab drops a result whose message is much longer
WARN_SIZE = 9_000_000  # 10 MB are refused: by GitHub compressed, by GitLab as they are

MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
NUMBER = re.compile(r"[0-9]{1,2}(\.[0-9]+)?", re.ASCII)
# RFC 3986: one segment of a path; `%` only with two hexadecimal digits.
SEGMENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+", re.ASCII)


def main(arguments):
    audit = arguments[:1] == ["--audit"]
    paths = arguments[1:] if audit else arguments
    if not paths or paths[0].startswith("--"):
        print(__doc__, file=sys.stderr)
        return 2
    failed = False
    for path in paths:
        for place, problem in problems_of_file(path, audit):
            failed = True
            print(f"{path}: error: {place}: {problem}")
    return 1 if failed else 0


def problems_of_file(path, audit):
    try:
        with open(path, "rb") as file:
            data = file.read()
        if any(data.startswith(mark) for mark in MARKS):
            yield "file", "starts with a byte-order mark"
            return
        document = json.loads(data.decode("utf-8"), object_pairs_hook=without_duplicates, parse_constant=not_json)
    except (OSError, ValueError, RecursionError) as error:
        yield "file", f"cannot be read as JSON in UTF-8: {error}"
        return
    if len(data) >= WARN_SIZE and not audit:
        print(f"{path}: warning: {len(data)} bytes; platforms refuse files of 10 MB", file=sys.stderr)
    try:
        yield from problems_of_document(document, audit)
    except (LookupError, TypeError, AttributeError) as error:
        yield "file", f"does not have the shape of SARIF: {error!r}"


def without_duplicates(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"an object has a key twice: {sorted(names)}")
    return dict(pairs)


def not_json(word):
    raise ValueError(f"{word} is not JSON")


def problems_of_document(document, audit):
    if not document["runs"]:
        yield "runs", "there is no run, so the file says nothing"
    categories = set()
    for index, run in enumerate(document["runs"]):
        place = f"runs[{index}]"
        # The category ends at the last slash; without a slash it is empty.
        name = run.get("automationDetails", {}).get("id", "")
        category = name.rpartition("/")[0]
        if not category:
            yield f"{place}.automationDetails.id", f"{name!r} names no category; it must end in a slash"
        if category in categories:
            yield place, f"a second run with the category {category!r}"
        categories.add(category)
        yield from problems_of_rules(run, place)
        yield from problems_of_results(run, place, audit)


def problems_of_rules(run, run_place):
    seen = set()
    for index, rule in enumerate(run["tool"]["driver"]["rules"]):
        place = f"{run_place}.tool.driver.rules[{index}]"
        if rule["id"] in seen:
            yield f"{place}.id", f"{rule['id']!r} is there twice"
        seen.add(rule["id"])
        if "name" in rule:
            yield from problems_of_text(rule["name"], MAX_NAME, f"{place}.name")
        for key in ("shortDescription", "fullDescription"):
            yield from problems_of_text(rule.get(key, {}).get("text"), MAX_TEXT, f"{place}.{key}.text")

        properties = rule.get("properties", {})
        tags = properties.get("tags", [])
        if len(tags) > MAX_TAGS:
            yield f"{place}.properties.tags", f"{len(tags)} tags; {MAX_TAGS} are kept"
        if "security-severity" in properties:
            score = properties["security-severity"]
            # float() alone would take "nan", "inf", "1e1", "1_0" and " 5".
            if not isinstance(score, str) or not NUMBER.fullmatch(score) or float(score) > 10:
                yield f"{place}.properties.security-severity", f"{score!r} is not a number from 0 to 10 in a string"


def problems_of_results(run, run_place, audit):
    rules = run["tool"]["driver"]["rules"]
    results = run["results"]
    if len(results) > MAX_RESULTS and not audit:
        yield f"{run_place}.results", f"{len(results)} results; {MAX_RESULTS} are kept"
    told = sum("suppressions" in result for result in results)
    if told not in (0, len(results)):
        yield f"{run_place}.results", f"suppressions on {told} of {len(results)} results; it must be all or none"

    for index, result in enumerate(results):
        place = f"{run_place}.results[{index}]"
        yield from problems_of_text(result["message"].get("text"), MAX_TEXT, f"{place}.message.text")

        rule_index = result.get("ruleIndex")
        if type(rule_index) is not int or not 0 <= rule_index < len(rules):
            yield f"{place}.ruleIndex", f"{rule_index!r} is no index of the {len(rules)} rules"
        elif result.get("ruleId") != rules[rule_index]["id"]:
            yield f"{place}.ruleId", f"{result.get('ruleId')!r}, but the rule is {rules[rule_index]['id']!r}"

        # GitHub would show a suppressed result as an open alert.
        if not audit and any(word.get("status", "accepted") == "accepted" for word in result.get("suppressions", [])):
            yield f"{place}.suppressions", "a suppressed result belongs into the audit file only"

        locations = result.get("locations", [])
        if not locations:
            yield f"{place}.locations", "no location; GitHub refuses the whole file"
        if len(locations) > MAX_LOCATIONS and not audit:
            yield f"{place}.locations", f"{len(locations)} locations; {MAX_LOCATIONS} are kept"
        for number, location in enumerate(locations):
            yield from problems_of_location(location, f"{place}.locations[{number}]")
        for number, location in enumerate(result.get("relatedLocations", [])):
            if "physicalLocation" in location:
                yield from problems_of_location(location, f"{place}.relatedLocations[{number}]")


def problems_of_location(location, place):
    physical = location.get("physicalLocation")
    if physical is None:
        yield place, "no physicalLocation; GitHub refuses the whole file"
        return
    line = physical.get("region", {}).get("startLine")
    if type(line) is not int or line < 1:
        yield f"{place}.physicalLocation.region.startLine", f"{line!r} is no line number"
    uri = physical.get("artifactLocation", {}).get("uri")
    problem = problem_of_uri(uri)
    if problem:
        yield f"{place}.physicalLocation.artifactLocation.uri", f"{uri!r} {problem}"


def problem_of_uri(uri):
    """What is wrong with a path inside the repository, or None."""
    if not isinstance(uri, str) or not uri:
        return "is no path"
    if uri.startswith("/"):
        return "starts with a slash"
    segments = uri.split("/")
    # Also a Windows drive and an image such as nginx:1.25.
    if ":" in segments[0]:
        return "has a scheme, or a colon in the first segment"
    for segment in segments:
        if not SEGMENT.fullmatch(segment):
            return "has an empty segment" if not segment else "is not percent-encoded"
        plain = unquote_to_bytes(segment)
        if plain in (b".", b".."):
            return "has a segment that is a dot or two"
        if any(byte < 0x20 or byte == 0x7F for byte in plain):
            return "has a control character"
        try:
            plain.decode("utf-8")
        except UnicodeDecodeError:
            return "is not UTF-8 below its percent signs"
    return None


def problems_of_text(text, limit, place):
    # Characters are code points here, as on both platforms.
    if not isinstance(text, str) or not text.strip():
        yield place, "is missing or empty"
    elif len(text) > limit:
        yield place, f"{len(text)} characters; the limit is {limit}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
