"""Where findgate comes from."""

import functools
import hashlib
import http.server
import io
import os
import shutil
import subprocess
import tarfile
import threading

from action.case import FINDGATE, ROOT, STRICT, Case, sarif


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
