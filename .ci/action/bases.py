"""The commit that a pull request goes into."""

import http.server
import json
import os
import subprocess
import threading

from action.case import STRICT, Case, sarif


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
