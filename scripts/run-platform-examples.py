"""Tries examples/platforms out: parses the Jenkinsfile, and runs what each platform would run in a shell, one step after the
other, with the variables that the platform sets, in clones of a local repository. .pre-commit-hooks.yaml is tried with
pre-commit itself.

    scripts/run-platform-examples.py BINARY

BINARY is the findgate to try. Scanners and `cargo install` are replaced by programs that do nothing but write a report. Needs
PyYAML, groovy-parser, pre-commit, git and bash. Ends with 0 if all is as it must be, else with 1.
"""

import re
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import yaml
from groovy_parser.parser import parse_groovy_content
from lark.exceptions import LarkError

from trial import FAULTS, LOOSE, POLICY, SYSTEM_PATH, main, must, run, sarif, tried

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples" / "platforms"
# What a scanner is replaced by: it writes the report of the trial to where it was told to, or fails to.
SCANNER = """\
while [[ $# -gt 0 && $1 != --output ]]; do shift; done
[[ ! -e $TRIAL_REPORT ]] || cp "$TRIAL_REPORT" "$2"
"""


class Steps:
    """The steps of one platform for one build, which end with the first that fails."""

    def __init__(self, trial, folder, variables, shell):
        self.trial, self.folder, self.variables, self.shell = trial, folder, variables, shell
        self.status = 0
        self.output = ""

    def run(self, script, **more):
        """Runs one step, unless an earlier one has failed."""
        if self.status == 0:
            variables = self.trial.variables(TRIAL_REPORT=str(self.trial.work / "report"), **self.variables, **more)
            ended = run([*self.shell, script], self.folder, variables)
            self.status, self.output = ended.status, self.output + ended.output

    def keeps(self, *paths):
        """Fails unless all that is published afterwards is there."""
        for path in paths:
            must((self.folder / path).exists(), f"{path} is not there:\n{self.output}")


def jenkins(steps):
    """Runs the `sh` steps of the Jenkinsfile, each of which Jenkins runs by itself."""
    text = (EXAMPLES / "Jenkinsfile").read_text(encoding="utf-8")
    outputs = re.search(r"FINDGATE_OUTPUT = '''(.*?)'''", text, re.DOTALL)[1]
    scripts = re.findall(r"\bsh (?:'''(.*?)'''|'(.*?)'$|\"(.*?)\"$)", text, re.DOTALL | re.MULTILINE)
    must(len(scripts) == text.count("\n        sh ") + text.count("\n          sh "), "not every sh was found")
    must(len(scripts) == 4, f"{len(scripts)} sh steps")
    for found in scripts:
        script = "".join(found)
        must("$" not in found[2], f"Groovy would put values into {script}")
        steps.run(script, FINDGATE_OUTPUT=outputs, MEND_EMAIL="ci@example.com", MEND_USER_KEY="key-of-the-trial")
    return re.findall(r"'(findgate/[a-z.]+)'", text)


def azure(steps):
    """Runs the `script` steps of the pipeline."""
    pipeline = yaml.safe_load((EXAMPLES / "azure-pipelines.yml").read_text(encoding="utf-8"))
    published = []
    for step in pipeline["steps"]:
        if "script" in step:
            # A variable that nobody set stays as it is written.
            steps.run(step["script"], **pipeline["variables"], **step.get("env", {}))
        elif "checkout" not in step:
            must(step["condition"] == "succeededOrFailed()", f"not of a build that failed: {step}")
            published.append(step["publish"] if "publish" in step else step["inputs"]["testResultsFiles"])
    return published


def bitbucket(steps):
    """Runs the lines of each step of the pipeline."""
    pipelines = yaml.safe_load((EXAMPLES / "bitbucket-pipelines.yml").read_text(encoding="utf-8"))["pipelines"]
    request, push = pipelines["pull-requests"]["**"], pipelines["branches"]["main"]
    must(request == push and len(push) == 2, "pull requests and main differ")
    for step in push:
        steps.run("\n".join(step["step"]["script"]))
    upload = push[-1]["step"]["artifacts"]["upload"]
    must(all(artifact["capture-on"] == "always" for artifact in upload), "not of a step that failed")
    return ["test-results", *(path.removesuffix("/**") for artifact in upload for path in artifact["paths"])]


def circleci(steps):
    """Runs the `run` steps of the job, which hand variables on in a file that bash reads."""
    job = yaml.safe_load((EXAMPLES / "circleci.yml").read_text(encoding="utf-8"))["jobs"]["gate"]
    handed_on = tempfile.mkstemp(dir=steps.trial.work)[1]
    stored = []
    for step in job["steps"]:
        ((kind, what),) = step.items()
        if kind == "run":
            command = what if isinstance(what, str) else what["command"]
            steps.run(command, BASH_ENV=handed_on, **job["environment"])
        elif kind != "checkout":
            must(what["when"] == "always", f"not of a job that failed: {kind}")
            stored.append(what["path"])
    return stored


