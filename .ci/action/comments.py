"""The comment on a pull request."""

import shutil
from pathlib import Path

from action.case import FINDGATE, STRICT, Case, sarif


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
