# What the binary does as it ships: where there is much, and where there is nothing.
# shellcheck shell=bash

# The README's command as it stands there, with a profile that compiles fast: the profile that ships is built by
# scripts/build-static below, and building it twice would take as long as all the rest.
run_main_command() {
  local command="cargo run --release --locked -- check --policy $policy"
  grep -qF "$command" README.md || fail "the README does not hold this command: $command"
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    expect_status 1 bash -c "$command"
  last_line_begins "findgate: fail (1): "
}

assert_statuses() {
  # The pass is of a report without a result: no finding can break a policy, and the file was read.
  cat >"$work/empty.sarif" <<'SARIF'
{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "example"}}, "results": []}]}
SARIF
  printf 'version: 1\nname: none\nthresholds: {all: any}\n' >"$work/policy.yml"

  expect_status 0 "$binary" --version
  expect_status 0 "$binary" check --policy "$work/policy.yml" --sarif "$work/empty.sarif"
  last_line_begins "findgate: pass (0)"
  expect_status 1 "$binary" check --policy "$policy"
  last_line_begins "findgate: fail (1): "
  expect_status 2 "$binary" check --policy "$work/no-such-policy.yml"
  expect_status 3 "$binary" check --policy "$work/policy.yml" --sarif "$work/no-such-report-*.sarif"
  last_line_begins "findgate: undecided (3)"
}

# A static binary that works where there is nothing else: no C library, no /etc, no /dev, no /proc, no /tmp, no home, no
# locale, nothing to write to, and no rights.
run_in_an_empty_root() {
  local root=$work/root
  mkdir -p "$root"
  cp "$binary" "$root/findgate"
  mkdir -p "$root/examples"
  cp -R examples/shop "$root/examples/shop"
  expect_status 0 in_root "$root" /findgate --version
  expect_status 1 in_root "$root" /findgate check --policy "$policy"
  last_line_begins "findgate: fail (1): "
  # The root cannot be written to, or else this would not be a proof of anything.
  expect_status 3 in_root "$root" /findgate check --policy "$policy" --output json=evaluation.json
  [[ ! -e $root/evaluation.json ]] || fail "the root could be written to"
}

# Names, certificates and requests without a C library, a store of certificates or anything else of a system: the root holds
# the binary, a policy, the roots to trust and the address of a name server.
ask_a_vendor_from_an_empty_root() {
  local root=$work/vendor-root address=127.0.0.77
  mkdir -p "$root/etc"
  cp "$binary" "$root/findgate"
  echo "nameserver $address" >"$root/etc/resolv.conf"
  printf 'version: 1\nsources: {appsecplus: {application: app-1}}\nthresholds: {all: critical}\n' >"$root/policy.yml"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=vendor.test \
    -addext subjectAltName=DNS:vendor.test -addext basicConstraints=critical,CA:FALSE \
    -keyout "$work/key.pem" -out "$root/ca.pem" 2>/dev/null
  if ((EUID != 0)) && ! can_sudo; then
    echo "skipped: a name server needs port 53, and that needs root"
    return
  fi
  as_root python3 .ci/serve-vendor.py "$address" "$root/ca.pem" "$work/key.pem" >"$work/vendor.log" 2>&1 </dev/null &
  # Its own word for its number: between it and this shell stand others, which do not hand a signal on.
  local tries=0
  until vendor=$(sed -n 's/^ready //p' "$work/vendor.log") && [[ -n $vendor ]]; do
    ((++tries < 100)) || fail "the vendor did not start: $(cat "$work/vendor.log")"
    sleep 0.1
  done
  local ask=(APPSECPLUS_URL=https://vendor.test:8443 APPSECPLUS_TOKEN=token-of-the-test)
  expect_status 1 in_root "$root" "${ask[@]}" /findgate check --policy policy.yml --ca-file ca.pem
  last_line_begins "findgate: fail (1): thresholds.all.critical"
  # The same certificate without a word for it: nobody is asked for findings.
  expect_status 3 in_root "$root" "${ask[@]}" /findgate check --policy policy.yml
  grep -q -- --ca-file "$work/stdout" || fail "the reason does not name --ca-file"
  as_root kill "$vendor"
  vendor=
  wait || true
}

# The files of the image as they are, with the user of the image and nothing else. That needs no program for containers, and
# an image of one layer is no more than that.
run_the_container() {
  local context=$work/context root=$work/image instruction arguments from to user='' entry='' env=()
  scripts/container-context "$binary" "$context"
  mkdir "$root"
  while read -r instruction arguments; do
    case $instruction in
      '' | \#* | LABEL) ;;
      FROM) [[ $arguments == scratch ]] || fail "the image is built on $arguments" ;;
      COPY)
        arguments=${arguments#--chmod=* }
        from=${arguments% *} to=$root${arguments##* }
        mkdir -p "$(dirname "$to")"
        cp "$context/$from" "$to"
        ;;
      ENV) env+=("$arguments") ;;
      USER) user=$arguments ;;
      WORKDIR) mkdir -p "$root$arguments" ;;
      ENTRYPOINT)
        entry=${arguments#'["'}
        entry=${entry%'"]'}
        ;;
      *) fail "Containerfile has an instruction that is not tried here: $instruction" ;;
    esac
  done <Containerfile
  [[ $user =~ ^[1-9][0-9]*:[1-9][0-9]*$ ]] || fail "the user of the image is $user"
  mkdir "$root/examples"
  cp -R examples/shop "$root/examples/shop"
  if ((EUID != 0)) && ! can_sudo; then
    echo "skipped: another user needs root"
    return
  fi
  local run=(as_root env -i "${env[@]}" "$(PATH=/usr/sbin:/sbin:$PATH command -v chroot)" --userspec="$user" "$root" "$entry")
  expect_status 0 "${run[@]}" --version
  expect_status 1 "${run[@]}" check --policy "$policy"
  last_line_begins "findgate: fail (1): "
  grep -q -- '-----BEGIN CERTIFICATE-----' "$root/etc/ssl/certs/ca-certificates.crt" || fail "the image has no roots"
}
