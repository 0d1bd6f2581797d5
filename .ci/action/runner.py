"""Runs the steps of a composite action as the runner of GitHub Actions does, as far as action.yml needs it.

Whatever is beyond that raises Unsupported, so that a step is never skipped or changed in silence: expressions, keys of a
step, shells. What the runner refuses in the files that steps write, this refuses, too, and the commands that it heeds in
a log are heeded, the old ones included, so that a test sees what a hostile value would do.
"""

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from ruamel.yaml import YAML


class Unsupported(Exception):
    """The action uses what this does not know."""


class Refused(Exception):
    """The runner would fail the step for what it wrote to one of its files."""


# --- expressions ----------------------------------------------------------------------------------------------------

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<op>==|!=|&&|\|\||!|\(|\))|(?P<name>[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*))"
)
CONTEXTS = {"github", "inputs", "steps"}
PART = re.compile(r"\$\{\{(.*?)\}\}", re.S)


class Expression:
    """A parser that evaluates. What is not there is None, which is equal to an empty text and to nothing else."""

    def __init__(self, text, contexts, state):
        self.contexts, self.state = contexts, state
        self.tokens = self.split(text)

    @staticmethod
    def split(text):
        tokens, at = [], 0
        while text[at:].strip():
            found = TOKEN.match(text, at)
            if not found:
                raise Unsupported(f"in the expression {text!r}: {text[at:]!r}")
            tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        return tokens

    def value(self):
        value = self.either()
        if self.tokens:
            raise Unsupported(f"after an expression: {self.tokens}")
        return value

    def takes(self, operator):
        if self.tokens and self.tokens[0] == ("op", operator):
            del self.tokens[0]
            return True
        return False

    def either(self):
        value = self.both()
        while self.takes("||"):
            other = self.both()
            value = value if self.is_true(value) else other
        return value

    def both(self):
        value = self.compared()
        while self.takes("&&"):
            other = self.compared()
            value = other if self.is_true(value) else value
        return value

    def compared(self):
        value = self.single()
        for operator, wanted in (("==", True), ("!=", False)):
            if self.takes(operator):
                other = self.single()
                if not all(isinstance(side, (str, type(None))) for side in (value, other)):
                    raise Unsupported(f"comparing {value!r} with {other!r}")
                # Letters in either case are the same, and what is missing is empty.
                return ((value or "").lower() == (other or "").lower()) is wanted
        return value

    def single(self):
        if self.takes("!"):
            return not self.is_true(self.single())
        if self.takes("("):
            value = self.either()
            if not self.takes(")"):
                raise Unsupported("a parenthesis that stays open")
            return value
        if not self.tokens:
            raise Unsupported("an expression that ends early")
        kind, token = self.tokens.pop(0)
        if kind == "text":
            return token[1:-1].replace("''", "'")
        if kind != "name":
            raise Unsupported(f"{token!r} in an expression")
        if self.takes("("):
            if token == "toJSON":
                return self.inputs_as_json()
            if not self.takes(")"):
                raise Unsupported(f"arguments of {token}")
            return self.called(token)
        return self.looked_up(token)

    def called(self, name):
        answers = {"success": not self.state, "failure": self.state, "always": True, "cancelled": False}
        if name not in answers:
            raise Unsupported(f"the function {name}")
        return answers[name]

    def inputs_as_json(self):
        """All inputs, those that the action does not declare as well: a member a line, the form that the runner gives."""
        if self.tokens[:2] != [("name", "inputs"), ("op", ")")]:
            raise Unsupported("toJSON of anything but the inputs")
        del self.tokens[:2]
        return json.dumps(self.contexts["inputs"], indent=2, ensure_ascii=False)

    def looked_up(self, name):
        first, *rest = name.split(".")
        if first not in CONTEXTS:
            raise Unsupported(f"the context {first}")
        value = self.contexts[first]
        if first == "inputs":
            # Whoever calls the action may write their names in either case.
            value = {key.lower(): one for key, one in value.items()}
            if rest[0] not in value:
                raise Unsupported(f"the input {rest[0]}, which is not declared")
        for key in rest:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, (dict, list)):
            raise Unsupported(f"{name}, which is no single value")
        return value

    @staticmethod
    def is_true(value):
        # A text is false if it is empty, '0' and 'false' are not.
        return value not in (None, "", False, 0)


