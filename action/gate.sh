#!/usr/bin/env bash
# Runs `findgate check` with the inputs of the action, sets the outputs, and ends as findgate ended.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=action/lib.sh
. "$here/lib.sh"

main() {
  check_inputs
  folder=$(own_folder)
  enter_working_directory
  put_arguments_together
  local json_before sarif_before report_before junit_before markdown_before
  json_before=$(identity "$INPUT_JSON_FILE")
  sarif_before=$(identity "$INPUT_SARIF_FILE")
  report_before=$(identity "$INPUT_REPORT_FILE")
  junit_before=$(identity "$INPUT_JUNIT_FILE")
  markdown_before=$(identity "$INPUT_MARKDOWN_FILE")

  local status=0
  # Git Bash would take an argument that begins like a path for one of its own, and rewrite it.
  MSYS_NO_PATHCONV=1 MSYS2_ARG_CONV_EXCL='*' "$BINARY" "${arguments[@]}" || status=$?

  local verdict
  verdict=$(member verdict 's/^"\([a-z]*\)",$/\1/p')
  case $status-$verdict in
    0-pass | 1-fail | 3-undecided | 2-*) ;;
    0-fail) may_be_green || refuse "$STATUS_UNDECIDED" "findgate ended with 0 and its verdict is fail, which nobody asked for" ;;
    # Whatever made it end well, it judged nothing: an argument like --help, or a program that is not findgate.
    0-*) refuse "$STATUS_UNDECIDED" "findgate ended with 0 and left no verdict, so nothing is known to hold" ;;
    # An output could not be written; the log says which.
    1-* | 3-*) ;;
    *) refuse "$STATUS_UNDECIDED" "findgate ended with $status, which no findgate does by itself: it could not be run, or crashed" ;;
  esac
  case $status in
    1) verdict=fail ;;
    2) verdict=error ;;
    3) verdict=undecided ;;
  esac
  if ((status == 0)); then
    is_whole || refuse "$STATUS_UNDECIDED" "findgate ended with 0 and left an evaluation that this commit of the action cannot read"
    was_written sarif-file "$INPUT_SARIF_FILE" "$sarif_before"
    was_written report-file "$INPUT_REPORT_FILE" "$report_before"
    was_written json-file "$INPUT_JSON_FILE" "$json_before"
    was_written junit-file "$INPUT_JUNIT_FILE" "$junit_before"
    was_written markdown-file "$INPUT_MARKDOWN_FILE" "$markdown_before"
    [[ $INPUT_COMMENT == false || -s $folder/comment.md ]] ||
      refuse "$STATUS_UNDECIDED" "findgate ended with 0 and did not write the comment"
  fi
  if is_whole; then
    output_counts
    if is_new "$INPUT_JSON_FILE" "$json_before"; then
      output_text json-file "$(from_workspace "$INPUT_JSON_FILE")"
    fi
    # Of an evaluation that lacks evidence, code scanning refuses the file: to take it would close alerts unseen.
    if is_new "$INPUT_SARIF_FILE" "$sarif_before" && grep -q '"executionSuccessful":true' "$INPUT_SARIF_FILE"; then
      output_text sarif-file "$(from_workspace "$INPUT_SARIF_FILE")"
    fi
    if is_new "$INPUT_REPORT_FILE" "$report_before"; then
      output_text report-file "$(from_workspace "$INPUT_REPORT_FILE")"
    fi
    if [[ $INPUT_COMMENT == true && -s $folder/comment.md ]]; then
      output_text comment-file "$folder/comment.md"
    fi
  fi
  # Last, so that whatever fails before is an error and no verdict.
  output verdict "$verdict"
  output exit-code "$status"
  exit "$status"
}

# Whether the job asked that a violated policy be green, in one of the three ways that there are.
may_be_green() {
  [[ $INPUT_FAIL == false || -n ${FINDGATE_EXIT_ZERO:-} || $'\n'$INPUT_ARGS$'\n' == *$'\n'--exit-zero*$'\n'* ]]
}

# Whether the evaluation has the members that are read from it.
is_whole() {
  [[ -n $(member counts p) && -n $(member dispositions p) && -n $(member verdict p) ]]
}

# Refuses a run that ended well and lacks an output that was asked for.
was_written() {
  [[ -z $2 ]] || is_new "$2" "$3" ||
    refuse "$STATUS_UNDECIDED" "findgate ended with 0 and did not write what the input $1 names: $(inert "$2")"
}

check_inputs() {
  true_or_false fail "$INPUT_FAIL"
  true_or_false comment "$INPUT_COMMENT"
  true_or_false verbose "$INPUT_VERBOSE"
  one_line policy "$INPUT_POLICY"
  one_line trust "$INPUT_TRUST"
  one_line base "$INPUT_BASE"
  one_line baseline "$INPUT_BASELINE"
  one_line snapshot "$INPUT_SNAPSHOT"
  a_file sarif-file "$INPUT_SARIF_FILE"
  a_file json-file "$INPUT_JSON_FILE"
  a_file report-file "$INPUT_REPORT_FILE"
  a_file junit-file "$INPUT_JUNIT_FILE"
  a_file markdown-file "$INPUT_MARKDOWN_FILE"
  one_line ca-file "$INPUT_CA_FILE"
  one_line timeout "$INPUT_TIMEOUT"
  one_line working-directory "$INPUT_WORKING_DIRECTORY"
}

