//! The corpus: policies that are refused, each with every problem and its place, and policies that are read.

use proptest::prelude::*;

use super::super::*;
use crate::source::sarif::config;

mod good;
mod governing;

/// A source that takes any section.
const MEND: SourceLanguage = SourceLanguage { name: "mend", table: config::LANGUAGE.table, check: |_, _, _| {} };
const SOURCES: [SourceLanguage; 2] = [config::LANGUAGE, MEND];

pub(in crate::policy) fn read(yaml: &str) -> Result<Policy, Vec<Problem>> {
    let mut problems = Problems::default();
    let policy = Document::parse("p.yml", yaml, &mut problems).and_then(|d| decode(&d, &SOURCES, &mut problems));
    match policy {
        Some(policy) if problems.is_empty() => Ok(policy),
        other => {
            assert!(other.is_none(), "a policy in spite of problems: {yaml}");
            assert!(!problems.is_empty(), "no policy and no problem: {yaml}");
            Err(problems.sorted())
        }
    }
}

/// Asserts that exactly these problems are told: line, column, and a part of `message | help`.
fn check(yaml: &str, want: &[(u32, u32, &str)]) {
    let problems = read(yaml).expect_err("a policy with problems");
    let told: Vec<String> = problems
        .iter()
        .map(|p| {
            format!("{}:{} {} | {}", p.place.line, p.place.column, p.message, p.help.as_deref().unwrap_or_default())
        })
        .collect();
    let told: String = told.join("\n").chars().take(5000).collect();
    let shown: String = yaml.chars().take(2000).collect();
    assert_eq!(problems.len(), want.len(), "{shown}\n---\n{told}");
    for (problem, (line, column, part)) in problems.iter().zip(want) {
        let place = &problem.place;
        let text = format!("{} | {}", problem.message, problem.help.as_deref().unwrap_or_default());
        assert_eq!((place.line, place.column), (*line, *column), "{shown}\n---\n{told}");
        assert!(text.contains(part), "{part:?} is not in\n{text}\n---\n{shown}");
        assert!(yaml.len() < place.bytes.end || yaml.is_char_boundary(place.bytes.start), "{shown}");
    }
}

/// The same for a value of `when`, which begins in line 3 at column 14.
fn check_when(when: &str, want: &[(u32, u32, &str)]) {
    check(&format!("version: 1\nrules:\n  r: {{when: {when}}}\n"), want);
}

const T: &str = "version: 1\nthresholds: {all: critical}\n";

