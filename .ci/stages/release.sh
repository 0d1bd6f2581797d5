# How the binary reaches its users: packed, described, installed by the action, run by other platforms.
# shellcheck shell=bash

# What is released is the same bytes, whenever it is packed.
package_twice() {
  local target packed=$work/packed
  target=$(rustc -vV | sed -n 's/^host: //p')
  python3 scripts/package.py "$binary" "$target" "$packed/1"
  cp "$binary" "$work/another-name" # with another time and name
  sleep 1
  (umask 077 && TZ=Asia/Tokyo python3 scripts/package.py "$work/another-name" "$target" "$packed/2")
  diff -r "$packed/1" "$packed/2" || fail "two packages of one binary differ"
  mkdir "$packed/unpacked"
  tar -xzf "$packed/1/findgate-$target.tar.gz" -C "$packed/unpacked"
  expect_status 0 "$packed/unpacked/findgate" --version
  cmp "$packed/unpacked/findgate" "$packed/1/findgate-$target"
  # A panic would tell it, and another builder would get other bytes.
  ! grep -qF -e "$PWD/" -e "${CARGO_HOME:-$HOME/.cargo}/" "$binary" || fail "the binary holds paths of this machine"
}

# A list that is complete and right is accepted, and any other is not; of a copy, as the real one is written by a release.
describe_what_is_released() {
  local version copy=$work/release target
  version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
  mkdir -p "$copy/dist"
  cp -R Cargo.toml action scripts LICENSE-* "$copy"
  for target in {aarch64,x86_64}-{apple-darwin,unknown-linux-gnu} x86_64-pc-windows-msvc; do
    python3 "$copy/scripts/package.py" "$copy/Cargo.toml" "$target" "$copy/dist" # any bytes will do
  done
  python3 scripts/sbom.py x86_64-unknown-linux-gnu aarch64-apple-darwin >"$copy/dist/findgate-$version.cdx.json"
  "$venv/bin/python" - "$copy/dist/findgate-$version.cdx.json" <<'PYTHON'
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

text = open(sys.argv[1], encoding="utf-8").read()
check = JsonStrictValidator(SchemaVersion.V1_6).validate_str
if problem := check(text):
    sys.exit(f"the SBOM is no CycloneDX: {problem}")
if not check(text.replace('"components"', '"parts"')):
    sys.exit("the validator accepts what is wrong, so its word is worth nothing")
PYTHON
  grep -q '"purl": "pkg:cargo/serde_json@' "$copy/dist/findgate-$version.cdx.json" || fail "the SBOM lacks serde_json"
  ! grep -q '"purl": "pkg:cargo/proptest@' "$copy/dist/findgate-$version.cdx.json" || fail "the SBOM holds what only tests"

  expect_status 1 python3 "$copy/scripts/checksums.py" check "$copy/dist"
  python3 "$copy/scripts/checksums.py" write "$copy/dist"
  expect_status 0 python3 "$copy/scripts/checksums.py" check "$copy/dist"
  (cd "$copy/dist" && sha256sum --check --quiet SHA256SUMS)
  grep -q "^x86_64-unknown-linux-gnu $(sha256sum <"$copy/dist/findgate-x86_64-unknown-linux-gnu.tar.gz" | cut -d ' ' -f 1)$" \
    "$copy/action/checksums.txt" || fail "the table of the action lacks an archive"
  echo more >>"$copy/dist/findgate-x86_64-apple-darwin"
  expect_status 1 python3 "$copy/scripts/checksums.py" check "$copy/dist"
  rm "$copy/dist/findgate-x86_64-apple-darwin"
  expect_status 1 python3 "$copy/scripts/checksums.py" write "$copy/dist"
}

# The steps of action.yml, run as a runner does, with the files that it gives them. The interpreter is that with a reader of
# YAML; nothing of it may stay in the work tree.
run_the_action() {
  outside_ci env FINDGATE="$binary" PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" .ci/action_test.py
}

# What the files for other platforms run, with the binary that ships. Their scripts get no variable of this environment.
try_platforms() {
  "$platforms_venv/bin/python" scripts/run-gitlab-component.py "$binary"
  "$platforms_venv/bin/python" scripts/run-platform-examples.py "$binary"
}
