#!/usr/bin/env bash
# Fetches the commit that a change goes into, if the checkout left it out: findgate reads the policy from it. That it cannot
# be fetched is no failure here, as findgate may not need it, and else says what is missing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=action/lib.sh
. "$here/lib.sh"

main() {
  # The step that judges refuses it.
  case $INPUT_BASE$INPUT_WORKING_DIRECTORY in
    *$'\n'* | *$'\r'*) return 0 ;;
  esac
  [[ ${INPUT_TRUST:-${FINDGATE_TRUST:-base}} == base ]] || return 0
  local base=${INPUT_BASE:-${FINDGATE_BASE:-$EVENT_BASE}} reference
  [[ -n $base ]] || return 0
  cd -- "$(posix "${INPUT_WORKING_DIRECTORY:-.}")" 2>/dev/null || return 0
  command -v git >/dev/null && git rev-parse --git-dir >/dev/null 2>&1 || return 0
  if [[ $base =~ ^([0-9a-f]{40}|[0-9a-f]{64})$ ]]; then
    ! git cat-file -e "$base^{commit}" 2>/dev/null || return 0
    reference=$base
  else
    # A name is a branch of the remote.
    base=${base#origin/}
    git check-ref-format "refs/heads/$base" || return 0
    ! git rev-parse --verify --quiet "refs/remotes/origin/$base^{commit}" >/dev/null || return 0
    reference=+refs/heads/$base:refs/remotes/origin/$base
  fi
  # In a clone that holds everything a depth would cut the history off.
  local depth=()
  [[ $(git rev-parse --is-shallow-repository) != true ]] || depth=(--depth=1)
  if ! fetch "$reference" ${depth[@]+"${depth[@]}"} && ! fetch_with_token "$reference" ${depth[@]+"${depth[@]}"}; then
    warn "the commit that the change goes into could not be fetched: $(inert "$said")"
    return 0
  fi
  echo "fetched the commit that the change goes into: $(inert "$base")"
}

# Sets $said to what git complained of last.
fetch() {
  local reference=$1 status=0
  shift
  said=$(GIT_TERMINAL_PROMPT=0 git -c core.hooksPath=/dev/null fetch --quiet --no-tags --no-recurse-submodules "$@" \
    origin "$reference" 2>&1 </dev/null) || status=$?
  said=$(printf '%s\n' "$said" | tail -n 1)
  return "$status"
}

# A checkout that kept no credentials cannot fetch from a private repository. The token goes to git in the environment, as
# arguments can be seen by other processes, and from git to this server only. The empty value drops what another step may
# have configured: two headers are an error.
fetch_with_token() {
  [[ -n $GITHUB_TOKEN ]] || return 1
  local header key=http.${GITHUB_SERVER_URL:-https://github.com}/.extraheader
  header=$(printf 'x-access-token:%s' "$GITHUB_TOKEN" | base64 | tr -d '\n')
  GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=$key GIT_CONFIG_VALUE_0='' \
    GIT_CONFIG_KEY_1=$key GIT_CONFIG_VALUE_1="AUTHORIZATION: basic $header" fetch "$@"
}

main
