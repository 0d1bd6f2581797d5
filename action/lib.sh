# What the steps of the action share. It is sourced, by bash 3.2 (macOS) and later.
# shellcheck shell=bash

# Every status of findgate that is needed here; src/exit.rs tells what they mean.
readonly STATUS_USAGE=2
readonly STATUS_UNDECIDED=3

# With it `cd` would go to other folders than those that are named.
unset CDPATH

# Text that somebody else wrote, for a workflow command or a line of the log: one line of plain characters, and no command in
# it. What is long is cut, so that the sentence around it can be read.
inert() {
  local text
  text=$(printf '%s' "$1" | LC_ALL=C tr -c '\040-\176' '?')
  if ((${#text} > 200)); then
    text="${text:0:200}..."
  fi
  text=${text//%/%25}
  # Two colons begin a command only at the start of a line, where a name of our own stands.
  printf '%s' "${text//\#[/# [}"
}

warn() {
  printf '::warning title=findgate::%s\n' "$*"
}

# Ends the step. The first argument is the status, the rest is the sentence, in which foreign text is inert.
refuse() {
  local status=$1
  shift
  printf '::error title=findgate::%s\n' "$*"
  output exit-code "$status"
  output verdict error
  exit "$status"
}

# Sets an output of the step to a number or a word of ours.
output() {
  case $2 in
    *[!0-9a-z-]*) refuse_to_write "$1" ;;
  esac
  printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

# Sets an output to text that others had a hand in. Nobody can guess the line that ends it.
output_text() {
  local name=$1 value=$2 delimiter
  delimiter=findgate_$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  # Without that many random digits the line could be guessed.
  ((${#delimiter} == 41)) || refuse_to_write "$name"
  case $value in
    *$'\n'* | *$'\r'* | *"$delimiter"*) refuse_to_write "$name" ;;
  esac
  printf '%s<<%s\n%s\n%s\n' "$name" "$delimiter" "$value" "$delimiter" >>"$GITHUB_OUTPUT"
}

refuse_to_write() {
  printf '::error title=findgate::the output %s was not written: its value could set other outputs\n' "$1"
  exit "$STATUS_UNDECIDED"
}

# Refuses values of one line that have several: a path of two lines would be two paths to whatever reads it next.
one_line() {
  case $2 in
    *$'\n'* | *$'\r'*) refuse "$STATUS_USAGE" "the input $1 has a line break: $(inert "$2")" ;;
  esac
}

true_or_false() {
  case $2 in
    true | false) ;;
    *) refuse "$STATUS_USAGE" "the input $1 is true or false, not: $(inert "$2")" ;;
  esac
}

# Windows has its own way to write a path, which Git Bash reads in most places, and tar takes for the name of a host.
posix() {
  if command -v cygpath >/dev/null 2>&1; then
    cygpath -u "$1"
  else
    printf '%s\n' "$1"
  fi
}

# The way that a program reads which is none of Git Bash.
native() {
  if command -v cygpath >/dev/null 2>&1; then
    cygpath -m "$1"
  else
    printf '%s\n' "$1"
  fi
}

# A folder of its own, which the runner removes after the job.
own_folder() {
  mktemp -d "$(posix "${RUNNER_TEMP:-${TMPDIR:-/tmp}}")/findgate.XXXXXX"
}
