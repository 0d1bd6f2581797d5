//! Writes a SARIF file that looks like a real one: one tool, a few hundred rules, results with message, location, snippet,
//! fingerprints, some of them with a code flow. About 520 bytes a result. The same number gives the same bytes.

use std::io::{self, Write};

/// Rules that the results use.
const RULES: u64 = 240;

/// Folders, files and words that real projects have.
const FOLDERS: [&str; 8] =
    ["src/api", "src/core", "src/db", "web/components", "services/payments", "lib/crypto", "tools", "tests/unit"];
const WORDS: [&str; 12] = [
    "request", "query", "user", "token", "session", "path", "command", "template", "payload", "header", "cookie", "url",
];
const LEVELS: [&str; 4] = ["error", "warning", "warning", "note"];

/// A small deterministic source of numbers (a 64-bit linear congruential generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u64) as usize]
    }
}

/// Writes a file with this many results.
pub(crate) fn write(results: u64, out: &mut dyn Write) -> io::Result<()> {
    let mut numbers = Numbers(results);
    write!(
        out,
        r#"{{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"Benchscan","semanticVersion":"4.2.0","informationUri":"https://example.com/benchscan","rules":["#
    )?;
    for rule in 0..RULES {
        let comma = if rule == 0 { "" } else { "," };
        let cwe = 20 + rule % 900;
        let score = (rule % 100) as f64 / 10.0;
        let level = LEVELS[(rule % 4) as usize];
        write!(
            out,
            r#"{comma}{{"id":"bench.rule-{rule:03}","name":"Rule{rule}","shortDescription":{{"text":"Untrusted data reaches a sensitive call ({rule})."}},"fullDescription":{{"text":"Data that a client controls is used in a call that trusts it."}},"help":{{"text":"Check the data before it is used."}},"defaultConfiguration":{{"level":"{level}"}},"properties":{{"tags":["security","external/cwe/cwe-{cwe:03}"],"precision":"high","security-severity":"{score:.1}"}}}}"#
        )?;
    }
    write!(
        out,
        r#"]}}}},"invocations":[{{"executionSuccessful":true,"endTimeUtc":"2026-11-21T10:00:00Z"}}],"results":["#
    )?;
    for result in 0..results {
        let comma = if result == 0 { "" } else { "," };
        let rule = numbers.below(RULES);
        let folder = numbers.of(&FOLDERS);
        let file = numbers.below(400);
        let line = 1 + numbers.below(2_000);
        let column = 1 + numbers.below(60);
        let (source, sink, call) = (numbers.of(&WORDS), numbers.of(&WORDS), numbers.below(5_000));
        let end = column + 20;
        let (hash_a, hash_b) = (numbers.below(1 << 30), numbers.below(1 << 30));
        write!(
            out,
            r#"{comma}{{"ruleId":"bench.rule-{rule:03}","ruleIndex":{rule},"level":"{level}","message":{{"text":"The {source} that a client sends reaches {sink}_{call}() without a check."}},"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"{folder}/module_{file}.py","uriBaseId":"%SRCROOT%"}},"region":{{"startLine":{line},"startColumn":{column},"endLine":{line},"endColumn":{end},"snippet":{{"text":"    {sink}_{call}({source}[\"id\"], timeout=30)\n"}}}}}}}}],"partialFingerprints":{{"primaryLocationLineHash":"{hash_a:x}{hash_b:x}:1"}}"#,
            level = LEVELS[(rule % 4) as usize],
        )?;
        if result % 16 == 0 {
            write!(out, r#","codeFlows":[{{"threadFlows":[{{"locations":["#)?;
            for step in 0..3 {
                let comma = if step == 0 { "" } else { "," };
                let line = line + step;
                write!(
                    out,
                    r#"{comma}{{"location":{{"physicalLocation":{{"artifactLocation":{{"uri":"{folder}/module_{file}.py","uriBaseId":"%SRCROOT%"}},"region":{{"startLine":{line}}}}},"message":{{"text":"step {step}"}}}}}}"#
                )?;
            }
            write!(out, "]}}]}}]")?;
        }
        write!(out, "}}")?;
    }
    write!(out, "]}}]}}")
}