#[test]
fn faults_of_the_yaml_are_told_with_their_place_and_what_to_do() {
    for (yaml, want) in [
        ("", (1, 1, "the policy is empty | run `findgate policy init`")),
        ("# nothing\n", (1, 1, "the policy is empty")),
        ("---\n", (1, 1, "the policy is empty")),
        ("null\n", (1, 1, "the policy is empty")),
        ("version: 1\nrules:\n\tr: 1\n", (3, 2, "a tab stands where YAML wants spaces | indent with spaces")),
        ("version: 1\nthresholds: {all: critical\n", (2, 13, "the bracket `{` is not closed")),
        ("version: 1\nname: [a, b\n", (2, 7, "the bracket `[` is not closed")),
        ("version: 1\nname: [a, b\nx: y\n", (3, 2, "a `:` stands where no key may be | close the bracket")),
        ("version: 1\nname: \"x\nx: y\n", (3, 1, "a quote that was opened before this is not closed")),
        ("version: 1\nname: 'it's'\n", (2, 11, "something follows the closing quote")),
        ("version: 1\nname: a: b\n", (2, 8, "a key and its `:` stand where no key may be")),
        ("version: 1\n name: a\n", (2, 6, "a key and its `:` stand where no key may be | indent every key")),
        ("version: 1\nname\nrules: {}\n", (2, 1, "expected a key with a colon and a space after it")),
        ("version: 1\nname: @x\n", (2, 7, "text may not begin with `@` | put the text in quotes")),
        ("version: 1\nname: \"\\q\"\n", (2, 7, "an escape in this quoted text does not exist | in double quotes")),
        ("version: 1\nname: ]\n", (2, 7, "this bracket closes nothing")),
        ("version: 1\nrules: {r: {when: {severity: >=high}}}\n", (2, 30, "| a comparison needs quotes")),
        ("version: 1\nrules:\n  r:\n    when:\n      severity: >=high\n", (5, 17, "| a comparison needs quotes")),
        ("version: 1\nrules:\n  r:\n    when:\n      epss: >0.5\n", (5, 13, "| a comparison needs quotes")),
        ("version: 1\nrules:\n  r:\n    when:\n      age: >30d\n", (5, 12, "| a comparison needs quotes")),
        (
            "version: 1\nrules:\n  r:\n    when:\n      cvss: >7\n      kev: true\n",
            (5, 13, "| a comparison needs quotes"),
        ),
        ("%YAML 1.1\n---\nversion: 1\nthresholds: {all: high}\n", (2, 1, "says that it is YAML 1.1")),
        ("version: 1\nthresholds: {all: high}\n---\nversion: 1\n", (3, 1, "a second document starts here")),
        ("version: 1\nthresholds: {all: high}\n---\n", (3, 1, "a second document starts here")),
        ("version: 1\nname: !secret x\nthresholds: {all: high}\n", (2, 7, "the tag `!secret` has no meaning")),
        ("version: 1\nname: !!binary aGk=\nthresholds: {all: high}\n", (2, 7, "the tag `!!binary` has no meaning")),
        ("version: 1\nthresholds: !!seq {all: high}\n", (2, 13, "the tag `!!seq` has no meaning")),
        ("version: 1\nname: &a x\nthresholds: *b\n", (3, 13, "unknown anchor `b`")),
        ("*a", (1, 1, "unknown anchor `a`")),
        ("version: 1\nthresholds: &a {all: *a}\n", (2, 22, "an alias stands inside the value that it names")),
        ("version: 1\n? [a]\n: 1\nthresholds: {all: high}\n", (2, 3, "expected a key, found a list")),
        ("version: 1\n: 1\nthresholds: {all: high}\n", (2, 1, "expected a key, found nothing")),
        ("version: 1\nnull: 1\nthresholds: {all: high}\n", (2, 1, "expected a key, found null")),
        ("version: 1\nname: &a x\n*a : 1\nthresholds: {all: high}\n", (3, 1, "expected a key, found an alias")),
        ("version: 1\nx\u{0}y: 1\n", (2, 2, "a NUL character stands in the policy")),
        ("version: 1\n# \u{1b}[2K\n", (2, 3, "a control character (U+001B) stands in the policy")),
        ("version: 1\n# a\u{202e}b\n", (2, 4, "a bidirectional control character (U+202E)")),
        ("version: 1\r# a\n", (1, 11, "a carriage return without a line feed")),
        ("version: 1\n\u{feff}name: x\n", (2, 1, "a byte-order mark inside the text")),
        (
            "version: 1\nname: \"a\\eb\"\nthresholds: {all: high}\n",
            (2, 7, "an escape makes a control character (U+001B)"),
        ),
        ("- version: 1\n", (1, 3, "expected a map for the policy, found a list")),
        (
            "version:1\n",
            (1, 1, "expected a map for the policy, found the text `version:1` | put a space after the colon"),
        ),
        ("hello\n", (1, 1, "expected a map for the policy, found the text `hello`")),
        ("42\n", (1, 1, "expected a map for the policy, found the number `42`")),
    ] {
        let yaml_and_want = [want];
        check(yaml, &yaml_and_want);
    }
}

