"""Writes the whole workflows and pipelines that the documents show into a folder, so that they can be checked as files.

    python3 scripts/workflows-of-documents.py FOLDER

Those of GitHub come to FOLDER/.github/workflows, those of GitLab to FOLDER/gitlab. It needs PyYAML.
"""

import re
import sys
from pathlib import Path

import yaml

BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# No commit of ours can be named before there is a release.
PLACEHOLDER = "FULL-COMMIT-SHA"


def kind(block):
    """The platform of a block, if it is a whole file of one."""
    keys = yaml.safe_load(block)
    if not isinstance(keys, dict) or "version" in keys:
        return None
    # YAML 1.1 takes `on` for true.
    if True in keys and "jobs" in keys:
        return ".github/workflows"
    has_script = any(isinstance(value, dict) and "script" in value for value in keys.values())
    return "gitlab" if "include" in keys or has_script else None


def main():
    root = Path(__file__).resolve().parent.parent
    folder = Path(sys.argv[1])
    seen = {".github/workflows": 0, "gitlab": 0}
    for page in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            platform = kind(block)
            if platform is None:
                continue
            seen[platform] += 1
            path = folder / platform / f"{page.stem}-{seen[platform]}.yml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.replace(PLACEHOLDER, "0" * 40), encoding="utf-8")
    print(seen)
    if min(seen.values()) < 3:
        sys.exit("so few are no proof of anything: the documents have others, or they are written otherwise")


main()
