"""The runner itself."""

import tempfile
import unittest
from pathlib import Path

from action.runner import Expression, Refused, Unsupported, read_commands, read_pairs


class TheRunnerOfThisTest(unittest.TestCase):
    """A runner that refuses nothing would prove nothing."""

    def test_values_of_several_lines_end_at_their_delimiter(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "output"
            path.write_text("a=1=2\nb<<E\none\nc=3\nE\nd=x<<E\n")
            self.assertEqual(read_pairs(path), {"a": "1=2", "b": "one\nc=3", "d": "x<<E"})
            for bad in ("word\n", "a<<E\nnever ended\n", "=1\n", "<<E\nE\n"):
                path.write_text(bad)
                self.assertRaises(Refused, read_pairs, path)

    def test_commands_are_found_as_the_runner_finds_them(self):
        log = "  ::error file=a,line=1::x%0Ay\ntext ::error::no\ntext ##[set-output name=a;]b\n::stop-commands::T\n::error::z\n::T::\n::debug::end"
        found = [("error", {"file": "a", "line": "1"}, "x\ny"), ("set-output", {"name": "a"}, "b"), ("stop-commands", {}, "T"), ("debug", {}, "end")]
        self.assertEqual(read_commands(log), found)

    def test_expressions_are_those_of_the_runner_and_no_others(self):
        contexts = {"github": {"event": {"a": {"b": "x"}}}, "inputs": {"fail": "TRUE", "none": ""}, "steps": {}}

        def value(text, has_failed=False):
            return Expression(text, contexts, has_failed).value()

        self.assertEqual(value("github.event.a.b || 'y'"), "x")
        self.assertEqual(value("github.event.none.b || steps.gate.outputs.x || 'it''s'"), "it's")
        self.assertIs(value("inputs.fail == 'true' && !(inputs.none != '')"), True)
        self.assertIs(value("!cancelled() && steps.gate.outputs.x != ''"), False)
        self.assertEqual((value("success()", True), value("failure()", True)), (False, True))
        for bad in ("secrets.x", "inputs.undeclared", "format('{0}', 'x')", "contains('a', 'a')", "1 + 1", "'a' == true()", "(", "github.event"):
            with self.assertRaises(Unsupported, msg=bad):
                value(bad)