#[test]
fn every_problem_of_a_file_is_told_at_once() {
    check(
        "version: 2
nmae: payments
sources: {sarif: {files: [], foo: 1}}
thresholds:
  all: moderate
  libs: high
  sca: {critical: -1, higgh: 3, medium: \"5\"}
  secret: no
rules:
  bad name: {when: {kev: true}}
  r1: {when: {}}
  r2: {when: {severity: \">critical\", epss: \"50%\"}, alow: 3}
  r2: {when: {kevv: yes, fix: yes}}
waivers:
- {id: a, match: {id: CVE-1}}
- {id: a, match: {}, reason: x, expires: 2026-02-30}
overrides: []
",
        &[
            (1, 10, "expected version 1, found the number `2` | findgate 0.1.0 knows version 1 only"),
            (2, 1, "unknown key `nmae` in the policy | did you mean `name`?"),
            (3, 26, "expected at least one item for `files`"),
            (3, 30, "unknown key `foo` in the source `sarif` | the keys here are `files`, `root`, `severity`"),
            (5, 8, "unknown severity `moderate` | did you mean `medium`?"),
            (6, 3, "unknown key `libs` in `thresholds` | the keys here are `all`, `sca`,"),
            (7, 19, "expected a whole number for `critical`, found the number `-1` | the least is 0"),
            (7, 23, "unknown key `higgh` in a threshold | did you mean `high`?"),
            (7, 41, "expected a whole number for `medium`, found the text `5` | remove the quotes: 5"),
            (8, 11, "found the text `no` | in YAML 1.2 `no` is text, and no severity; to allow no finding write `any`"),
            (10, 3, "`bad name` cannot be the name of a rule"),
            (11, 8, "a condition without a test matches every finding | add a test; to allow no finding at all"),
            (12, 25, "no severity is >critical | write \">=critical\""),
            (12, 44, "found the text `50%` | write it as a fraction: \">=0.5\""),
            (12, 52, "unknown key `alow` in a rule | did you mean `allow`?"),
            (13, 3, "duplicate key `r2`"),
            (13, 15, "unknown key `kevv` in a condition | did you mean `kev`?"),
            (13, 31, "unknown fix `yes` | did you mean `available`?"),
            (15, 3, "`reason` is missing in a waiver"),
            (16, 8, "duplicate waiver `a`"),
            (16, 11, "`match` matches nothing"),
            (16, 42, "expected a date for `expires`, found the text `2026-02-30` | write a day that exists"),
            (17, 1, "`overrides` is empty"),
        ],
    );
}

#[test]
fn the_policy_itself_must_be_possible() {
    check("name: x\nthresholds: {all: high}\n", &[(1, 1, "`version` is missing in the policy | add `version: 1`")]);
    check(
        "version: 1\n",
        &[(1, 1, "the policy limits nothing | add thresholds, for example `thresholds: {all: critical")],
    );
    check("version: \"1\"\nthresholds: {all: high}\n", &[(1, 10, "| remove the quotes: 1")]);
    check("version: 1.0\nthresholds: {all: high}\n", &[(1, 10, "found the number `1.0` | the only version is 1")]);
    check("version: v1\nthresholds: {all: high}\n", &[(1, 10, "found the text `v1`")]);
    check("version:\nthresholds: {all: high}\n", &[(1, 8, "expected version 1, found nothing")]);
    check("version: 1\nthresholds:\n", &[(2, 1, "expected a map for `thresholds`, found nothing")]);
    check("version: 1\nrules:\n", &[(2, 1, "expected a map for `rules`, found nothing")]);
    check("version: 1\nrules: ~\nthresholds: null\n", &[(2, 1, "`rules`"), (3, 1, "`thresholds`")]);
    check("version: 1\nthresholds: {}\n", &[(2, 1, "`thresholds` limits nothing")]);
    check("version: 1\nthresholds: {all: {}}\n", &[(2, 14, "this threshold limits nothing")]);
    check("version: 1\nrules: {}\n", &[(2, 8, "`rules` is empty")]);
    check("version: 1\nrules: [{when: {kev: true}}]\n", &[(2, 8, "expected a map for `rules`, found a list")]);
    check(&format!("{T}name: 5\n"), &[(3, 7, "expected a name, found the number `5` | put it in quotes: \"5\"")]);
    check(&format!("{T}name: true\n"), &[(3, 7, "found the switch `true`")]);
    check(&format!("{T}name: ''\n"), &[(3, 7, "expected a name, found empty text")]);
    check(
        &format!("{T}on: push\n"),
        &[(3, 1, "unknown key `on` in the policy | in YAML 1.2 `on` is text, not a switch")],
    );
    check(&format!("{T}Version: 1\n"), &[(3, 1, "unknown key `Version` in the policy | did you mean `version`?")]);
    check(&format!("{T}<<: {{name: x}}\n"), &[(3, 1, "`<<` merges nothing: YAML 1.2 has no merge keys")]);
    check(&format!("{T}unknown_severity: unknown\n"), &[(3, 19, "`unknown` is not a severity | unrated findings")]);
    check(&format!("{T}unknown_severity: none\n"), &[(3, 19, "`none` is not a severity")]);
    check(&format!("{T}unknown_severity: High\n"), &[(3, 19, "unknown severity `High` | did you mean `high`?")]);
    check(&format!("{T}unknown_severity: [high]\n"), &[(3, 19, "expected a severity, found a list")]);
}

#[test]
fn what_a_source_must_show_is_a_duration_or_a_known_word() {
    for (yaml, line, column, part) in [
        ("evidence: {max_age: 7}\n", 3, 21, "say of what: 7m, 7h or 7d"),
        ("evidence: {max_age: 0d}\n", 3, 21, "no scan is young enough"),
        ("evidence: {max_age: -1d}\n", 3, 21, "expected a duration"),
        ("evidence: {wait: soon}\n", 3, 18, "write a number and its unit"),
        ("evidence: {commit: exact}\n", 3, 20, "did you mean `head`?"),
        ("sources: {sarif: {files: x, max_age: 7 d}}\n", 3, 38, "expected a duration"),
        ("sources: {sarif: {files: x, wiat: 7d}}\n", 3, 29, "did you mean `wait`?"),
    ] {
        check(&format!("{T}{yaml}"), &[(line, column, part)]);
    }
}

#[test]
fn thresholds_say_which_severity_and_how_many() {
    let one = |value: &str, part: &str| check(&format!("version: 1\nthresholds: {{sca: {value}}}\n"), &[(2, 19, part)]);
    one("unknown", "`unknown` is not a severity | unrated findings count as `unknown_severity`");
    one("none", "does not say whether no limit or no finding is meant for `sca` | to allow no finding write `any`");
    one("Critical", "unknown severity `Critical` | did you mean `critical`?");
    one("moderate", "unknown severity `moderate` | did you mean `medium`?");
    one("hgih", "unknown severity `hgih` | did you mean `high`?");
    one("banana", "unknown severity `banana` | write `any`, `critical`");
    one("off", "in YAML 1.2 `off` is text, and no severity");
    one("true", "found the switch `true` | to allow no finding write `any`");
    one("0", "found the number `0` | say of which severity: `sca: {critical: 0}`");
    one("\">=high\"", "| a threshold covers everything worse by itself: write `high`");
    one("[critical, high]", "found a list | one severity covers everything worse");
    check(
        "version: 1\nthresholds: {sca: }\n",
        &[(2, 14, "expected a severity, `any` or a map for `sca`, found nothing")],
    );
    let number = |value: &str, part: &str| {
        check(&format!("version: 1\nthresholds: {{sca: {{high: {value}}}}}\n"), &[(2, 26, part)])
    };
    number("any", "expected a whole number for `high`, found the text `any`");
    number("yes", "found the text `yes` | in YAML 1.2 `yes` is text; write a number");
    number("no", "in YAML 1.2 `no` is text; write a number, 0 to allow none");
    number("true", "found the switch `true`");
    number("0o7", "| write it in decimal: 7");
    number("0x10", "| write it in decimal: 16");
    number("1_000", "| YAML 1.2 knows no `_` in numbers; write 1000");
    number("007", "| write 7; older YAML reads a leading 0 as octal");
    number("1e3", "| write it without a point and an exponent");
    number(".5", "| write it without a point and an exponent");
    number("5.0", "| write it without a point and an exponent");
    number("+5", "| write 5");
    number("-5", "| the least is 0");
    number("1:30", "| older YAML reads this as a number to the base 60");
    number("2026-01-01", "found the text `2026-01-01` | write digits only");
    number("4294967296", "| the most is 4294967295; is a limit meant at all?");
    number("99999999999999999999999999", "| the most is 4294967295");
    number("\"5\"", "| remove the quotes: 5");
    number("null", "found nothing | write 0 to allow none");
    number("[5]", "found a list");
    check("version: 1\nthresholds: {sca: {any: 0}}\n", &[(2, 20, "unknown key `any` in a threshold")]);
    check("version: 1\nthresholds: {sca: {moderate: 0}}\n", &[(2, 20, "| did you mean `medium`?")]);
    check(
        "version: 1\nthresholds: {secrets: any}\n",
        &[(2, 14, "unknown key `secrets` in `thresholds` | did you mean `secret`?")],
    );
    check(
        "version: 1\nthresholds: {SCA: high}\n",
        &[(2, 14, "unknown key `SCA` in `thresholds` | did you mean `sca`?")],
    );
    check("version: 1\nthresholds: high\n", &[(2, 13, "expected a map for `thresholds`, found the text `high`")]);
}

#[test]
fn rules_need_a_name_and_a_condition() {
    check("version: 1\nrules: {-x: {when: {kev: true}}}\n", &[(2, 9, "`-x` cannot be the name of a rule")]);
    check("version: 1\nrules: {a.b: {when: {kev: true}}}\n", &[(2, 9, "`a.b` cannot be the name of a rule")]);
    check("version: 1\nrules: {r: }\n", &[(2, 9, "expected a map for a rule, found nothing")]);
    check("version: 1\nrules: {r: {allow: 1}}\n", &[(2, 9, "`when` is missing in a rule | add `when: {kev: true}`")]);
    check(
        "version: 1\nrules: {r: {if: {kev: true}}}\n",
        &[(2, 13, "unknown key `if` in a rule | did you mean `when`?")],
    );
    check("version: 1\nrules: {r: {when: }}\n", &[(2, 13, "expected a map for a condition, found nothing")]);
    check("version: 1\nrules: {r: {when: kev}}\n", &[(2, 19, "expected a map for a condition, found the text `kev`")]);
    check(
        "version: 1\nrules: {r: {when: {unknown: skip}}}\n",
        &[(2, 13, "a condition without a test matches every finding")],
    );
    check("version: 1\nrules: {r: {when: {kev: true}, enforcement: block}}\n", &[(2, 45, "| did you mean `deny`?")]);
    check(
        "version: 1\nrules: {r: {when: {kev: true}, allow: none}}\n",
        &[(2, 39, "expected a whole number for `allow`")],
    );
    check(
        "version: 1\nrules: {r: {when: {kev: true}, description: 5}}\n",
        &[(2, 45, "expected a description, found the number")],
    );
}

#[test]
fn conditions_must_be_possible() {
    for (when, want) in [
        ("{kind: dependency}", (20, "unknown kind `dependency` | did you mean `sca`?")),
        ("{kind: no}", (20, "unknown kind `no` | in YAML 1.2 `no` is text, and no kind; write `sca`")),
        ("{kind: []}", (20, "expected at least one item for `kind`, found an empty list")),
        ("{kind: [sca, [sast]]}", (26, "expected a kind, found a list")),
        ("{severity: important}", (24, "| did you mean `high`?")),
        ("{severity: yes}", (24, "in YAML 1.2 `yes` is text, and no severity")),
        ("{severity: \">=hihg\"}", (24, "expected a severity after the comparison, found `hihg`")),
        ("{severity: \"<info\"}", (24, "no severity is <info | write \"<=info\"")),
        ("{severity: \"=high\"}", (24, "the comparisons are `>=`, `>`, `<=` and `<`")),
        ("{severity: [\">=high\"]}", (25, "a comparison cannot stand in a list")),
        ("{severity: unknown}", (24, "`unknown` is not a severity")),
        (
            "{new: yes}",
            (19, "expected `true` or `false` for `new`, found the text `yes` | in YAML 1.2 `yes` is text; write true"),
        ),
        ("{new: \"false\"}", (19, "| remove the quotes: false")),
        ("{kev: n}", (19, "in YAML 1.2 `n` is text; write false")),
        ("{kev: 1}", (19, "found the number `1` | write true or false")),
        ("{kev: }", (17, "expected `true` or `false` for `kev`, found nothing")),
        ("{fix: true}", (19, "unknown fix `true` | did you mean `available`?")),
        ("{epss: 0.5}", (20, "found the number `0.5` | say how to compare: \">=0.5\"")),
        ("{epss: \">2\"}", (20, "found the text `>2` | EPSS is a probability from 0 to 1; 2 percent is \">0.02\"")),
        ("{epss: \">1\"}", (20, "`epss` goes from 0 to 1; write \">=1\"")),
        ("{epss: \"<0\"}", (20, "`epss` goes from 0 to 1; write \"<=0\"")),
        ("{epss: \">50%\"}", (20, "| write it as a fraction: \">0.5\"")),
        ("{epss: \">.5\"}", (20, "| write a digit before the point: \">0.5\"")),
        ("{epss: \">5e-1\"}", (20, "| write digits, with a point where needed")),
        ("{epss: \"==0.5\"}", (20, "| say how to compare: \">=0.5\"")),
        ("{epss: high}", (20, "| write for example \">=0.5\"")),
        ("{cvss: 7}", (20, "| say how to compare: \">=7\"")),
        ("{cvss: \">=11\"}", (20, "| `cvss` goes from 0 to 10")),
        ("{cvss: \">10\"}", (20, "| `cvss` goes from 0 to 10; write \">=10\"")),
        ("{cvss: [7]}", (20, "expected a comparison with a number for `cvss`, found a list")),
        ("{cvss: \">=-1\"}", (20, "| write digits")),
        ("{age: 30d}", (19, "| say how to compare: \">=30d\"")),
        ("{age: \">30\"}", (19, "| say the unit: \">30d\"")),
        ("{age: \">3m\"}", (19, "| write `mo` for months of 30 days: \">3mo\"")),
        ("{age: \">30 days\"}", (19, "| write digits and a unit")),
        ("{age: \">P30D\"}", (19, "| write digits and a unit")),
        ("{age: \"<0d\"}", (19, "| nothing is younger than it is")),
        ("{age: \">9999999999999999999999d\"}", (19, "| write digits and a unit, at most a thousand years")),
        ("{age: \">8766000y\"}", (19, "| nothing that was found is older than a thousand years")),
        ("{scope: dev}", (21, "unknown scope `dev` | did you mean `development`?")),
        (
            "{path: /src/**}",
            (20, "the path `/src/**` begins with `/` | paths are relative to the repository: \"src/**\""),
        ),
        ("{path: ./src}", (20, "begins with `./` | leave it out: \"src\"")),
        ("{path: src/}", (20, "ends with `/` | for everything below it write \"src/**\"")),
        ("{path: src/../x}", (20, "the path `src/../x` holds `..`")),
        ("{path: 'src\\x'}", (20, "holds a backslash | write `/` on every system")),
        ("{path: a//b}", (20, "holds an empty part")),
        ("{path: 'src/**.js'}", (20, "holds `**` beside other text")),
        ("{path: '!src/**'}", (20, "begins with `!`, which does not negate here | in a condition write `not:")),
        ("{path: 'src/[a'}", (20, "`src/[a` is not a glob")),
        ("{path: 'src[+-9]a'}", (20, "`src[+-9]a` is not a glob: its brackets hold `/`, which separates folders")),
        ("{path: 'src/[b-a]'}", (20, "in its brackets the range `b-a` runs backwards")),
        ("{path: 'src/[a-c-e]'}", (20, "in its brackets a `-` follows the range `a-c`; put it last")),
        ("{tool: '[\u{e4}-\u{f6}]'}", (20, "where case does not matter a range in brackets stays within ASCII")),
        ("{path: [src/**, '']}", (29, "expected a glob of paths, found empty text")),
        ("{path: **/*.js}", (20, "unknown anchor `*/*.js` | text that begins with `*` needs quotes: \"**/*.js\"")),
        ("{package: pkg:npm/lodash@*}", (23, "a package URL holds no glob")),
        ("{package: PKG:npm/lodash}", (23, "`pkg:` is written in lower case | write pkg:npm/lodash")),
        (
            "{package: 'pkg:npm/lodash?os=linux'}",
            (23, "qualifiers and subpaths are not compared | write pkg:npm/lodash"),
        ),
        ("{package: 'pkg:npm/lodash#lib'}", (23, "qualifiers and subpaths are not compared")),
        ("{package: pkg:npm}", (23, "`pkg:npm` cannot be matched: missing")),
        ("{package: pkg:npm/lodash@}", (23, "nothing follows the `@` | write pkg:npm/lodash")),
        ("{package: ' lodash'}", (23, "` lodash` begins or ends with white space | write `lodash`")),
        ("{id: 5}", (18, "expected a glob, found the number `5` | put it in quotes: \"5\"")),
        ("{id: '{a'}", (18, "`{a` is not a glob")),
        ("{cwe: CVE-79}", (19, "expected a CWE, found the text `CVE-79` | write CWE-79, or its number alone")),
        ("{cwe: [79, -1]}", (24, "expected a CWE, found the number `-1`")),
        ("{cwe: 0}", (19, "expected a CWE")),
        ("{any: []}", (19, "`any` needs at least one condition")),
        ("{any: {kev: true}}", (19, "expected a list of conditions for `any`, found a map")),
        ("{any: [{}]}", (20, "a condition without a test")),
        ("{all: [{kev: true}, {kev: maybe}]}", (39, "expected `true` or `false`")),
        ("{not: {}}", (14, "a condition without a test")),
        ("{not: [{kev: true}]}", (19, "expected a map for a condition, found a list")),
        ("{not: {not: {foo: 1}}}", (26, "unknown key `foo` in a condition")),
        ("{kev: true, unknown: ignore}", (34, "| did you mean `skip`?")),
        ("{cve: CVE-1}", (14, "unknown key `cve` in a condition | did you mean `id`?")),
    ] {
        // Columns were counted for `  r: {when: `; what stands in `when` begins at 13.
        let (column, part) = want;
        check_when(when, &[(3, column, part)]);
    }
}

#[test]
fn waivers_say_what_why_and_until_when() {
    let one = |waiver: &str, column: u32, part: &str| check(&format!("{T}waivers: [{waiver}]\n"), &[(3, column, part)]);
    one("{match: {id: CVE-1}, reason: x}", 11, "`id` is missing in a waiver");
    one("{id: a, reason: x}", 11, "`match` is missing in a waiver");
    one("{id: a, match: {id: CVE-1}}", 11, "`reason` is missing in a waiver");
    one("{id: a, match: {id: CVE-1}, reason: ' '}", 47, "expected a reason, found blank text");
    one("{id: a b, match: {id: CVE-1}, reason: x}", 16, "`a b` cannot be the id of a waiver");
    one("{id: 1, match: {id: CVE-1}, reason: x}", 16, "expected an id, found the number `1`");
    one("{id: a, match: {}, reason: x}", 19, "`match` matches nothing");
    one("{id: a, match: {id: CVE-*}, reason: x}", 31, "a waiver names one thing");
    one("{id: a, match: {id: [CVE-1]}, reason: x}", 31, "expected an id, found a list");
    one(
        "{id: a, match: {fingerprint: abc}, reason: x}",
        40,
        "`abc` is not a fingerprint of findgate | copy it from a report",
    );
    one("{id: a, match: {fingerprint: 'v1:0123456789ABCDEF0123456789abcdef'}, reason: x}", 40, "is not a fingerprint");
    one(
        "{id: a, match: {fingerprint: 'v1:0123456789abcdef0123456789abcdef.1'}, reason: x}",
        40,
        "is not a fingerprint",
    );
    one("{id: a, match: {cve: CVE-1}, reason: x}", 27, "unknown key `cve` in `match` | did you mean `id`?");
    one("{id: a, match: {path: /x}, reason: x}", 33, "begins with `/`");
    one("{id: a, match: {id: CVE-1}, reason: x, expires: 2026-02-30}", 59, "write a day that exists");
    one("{id: a, match: {id: CVE-1}, reason: x, expires: 2026-2-3}", 59, "write YYYY-MM-DD");
    one("{id: a, match: {id: CVE-1}, reason: x, expires: 2026-02-03T10:00:00Z}", 59, "write 2026-02-03");
    one("{id: a, match: {id: CVE-1}, reason: x, expires: 30d}", 59, "write YYYY-MM-DD");
    one("{id: a, match: {id: CVE-1}, reason: x, expires: }", 57, "expected a date for `expires`, found nothing");
    one("{id: a, match: {id: CVE-1}, reason: x, until: 2026-01-01}", 50, "| did you mean `expires`?");
    one("CVE-1", 11, "expected a map for a waiver, found the text `CVE-1`");
    check(&format!("{T}waivers:\n"), &[(3, 1, "expected a list of waivers, found nothing")]);
    check(&format!("{T}waivers: {{}}\n"), &[(3, 1, "`waivers` says nothing")]);
    check(&format!("{T}waivers: x\n"), &[(3, 10, "expected a list of waivers, found the text `x`")]);
}

#[test]
fn overrides_evidence_and_sources_are_checked_too() {
    check(&format!("{T}overrides:\n"), &[(3, 10, "expected a list for `overrides`, found nothing")]);
    check(&format!("{T}overrides: {{branch: x}}\n"), &[(3, 12, "expected a list for `overrides`, found a map")]);
    check(
        &format!("{T}overrides: [{{thresholds: {{all: low}}}}]\n"),
        &[(3, 13, "an override does not say when it holds")],
    );
    check(&format!("{T}overrides: [{{branch: main}}]\n"), &[(3, 13, "an override that changes nothing")]);
    check(
        &format!("{T}overrides: [{{branch: 1.2, thresholds: {{all: low}}}}]\n"),
        &[(3, 22, "put it in quotes: \"1.2\"")],
    );
    check(
        &format!("{T}overrides: [{{branch: refs/heads/x, thresholds: {{all: low}}}}]\n"),
        &[(3, 22, "write the name alone: \"x\"")],
    );
    check(
        &format!("{T}overrides: [{{branch: release/, thresholds: {{all: low}}}}]\n"),
        &[(3, 22, "no branch begins or ends with `/`")],
    );
    check(
        &format!("{T}overrides: [{{branch: [main, release**], thresholds: {{all: low}}}}]\n"),
        &[(3, 29, "the branch `release**` holds `**` beside other text")],
    );
    check(
        &format!("{T}overrides: [{{branch: x, thresholds: {{all: none}}, unknown_severity: x}}]\n"),
        &[(3, 43, "`none` does not say"), (3, 68, "unknown severity `x`")],
    );
    check(&format!("{T}evidence: {{}}\n"), &[(3, 1, "`evidence` says nothing")]);
    check(&format!("{T}evidence:\n"), &[(3, 1, "expected a map for `evidence`, found nothing")]);
    check(&format!("{T}evidence: {{required: no}}\n"), &[(3, 22, "in YAML 1.2 `no` is text; write false")]);
    check(&format!("{T}sources:\n"), &[(3, 1, "expected a map for `sources`, found nothing")]);
    check(&format!("{T}sources: {{}}\n"), &[(3, 10, "`sources` is empty")]);
    check(&format!("{T}sources: {{sarif: }}\n"), &[(3, 11, "expected a map for the source `sarif`, found nothing")]);
    check(&format!("{T}sources: {{sarf: {{}}}}\n"), &[(3, 11, "unknown source `sarf` | did you mean `sarif`?")]);
    check(
        &format!("{T}sources: {{github: {{}}}}\n"),
        &[(3, 11, "unknown source `github` | this version of findgate reads `sarif` or `mend`")],
    );
    check(
        &format!("{T}sources: {{sarif: {{files: x, requird: true}}}}\n"),
        &[(3, 29, "unknown key `requird` in a source | did you mean `required`?")],
    );
    check(
        &format!("{T}sources: {{sarif: {{files: x, required: 1}}}}\n"),
        &[(3, 39, "expected `true` or `false` for `required`")],
    );
}

#[test]
fn what_an_alias_brings_is_told_once() {
    check(
        "version: 1\nrules:\n  a: {when: &w {kev: maybe}}\n  b: {when: *w}\n  c: {when: *w}\n",
        &[(3, 22, "expected `true` or `false` for `kev`")],
    );
}

#[test]
fn budgets_refuse_a_document_before_it_costs_anything() {
    let start = std::time::Instant::now();
    let mut bomb = String::from("version: 1\na0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for n in 1..20 {
        bomb.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(",")));
    }
    check(&bomb, &[(6, 30, "more than 50000 values, counting each use of an alias")]);
    check(&format!("a: {}", "[".repeat(100_000)), &[(1, 36, "nested more than 32 levels deep")]);
    check(&"- ".repeat(100_000), &[(1, 65, "nested more than 32 levels deep")]);
    check(&"{a: ".repeat(100_000), &[(1, 129, "nested more than 32 levels deep")]);
    let deep = |name: &str, inner: &str| format!("{name}: &{name} {}{inner}{}\n", "[".repeat(20), "]".repeat(20));
    check(&format!("{}{}", deep("a", "x"), deep("b", "*a")), &[(2, 27, "nested more than 32 levels deep")]);
    check(&format!("a: [{}]", "a,".repeat(60_000)), &[(1, 99_999, "more than 50000 values")]);
    check(
        &format!("a: &a [{}]\nb: [{}]", "x".repeat(10_000), vec!["*a"; 200].join(",")),
        &[(2, 314, "more than 1048576 bytes of text, counting each use of an alias")],
    );
    check(
        &"#".repeat(10 * 1024 * 1024),
        &[(1, 1, "the policy is too large: 10485760 bytes, and at most 1048576 (1 MiB) are read")],
    );
    let many: String = (0..24_000).map(|n| format!("rule{n}: x\n")).collect();
    assert_eq!(read(&format!("{T}{many}")).expect_err("unknown keys").len(), 24_000);
    for hostile in [
        "\u{0}",
        "'",
        "\"",
        "? ",
        "- - ",
        "&a ",
        "*a ",
        "!a ",
        "a: b: ",
        "|\n",
        ">\n",
        "{",
        "[{",
        "[[]",
        "a\n",
        "#",
        "\t",
        " ",
        "%",
        "---\n",
        "a: [\n",
        "\u{1f600}",
        "\r\n",
    ] {
        let text = hostile.repeat(MAX_BYTES / hostile.len());
        let _ = read(&text);
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = read(&text);
    }

    #[test]
    fn any_yaml_like_text_is_read_or_refused(words in proptest::collection::vec(
        proptest::sample::select(vec![
            "version: 1", "\n", "\n  ", "- ", "{", "}", "[", "]", ", ", "rules: ", "when: ", "thresholds: ", "all: ", "&a ", "*a",
            "!!str ", "<<: ", "'", "\"", "|", ">", ">=high", "? ", ": ", "#", "---\n", "...\n", "severity: ", "\t", "~", "\r\n", "ü",
        ]), 0..60)) {
        let _ = read(&words.concat());
    }

    #[test]
    fn any_mutation_of_a_good_policy_is_read_or_refused_and_can_be_drawn(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..20, "\\PC{0,4}"), 1..6)
    ) {
        let mut text = include_str!("../../../policies/recommended.yml").to_owned();
        for (at, length, new) in cuts {
            let start = text.floor_char_boundary(at.index(text.len().max(1)).min(text.len()));
            let end = text.floor_char_boundary((start + length).min(text.len())).max(start);
            text.replace_range(start..end, &new);
        }
        if let Err(problems) = read(&text) {
            let drawn = crate::policy_file::draw(&problems, |_| Some(&text), false);
            prop_assert!(drawn.len() < 200_000);
        }
    }
}
