"""What a run decides, counts, writes and sets."""

import json
import os
import shutil
import subprocess

from action.case import FINDGATE, ROOT, STRICT, Case, sarif

COUNTED = ("violations", "findings", "critical", "high", "medium", "low", "info", "unknown", "waived", "new")


class Verdicts(Case):
    def test_a_policy_that_holds_passes_and_sets_every_output(self):
        self.write(".findgate.yml", STRICT)
        self.write("reports/a.sarif", sarif())
        result = self.check(0, sarif="reports/*.sarif")
        counts = {name: "0" for name in COUNTED} | {"new": ""}
        files = {"sarif-file": "findgate.sarif", "report-file": "", "json-file": ""}
        self.assertEqual(result.outputs, {"verdict": "pass", "exit-code": "0", **counts, **files})
        self.assertIn("findgate: pass (0)", result.log)
        self.assertTrue((self.workspace / "findgate.sarif").exists())
        self.assertEqual(result.ran, {"install": 0, "base": 0, "gate": 0, "step 3": None})

    def test_a_violated_policy_fails_after_every_output_is_set(self):
        self.write(".findgate.yml", "version: 1\nthresholds: {all: {high: 0, medium: 1, low: 9}}\n")
        self.write("a.sarif", sarif("error", "error", "warning", "note"))
        files = {f"{name}-file": f"out.{name}" for name in ("report", "json", "junit", "markdown")}
        result = self.check(1, sarif="a.sarif", sarif_file="out.sarif", **{k.replace("-", "_"): v for k, v in files.items()})
        self.assertEqual(result.outputs["verdict"], "fail")
        self.assertEqual(result.outputs["exit-code"], "1")
        counted = {name: result.outputs[name] for name in COUNTED}
        self.assertEqual(
            counted,
            {"violations": "2", "findings": "4", "critical": "0", "high": "2", "medium": "1", "low": "1",
             "info": "0", "unknown": "0", "waived": "0", "new": ""},
        )
        named = {name: result.outputs[name] for name in ("sarif-file", "report-file", "json-file")}
        self.assertEqual(named, {"sarif-file": "out.sarif", "report-file": "out.report", "json-file": "out.json"})
        for name in ["out.sarif", *files.values()]:
            self.assertGreater((self.workspace / name).stat().st_size, 0, name)
        self.assertEqual(json.loads((self.workspace / "out.json").read_text())["verdict"], "fail")
        self.assertNotEqual(result.summary, "", "findgate writes the summary of the job by itself")

    def test_the_counts_are_those_of_the_evaluation(self):
        shutil.copytree(ROOT / "examples/shop", self.workspace / "examples/shop")
        result = self.check(1, policy="examples/shop/findgate.yml", json_file="out.json")
        document = json.loads((self.workspace / "out.json").read_text())
        sums = {}
        for counts in document["counts"].values():
            for severity, count in counts.items():
                sums[severity] = sums.get(severity, 0) + count
        want = {severity: str(count) for severity, count in sums.items()}
        want["findings"] = str(sum(sums.values()))
        want["violations"] = str(sum(one["enforcement"] == "deny" for one in document["violations"]))
        want["waived"] = str(document["dispositions"]["waived"])
        want["new"] = ""
        self.assertEqual({name: result.outputs[name] for name in COUNTED}, want)
        self.assertGreater(sum(sums.values()), 100)
        self.assertNotEqual(want["waived"], "0")
        self.assertLess(int(want["violations"]), len(document["violations"]), "a limit that warns is none of them")

    def test_what_is_new_is_counted_against_a_baseline(self):
        self.write(".findgate.yml", "version: 1\nnew_thresholds: {all: any}\n")
        self.write("old.sarif", sarif("error"))
        self.write("new.sarif", sarif("error", "error", "note"))
        result = self.check(1, sarif="new.sarif", baseline="old.sarif")
        self.assertEqual((result.outputs["new"], result.outputs["findings"]), ("2", "3"))

    def test_fail_false_makes_a_violation_green_and_nothing_else(self):
        self.write(".findgate.yml", STRICT)
        self.write("a.sarif", sarif("error"))
        result = self.check(0, sarif="a.sarif", fail="false")
        self.assertEqual((result.outputs["verdict"], result.outputs["exit-code"]), ("fail", "0"))
        self.assertEqual(result.outputs["violations"], "1")
        self.assertEqual(self.check(3, sarif="none.sarif", fail="false").outputs["verdict"], "undecided")
        self.write(".findgate.yml", "version: 1\nthresholds: {all: terrible}\n")
        self.assertEqual(self.check(2, sarif="a.sarif", fail="false").outputs["verdict"], "error")

    def test_what_was_not_read_is_undecided_and_names_no_sarif_to_upload(self):
        self.write(".findgate.yml", STRICT)
        result = self.check(3, sarif="none.sarif")
        self.assertEqual((result.outputs["verdict"], result.outputs["exit-code"]), ("undecided", "3"))
        self.assertTrue((self.workspace / "findgate.sarif").exists())
        self.assertEqual(result.outputs["sarif-file"], "")

    def test_a_wrong_policy_is_an_error_and_what_an_earlier_run_left_is_no_result(self):
        self.write(".findgate.yml", "version: 1\nthresholds: {all: terrible}\n")
        self.write("a.sarif", sarif())
        for name in ("findgate.sarif", "old.json", "old.html"):
            self.write(name, '{"verdict": "pass", "executionSuccessful":true}')
        result = self.check(2, sarif="a.sarif", json_file="old.json", report_file="old.html")
        want = {name: "" for name in result.outputs} | {"verdict": "error", "exit-code": "2"}
        self.assertEqual(result.outputs, want)

    def test_an_input_that_does_not_exist_is_refused_before_anything_is_run(self):
        self.write(".findgate.yml", STRICT)
        self.write("a.sarif", sarif())
        for name in ("sarf", "sarif_files", "verdict", 'a"b', "##[set-output name=verdict]pass", "é"):
            with self.subTest(name=name):
                result = self.check(2 if '"' not in name else 3, sarif="a.sarif", **{name: "b.sarif"})
                self.assertEqual(result.outputs["verdict"], "error")
                self.assertEqual(result.ran, {"install": result.status, "base": None, "gate": None, "step 3": None})
        result = self.check(2, sarif="a.sarif", sarf="b.sarif")
        self.assertEqual(result.annotations("error"), ["the action has no input sarf; docs/github.md lists them"])
        self.check(0, Sarif="a.sarif", verbose="true", args='--branch=a "b": c\n--as-of=2026-11-21')

    def test_a_status_of_0_without_a_verdict_is_no_pass(self):
        self.write(".findgate.yml", STRICT)
        result = self.check(3, args="--help")
        self.assertEqual((result.outputs["verdict"], result.outputs["exit-code"]), ("error", "3"))
        self.assertEqual(result.annotations("error"), ["findgate ended with 0 and left no verdict, so nothing is known to hold"])
        result = self.check(3, binary=shutil.which("true"))
        self.assertEqual(result.outputs["verdict"], "error")

    def test_a_working_directory_is_where_paths_begin_and_outputs_are_named_from_the_workspace(self):
        self.write("app/.findgate.yml", STRICT)
        self.write("app/a.sarif", sarif("error"))
        result = self.check(1, sarif="a.sarif", working_directory="app/", report_file="out.html")
        self.assertEqual(result.outputs["sarif-file"], "app/findgate.sarif")
        self.assertEqual(result.outputs["report-file"], "app/out.html")
        self.assertTrue((self.workspace / "app/findgate.sarif").exists())

    def test_several_files_sources_and_arguments_stand_one_on_a_line(self):
        self.write(".findgate.yml", STRICT)
        self.write("a b.sarif", sarif("error"))
        self.write("c.sarif", sarif("error", "note"))
        result = self.check(1, sarif="a b.sarif\r\n\nc.sarif\n", only="sarif\n", args="--as-of=2026-11-21\n--branch\nmain two")
        self.assertEqual(result.outputs["findings"], "2")
        result = self.check(1, sarif="a b.sarif", args="--output=human=a human.txt", sarif_file="")
        self.assertTrue((self.workspace / "a human.txt").exists())
        self.assertEqual(result.outputs["sarif-file"], "")

    def test_an_output_that_the_job_asks_for_in_a_variable_is_written_too(self):
        self.write(".findgate.yml", STRICT)
        self.write("a.sarif", sarif())
        self.check(0, self.job(variables={"FINDGATE_OUTPUT": "human=human.txt"}), sarif="a.sarif")
        self.assertTrue((self.workspace / "human.txt").exists())

    def test_a_snapshot_is_judged_without_sources(self):
        self.write(".findgate.yml", STRICT)
        self.write("a.sarif", sarif("error"))
        subprocess.run([FINDGATE, "collect", "--sarif", "a.sarif", "--output", "snapshot.json"], cwd=self.workspace,
                       env={"PATH": os.environ["PATH"]}, check=True, capture_output=True)
        (self.workspace / "a.sarif").unlink()
        self.assertEqual(self.check(1, snapshot="snapshot.json").outputs["findings"], "1")
