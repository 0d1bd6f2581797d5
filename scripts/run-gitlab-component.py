"""Tries templates/findgate.yml out: puts inputs into it as GitLab does, and runs the scripts of its jobs as a runner does,
with the predefined variables, in clones of a local repository.

    scripts/run-gitlab-component.py BINARY
    scripts/run-gitlab-component.py --render FOLDER

BINARY is the findgate to try. With --render the two documents are written, with every input at its default, for a checker
of schemas: FOLDER/inputs.yml and FOLDER/jobs.yml. Needs PyYAML, git, bash. Ends with 0 if all is as it must be, else with 1.
"""

import hashlib
import json
import platform
import re
import shutil
import sys
import tarfile
from pathlib import Path

sys.dont_write_bytecode = True

import yaml

from trial import FAULTS, LOOSE, POLICY, Ended, main, must, run, sarif, tried

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "templates" / "findgate.yml"
EXAMPLES = ROOT / "examples" / "platforms"
REPORTS = "findgate-report"
SARIF = {"sarif": "reports/*.sarif"}
# As the runner starts its scripts, for an image with bash and for one without.
SHELLS = {"bash": ["bash", "-eo", "pipefail", "-c"], "sh": ["sh", "-e", "-c"]}


class Refused(Exception):
    """GitLab would not make a pipeline of these inputs."""


def documents():
    """The inputs, their text, and the text of the jobs."""
    header, separator, body = TEMPLATE.read_text(encoding="utf-8").partition("\n---\n")
    must(separator, "no line --- between inputs and jobs")
    return yaml.safe_load(header)["spec"]["inputs"], header + "\n", body


def render(**given):
    """The text of the jobs with these inputs, as GitLab makes it: checked, then put into the text before it is read."""
    inputs, _, body = documents()
    if unknown := set(given) - set(inputs):
        raise Refused(f"unknown inputs {unknown}")
    for name, rules in inputs.items():
        value = given.get(name, rules.get("default"))
        kind = {"string": str, "boolean": bool}[rules.get("type", "string")]
        if not isinstance(value, kind):
            raise Refused(f"{name} is not a {kind.__name__}")
        # RE2 and Ruby call the end of the text as Python does since 3.14.
        if "regex" in rules and not re.search(rules["regex"].replace(r"\z", r"\Z"), value):
            raise Refused(f"{name} does not fit {rules['regex']}")
        text = str(value).lower() if kind is bool else value
        body = re.sub(rf"\$\[\[\s*inputs\.{name}\s*\]\]", lambda _, text=text: text, body)
    must("$[[" not in body, "an input that is not declared is used")
    return body


def extended(pipeline):
    """The jobs of a pipeline, with what they extend: maps are merged, everything else is replaced."""

    def merged(base, job):
        maps = {key for key in base.keys() & job.keys() if isinstance(base[key], dict) and isinstance(job[key], dict)}
        return {**base, **job, **{key: merged(base[key], job[key]) for key in maps}}

    return {
        name: merged(pipeline[job["extends"]], job) if "extends" in job else job
        for name, job in pipeline.items()
        if not name.startswith(".")
    }


PLAIN = extended(yaml.safe_load((EXAMPLES / "gitlab-ci-plain.yml").read_text(encoding="utf-8")))


class Repository:
    """A repository of GitLab whose change wants to loosen the policy."""

    def __init__(self, trial, name="origin", **files):
        change = {".findgate.yml": LOOSE, **files}
        self.trial, self.name, self.count = trial, name, 0
        self.address, self.base, self.head = trial.origin({".findgate.yml": POLICY}, change, name)

    def folder(self, kind):
        """A path for a folder that is not there yet."""
        self.count += 1
        return self.trial.work / f"{self.name}-{kind}-{self.count}"

    def told(self, **more):
        """What GitLab tells in every pipeline."""
        return {
            "CI": "true",
            "GITLAB_CI": "true",
            "CI_PROJECT_URL": "https://gitlab.example.com/acme/shop",
            "CI_SERVER_HOST": "gitlab.example.com",
            "CI_DEFAULT_BRANCH": "main",
            **more,
        }

    def push(self):
        """What GitLab tells in a pipeline of the default branch."""
        return self.told(CI_PIPELINE_SOURCE="push", CI_COMMIT_BRANCH="main", CI_COMMIT_SHA=self.base)

    def request(self, **more):
        """What GitLab tells in the pipeline of the merge request."""
        request = {
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_EVENT_TYPE": "detached",
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "change",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": self.base,
            "CI_COMMIT_SHA": self.head,
        }
        return self.told(**{**request, **more})


