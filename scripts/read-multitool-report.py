#!/usr/bin/env python3
"""Reads the report of sarif-multitool and prints what it found in the file that was validated.

    read-multitool-report.py REPORT VALIDATED

Exits 1 if there is an error or a warning, if the run was no success, or if there is no report that can be read.
Only the standard library is used, so that there is nothing to install.
"""

import json
import sys

# Left behind by multitool.xml, which switches a rule off on purpose.
EXPECTED_NOTIFICATIONS = {"WRN999.RuleExplicitlyDisabled"}


def main(report_path, validated):
    try:
        with open(report_path, encoding="utf-8-sig") as file:
            report = json.load(file)
        problems = [line for run in the_runs(report) for line in problems_of(run, validated)]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        problems = [f"{validated}: error: the multitool left no report that can be read ({error})"]
    for line in problems:
        print(line)
    return 1 if problems else 0


def the_runs(report):
    if not report["runs"]:
        raise ValueError("no runs in it")
    return report["runs"]


def problems_of(run, validated):
    rules = {rule["id"]: rule for rule in run["tool"]["driver"].get("rules", [])}
    for result in run["results"]:
        # SARIF: a result without a level is a warning.
        level = result.get("level", "warning")
        if level in ("error", "warning"):
            rule_id = result.get("ruleId") or result["rule"]["id"]
            yield f"{validated}:{place(result)} {level}: {rule_id}: {sentence(result['message'], rules.get(rule_id, {}))}"

    if not run["invocations"]:
        raise ValueError("no invocation in it")
    for invocation in run["invocations"]:
        if invocation["executionSuccessful"] is not True:
            yield f"{validated}: error: the multitool says that it did not succeed"
        for kind in ("toolConfigurationNotifications", "toolExecutionNotifications"):
            for note in invocation.get(kind, []):
                name = note.get("descriptor", {}).get("id", "unnamed notification")
                if note.get("level", "warning") == "error" and name not in EXPECTED_NOTIFICATIONS:
                    yield f"{validated}: error: {name}: {note['message'].get('text', '')}"


def place(result):
    region = (result.get("locations") or [{}])[0].get("physicalLocation", {}).get("region", {})
    return f"{region.get('startLine', 0)}:{region.get('startColumn', 0)}:"


def sentence(message, rule):
    """The report holds the id of a sentence and its arguments; the sentence stands at the rule."""
    arguments = message.get("arguments", [])
    text = message.get("text") or rule.get("messageStrings", {}).get(message.get("id"), {}).get("text")
    if text is None:
        return " | ".join(arguments)
    for number, argument in enumerate(arguments):
        text = text.replace("{%d}" % number, argument)
    return text


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