def put_in(text, contexts, state):
    """A text in which each `${{ }}` is replaced by its value."""

    def shown(found):
        value = Expression(found[1], contexts, state).value()
        if value is None:
            return ""
        return str(value).lower() if isinstance(value, bool) else str(value)

    return PART.sub(shown, text)


# --- what a step writes ---------------------------------------------------------------------------------------------


def read_pairs(path):
    """Names and values of GITHUB_OUTPUT, GITHUB_ENV or GITHUB_STATE."""
    lines = path.read_bytes().decode("utf-8").replace("\r\n", "\n").split("\n")
    pairs, at = {}, 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, value = line.split("=", 1)
        elif heredoc >= 0:
            name, delimiter = line.split("<<", 1)
            if not name or not delimiter:
                raise Refused(f"invalid format: {line!r}")
            end = next((number for number in range(at, len(lines)) if lines[number] == delimiter), None)
            if end is None:
                raise Refused(f"no line {delimiter!r} ends the value of {name}")
            value = "\n".join(lines[at:end])
            at = end + 1
        else:
            raise Refused(f"invalid format: {line!r}")
        if not name:
            raise Refused(f"no name: {line!r}")
        pairs[name] = value
    return pairs


# The first form counts after leading white space only, the second anywhere in a line.
NEW_COMMAND = re.compile(r"^\s*::(?P<name>[A-Za-z][A-Za-z-]*)(?: (?P<properties>[^:]*(?::(?!:)[^:]*)*))?::(?P<data>.*)$")
OLD_COMMAND = re.compile(r"##\[(?P<name>[A-Za-z][A-Za-z-]*)(?: (?P<properties>[^\]]*))?\](?P<data>.*)$")


def read_commands(log):
    """The commands of a log in their order: name, properties, data."""
    commands, stopped = [], None
    for line in re.split("\r\n|\r|\n", log):
        if stopped:
            if line.strip() == f"::{stopped}::":
                stopped = None
            continue
        found = NEW_COMMAND.match(line) or OLD_COMMAND.search(line)
        if not found:
            continue
        data = found["data"].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
        pairs = re.split("[,;]", found["properties"] or "")
        properties = dict(pair.strip().split("=", 1) for pair in pairs if "=" in pair)
        if found["name"] == "stop-commands":
            stopped = data
        commands.append((found["name"], properties, data))
    return commands


# --- the runner -----------------------------------------------------------------------------------------------------

STEP_KEYS = {"name", "id", "if", "shell", "run", "env", "working-directory"}


class Result:
    """How the action ended: `status` is 0, or that of the first step that failed."""

    def __init__(self):
        self.status, self.outputs, self.ran, self.log = 0, {}, {}, ""
        self.commands, self.summary, self.env, self.paths, self.scripts = [], "", {}, [], []

    def annotations(self, kind):
        return [data for name, _, data in self.commands if name == kind]