class Pipeline:
    """One run of both jobs: of the component with these inputs, or of others that do the same."""

    def __init__(self, repository, told=None, shell="bash", depth=1, jobs=None, **inputs):
        self.repository, self.told, self.shell, self.depth = repository, told or repository.request(), shell, depth
        prefix = inputs.get("job-prefix", "findgate")
        jobs = jobs or extended(yaml.safe_load(render(**{**SARIF, **inputs})))
        self.report_job, self.verdict_job = jobs[f"{prefix}-report"], jobs[f"{prefix}-verdict"]
        # A runner starts the second only if the first succeeded, or was allowed to fail.
        must(self.verdict_job["needs"] == [{"job": f"{prefix}-report", "artifacts": True}], "it may start alone")
        kept = self.report_job["artifacts"]
        must(kept["when"] == "always" and kept["paths"] == [f"{REPORTS}/"], f"artifacts are {kept}")
        self.artifacts, self.folders = None, []

    def checkout(self):
        """A clone for a job."""
        self.folders.append(self.repository.folder("clone"))
        branch = "change" if "CI_MERGE_REQUEST_IID" in self.told else "main"
        return self.repository.trial.checkout(self.repository.address, branch, self.folders[-1].name, self.depth)

    def run_job(self, job, folder):
        """Runs a job's script, then its after_script, whose status a runner does not look at."""
        variables = {name: str(value) for name, value in job.get("variables", {}).items()}
        must(not any("$" in value for value in variables.values()), f"a runner would put variables into {variables}")
        name = "findgate-report" if job is self.report_job else "findgate-verdict"
        everything = self.repository.trial.variables(
            CI_PROJECT_DIR=str(folder), CI_JOB_NAME=name, **self.told, **variables
        )
        script = "\n".join(job.get("before_script", []) + job["script"])
        ended = run([*SHELLS[self.shell], script], folder, everything)
        after = run([*SHELLS[self.shell], "\n".join(job.get("after_script", [":"]))], folder, everything)
        return Ended(ended.status, ended.output + after.output)

    def report(self, *levels, files=()):
        """The first job: the report of a scanner is there as an artifact. Its own artifacts are taken, as it says."""
        folder = self.checkout()
        if levels != (None,):
            (folder / "reports").mkdir()
            (folder / "reports" / "scan.sarif").write_text(sarif(*levels), encoding="utf-8")
        for name, text in files:
            (folder / name).write_text(text, encoding="utf-8")
        ended = self.run_job(self.report_job, folder)
        self.artifacts = folder / REPORTS if (folder / REPORTS).is_dir() else None
        return ended

    def verdict(self):
        """The second job, with what the first one left, if anything."""
        if self.verdict_job.get("variables", {}).get("GIT_STRATEGY") == "empty":
            folder = self.repository.folder("empty")
            folder.mkdir()
            self.folders.append(folder)
        else:
            folder = self.checkout()
        if self.artifacts:
            shutil.copytree(self.artifacts, folder / REPORTS, dirs_exist_ok=True)
        return self.run_job(self.verdict_job, folder)

    def ends_with(self, report, verdict, *levels, **more):
        """Fails unless the two jobs end with these statuses."""
        self.report(*levels, **more).ends_with(report)
        self.verdict().ends_with(verdict)
        return self

    def evaluation(self):
        """What the first job judged."""
        return json.loads((self.artifacts / "findgate.json").read_text(encoding="utf-8"))


@tried
def the_component_sets_nothing_for_other_jobs(_):
    for name, job in yaml.safe_load(render(**{"job-prefix": "mine"})).items():
        must(name.startswith(("mine-", ".mine")) and isinstance(job, dict), f"{name} is no job of its own")


