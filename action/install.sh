#!/usr/bin/env bash
# Gets the findgate that this commit of the action names, and proves that it is that one: its archive must have the SHA-256
# that stands in checksums.txt. Sets the output `binary`.
#
# An archive comes from the tool cache of the runner or from the release. The cache needs no trust, since what it holds is
# compared as well, and unpacked into a folder of this job.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=action/lib.sh
. "$here/lib.sh"

readonly RELEASES=https://github.com/findgate/findgate/releases/download
# Ten times what an archive takes, in bytes.
readonly MOST=50000000

main() {
  known_inputs
  one_line binary "$INPUT_BINARY"
  one_line version "$INPUT_VERSION"
  one_line checksum "$INPUT_CHECKSUM"
  one_line download-url "$INPUT_DOWNLOAD_URL"
  if [[ -n $INPUT_BINARY ]]; then
    use_own_binary
  else
    choose
    folder=$(own_folder)
    take_from_cache || take_from_release
    unpack
  fi
  output_text binary "$binary"
}

# Refuses inputs that the action does not have. The runner only warns of them, and with `sarf` for `sarif` findgate would judge
# less than was meant. The values are not looked at; the token is among them, so nothing that runs later gets them.
known_inputs() {
  local LC_ALL=C line known name member='^ *"([^"]*)": ".*",?$'
  known=$(sed -n -e '/^inputs:/,/^outputs:/s/^  \([a-z-]*\):.*/,\1,/p' "$here/../action.yml")
  while IFS= read -r line; do
    line=${line%$'\r'}
    case $line in
      '{' | '}' | '{}') continue ;;
    esac
    [[ $line =~ $member ]] || refuse "$STATUS_UNDECIDED" "this runner tells the inputs in a way that the action cannot read"
    # Their case does not matter to the runner.
    name=$(printf '%s' "${BASH_REMATCH[1]}" | tr '[:upper:]' '[:lower:]')
    [[ $known == *",$name,"* ]] ||
      refuse "$STATUS_USAGE" "the action has no input $(inert "${BASH_REMATCH[1]}"); docs/github.md lists them"
  done <<<"$INPUTS"
  unset INPUTS
}

use_own_binary() {
  [[ -z $INPUT_VERSION$INPUT_CHECKSUM$INPUT_DOWNLOAD_URL ]] ||
    refuse "$STATUS_USAGE" "the input binary names a file that is there; version, checksum and download-url are for one that is not"
  local path
  path=$(posix "$INPUT_BINARY")
  [[ -f $path && -x $path ]] || refuse "$STATUS_USAGE" "the input binary names no program: $(inert "$INPUT_BINARY")"
  binary=$(cd -- "$(dirname -- "$path")" && pwd)/$(basename -- "$path")
  "$binary" --version || refuse "$STATUS_USAGE" "$(inert "$INPUT_BINARY") does not run here"
}

# Sets $version, $target and $checksum.
choose() {
  target=$(this_target)
  local named='' of_table='' name value
  while read -r name value || [[ -n $name ]]; do
    case $name in
      '' | \#*) ;;
      version) named=$value ;;
      "$target") of_table=$value ;;
    esac
  done <"$here/checksums.txt"

  version=${INPUT_VERSION#v}
  checksum=$(printf '%s' "$INPUT_CHECKSUM" | tr 'A-F' 'a-f')
  [[ -z $version || $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] ||
    refuse "$STATUS_USAGE" "the input version is no version: $(inert "$INPUT_VERSION")"
  [[ -z $checksum || $checksum =~ ^[0-9a-f]{64}$ ]] ||
    refuse "$STATUS_USAGE" "the input checksum is not 64 hexadecimal digits: $(inert "$INPUT_CHECKSUM")"
  if [[ -z $version || $version == "$named" ]]; then
    version=$named
    [[ -n $of_table || -n $checksum ]] || refuse "$STATUS_USAGE" \
      "this commit of the action names no checksum for findgate $version on $target; use the commit of a release, or give version and checksum, or binary"
    [[ -z $of_table || -z $checksum || $of_table == "$checksum" ]] || refuse "$STATUS_USAGE" \
      "the input checksum is another one than this commit of the action has for findgate $version on $target"
    checksum=${of_table:-$checksum}
  elif [[ -z $checksum ]]; then
    refuse "$STATUS_USAGE" \
      "this commit of the action knows findgate $named; version: $version needs checksum, the SHA-256 of findgate-$target.tar.gz"
  fi
}

this_target() {
  local os=${RUNNER_OS:-$(uname -s)} arch=${RUNNER_ARCH:-$(uname -m)}
  case $arch in
    X64 | x86_64) arch=x86_64 ;;
    ARM64 | aarch64 | arm64) arch=aarch64 ;;
  esac
  case $os-$arch in
    Linux-x86_64 | Linux-aarch64) echo "$arch-unknown-linux-gnu" ;;
    macOS-x86_64 | macOS-aarch64 | Darwin-x86_64 | Darwin-aarch64) echo "$arch-apple-darwin" ;;
    # Windows on ARM runs programs for x86_64, too.
    Windows-x86_64 | Windows-aarch64) echo x86_64-pc-windows-msvc ;;
    *) refuse "$STATUS_USAGE" "there is no findgate for $(inert "$os") on $(inert "$arch"); name one that you built in the input binary" >&2 ;;
  esac
}