class Runner:
    """A job: a workspace, an event, and the variables of the runner.

    `variables` are those of the job; of the surrounding environment only the search path is passed on.
    """

    def __init__(self, action, workspace, event=None, event_name="push", variables=None, token="token-of-the-job"):
        self.folder = Path(action).resolve()
        with open(self.folder / "action.yml", encoding="utf-8") as file:
            self.action = YAML(typ="safe", pure=True).load(file)
        if self.action["runs"]["using"] != "composite":
            raise Unsupported("an action that is not composite")
        self.workspace = Path(workspace)
        self.event, self.token = event or {}, token
        self.temp = Path(tempfile.mkdtemp(prefix="runner-temp-"))
        self.variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.temp),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": event_name,
            "GITHUB_REPOSITORY": "acme/payments",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_OS": "Linux",
            "RUNNER_ARCH": {"x86_64": "X64", "aarch64": "ARM64"}.get(os.uname().machine, os.uname().machine),
            "RUNNER_TEMP": str(self.temp),
            **(variables or {}),
        }

    def run(self, **inputs):
        """Runs the action with these inputs, `_` for `-` in their names."""
        result = Result()
        contexts = {"github": self.github(), "inputs": {}, "steps": {}}
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        declared = self.action["inputs"]
        # Of an input that is not declared the runner warns, and hands it on.
        contexts["inputs"].update(given)
        names = {name.lower() for name in given}
        for name, about in declared.items():
            default = put_in(str(about.get("default", "")), {"github": contexts["github"]}, False)
            if name not in names:
                contexts["inputs"][name] = default
        for number, step in enumerate(self.action["runs"]["steps"]):
            self.step(number, step, contexts, result)
        for name, about in self.action["outputs"].items():
            result.outputs[name] = put_in(about["value"], contexts, result.status != 0)
        return result

    def github(self):
        return {"token": self.token, "event": self.event, "workspace": str(self.workspace)}

    def step(self, number, step, contexts, result):
        if unknown := set(step) - STEP_KEYS:
            raise Unsupported(f"keys of a step: {sorted(unknown)}")
        name = step.get("id", f"step {number}")
        has_failed = result.status != 0
        condition = step.get("if", "success()")
        condition = condition.strip().removeprefix("${{").removesuffix("}}")
        # Without a function of its own a condition is one of success.
        if not re.search(r"\b(success|failure|always|cancelled)\(", condition):
            condition = f"success() && ({condition})"
        if not Expression.is_true(Expression(condition, contexts, has_failed).value()):
            result.ran[name] = None
            return
        if "run" not in step or step.get("shell") != "bash":
            raise Unsupported(f"{name} does not run in bash")
        if "${{" in step["run"]:
            raise Unsupported(f"{name} puts values into its script, which is how scripts are injected")

        files = {}
        for variable in ("OUTPUT", "ENV", "PATH", "STEP_SUMMARY", "STATE"):
            handle, path = tempfile.mkstemp(prefix=f"{variable.lower()}-", dir=self.temp)
            os.close(handle)
            files[f"GITHUB_{variable}"] = path
        script = self.temp / f"{number}.sh"
        script.write_text(step["run"] + "\n", encoding="utf-8")
        environment = {**self.variables, **result.env, "GITHUB_ACTION_PATH": str(self.folder), **files}
        for key, value in step.get("env", {}).items():
            environment[key] = put_in(str(value), contexts, has_failed)
        folder = self.workspace / put_in(step.get("working-directory", "."), contexts, has_failed)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            # The runner reads commands on both.
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        log = done.stdout.decode("utf-8", errors="replace")
        result.ran[name], status = done.returncode, done.returncode
        result.log += log
        commands = read_commands(log)
        result.commands += commands
        outputs = {properties["name"]: data for kind, properties, data in commands if kind == "set-output"}
        outputs.update(read_pairs(Path(files["GITHUB_OUTPUT"])))
        result.env.update({properties["name"]: data for kind, properties, data in commands if kind == "set-env"})
        result.env.update(read_pairs(Path(files["GITHUB_ENV"])))
        read_pairs(Path(files["GITHUB_STATE"]))
        result.paths += Path(files["GITHUB_PATH"]).read_text(encoding="utf-8").splitlines()
        summary = Path(files["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8")
        if len(summary.encode()) > 1 << 20:
            raise Refused(f"{name} wrote a summary of more than a MiB")
        result.summary += summary
        contexts["steps"][name] = {"outputs": outputs}
        result.status = result.status or status
