//! What a waiver must say and nobody gave: asked for at a terminal, refused elsewhere.

use std::io::{self, BufRead, Write};

use anyhow::{Context as _, bail};

use crate::cli::Waive;
use crate::messages::Messages;
use crate::policy::{Demanded, WaiverRules};
use crate::report::terminal;

/// How often an empty answer is asked again.
const TRIES: usize = 3;

/// Reason, owner, ticket and who approved.
pub(super) fn parts(arguments: &Waive, rules: &WaiverRules, messages: Messages) -> anyhow::Result<[Option<String>; 4]> {
    let given = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let Waive { reason, owner, ticket, approved_by, .. } = arguments;
    let mut parts = [given(reason), given(owner), given(ticket), given(approved_by)];
    let demands = |demanded: Demanded| rules.require.iter().any(|stated| stated.value == demanded);
    let questions = [
        (Demanded::Reason, true, "why is it acceptable"),
        (Demanded::Owner, demands(Demanded::Owner), "who answers for it"),
        (Demanded::Ticket, demands(Demanded::Ticket), "where is the work tracked"),
        (Demanded::ApprovedBy, demands(Demanded::ApprovedBy), "who allowed it"),
    ];
    let missing = || questions.iter().zip(&parts).filter(|((_, needed, _), part)| *needed && part.is_none());
    let flags: Vec<String> = missing().map(|((part, ..), _)| option(*part)).collect();
    if flags.is_empty() {
        return Ok(parts);
    }
    if !messages.may_ask() {
        bail!("a waiver needs {}, and nobody can be asked here", flags.join(" and "));
    }
    let (mut input, mut output) = (io::stdin().lock(), io::stderr().lock());
    for ((part, needed, question), answer) in questions.into_iter().zip(&mut parts) {
        if needed && answer.is_none() {
            *answer = Some(ask(part, question, &mut input, &mut output)?);
        }
    }
    Ok(parts)
}

fn option(part: Demanded) -> String {
    format!("--{}", part.name().replace('_', "-"))
}

/// Asks until something is answered.
fn ask(part: Demanded, question: &str, input: &mut dyn BufRead, output: &mut dyn Write) -> anyhow::Result<String> {
    for _ in 0..TRIES {
        write!(output, "{} ({question}?): ", part.name()).and_then(|()| output.flush()).context("ask")?;
        let mut line = String::new();
        if input.read_line(&mut line).with_context(|| format!("read the {}", part.name()))? == 0 {
            // Nobody pressed return, so the error would stand behind the question.
            writeln!(output).context("ask")?;
            break;
        }
        let answer = terminal(line.trim()).into_owned();
        if !answer.is_empty() {
            return Ok(answer);
        }
    }
    bail!("a waiver needs {}, and there was no answer", option(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_answer_is_asked_again_and_none_is_refused() {
        let mut asked = Vec::new();
        let mut input = io::Cursor::new("\n  \n not reachable \nmore\n");
        let answer = ask(Demanded::Reason, "why is it acceptable", &mut input, &mut asked).expect("an answer");
        assert_eq!(answer, "not reachable");
        assert_eq!(String::from_utf8(asked).expect("text"), "reason (why is it acceptable?): ".repeat(3));
        let mut nothing = io::Cursor::new("");
        let mut asked = Vec::new();
        let error = ask(Demanded::ApprovedBy, "who", &mut nothing, &mut asked).expect_err("refused").to_string();
        assert_eq!(
            String::from_utf8(asked).expect("text"),
            "approved_by (who?): \n",
            "an error stands on its own line"
        );
        assert_eq!(error, "a waiver needs --approved-by, and there was no answer");
        assert!(ask(Demanded::Owner, "who", &mut io::Cursor::new("\n\n\nlate\n"), &mut Vec::new()).is_err());
    }
}