REPOSITORY = "https://git.example.com/acme/shop"
# For each platform: its steps, its shell, and what it tells of a pull request and of a push to main.
PLATFORMS = {
    "Jenkins": (
        jenkins,
        ["sh", "-xe", "-c"],
        lambda head, base: {"CHANGE_ID": "7", "CHANGE_BRANCH": "change", "CHANGE_TARGET": "main", "BRANCH_NAME": "PR-7"},
        lambda head, base: {"BRANCH_NAME": "main"},
        lambda commit: {"JENKINS_URL": "https://ci.example.com/", "GIT_URL": REPOSITORY, "GIT_COMMIT": commit},
    ),
    "Azure Pipelines": (
        azure,
        ["bash", "--noprofile", "--norc", "-c"],
        lambda head, base: {
            "BUILD_REASON": "PullRequest",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
            "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/change",
            "SYSTEM_PULLREQUEST_SOURCECOMMITID": head,
            "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main",
            "BUILD_SOURCEBRANCH": "refs/pull/7/merge",
        },
        lambda head, base: {"BUILD_REASON": "IndividualCI", "BUILD_SOURCEBRANCH": "refs/heads/main"},
        lambda commit: {"TF_BUILD": "True", "BUILD_REPOSITORY_URI": REPOSITORY, "BUILD_SOURCEVERSION": commit},
    ),
    "Bitbucket": (
        bitbucket,
        ["bash", "-e", "-c"],
        lambda head, base: {
            "BITBUCKET_PR_ID": "7",
            "BITBUCKET_BRANCH": "change",
            "BITBUCKET_PR_DESTINATION_BRANCH": "main",
            "BITBUCKET_PR_DESTINATION_COMMIT": base[:12],
        },
        lambda head, base: {"BITBUCKET_BRANCH": "main"},
        lambda commit: {
            "BITBUCKET_BUILD_NUMBER": "1",
            "BITBUCKET_GIT_HTTP_ORIGIN": REPOSITORY,
            "BITBUCKET_COMMIT": commit,
        },
    ),
    "CircleCI": (
        circleci,
        ["bash", "-eo", "pipefail", "-c"],
        # As before a pull request is opened: then nothing tells that there will be one.
        lambda head, base: {"CIRCLE_BRANCH": "change"},
        lambda head, base: {"CIRCLE_BRANCH": "main"},
        lambda commit: {"CIRCLECI": "true", "CIRCLE_REPOSITORY_URL": REPOSITORY, "CIRCLE_SHA1": commit},
    ),
}


@tried
def the_jenkinsfile_is_groovy(_):
    text = (EXAMPLES / "Jenkinsfile").read_text(encoding="utf-8")
    parse_groovy_content(text)
    # A parser that takes everything shows nothing.
    for broken in (text.rstrip().removesuffix("}"), text.replace("steps {", "steps {{", 1), text.replace("'", '"', 1)):
        try:
            parse_groovy_content(broken)
        except LarkError:
            continue
        must(False, "the parser takes what is broken, so its word is worth nothing")


class Build:
    """A repository whose change wants to loosen the policy, and the programs that stand in for others."""

    def __init__(self, trial):
        self.trial, self.count = trial, 0
        trial.install()
        trial.program("cargo", "exit 0")
        trial.program("pip", "exit 0")
        for scanner in ("pipx", "bandit"):
            trial.program(scanner, SCANNER)
        self.address, self.base, self.head = trial.origin({".findgate.yml": POLICY}, {".findgate.yml": LOOSE})

    def run(self, name, branch, report):
        """Runs the steps of a platform for the pull request (branch `change`) or for main, with what the scanner writes.

        Returns how they ended and what is published then."""
        example, shell, request, push, always = PLATFORMS[name]
        file = self.trial.work / "report"
        file.unlink(missing_ok=True)
        if report is not None:
            file.write_text(report, encoding="utf-8")
        self.count += 1
        # Azure and Bitbucket are told to clone everything; the others fetch what they need.
        depth = 0 if example in (azure, bitbucket) else 1
        folder = self.trial.checkout(self.address, branch, f"clone-{self.count}", depth)
        # As an earlier build leaves it where workspaces are used again.
        for stale, text in {"findgate/junit.xml": "stale", "reports/old.sarif": sarif("error")}.items():
            if example is jenkins:
                (folder / stale).parent.mkdir()
                (folder / stale).write_text(text, encoding="utf-8")
        told, commit = (push, self.base) if branch == "main" else (request, self.head)
        steps = Steps(self.trial, folder, {"CI": "true", **always(commit), **told(self.head, self.base)}, shell)
        return steps, example(steps)


