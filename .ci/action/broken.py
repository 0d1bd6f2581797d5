"""Programs in the place of findgate that end as none should."""

from pathlib import Path

from action.case import FINDGATE, STRICT, Case, sarif


class BrokenFindgates(Case):
    """With programs that end as no findgate should: nothing that they do makes the step green."""

    def setUp(self):
        super().setUp()
        self.write(".findgate.yml", STRICT)
        self.write("a.sarif", sarif("error"))
        self.write("clean.sarif", sarif())

    def broken(self, after, before=""):
        """A program that runs `before`, findgate, and `after`, which finds the folder of the step in $folder."""
        path = self.folder / "broken-findgate"
        path.write_text(f"""#!/bin/bash
[ "$1" = check ] || exec '{FINDGATE}' "$@"
for one in "$@"; do
  case $one in --output=json=*/evaluation.json) folder=${{one#--output=json=}} folder=${{folder%/*}} ;; esac
done
{before}
'{FINDGATE}' "$@"
status=$?
{after}
""")
        path.chmod(0o755)
        return str(path)

    def refused(self, after, says, before="", **inputs):
        result = self.check(3, **{"binary": self.broken(after, before), "sarif": "clean.sarif", **inputs})
        self.assertEqual((result.outputs["verdict"], result.outputs["exit-code"]), ("error", "3"))
        self.assertIn(says, result.annotations("error")[-1])

    def test_the_program_of_these_tests_is_green_unless_it_is_broken(self):
        self.assertEqual(self.check(0, binary=self.broken("exit $status"), sarif="clean.sarif").outputs["verdict"], "pass")

    def test_a_crash_is_no_pass_whatever_was_written_before_it(self):
        self.refused("kill -SEGV $$", "findgate ended with 139, which no findgate does by itself")
        self.refused("", "findgate ended with 134", before="kill -ABRT $$")
        self.refused("exit 101", "findgate ended with 101")
        self.refused("kill -KILL $$", "findgate ended with 137", fail="false")

    def test_a_program_that_is_gone_is_no_pass(self):
        path = self.broken("exit $status")
        Path(path).write_text('#!/bin/bash\nrm -- "$0"\n')
        self.refused_binary(path)
        Path(path).write_text('#!/bin/nowhere\n')
        Path(path).chmod(0o755)
        self.assertEqual(self.check(2, binary=path, sarif="clean.sarif").outputs["verdict"], "error")

    def refused_binary(self, path):
        result = self.check(3, binary=path, sarif="clean.sarif")
        self.assertEqual(result.outputs["verdict"], "error")
        self.assertIn("findgate ended with 127", result.annotations("error")[-1])

    def test_a_verdict_of_fail_is_green_only_where_that_was_asked_for(self):
        self.refused("exit 0", "its verdict is fail, which nobody asked for", sarif="a.sarif")
        for asked in ({"fail": "false"}, {"args": "--branch=main\n--exit-zero"}):
            self.assertEqual(self.check(0, sarif="a.sarif", **asked).outputs["verdict"], "fail")
        job = self.job(variables={"FINDGATE_EXIT_ZERO": "true"})
        self.assertEqual(self.check(0, job, sarif="a.sarif").outputs["verdict"], "fail")

    def test_an_undecided_verdict_is_never_green(self):
        for asked in ({}, {"fail": "false"}):
            self.refused("exit 0", "left no verdict", sarif="none.sarif", **asked)

    def test_an_evaluation_that_cannot_be_read_is_no_pass(self):
        self.refused('rm "$folder/evaluation.json"', "left no verdict")
        self.refused(': >"$folder/evaluation.json"', "left no verdict")
        self.refused('sed -i /counts/d "$folder/evaluation.json"', "that this commit of the action cannot read")
        self.refused('tr -d "\\n" <"$folder/evaluation.json" >x; mv x "$folder/evaluation.json"', "left no verdict")

    def test_an_output_that_was_asked_for_and_is_not_there_is_no_pass(self):
        for name in ("sarif-file", "report-file", "json-file", "junit-file", "markdown-file"):
            with self.subTest(name=name):
                self.refused("rm out", f"did not write what the input {name} names: out", **{name.replace("-", "_"): "out"})
        self.refused('rm "$folder/comment.md"', "did not write the comment", comment="true")

    def test_an_output_that_an_earlier_step_left_is_not_taken_for_one(self):
        self.write("out", "old")
        # It is kept aside and put back, as if findgate had not written it.
        self.refused("mv -f kept out", "did not write what the input report-file names", before="ln out kept", report_file="out")

    def test_an_output_goes_to_a_file_and_not_to_the_log(self):
        for name in ("sarif_file", "report_file", "json_file", "junit_file", "markdown_file"):
            self.assertEqual(self.check(2, sarif="clean.sarif", **{name: "-"}).outputs["verdict"], "error")

    def test_an_output_that_cannot_be_written_is_no_pass(self):
        result = self.check(3, sarif="clean.sarif", report_file="a.sarif/out.html")
        self.assertEqual(result.outputs["verdict"], "undecided")
        self.assertEqual(result.outputs["report-file"], "")
