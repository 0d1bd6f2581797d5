#!/usr/bin/env python3
"""Writes and checks the checksums of a release. FOLDER holds what is released.

    checksums.py write FOLDER    writes FOLDER/SHA256SUMS and action/checksums.txt
    checksums.py check FOLDER    exits 1 unless FOLDER, its SHA256SUMS and action/checksums.txt agree and nothing is missing
"""

import hashlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "action/checksums.txt"
LIST = "SHA256SUMS"
TARGETS = (
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "x86_64-unknown-linux-gnu",
)


def version():
    return re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.M)[1]


def wanted():
    """The names of everything that is released, without the list itself."""
    names = {f"findgate-{version()}.cdx.json"}
    for target in TARGETS:
        names |= {f"findgate-{target}.tar.gz", f"findgate-{target}{'.exe' if '-windows-' in target else ''}"}
    return names


def hashes(folder):
    found = {path.name: path for path in folder.iterdir() if path.name != LIST}
    if found.keys() != wanted():
        missing, foreign = sorted(wanted() - found.keys()), sorted(found.keys() - wanted())
        sys.exit(f"checksums: {folder} lacks {missing} and has {foreign} besides")
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in sorted(found.items())}


def the_list(known):
    return "".join(f"{checksum}  {name}\n" for name, checksum in known.items())


def the_table(known):
    comment = "".join(line for line in TABLE.read_text(encoding="utf-8").splitlines(True) if line.startswith("#"))
    lines = [f"{target} {known[f'findgate-{target}.tar.gz']}\n" for target in TARGETS]
    return f"{comment}version {version()}\n{''.join(lines)}"


def main(verb, folder):
    known = hashes(folder)
    if verb == "write":
        (folder / LIST).write_bytes(the_list(known).encode())
        TABLE.write_bytes(the_table(known).encode())
        return
    for path, text in ((folder / LIST, the_list(known)), (TABLE, the_table(known))):
        if not path.is_file() or path.read_bytes() != text.encode():
            sys.exit(f"checksums: {path} does not say what {folder} holds; it must be:\n{text}")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("write", "check"):
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))
