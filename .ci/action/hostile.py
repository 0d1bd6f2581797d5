"""Inputs that would be commands, options, several lines or other files, if anything let them."""

import os
import shutil

from action.case import FINDGATE, ROOT, STRICT, Case, sarif

HOSTILE = [
    "$(touch pwned)",
    "`touch pwned`",
    "\"; touch pwned; \"",
    "'; touch pwned; '",
    "a b\tc * ? [x]",
    "-rf",
    "--exit-zero",
    "::set-output name=verdict::pass",
    "##[set-output name=verdict]pass",
    "###[set-output name=verdict]pass",
    "::error::pwned %0A::set-output name=verdict::pass",
    "\\",
    "${PATH}",
    "~/x",
    "é\u202e\u2028::set-output name=verdict::pass",
]
LINE_BREAKS = ["x\n::set-output name=verdict::pass", "x\nverdict=pass", "x\r\nverdict<<E\npass\nE", "a\rb"]
FREE = ("policy", "trust", "base", "baseline", "snapshot", "timeout", "ca-file", "working-directory", "sarif-file",
        "report-file", "json-file", "junit-file", "markdown-file")


class Hostile(Case):
    def setUp(self):
        super().setUp()
        self.write(".findgate.yml", STRICT)
        self.write("a.sarif", sarif("error"))

    def judged(self, **inputs):
        """Whatever an input holds, the action does not pass: it fails by the policy, or refuses the input."""
        result = self.job().run(**{"binary": FINDGATE, "sarif": "a.sarif", **inputs})
        self.assertIn(result.status, (1, 2, 3), result.log)
        self.assertIn(result.outputs["verdict"], ("fail", "undecided", "error"), result.log)
        self.assertEqual(result.outputs["exit-code"], str(result.status))
        self.assertEqual((result.env, result.paths), ({}, []))
        self.assertNotIn("set-output", [name for name, _, _ in result.commands], result.log)
        self.assertFalse(list(self.folder.rglob("pwned")), result.log)
        return result

    def test_no_value_of_an_input_is_run_or_split_or_sets_an_output(self):
        for name in FREE:
            for value in HOSTILE:
                with self.subTest(name=name, value=value):
                    self.judged(**{name.replace("-", "_"): value})

    def test_what_belongs_to_one_line_and_has_several_is_refused(self):
        for name in FREE:
            for value in LINE_BREAKS:
                with self.subTest(name=name, value=value):
                    result = self.judged(**{name.replace("-", "_"): value})
                    self.assertEqual(result.status, 2)
                    [complaint] = result.annotations("error")
                    self.assertTrue(complaint.startswith(f"the input {name} has a line break: "), complaint)

    def test_lists_take_each_line_as_one_value(self):
        for name in ("sarif", "only", "args"):
            for value in HOSTILE + LINE_BREAKS:
                if name == "args" and value == "--exit-zero":
                    continue  # that is what arguments are for
                with self.subTest(name=name, value=value):
                    self.judged(**{name: value})

    def test_a_yes_or_no_is_true_or_false(self):
        for name in ("fail", "comment", "verbose"):
            for value in ["", "yes", "False", "true\nfalse", *HOSTILE]:
                with self.subTest(name=name, value=value):
                    result = self.judged(**{name: value})
                    self.assertEqual(result.status, 2)
                    self.assertIn(f"the input {name} is true or false, not: ", result.annotations("error")[0])

    def test_what_installs_is_refused_unless_it_is_what_it_must_be(self):
        for name in ("version", "checksum", "download-url", "binary"):
            for value in HOSTILE + LINE_BREAKS:
                with self.subTest(name=name, value=value):
                    inputs = {"binary": "", "version": "9.9.9", "checksum": "0" * 64, name.replace("-", "_"): value}
                    if name == "binary":
                        inputs["version"] = inputs["checksum"] = ""
                    result = self.judged(**inputs)
                    self.assertEqual(result.status, 2, result.log)
                    self.assertIsNone(result.ran["gate"])

    def test_a_link_in_place_of_an_output_does_not_put_a_report_into_a_script_of_the_job(self):
        action = self.folder / "action-of-the-test"
        action.mkdir()
        shutil.copy(ROOT / "action.yml", action)
        shutil.copytree(ROOT / "action", action / "action")
        self.write("a.sarif", sarif("error").replace("finding 0", "$(touch pwned)"))
        script = action / "action/comment.sh"
        (self.workspace / "findgate.sarif").symlink_to(os.path.relpath(script, self.workspace))
        result = self.check(3, self.job(action=action), sarif="a.sarif", comment="true")
        self.assertIn("a link in the repository leads to", result.log)
        self.assertEqual(script.read_text(), (ROOT / "action/comment.sh").read_text())
        self.assertFalse(list(self.folder.rglob("pwned")), result.log)

    def test_names_of_files_that_have_spaces_and_quotes_are_written_and_told_as_they_are(self):
        name = "it's $(x) \"a\" <<E.sarif"
        result = self.judged(sarif_file=name)
        self.assertEqual(result.outputs["sarif-file"], name)
        self.assertTrue((self.workspace / name).exists())
