"""Runs action.yml as a job does, on a findgate that is built, and asserts all that comes of it.

    FINDGATE=PATH python3 .ci/action_test.py
"""

import functools
import hashlib
import http.server
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import unittest
from pathlib import Path

from action_runner import Expression, Refused, Runner, Unsupported, read_commands, read_pairs

ROOT = Path(__file__).resolve().parent.parent
FINDGATE = str(Path(os.environ["FINDGATE"]).resolve())
STRICT = "version: 1\nthresholds: {all: any}\n"
COUNTED = ("violations", "findings", "critical", "high", "medium", "low", "info", "unknown", "waived", "new")


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


class Installing(Case):
    """Downloads from a server of our own, by an action whose table names what that server has."""

    def setUp(self):
        super().setUp()
        self.write(".findgate.yml", STRICT)
        self.write("a.sarif", sarif())
        self.target = f"{os.uname().machine}-unknown-linux-gnu"
        self.version = subprocess.run([FINDGATE, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
        self.action = self.folder / "action-of-the-test"
        self.action.mkdir()
        shutil.copy(ROOT / "action.yml", self.action)
        shutil.copytree(ROOT / "action", self.action / "action")
        self.releases = self.folder / "releases"
        archive = self.releases / f"v{self.version}" / f"findgate-{self.target}.tar.gz"
        archive.parent.mkdir(parents=True)
        with tarfile.open(archive, "w:gz", compresslevel=1) as file:
            file.add(FINDGATE, "findgate")
        self.archive, self.checksum = archive, hashlib.sha256(archive.read_bytes()).hexdigest()
        self.asked = []
        asked = self.asked

        class Server(http.server.SimpleHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                super().do_GET()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Server, directory=self.releases))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.cache = self.folder / "tool cache"

    def table(self, *lines):
        (self.action / "action/checksums.txt").write_text("\n".join(["# a comment", f"version {self.version}", *lines]) + "\n")

    def installing(self, status, **inputs):
        job = self.job(action=self.action, variables={"RUNNER_TOOL_CACHE": str(self.cache)})
        return self.check(status, job, **{"binary": "", "sarif": "a.sarif", "download_url": self.url, **inputs})

    def kept(self):
        return sorted(str(path.relative_to(self.cache)) for path in self.cache.rglob("*") if path.is_file())

    def test_the_table_of_this_commit_decides_and_what_was_downloaded_is_kept(self):
        self.table(f"other-target {'0' * 64}", f"{self.target} {self.checksum}")
        result = self.installing(0)
        self.assertEqual(result.outputs["verdict"], "pass")
        self.assertEqual(len(self.asked), 1)
        self.assertIn(f"from {self.url}, checksum as expected", result.log)
        arch = {"x86_64": "x64", "aarch64": "arm64"}[os.uname().machine]
        at = f"findgate/{self.version}/{arch}"
        self.assertEqual(self.kept(), [f"{at}.complete", f"{at}/findgate-{self.target}.tar.gz"])
        result = self.installing(0)
        self.assertEqual(len(self.asked), 1, "the second job downloads nothing")
        self.assertIn("from the tool cache, checksum as expected", result.log)

    def test_a_cache_that_was_tampered_with_is_not_used_and_is_replaced(self):
        self.table(f"{self.target} {self.checksum}")
        self.installing(0)
        [archive] = self.cache.rglob("*.tar.gz")
        archive.write_bytes(b"another program")
        result = self.installing(0)
        self.assertEqual(len(self.asked), 2)
        self.assertIn("is not the one that checksum names", result.annotations("warning")[0])
        self.assertEqual(archive.read_bytes(), self.archive.read_bytes())

    def test_a_half_written_cache_is_not_used(self):
        self.table(f"{self.target} {self.checksum}")
        self.installing(0)
        [mark] = self.cache.rglob("*.complete")
        mark.unlink()
        self.installing(0)
        self.assertEqual(len(self.asked), 2)
        self.assertTrue(mark.exists())

    def test_a_cache_that_cannot_be_written_is_done_without(self):
        self.table(f"{self.target} {self.checksum}")
        self.cache.write_text("no folder")
        result = self.installing(0)
        self.assertIn("findgate was not kept in the tool cache", result.log)

    def test_a_wrong_checksum_runs_nothing(self):
        self.table(f"{self.target} {'0' * 64}")
        result = self.installing(3)
        self.assertEqual(result.outputs["verdict"], "error")
        self.assertEqual(result.outputs["exit-code"], "3")
        self.assertIsNone(result.ran["gate"])
        self.assertEqual(len(result.annotations("error")), 1)
        self.assertIn(f"has the SHA-256 {self.checksum}, and {'0' * 64} is expected; nothing of it was run", result.log)
        self.assertEqual(self.kept() if self.cache.exists() else [], [])

    def test_a_download_that_fails_or_is_cut_runs_nothing(self):
        self.table(f"{self.target} {self.checksum}")
        whole = self.archive.read_bytes()
        for content in (whole[: len(whole) // 2], b"", b"<html>Sign in</html>"):
            self.archive.write_bytes(content)
            result = self.installing(3)
            self.assertIsNone(result.ran["gate"])
            self.assertIn("nothing of it was run", result.annotations("error")[0])
        self.archive.unlink()
        result = self.installing(3)
        self.assertIn("could not be downloaded: ", result.annotations("error")[0])
        self.assertEqual(result.outputs["verdict"], "error")

    def test_an_archive_with_the_right_checksum_and_no_findgate_in_it_runs_nothing(self):
        for members in ({}, {"other": b"#!/bin/sh\n"}, {"findgate": b"#!/bin/sh\necho findgate 9.9.9\n"}, {"findgate": b"no program"}):
            with tarfile.open(self.archive, "w:gz") as file:
                for name, content in members.items():
                    about = tarfile.TarInfo(name)
                    about.size, about.mode = len(content), 0o755
                    file.addfile(about, io.BytesIO(content))
            self.table(f"{self.target} {hashlib.sha256(self.archive.read_bytes()).hexdigest()}")
            result = self.installing(3)
            self.assertIsNone(result.ran["gate"])
            self.assertEqual(result.outputs["verdict"], "error")

    def test_an_action_that_lacks_a_file_of_its_own_is_not_green(self):
        for name in ("checksums.txt", "lib.sh", "install.sh", "base.sh", "gate.sh"):
            self.table(f"{self.target} {self.checksum}")
            path = self.action / "action" / name
            content = path.read_bytes()
            path.unlink()
            job = self.job(action=self.action, variables={"RUNNER_TOOL_CACHE": str(self.cache)})
            result = job.run(sarif="a.sarif", download_url=self.url)
            self.assertNotEqual(result.status, 0, result.log)
            self.assertEqual(result.outputs["verdict"], "error")
            path.write_bytes(content)
        self.table(f"{self.target} {self.checksum}")
        self.installing(0)

    def test_every_platform_gets_the_archive_that_is_for_it(self):
        platforms = {
            ("Linux", "X64"): "x86_64-unknown-linux-gnu",
            ("Linux", "ARM64"): "aarch64-unknown-linux-gnu",
            ("macOS", "X64"): "x86_64-apple-darwin",
            ("macOS", "ARM64"): "aarch64-apple-darwin",
            ("Windows", "X64"): "x86_64-pc-windows-msvc",
            ("Windows", "ARM64"): "x86_64-pc-windows-msvc",
        }
        for (system, arch), target in platforms.items():
            # The program is that of this machine, under the name that it has there.
            archive = self.archive.with_name(f"findgate-{target}.tar.gz")
            with tarfile.open(archive, "w:gz", compresslevel=1) as file:
                file.add(FINDGATE, "findgate.exe" if system == "Windows" else "findgate")
            self.table(f"{target} {hashlib.sha256(archive.read_bytes()).hexdigest()}")
            job = self.job(action=self.action, variables={"RUNNER_OS": system, "RUNNER_ARCH": arch})
            self.asked.clear()
            result = self.check(0, job, binary="", sarif="a.sarif", download_url=self.url + "/")
            self.assertEqual(self.asked, [f"/v{self.version}/{archive.name}"])
            self.assertIn(f"findgate {self.version} for {target}: from ", result.log)
            archive.unlink()

    def test_a_runner_that_nothing_is_released_for_is_told_so(self):
        self.table(f"{self.target} {self.checksum}")
        for variable in ({"RUNNER_ARCH": "X86"}, {"RUNNER_OS": "Plan9"}, {"RUNNER_ARCH": "::error::x"}):
            job = self.job(action=self.action, variables=variable)
            result = self.check(2, job, binary="", sarif="a.sarif", download_url=self.url)
            self.assertIn("there is no findgate for ", result.annotations("error")[0])
            self.assertEqual(result.outputs["exit-code"], "2")
        self.assertEqual(self.asked, [])

    def test_a_commit_without_a_checksum_says_so(self):
        self.table()
        result = self.installing(2)
        self.assertIn(f"this commit of the action names no checksum for findgate {self.version} on {self.target}", result.log)
        self.assertEqual(self.asked, [])

    def test_another_version_needs_its_checksum(self):
        self.table(f"{self.target} {self.checksum}")
        result = self.installing(2, version="9.9.9")
        self.assertIn(f"version: 9.9.9 needs checksum, the SHA-256 of findgate-{self.target}.tar.gz", result.log)
        self.assertEqual(self.asked, [])
        result = self.installing(3, version="9.9.9", checksum=self.checksum)
        self.assertIn(f"{self.url}/v9.9.9/findgate-{self.target}.tar.gz could not be downloaded", result.log)

    def test_a_version_that_was_asked_for_is_the_one_that_runs(self):
        self.table()
        self.installing(0, version=f"v{self.version}", checksum=self.checksum.upper())
        other = self.releases / "v9.9.9"
        other.mkdir()
        shutil.copy(self.archive, other)
        result = self.installing(3, version="9.9.9", checksum=self.checksum)
        self.assertIn(f"the archive of findgate 9.9.9 holds another one: findgate {self.version}", result.log)

    def test_a_checksum_does_not_overrule_that_of_the_commit(self):
        self.table(f"{self.target} {self.checksum}")
        result = self.installing(2, checksum="0" * 64)
        self.assertIn("the input checksum is another one than this commit of the action has", result.log)

    def test_the_password_of_a_mirror_is_not_told(self):
        self.table(f"{self.target} {'0' * 64}")
        result = self.installing(3, download_url=self.url.replace("http://", "https://user:hunter2@"))
        self.assertNotIn("hunter2", result.log)
        result = self.installing(2, download_url="http://user:hunter2@mirror.example")
        self.assertNotIn("hunter2", result.log)
        self.assertIn("the input download-url is no https address: http://mirror.example", result.log)

    def test_a_binary_of_ones_own_goes_with_no_version(self):
        self.table()
        result = self.installing(2, binary=FINDGATE)
        self.assertIn("version, checksum and download-url are for one that is not", result.log)

    def test_the_table_in_the_repository_is_of_this_version_and_well_formed(self):
        lines = (ROOT / "action/checksums.txt").read_text().splitlines()
        lines = [line.split() for line in lines if line and not line.startswith("#")]
        self.assertEqual(lines[0], ["version", self.version])
        for line in lines[1:]:
            self.assertRegex(" ".join(line), r"^(x86_64|aarch64)-[a-z0-9-]+ [0-9a-f]{64}$")


class Bases(Case):
    """A pull request in a clone that holds its merge commit only."""

    def git(self, *arguments, at=None):
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "test@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        done = subprocess.run(["git", *arguments], cwd=at or self.source, env=environment, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def setUp(self):
        super().setUp()
        self.source = self.folder / "source"
        self.source.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        (self.source / ".findgate.yml").write_text(STRICT)
        self.git("add", ".")
        self.git("commit", "--quiet", "--message=policy")
        self.base = self.git("rev-parse", "HEAD")
        self.git("checkout", "--quiet", "-b", "change")
        (self.source / ".findgate.yml").write_text("version: 1\nthresholds: {all: {critical: 99}}\n")
        self.git("commit", "--quiet", "--all", "--message=excuse me")
        self.head = self.git("rev-parse", "HEAD")
        self.git("checkout", "--quiet", "--detach", "main")
        self.git("merge", "--quiet", "--no-ff", "--message=merge", "change")
        self.merge = self.git("rev-parse", "HEAD")
        self.git("update-ref", "refs/pull/1/merge", self.merge)
        bare = self.folder / "origin.git"
        self.git("clone", "--quiet", "--mirror", str(self.source), str(bare))
        self.workspace.rmdir()
        self.git("init", "--quiet", str(self.workspace))
        self.git("remote", "add", "origin", f"file://{bare}", at=self.workspace)
        self.git("fetch", "--quiet", "--depth=1", "origin", self.merge, at=self.workspace)
        self.git("checkout", "--quiet", self.merge, at=self.workspace)
        self.write("a.sarif", sarif("error"))

    def pull_request(self, **variables):
        event = {"number": 1, "pull_request": {"number": 1, "head": {"sha": self.head, "ref": "change"},
                                               "base": {"sha": self.base, "ref": "main"}}}
        payload = self.folder / "event.json"
        payload.write_text(json.dumps(event))
        return self.job(event=event, event_name="pull_request", variables={
            "GITHUB_EVENT_PATH": str(payload), "GITHUB_SHA": self.merge, "GITHUB_REF": "refs/pull/1/merge",
            "GITHUB_HEAD_REF": "change", "GITHUB_BASE_REF": "main", "GIT_CONFIG_NOSYSTEM": "1", **variables})

    def has_base(self):
        asked = ["git", "cat-file", "-e", f"{self.base}^{{commit}}"]
        return subprocess.run(asked, cwd=self.workspace, capture_output=True, check=False).returncode == 0

    def test_the_base_is_fetched_and_its_policy_decides(self):
        self.assertFalse(self.has_base())
        result = self.check(1, self.pull_request(), sarif="a.sarif", json_file="out.json")
        self.assertIn(f"fetched the commit that the change goes into: {self.base}", result.log)
        policy = json.loads((self.workspace / "out.json").read_text())["policy"]
        self.assertEqual((policy["trust"], policy["base"]), ("base", self.base))
        self.assertEqual(result.outputs["verdict"], "fail")
        self.assertTrue(self.has_base())

    def test_a_base_that_is_there_is_not_fetched_again(self):
        self.check(1, self.pull_request(), sarif="a.sarif")
        self.git("remote", "set-url", "origin", "file:///nowhere", at=self.workspace)
        result = self.check(1, self.pull_request(), sarif="a.sarif")
        self.assertEqual(result.annotations("warning"), [])

    def test_a_base_that_is_named_is_fetched_as_a_branch(self):
        result = self.check(1, self.pull_request(), sarif="a.sarif", base="main", json_file="out.json")
        self.assertEqual(json.loads((self.workspace / "out.json").read_text())["policy"]["base"], self.base)
        self.assertIn("fetched the commit that the change goes into: main", result.log)

    def test_the_work_tree_needs_no_base(self):
        result = self.check(0, self.pull_request(), sarif="a.sarif", trust="worktree", json_file="out.json")
        self.assertEqual(json.loads((self.workspace / "out.json").read_text())["policy"]["trust"], "worktree")
        self.assertEqual(result.outputs["verdict"], "pass")
        self.assertFalse(self.has_base())

    def test_a_base_that_cannot_be_fetched_is_told_and_findgate_says_what_to_do(self):
        self.git("remote", "set-url", "origin", "file:///nowhere", at=self.workspace)
        result = self.check(2, self.pull_request(), sarif="a.sarif")
        self.assertEqual(result.ran["base"], 0)
        self.assertIn("the commit that the change goes into could not be fetched: ", result.annotations("warning")[0])
        self.assertIn(f"git fetch --no-tags --depth=1 origin {self.base}", result.log)

    def test_a_private_repository_gets_the_token_and_no_other_process_sees_it(self):
        seen = []

        class Private(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append((self.path, self.headers.get_all("Authorization")))
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="test"')
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Private)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f"http://127.0.0.1:{server.server_port}"
        self.git("remote", "set-url", "origin", f"{url}/acme/payments", at=self.workspace)
        # What the checkout left behind must not make two headers.
        self.git("config", f"http.{url}/.extraheader", "AUTHORIZATION: basic stale", at=self.workspace)
        result = self.check(2, self.pull_request(GITHUB_SERVER_URL=url), sarif="a.sarif", github_token="s3cret")
        self.assertEqual([headers for _, headers in seen],
                         [["basic stale"], ["basic eC1hY2Nlc3MtdG9rZW46czNjcmV0"]])
        self.assertNotIn("s3cret", result.log)
        self.assertNotIn("czNjcmV0", result.log)
        seen.clear()
        self.check(2, self.pull_request(), sarif="a.sarif", github_token="s3cret")
        self.assertEqual([headers for _, headers in seen], [["basic stale"], ["basic stale"]], "another server gets no token")


class Comments(Case):
    """With a program in the place of findgate, whose arguments can be looked at."""

    def setUp(self):
        super().setUp()
        self.write(".findgate.yml", STRICT)
        self.write("a.sarif", sarif("error"))

    def stand_in(self, status):
        path = self.folder / "findgate-of-the-test"
        path.write_text(f"""#!/bin/sh
if [ "$1" = comment ]; then
  printf '%s\\n' "$@" >'{self.folder}/arguments'
  printf '%s' "$GITHUB_TOKEN" >'{self.folder}/token'
  exit {status}
fi
env | grep -q token-of-the-job && exit 99
exec '{FINDGATE}' "$@"
""")
        path.chmod(0o755)
        return str(path)

    def test_a_comment_is_written_after_a_violation_with_the_token(self):
        result = self.check(1, sarif="a.sarif", comment="true", binary=self.stand_in(0))
        command, path = (self.folder / "arguments").read_text().splitlines()
        self.assertEqual(command, "comment")
        self.assertTrue(path.endswith("/comment.md"), path)
        self.assertEqual((self.folder / "token").read_text(), "token-of-the-job")
        self.assertEqual(result.ran["step 3"], 0)
        self.assertEqual(result.annotations("warning"), [])

    def test_a_comment_does_not_change_the_verdict_and_its_crash_is_not_green(self):
        result = self.check(1, sarif="a.sarif", comment="true", binary=self.stand_in(3))
        self.assertEqual((result.outputs["verdict"], result.outputs["exit-code"]), ("fail", "1"))
        self.write("clean.sarif", sarif())
        self.check(0, sarif="clean.sarif", comment="true", binary=self.stand_in(0))
        result = self.check(101, sarif="clean.sarif", comment="true", binary=self.stand_in(101))
        self.assertEqual(result.outputs["verdict"], "pass")
        self.assertEqual(result.annotations("error"), ["findgate comment ended with 101; the log tells why"])

    def test_a_comment_is_written_from_the_folder_to_run_in_with_its_certificates(self):
        roots = Path("/etc/ssl/certs/ca-certificates.crt")
        self.write("app/.findgate.yml", STRICT)
        self.write("app/a.sarif", sarif("error"))
        shutil.copy(roots, self.workspace / "app/-own.pem")
        self.check(1, sarif="a.sarif", comment="true", binary=self.stand_in(0), working_directory="app", ca_file="-own.pem")
        command, roots, path = (self.folder / "arguments").read_text().splitlines()
        self.assertEqual((command, roots), ("comment", "--ca-file=-own.pem"))

    def test_no_comment_is_written_unless_it_is_asked_for_or_where_nothing_was_judged(self):
        self.assertIsNone(self.check(1, sarif="a.sarif", binary=self.stand_in(0)).ran["step 3"])
        result = self.check(2, sarif="a.sarif", comment="true", policy="none.yml", binary=self.stand_in(0))
        self.assertIsNone(result.ran["step 3"])
        self.assertFalse((self.folder / "arguments").exists())


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


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main()
