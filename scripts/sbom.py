#!/usr/bin/env python3
"""Prints what the released binaries are made of, as a CycloneDX 1.6 document.

    sbom.py TARGET... >findgate-VERSION.cdx.json

It lists the packages that are linked into any of the targets, and the macros that wrote code of them, by the lock file: what
only builds or tests is left out. The same lock file gives the same bytes, so there is no time in it.
"""

import json
import re
import subprocess
import sys
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(targets):
    checksums = locked()
    packages, needs, root = {}, {}, None
    for target in targets:
        told = metadata(target)
        root = told["resolve"]["root"]
        about = {package["id"]: package for package in told["packages"]}
        nodes = {node["id"]: node for node in told["resolve"]["nodes"]}
        todo = [root]
        while todo:
            one = todo.pop()
            if one in packages and target in packages[one]["targets"]:
                continue
            packages.setdefault(one, {"about": about[one], "targets": set()})["targets"].add(target)
            linked = [dep["pkg"] for dep in nodes[one]["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"])]
            needs.setdefault(one, set()).update(linked)
            todo += linked
    references = {one: purl(package["about"]) for one, package in packages.items()}
    main_component = component(packages.pop(root)["about"], "application", checksums)
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "",
        "version": 1,
        "metadata": {
            "component": main_component,
            "properties": [{"name": "findgate:target", "value": target} for target in sorted(targets)],
        },
        "components": sorted(
            (component(package["about"], "library", checksums) for package in packages.values()), key=lambda one: one["bom-ref"]
        ),
        "dependencies": sorted(
            ({"ref": references[one], "dependsOn": sorted(references[other] for other in others)} for one, others in needs.items()),
            key=lambda one: one["ref"],
        ),
    }
    # Of what it holds, so that another document has another number.
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))}"
    json.dump(document, sys.stdout, indent=1, ensure_ascii=True)
    print()


def metadata(target):
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def locked():
    """The checksum of each package in the lock file."""
    entry = re.compile(r'^name = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "(.+)"$', re.M)
    text = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    return {(name, version): checksum for name, version, checksum in entry.findall(text)}


def purl(about):
    return f"pkg:cargo/{about['name']}@{about['version'].replace('+', '%2B')}"


def component(about, kind, checksums):
    made = {"type": kind, "bom-ref": purl(about), "name": about["name"], "version": about["version"], "purl": purl(about)}
    if about["license"]:
        # How packages wrote "or" before there was a rule for it.
        made["licenses"] = [{"expression": re.sub(r"\s*/\s*", " OR ", about["license"])}]
    if checksum := checksums.get((about["name"], about["version"])):
        made["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if (about["repository"] or "").startswith("https://"):
        made["externalReferences"] = [{"type": "vcs", "url": about["repository"]}]
    return made


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
