# What the stages share: how a command is run, and how the log tells where it is.
# shellcheck shell=bash

# Runs a command and fails unless it ends with that status. Its stdout is kept for last_line_begins; all of its
# output is shown if the status is another.
expect_status() {
  local expected=$1 status=0
  shift
  outside_ci "$@" >"$work/stdout" 2>"$work/stderr" </dev/null || status=$?
  if ((status != expected)); then
    cat "$work/stdout" "$work/stderr"
    fail "status $status instead of $expected: $*"
  fi
  echo "status $status, as expected: $*"
}

last_line_begins() {
  local last
  last=$(tail -n 1 "$work/stdout")
  if [[ $last != "$1"* ]]; then
    cat "$work/stdout" "$work/stderr"
    fail "the last line of stdout is not \"$1...\", but: $last"
  fi
  echo "  $last"
}

# findgate looks at the environment for the CI platform and the change that it judges. The examples are to be judged
# alike everywhere, so nothing of the surrounding platform may reach it.
outside_ci() (
  for name in $(compgen -e); do
    case $name in
      CI | CI_* | GITHUB_* | RUNNER_* | ACTIONS_* | GITLAB_* | JENKINS_* | BUILD_* | TF_BUILD | SYSTEM_* | \
        BITBUCKET_* | CIRCLE* | BUILDKITE* | GIT_* | FINDGATE_* | \
        MEND_* | CYBEDEFEND_* | MAYOASPM_* | APPSECPLUS_*) unset "$name" ;;
    esac
  done
  "$@"
)

# Runs a command in a root that nobody can write to, as a user without rights. Variables may stand before the command.
in_root() {
  local root=$1
  shift
  local clean=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin)
  while [[ $1 == *=* ]]; do
    clean+=("$1")
    shift
  done
  # Seen in the environment of this shell only, and gone with it.
  # shellcheck disable=SC2016 # another shell expands it
  local read_only='mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"'
  if ((EUID == 0)) || can_sudo; then
    local nobody=(chroot --userspec=65534:65534 "$root")
    if as_root unshare --mount sh -c "$read_only" "$root" 2>/dev/null; then
      as_root "${clean[@]}" unshare --mount sh -c "$read_only && exec \"\$@\"" "$root" "${nobody[@]}" "$@"
    else
      # A container may not mount; then the rights of the folder alone keep the user from writing.
      as_root "${clean[@]}" "${nobody[@]}" "$@"
    fi
  else
    # A user without rights may still be root in a namespace of their own.
    "${clean[@]}" unshare --map-root-user --mount sh -c "$read_only && exec \"\$@\"" "$root" chroot "$root" "$@"
  fi
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    can_sudo || fail "this needs root, or sudo without a password: $*"
    sudo -n "$@"
  fi
}

can_sudo() {
  command -v sudo >/dev/null && sudo -n true 2>/dev/null
}

stage() {
  end_stage
  current_stage=$1
  stage_began=$SECONDS
  printf '\n=== %s\n' "$current_stage"
}

end_stage() {
  [[ -z ${current_stage:-} ]] || echo "--- $current_stage: $((SECONDS - stage_began)) s"
}

fail() {
  echo "error: $*" >&2
  exit 1
}

# Also reached when a command fails, so that the log names the stage.
finish() {
  local status=$?
  [[ -z ${vendor:-} ]] || as_root kill "$vendor" || true
  rm -rf "$work"
  end_stage
  if [[ ${ended_well:-} == yes ]]; then
    printf '\nall stages passed in %s s\n' "$SECONDS"
  else
    # Whatever the status was: a run that did not reach the end has not passed.
    ((status != 0)) || status=1
    printf '\nfailed in stage "%s" after %s s\n' "${current_stage:-start}" "$SECONDS"
  fi
  exit "$status"
}
