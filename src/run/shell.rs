//! `findgate completions` and `findgate man`: made from the command line's own declaration.

use anyhow::Context as _;

use crate::cli;
use crate::env::Env;
use crate::exit::Status;
use crate::settings::Refusal;

use super::lines::print;

pub(super) fn completions(shell: clap_complete::Shell, env: &Env) -> Result<Status, Refusal> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::command(env), "findgate", &mut script);
    print(&script)
}

pub(super) fn man(path: &[String], env: &Env) -> Result<Status, Refusal> {
    let mut command = cli::command(env);
    command.build();
    for name in path {
        let known: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
        command = command.find_subcommand(name).cloned().with_context(|| {
            format!("find the page of {name}: there is no such command; there is: {}", known.join(", "))
        })?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).context("render the manual page")?;
    // The generator has but one name for what stands after the options.
    let page = String::from_utf8_lossy(&page).into_owned();
    let page = match page.split_once(".SH EXTRA\n") {
        // Commands stand there, which must neither be justified nor hyphenated: people copy them.
        Some((before, notes)) => {
            let (notes, after) = notes.find("\n.SH ").map_or((notes, ""), |at| notes.split_at(at + 1));
            format!("{before}.SH NOTES\n.nf\n{notes}.fi\n{after}")
        }
        None => page,
    };
    print(page.as_bytes())
}