@tried
def every_input_is_described_has_a_default_and_is_part_of_no_script(_):
    inputs, _, body = documents()
    for name, rules in inputs.items():
        must(len(rules.get("description", "")) > 20, f"{name} is not described")
        must("default" in rules, f"{name} must be given, so that no pipeline starts without it")
        must("regex" in rules or rules.get("type") == "boolean", f"{name} may be anything")
    # Each stands alone between single quotes, or at the end or the beginning of such a text.
    for line in body.splitlines():
        if "$[[" in line:
            must(re.fullmatch(r"[^']*'[^']*\$\[\[ inputs\.[a-z0-9-]+ \]\][^']*'[^']*", line), f"not quoted: {line}")
    for name, job in yaml.safe_load(body.replace("$[[", "INPUT")).items():
        for key in ("before_script", "script", "after_script"):
            must("INPUT" not in "\n".join(job.get(key, [])), f"an input is part of {key} of {name}")


@tried
def an_input_that_could_leave_its_quotes_is_refused(_):
    names = [name for name, rules in documents()[0].items() if "regex" in rules]
    must(len(names) > 8, "the inputs are not looked at")
    hostile = ["x'; touch pwned; '", 'x"', "x\n  script: [touch pwned]", "x\\", "ok\n'", "\x00"]
    for value in [*hostile, "$(touch pwned)", "$MEND_USER_KEY", "${MEND_USER_KEY}", "$[[ inputs.image ]]"]:
        for name in names:
            try:
                render(**{name: value})
            except Refused:
                continue
            must(False, f"{name} takes {value!r}")


@tried
def what_holds_is_reported_and_passes(trial):
    trial.install()
    repository = Repository(trial)
    for shell in SHELLS:
        pipeline = Pipeline(repository, shell=shell).ends_with(0, 0, "note")
        must(pipeline.evaluation()["verdict"] == "pass", "it did not pass")
        reports = pipeline.report_job["artifacts"]["reports"]
        must(set(reports) == {"sarif", "codequality", "junit"}, f"reports are {set(reports)}")
        for file in [*reports.values(), f"{REPORTS}/findgate.html", f"{REPORTS}/findgate.md"]:
            must((pipeline.artifacts.parent / file).stat().st_size > 0, f"{file} is empty")


@tried
def what_is_violated_is_reported_by_a_job_that_succeeds_and_fails_the_other(trial):
    trial.install()
    repository = Repository(trial)
    for shell in SHELLS:
        # The change's own policy would allow it, and the clone is one commit deep.
        pipeline = Pipeline(repository, shell=shell).ends_with(0, 1, "error", "error")
        evaluation = pipeline.evaluation()
        must(evaluation["verdict"] == "fail" and evaluation["policy"]["name"] == "trial", f"{evaluation['policy']}")
        must(evaluation["project"]["commit"] == repository.head, "it is of another commit")


@tried
def a_merged_result_and_a_merge_train_are_judged_by_the_tip_of_the_target(trial):
    trial.install()
    repository = Repository(trial)
    for kind in ("merged_result", "merge_train"):
        told = repository.request(
            CI_MERGE_REQUEST_EVENT_TYPE=kind,
            CI_COMMIT_SHA="1" * 40,
            CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=repository.head,
            CI_MERGE_REQUEST_TARGET_BRANCH_SHA=repository.base,
            CI_MERGE_REQUEST_DIFF_BASE_SHA="2" * 40,
        )
        pipeline = Pipeline(repository, told).ends_with(0, 1, "error")
        must(pipeline.evaluation()["policy"]["name"] == "trial", "the change has judged itself")


@tried
def a_baseline_counts_in_a_merge_request_and_one_that_is_missing_decides_nothing(trial):
    trial.install()
    repository = Repository(trial)
    inputs = {"policy": "preset:new-code", "baseline": "baseline.json", "depth": 0}
    # The default branch needs none: there everything is judged.
    known = Pipeline(repository, repository.push(), **inputs).ends_with(0, 1, "error")
    baseline = ("baseline.json", (known.artifacts / "findgate.json").read_text(encoding="utf-8"))
    Pipeline(repository, **inputs).ends_with(0, 0, "error", files=[baseline])
    Pipeline(repository, **inputs).ends_with(3, 3, "error")


@tried
def what_is_not_decided_is_never_green(trial):
    trial.install()
    repository = Repository(trial)
    # No report of a scanner: nothing was read. The second job starts only where a project allows the first one to fail.
    pipeline = Pipeline(repository).ends_with(3, 3, None)
    must(pipeline.evaluation()["verdict"] == "undecided", "it was decided")
    # A policy that is not there: nothing was judged, and nothing left.
    Pipeline(repository, policy="missing.yml").ends_with(2, 3, "note")
    # A base that nobody has.
    pipeline = Pipeline(repository, repository.request(CI_MERGE_REQUEST_DIFF_BASE_SHA="3" * 40))
    pipeline.report("note").ends_with(2).says("git fetch")
    pipeline.verdict().ends_with(3)
    # A job that left nothing, as one that was cancelled before its script.
    Pipeline(repository).verdict().ends_with(3)