# A dash would be stdout for findgate, so there would be no file to name.
a_file() {
  one_line "$1" "$2"
  [[ $2 != - ]] || refuse "$STATUS_USAGE" "the input $1 names no file: -"
}

enter_working_directory() {
  [[ -n $INPUT_WORKING_DIRECTORY ]] || return 0
  cd -- "$(posix "$INPUT_WORKING_DIRECTORY")" 2>/dev/null ||
    refuse "$STATUS_USAGE" "the input working-directory is no folder: $(inert "$INPUT_WORKING_DIRECTORY")"
}

# Sets $arguments and $evaluation. Values stand behind a `=`, so that one that begins with a dash is a value.
put_arguments_together() {
  arguments=(check)
  option policy "$INPUT_POLICY"
  option trust "$INPUT_TRUST"
  option base "$INPUT_BASE"
  option baseline "$INPUT_BASELINE"
  option snapshot "$INPUT_SNAPSHOT"
  option ca-file "$INPUT_CA_FILE"
  option timeout "$INPUT_TIMEOUT"
  options sarif "$INPUT_SARIF"
  options only "$INPUT_ONLY"
  [[ $INPUT_FAIL == true ]] || arguments+=(--exit-zero)
  [[ $INPUT_VERBOSE == false ]] || arguments+=(--verbose)

  # What the outputs are read from lies where no earlier run can have left one.
  evaluation=$folder/evaluation.json
  file json "$(native "$folder")/evaluation.json"
  file json "$INPUT_JSON_FILE"
  file sarif "$INPUT_SARIF_FILE"
  file html "$INPUT_REPORT_FILE"
  file junit "$INPUT_JUNIT_FILE"
  file markdown "$INPUT_MARKDOWN_FILE"
  [[ $INPUT_COMMENT == false ]] || file markdown "$(native "$folder")/comment.md"
  # Options go before variables, so findgate would not see this one.
  options output "${FINDGATE_OUTPUT:-}"

  # One argument a line, as it is: no word is split, nothing is expanded.
  local line
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    [[ -z $line ]] || arguments+=("$line")
  done <<<"$INPUT_ARGS"
}

option() {
  [[ -z $2 ]] || arguments+=("--$1=$2")
}

# One option for each line.
options() {
  local line
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    [[ -z ${line//[[:space:]]/} ]] || arguments+=("--$1=$line")
  done <<<"$2"
}

file() {
  [[ -z $2 ]] || arguments+=("--output=$1=$2")
}

# The value of a member of the evaluation, edited by a command of sed. Each member stands on a line of its own, and these
# before the findings, which may be many.
member() {
  [[ -s $evaluation ]] || return 0
  sed -n -e '/^  "findings": /q' -e "/^  \"$1\": /{s///;$2;}" "$evaluation"
}

output_counts() {
  local counts dispositions baseline total=0 severity sum
  output violations "$(violations)"
  counts=$(member counts p)
  for severity in critical high medium low info unknown; do
    sum=$(sum_of "$severity" "$counts")
    output "$severity" "$sum"
    total=$((total + sum))
  done
  output findings "$total"
  dispositions=$(member dispositions p)
  output waived "$(sum_of waived "$dispositions")"
  # Without a baseline nothing is called new.
  baseline=$(member baseline 's/.*,"new":\([0-9]*\)},$/\1/p')
  output new "$baseline"
}

# How many limits that deny are violated. A quote inside a text is escaped, so only a member looks like one.
violations() {
  sed -n -e '/^  "findings": /q' -e '/^  "violations": \[$/,/^  \]/s/.*,"enforcement":"deny",.*/x/p' "$evaluation" |
    wc -l | tr -d ' '
}

# The sum of the numbers that a line has for a name.
sum_of() {
  local rest=$2 sum=0 pattern="\"$1\":([0-9]+)(.*)"
  while [[ $rest =~ $pattern ]]; do
    sum=$((sum + BASH_REMATCH[1]))
    rest=${BASH_REMATCH[2]}
  done
  echo "$sum"
}

# What tells a file from the one that findgate puts in its place.
identity() {
  if [[ -n $1 && -e $1 ]]; then
    # shellcheck disable=SC2012 # only the number is read, and find prints none on macOS
    ls -di -- "$1" | sed 's/^ *\([0-9]*\).*/\1/'
  fi
}

# Whether this run wrote a file: one that an earlier run left is no result.
is_new() {
  [[ -n $1 && -f $1 && $(identity "$1") != "$2" ]]
}

# A path as the next steps of the job need it, which are in the workspace and not in the working directory.
from_workspace() {
  case $1 in
    /* | [A-Za-z]:[\\/]*) printf '%s\n' "$1" ;;
    *) printf '%s\n' "${INPUT_WORKING_DIRECTORY:+${INPUT_WORKING_DIRECTORY%/}/}$1" ;;
  esac
}

main
