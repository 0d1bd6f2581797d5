//! Parse, run, exit.

use std::process::ExitCode;

use findgate::env::Env;
use findgate::exit::Status;
use findgate::messages::Messages;
use findgate::{cli, run};

fn main() -> ExitCode {
    let status = match Env::capture() {
        Ok(env) => start(&env),
        Err(error) => {
            Messages::default().error(&error);
            Status::Usage
        }
    };
    ExitCode::from(status.number())
}

fn start(env: &Env) -> Status {
    match cli::parse(env, std::env::args_os()) {
        Ok(cli) => run::run(&cli, env),
        // `--help` and `--version` arrive here, too. A closed stream changes nothing.
        Err(error) if error.use_stderr() => {
            Messages::default().usage(&error);
            Status::Usage
        }
        Err(error) => {
            let _ = error.print();
            Status::Holds
        }
    }
}