@tried
def no_job_is_green_if_a_program_of_it_fails(trial):
    repository = Repository(trial)
    release = released(trial)
    for jobs, inputs, programs in [
        (None, release, "curl git mkdir rm sha256sum tar tr uname"),
        (None, {}, "findgate"),
        (PLAIN, {}, "findgate mkdir rm"),
    ]:
        if inputs:
            (trial.programs / "findgate").unlink(missing_ok=True)
        else:
            trial.install()
        for program in programs.split():
            for fault in FAULTS:
                pipeline = Pipeline(repository, depth=0 if jobs else 1, jobs=jobs, **inputs)
                with trial.broken(program, fault) as called:
                    must(pipeline.report("note").status != 0, f"green without {program} ({fault})")
                    must(called.exists(), f"{program} is not called")
                must(pipeline.verdict().status != 0, f"green although {program} of the first job failed")
                pipeline.report("note").ends_with(0)
                with trial.broken(program, fault) as called:
                    must(pipeline.verdict().status != 0 or not called.exists(), f"a verdict without {program}")


@tried
def an_evaluation_that_is_not_whole_decides_nothing(trial):
    repository = Repository(trial)
    # As if the disk were full, or the job had been ended.
    cut = f'{trial.binary} "$@"\nhead -c 300 {REPORTS}/findgate.json >cut\nmv cut {REPORTS}/findgate.json\nkill -KILL $$'
    for jobs in (None, PLAIN):
        trial.install()
        pipeline = Pipeline(repository, depth=0, jobs=jobs)
        script = f'[[ $1 != --version ]] || exit 0\n{cut}'
        with trial.broken("findgate", script):
            must(pipeline.report("note").status != 0, "green, though it was ended")
        must((pipeline.artifacts / "findgate.json").stat().st_size == 300, "it is whole")
        pipeline.verdict().ends_with(3)


@tried
def an_evaluation_of_the_change_or_of_another_commit_is_not_believed(trial):
    trial.install()
    honest = Repository(trial, "honest")
    for jobs in (None, PLAIN):
        passed = Pipeline(honest, depth=0, jobs=jobs).ends_with(0, 0, "note")
        forged = passed.evaluation()
        # No file can name the commit that it is in; one that names none would be believed.
        forged["project"]["commit"] = None
        files = {f"{REPORTS}/findgate.json": json.dumps(forged)}
        repository = Repository(trial, "plain" if jobs else "component", **files)
        # The first job takes it away, and where that one left nothing, the second one finds none.
        Pipeline(repository, depth=0, jobs=jobs).ends_with(0, 1, "error")
        Pipeline(repository, depth=0, jobs=jobs).verdict().ends_with(3)
        passed.told = honest.request(CI_COMMIT_SHA="4" * 40)
        passed.verdict().ends_with(3)
    unready = Pipeline(Repository(trial, "unready", **files), version="0.1.0")
    unready.report("error").ends_with(2)
    must(unready.artifacts is None, "a report of the change became an artifact of a job that did not judge")


@tried
def hostile_inputs_that_are_taken_do_nothing(trial):
    trial.install()
    repository = Repository(trial)
    for value in ["`touch pwned`", "; touch pwned #", "--trust worktree", "-", "!!python/x", "&a"]:
        for name in ("policy", "sarif", "baseline"):
            pipeline = Pipeline(repository, **{name: value})
            pipeline.report("error").ends_with(0, 2, 3)
            # Violated, where only the baseline is no file.
            pipeline.verdict().ends_with(1, 3)
            must(not any((folder / "pwned").exists() for folder in pipeline.folders), f"{name}: {value!r} was run")


@tried
def several_globs_and_sources_are_told_apart(trial):
    trial.install()
    pipeline = Pipeline(Repository(trial), **{"job-prefix": "mine"}, sarif="reports/*.sarif  other.sarif", only="sarif")
    pipeline.ends_with(0, 1, "note", files=[("other.sarif", sarif("note", "error"))])
    must(len(pipeline.evaluation()["findings"]) == 2, "a file was not read")


