# What others make of the reports: validators, platforms, a browser.
# shellcheck shell=bash

validate_sarif() {
  local sarif=$work/findgate.sarif audit=$work/findgate-audit.sarif
  expect_status 1 "$binary" check --policy "$policy" \
    --output "sarif=$sarif" --output "sarif-audit=$audit"
  "$venv/bin/check-jsonschema" --schemafile tests/data/sarif-2.1.0.json "$sarif" "$audit"
  scripts/validate-sarif "$sarif"
  scripts/validate-sarif --audit "$audit"
}

# What the platforms make of it: of the example, and of samples that hold every outcome, hostile texts and what is cut.
validate_platform_reports() {
  local reports=$work/reports output=() format
  mkdir -p "$reports"
  rm -rf target/samples
  cargo test --locked --quiet --lib write_samples -- --ignored
  for format in junit gitlab github; do
    output+=(--output "$format=$reports/example.$format")
    cp target/samples/*."$format" "$reports"
  done
  expect_status 1 "$binary" check --policy "$policy" "${output[@]}"
  "$venv/bin/python" scripts/check-platform-reports.py tests/data/junit.xsd "$reports"/*
  "$venv/bin/check-jsonschema" --schemafile src/report/gitlab/code-quality.schema.json "$reports"/*.gitlab
}

check_html() {
  expect_status 1 "$binary" check --policy "$policy" --output "html=$work/shop.html"
  scripts/check-html "$work/shop.html"
}
