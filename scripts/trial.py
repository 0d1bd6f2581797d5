"""What the trials of the platforms share: a change in a repository, shells in a scrubbed environment, programs that stand
in for others. run-gitlab-component.py and run-platform-examples.py use it.

Nothing of the surrounding environment reaches a script: the gate would take it for the platform that it is on.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

# A script of another name would leave a cache folder in the work tree.
sys.dont_write_bytecode = True

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"

# Nothing high on the branch that changes go into. A change may want to loosen it, and must not be able to.
POLICY = "version: 1\nname: trial\nthresholds: {all: high}\n"
LOOSE = "version: 1\nname: loose\nthresholds: {all: critical}\n"


# How a program fails: it says so, or it is ended by somebody.
FAULTS = ["exit 1", "kill -KILL $$"]


class Failed(Exception):
    """Something is not as it must be."""


def must(holds, what):
    """Fails unless it holds."""
    if not holds:
        raise Failed(what)


def sarif(*levels):
    """A SARIF file with a result for each level."""
    results = [
        {
            "ruleId": "T1",
            "level": level,
            "message": {"text": f"flaw {line}"},
            "locations": [
                {"physicalLocation": {"artifactLocation": {"uri": "src/a.py"}, "region": {"startLine": line}}}
            ],
        }
        for line, level in enumerate(levels, 1)
    ]
    return json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "trial"}}, "results": results}]})


class Ended:
    """How a script ended."""

    def __init__(self, status, output):
        self.status = status
        self.output = output

    def ends_with(self, *statuses):
        """Fails unless it ended with one of these."""
        must(self.status in statuses, f"status {self.status} instead of {statuses}:\n{self.output}")
        return self

    def says(self, part):
        """Fails unless this is in what it printed."""
        must(part in self.output, f"no {part!r} in:\n{self.output}")
        return self


def run(arguments, folder, variables):
    """Runs a program with these variables and no others. It is stopped after two minutes."""
    done = subprocess.run(
        arguments,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode("utf-8", "replace"))


class Trial:
    """A folder with a home, programs on the path, and a repository that has a change."""

    def __init__(self, work, binary):
        self.work = Path(work)
        self.binary = Path(binary).resolve()
        must(os.access(self.binary, os.X_OK), f"{binary} is not a program")
        must(shutil.which("findgate", path=SYSTEM_PATH) is None, "a findgate of the system would be tried instead")
        self.home = self.work / "home"
        self.home.mkdir()
        self.programs = self.work / "programs"
        self.programs.mkdir()

    def variables(self, **more):
        """What every script gets, with findgate on the path."""
        return {"PATH": f"{self.programs}:{SYSTEM_PATH}", "HOME": str(self.home), "LANG": "C.UTF-8", **more}

    def install(self):
        """Puts findgate onto the path, as an image does that holds it."""
        (self.programs / "findgate").unlink(missing_ok=True)
        (self.programs / "findgate").symlink_to(self.binary)

    @contextmanager
    def broken(self, name, script):
        """A program of this name that does this and no more, for a while. Gives a file that is there once it was called."""
        path, kept, called = self.programs / name, self.work / "kept", self.work / "called"
        called.unlink(missing_ok=True)
        if path.is_symlink() or path.exists():
            path.rename(kept)
        self.program(name, f"touch {called}\n{script}")
        yield called
        path.unlink()
        if kept.is_symlink() or kept.exists():
            kept.rename(path)

    def program(self, name, script):
        """A program of this name, in place of another one."""
        path = self.programs / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/usr/bin/env bash\nset -euo pipefail\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def git(self, folder, *arguments):
        """Runs git, not what may stand in its place, and returns what it printed."""
        variables = self.variables(
            PATH=SYSTEM_PATH,
            GIT_CONFIG_GLOBAL=os.devnull,
            GIT_CONFIG_NOSYSTEM="1",
            GIT_AUTHOR_NAME="trial",
            GIT_AUTHOR_EMAIL="trial@example.com",
            GIT_COMMITTER_NAME="trial",
            GIT_COMMITTER_EMAIL="trial@example.com",
        )
        return run(["git", *arguments], folder, variables).ends_with(0).output.strip()

    def origin(self, base=None, change=None, name="origin"):
        """A bare repository whose `main` holds some files, and whose `change` holds others, and some commits after those.

        Returns its address, the commit of `main` and that of `change`.
        """
        tree = self.work / f"{name}-tree"
        tree.mkdir()
        self.git(tree, "init", "--quiet", "--initial-branch=main")
        commits = []
        for branch, files in (("main", base or {}), ("change", change or {})):
            if branch != "main":
                self.git(tree, "checkout", "--quiet", "-b", branch)
            # Several, so that a shallow clone of the change lacks the base.
            for count in range(3):
                for path, text in {"README.md": f"{branch} {count}\n", **files}.items():
                    (tree / path).parent.mkdir(parents=True, exist_ok=True)
                    (tree / path).write_text(text, encoding="utf-8")
                self.git(tree, "add", "--all")
                self.git(tree, "commit", "--quiet", "--message", f"{branch} {count}")
            commits.append(self.git(tree, "rev-parse", "HEAD"))
        bare = self.work / f"{name}.git"
        self.git(self.work, "clone", "--quiet", "--bare", str(tree), str(bare))
        # As the platforms' servers do.
        self.git(bare, "config", "uploadpack.allowAnySHA1InWant", "true")
        return bare.as_uri(), *commits

    def checkout(self, address, branch, name, depth=1):
        """A clone of one branch, detached as on a runner; depth 0 takes everything."""
        folder = self.work / name
        shallow = [f"--depth={depth}"] if depth else []
        self.git(self.work, "clone", "--quiet", "--no-tags", *shallow, "--branch", branch, address, str(folder))
        self.git(folder, "checkout", "--quiet", "--detach")
        return folder


TRIALS = []


def tried(trial):
    """Marks a function as a trial, which gets a `Trial` and fails by `Failed`."""
    TRIALS.append(trial)
    return trial


def main(binary):
    """Runs each trial with this findgate, and says which one failed. Returns the status to end with."""
    must(TRIALS, "there are no trials")
    for trial in TRIALS:
        name = trial.__name__.replace("_", " ")
        try:
            with tempfile.TemporaryDirectory() as work:
                trial(Trial(work, binary))
        except Failed as problem:
            print(f"failed: {name}\n{problem}", file=sys.stderr)
            return 1
        print(f"ok: {name}", flush=True)
    return 0
