"""A job of its own for a test, and what holds of every run."""

import json
import os
import shutil
import tempfile
import unittest
from pathlib import Path

from action.runner import Runner

ROOT = Path(__file__).resolve().parent.parent.parent
FINDGATE = str(Path(os.environ["FINDGATE"]).resolve())
STRICT = "version: 1\nthresholds: {all: any}\n"


def sarif(*levels):
    """A report with a finding for each level."""
    results = [
        {
            "ruleId": "T1",
            "level": level,
            "message": {"text": f"finding {number}"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": f"src/{number}.py"}, "region": {"startLine": 1}}}],
        }
        for number, level in enumerate(levels)
    ]
    rules = [{"id": "T1", "properties": {"tags": ["security"]}}]
    run = {"tool": {"driver": {"name": "Testscan", "version": "1", "rules": rules}}, "results": results}
    return json.dumps({"version": "2.1.0", "runs": [run]})


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="findgate-action-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.workspace = self.folder / "workspace"
        self.workspace.mkdir()

    def write(self, name, text):
        path = self.workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def job(self, **arguments):
        runner = Runner(arguments.pop("action", ROOT), self.workspace, **arguments)
        self.addCleanup(shutil.rmtree, runner.temp)
        return runner

    def check(self, status, job=None, **inputs):
        """Runs the action and asserts what holds of every run."""
        result = (job or self.job()).run(**{"binary": FINDGATE, **inputs})
        self.assertEqual(result.status, status, result.log)
        self.assertEqual(result.env, {}, "no variable is set for later steps")
        self.assertEqual(result.paths, [], "nothing is put on the search path")
        self.assertNotIn("set-output", [name for name, _, _ in result.commands], result.log)
        if result.status == 0:
            self.assertIn(result.outputs["verdict"], ("pass", "fail"))
            self.assertEqual(result.outputs["exit-code"], "0")
        return result
