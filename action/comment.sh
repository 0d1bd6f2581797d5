#!/usr/bin/env bash
# Keeps a comment at the pull request up to date. findgate warns and ends well where it cannot be written, as in a pull request
# from a fork. So whatever else it ends with is wrong use or a crash, and fails the step.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=action/lib.sh
. "$here/lib.sh"

main() {
  local arguments=(comment) status=0
  cd -- "$(posix "${INPUT_WORKING_DIRECTORY:-.}")"
  [[ -z $INPUT_CA_FILE ]] || arguments+=("--ca-file=$INPUT_CA_FILE")
  arguments+=("$(native "$COMMENT_FILE")")
  MSYS_NO_PATHCONV=1 MSYS2_ARG_CONV_EXCL='*' "$BINARY" "${arguments[@]}" || status=$?
  ((status == 0)) || printf '::error title=findgate::findgate comment ended with %s; the log tells why\n' "$status"
  exit "$status"
}

main