# Sets $archive if the cache has one that is whole.
take_from_cache() {
  cached=
  [[ -n ${RUNNER_TOOL_CACHE:-} ]] || return 1
  cached=$(posix "$RUNNER_TOOL_CACHE")/findgate/$version/$(cache_arch)
  local file=$cached/findgate-$target.tar.gz
  [[ -e $cached.complete && -f $file ]] || return 1
  # Copied first, so that what is compared is what is unpacked.
  cp -- "$file" "$folder/findgate.tar.gz" || return 1
  if [[ $(sha256 "$folder/findgate.tar.gz") != "$checksum" ]]; then
    warn "the findgate $version in the tool cache is not the one that checksum names; it is downloaded instead"
    return 1
  fi
  archive=$folder/findgate.tar.gz
  echo "findgate $version for $target: from the tool cache, checksum as expected"
}

# The cache names architectures as the runner does.
cache_arch() {
  case $target in
    aarch64-*) echo arm64 ;;
    *) echo x64 ;;
  esac
}

take_from_release() {
  command -v curl >/dev/null ||
    refuse "$STATUS_UNDECIDED" "findgate cannot be downloaded without curl; install it, or name a findgate in the input binary"
  local base=${INPUT_DOWNLOAD_URL:-$RELEASES} protocol url
  base=${base%/}
  case $base in
    https://*) protocol='=https' ;;
    http://127.0.0.1:* | http://localhost:*) protocol='=http' ;;
    *) refuse "$STATUS_USAGE" "the input download-url is no https address: $(shown "$base")" ;;
  esac
  url=$base/v$version/findgate-$target.tar.gz
  local flags=(--fail --silent --show-error --location --proto "$protocol" --proto-redir "$protocol"
    --connect-timeout 20 --max-time 300 --max-filesize "$MOST" --retry 3)
  # curl before 7.71 does not know it.
  if curl --retry-all-errors --version >/dev/null 2>&1; then
    flags+=(--retry-all-errors)
  fi
  archive=$folder/findgate.tar.gz
  # A configuration file of the user could switch any of this off.
  curl --disable "${flags[@]}" --output "$archive" --url "$url" 2>"$folder/curl.log" </dev/null ||
    refuse "$STATUS_UNDECIDED" "$(shown "$url") could not be downloaded: $(inert "$(tail -n 1 "$folder/curl.log")")"
  local found
  found=$(sha256 "$archive")
  [[ $found == "$checksum" ]] || refuse "$STATUS_UNDECIDED" \
    "$(shown "$url") has the SHA-256 $found, and $checksum is expected; nothing of it was run"
  echo "findgate $version for $target: from $(shown "$base"), checksum as expected"
  keep_in_cache
}

# An address for the log: the name and password in it are secrets.
shown() {
  local rest=${1#*://}
  local host=${rest%%/*}
  case $host in
    *@*) inert "${1%%://*}://${host##*@}${rest#"$host"}" ;;
    *) inert "$1" ;;
  esac
}

# Whoever comes second finds it whole or not at all. A cache that cannot be written costs the next job a download.
keep_in_cache() {
  [[ -n $cached ]] || return 0
  local aside
  {
    mkdir -p "$(dirname "$cached")" &&
      aside=$(mktemp -d "$cached.XXXXXX") &&
      cp "$archive" "$aside/findgate-$target.tar.gz" &&
      rm -rf "$cached.complete" "$cached" &&
      mv "$aside" "$cached" &&
      : >"$cached.complete"
  } 2>/dev/null || {
    rm -rf "${aside:-}"
    echo "findgate was not kept in the tool cache, which cannot be written"
  }
}

sha256() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum <"$1" | cut -d ' ' -f 1
  else
    shasum -a 256 <"$1" | cut -d ' ' -f 1
  fi
}

# Sets $binary.
unpack() {
  local name=findgate said
  case $target in
    *-windows-*) name=findgate.exe ;;
  esac
  # One member by its name: nothing else of an archive is written.
  (cd "$folder" && tar -xzf findgate.tar.gz "$name") || refuse "$STATUS_UNDECIDED" "the archive of findgate cannot be unpacked"
  binary=$folder/$name
  said=$("$binary" --version) || refuse "$STATUS_UNDECIDED" "the findgate $version for $target does not run here"
  [[ $said == "findgate $version" ]] ||
    refuse "$STATUS_UNDECIDED" "the archive of findgate $version holds another one: $(inert "$said")"
}

main
