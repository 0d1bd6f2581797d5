#!/usr/bin/env python3
"""Makes what is released of a binary: the binary under the name of its target, and an archive of it.

    package.py BINARY TARGET FOLDER

Writes FOLDER/findgate-TARGET (on Windows with .exe) and FOLDER/findgate-TARGET.tar.gz. The same binary gives the same bytes,
whenever, wherever and by whomever it is packed: the archive holds no times, no names and no order of this machine.
An archive for Windows is a .tar.gz as well, since the tar of Git Bash reads no zip.
"""

import gzip
import io
import shutil
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# 1980, the oldest time that every tool can show, in seconds.
TIME = 315532800


def main(binary, target, folder):
    folder.mkdir(parents=True, exist_ok=True)
    end = ".exe" if "-windows-" in target else ""
    shutil.copyfile(binary, folder / f"findgate-{target}{end}")
    members = [(f"findgate{end}", binary, 0o755)]
    members += [(path.name, path, 0o644) for path in sorted(ROOT.glob("LICENSE-*"))]
    with open(folder / f"findgate-{target}.tar.gz", "wb") as file:
        # No name and no time in the header of gzip either.
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as packed:
            with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
                for name, path, mode in members:
                    add(archive, name, path.read_bytes(), mode)


def add(archive, name, content, mode):
    about = tarfile.TarInfo(name)
    about.size, about.mode, about.mtime = len(content), mode, TIME
    archive.addfile(about, io.BytesIO(content))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