@tried
def every_example_blocks_what_its_base_does_not_allow(trial):
    build = Build(trial)
    for name in PLATFORMS:
        for branch, report, status, verdict in [
            ("change", sarif("note"), 0, "pass"),
            # The change's own policy would allow it.
            ("change", sarif("error"), 1, "fail"),
            ("change", None, 3, "undecided"),
            ("change", sarif("note")[:-20], 3, "undecided"),
            ("main", sarif("note"), 0, "pass"),
            ("main", sarif("error"), 1, "fail"),
        ]:
            steps, published = build.run(name, branch, report)
            must(steps.status == status, f"{name}, {branch}: {steps.status} instead of {status}\n{steps.output}")
            must(f"findgate: {verdict} ({status})" in steps.output, f"{name}, {branch}:\n{steps.output}")
            must(len(published) >= 2, f"{name} publishes {published}")
            steps.keeps(*published)


@tried
def no_example_is_green_if_a_program_of_it_fails(trial):
    build = Build(trial)
    for name, programs in {
        "Jenkins": "findgate git mkdir pipx rm",
        "Azure Pipelines": "cargo findgate git mkdir pipx",
        "Bitbucket": "bandit cargo findgate git mkdir pip rm",
        "CircleCI": "cargo findgate git mkdir pipx",
    }.items():
        for program in programs.split():
            for fault in FAULTS:
                with trial.broken(program, fault) as called:
                    steps, _ = build.run(name, "change", sarif("note"))
                must(called.exists(), f"{name} does not call {program}")
                must(steps.status != 0, f"{name} is green without {program} ({fault}):\n{steps.output}")


@tried
def pre_commit_blocks_a_push_that_violates_the_policy_and_no_other(trial):
    trial.install()
    # The hooks as they are here, in a repository of their own, so that what is not committed is tried, too.
    hooks = trial.work / "hooks"
    hooks.mkdir()
    (hooks / ".pre-commit-hooks.yaml").write_bytes((ROOT / ".pre-commit-hooks.yaml").read_bytes())
    trial.git(hooks, "init", "--quiet")
    trial.git(hooks, "add", "--all")
    trial.git(hooks, "commit", "--quiet", "--message", "hooks")
    revision = trial.git(hooks, "rev-parse", "HEAD")

    address, _, _ = trial.origin({".findgate.yml": POLICY})
    folder = trial.checkout(address, "main", "clone", 0)
    trial.git(folder, "checkout", "--quiet", "-B", "feature")
    configuration = {
        "repos": [
            {
                "repo": str(hooks),
                "rev": revision,
                "hooks": [{"id": "findgate-system", "args": ["--sarif", "reports/*.sarif"]}],
            }
        ]
    }
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    (folder / "reports").mkdir()
    trial.git(folder, "add", ".pre-commit-config.yaml")
    trial.git(folder, "commit", "--quiet", "--message", "use it")
    variables = trial.variables(
        PATH=f"{Path(sys.executable).parent}:{trial.programs}:{SYSTEM_PATH}",
        PRE_COMMIT_HOME=str(trial.work / "pre-commit"),
        GIT_CONFIG_NOSYSTEM="1",
    )
    install = ["pre-commit", "install", "--hook-type", "pre-push"]
    run(install, folder, variables).ends_with(0)
    push = ["git", "push", "--quiet", "origin", "feature"]
    for report, pushed, words in [
        (None, False, "undecided (3)"),
        (sarif("error"), False, "fail (1)"),
        (sarif("note"), True, "Passed"),
    ]:
        if report is not None:
            (folder / "reports" / "scan.sarif").write_text(report, encoding="utf-8")
        ended = run(push, folder, variables).ends_with(0 if pushed else 1).says(words)
        there = trial.git(folder, "ls-remote", "origin", "refs/heads/feature")
        must(bool(there) == pushed, f"pushed: {there!r}, and it ended so:\n{ended.output}")
    # A commit is not slowed down, and by hand it runs, too.
    by_hand = ["pre-commit", "run", "findgate-system", "--hook-stage", "manual"]
    run(by_hand, folder, variables).ends_with(0).says("Passed")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(f"usage: {sys.argv[0]} BINARY")
    sys.exit(main(sys.argv[1]))