def released(trial, content=None):
    """The inputs for a release that a program in the place of curl gives: findgate, or these bytes."""
    archive = trial.work / "release.tar.gz"
    if content is None:
        with tarfile.open(archive, "w:gz", compresslevel=1) as file:
            file.add(trial.binary, "findgate")
    else:
        archive.write_bytes(content)
    asked = f'printf "%s\\n" "$*" >>{trial.work}/asked'
    trial.program("curl", f'{asked}\nwhile [[ $1 != --output ]]; do shift; done\ncp {archive} "$2"')
    return {"version": "0.1.0", "checksum": hashlib.sha256(archive.read_bytes()).hexdigest()}


@tried
def a_release_is_run_only_if_it_is_the_one_that_is_pinned(trial):
    repository = Repository(trial)
    for shell in SHELLS:
        pipeline = Pipeline(repository, shell=shell, **released(trial)).ends_with(0, 1, "error")
        must(not any([*folder.rglob("findgate")] for folder in pipeline.folders), "the release lies in the checkout")
    name = f"findgate-{platform.machine()}-unknown-linux-gnu.tar.gz"
    address = f" https://github.com/findgate/findgate/releases/download/v0.1.0/{name}"
    for asked in (trial.work / "asked").read_text(encoding="utf-8").splitlines():
        must(asked.endswith(address) and " --fail " in asked and " --proto =https " in asked, f"curl {asked}")
    for content, more, status, complaint in [
        (None, {"version": ""}, 2, "the image holds no findgate"),
        (None, {"checksum": ""}, 2, "needs the input checksum"),
        (None, {"checksum": "0" * 64}, 3, "is not what the input checksum names"),
        (b"no archive", {}, 3, "cannot be unpacked"),
        (b"", {}, 3, "cannot be unpacked"),
    ]:
        pipeline = Pipeline(repository, **{**released(trial, content), **more})
        pipeline.report("note").ends_with(status).says(complaint)
        must(pipeline.artifacts is None, "something was judged")
        pipeline.verdict().ends_with(status)


@tried
def the_note_is_asked_for_and_changes_no_status(trial):
    # The program of this name hands everything on but the note, which needs a server.
    said = trial.work / "said"
    trial.program("findgate", f'if [[ $1 == comment ]]; then echo "$2" >>{said}; exit 3; fi\nexec {trial.binary} "$@"')
    repository = Repository(trial)
    for wanted, told, level, status, notes in [
        (False, repository.request(), "note", 0, 0),
        (True, repository.request(), "note", 0, 1),
        (True, repository.request(), "error", 0, 1),
        (True, repository.request(), None, 3, 1),
        (True, repository.push(), "note", 0, 0),
    ]:
        said.unlink(missing_ok=True)
        Pipeline(repository, told, comment=wanted).report(level).ends_with(status)
        lines = said.read_text(encoding="utf-8").splitlines() if said.exists() else []
        must(lines == [f"{REPORTS}/findgate.md"] * notes, f"{wanted}, {level}: {lines}")


@tried
def the_example_gives_inputs_that_are_taken(_):
    pipeline = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text(encoding="utf-8"))
    (included,) = pipeline["include"]
    jobs = yaml.safe_load(render(**included["inputs"]))
    must("findgate-report" in pipeline and "findgate-report" in jobs, "what is said under its name reaches no job")


@tried
def the_example_without_the_component_does_the_same(trial):
    trial.install()
    repository = Repository(trial)
    for level, report, verdict in [("note", 0, 0), ("error", 0, 1), (None, 3, 3)]:
        pipeline = Pipeline(repository, depth=0, jobs=PLAIN).ends_with(report, verdict, level)
        for file in pipeline.report_job["artifacts"]["reports"].values():
            must((pipeline.artifacts.parent / file).exists(), f"there is no {file}")


def write(folder):
    """Writes the two documents, every input at its default."""
    Path(folder, "inputs.yml").write_text(documents()[1], encoding="utf-8")
    Path(folder, "jobs.yml").write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--render", folder]:
            sys.exit(write(folder))
        case [binary] if not binary.startswith("-"):
            sys.exit(main(binary))
        case _:
            sys.exit(f"usage: {sys.argv[0]} BINARY | --render FOLDER")
