//! What findings are compared with: a baseline in a file, or the branch that vendors know.

use crate::baseline::{self, Baseline};
use crate::cli::Input;
use crate::env::Env;
use crate::policy::{BaselineAt, EvidenceRule};
use crate::policy_file::{InputFile, Loaded, Role};
use crate::project::Project;
use crate::snapshot::Wanted;
use crate::source::{Plan, Reader};
use crate::tree::Tree;

/// The branch that is the baseline, as vendors know it.
#[derive(Clone, Debug)]
pub struct BaselineBranch {
    /// Its name.
    pub name: String,
    /// What is read of it; empty where a snapshot is judged.
    pub readers: Vec<(Reader, EvidenceRule)>,
    /// The sources that cannot tell what it holds, and why.
    pub without: Vec<(String, String)>,
}

/// Reads the baseline that the command line names, else that of the policy.
pub(super) fn baseline(
    input: &Input,
    policy: &Loaded,
    wanted: &[Wanted],
    project: &Project,
    tree: &Tree,
    inputs: &mut Vec<InputFile>,
    env: &Env,
) -> Option<Result<Baseline, String>> {
    let stated = policy.policy.baseline.as_ref().map(|stated| &stated.value);
    let file = match (&input.baseline, stated) {
        (Some(file), _) | (None, Some(BaselineAt::File(file))) => file,
        // The sources are asked for it.
        (None, Some(BaselineAt::Branch(_)) | None) => return None,
    };
    // What the policy says of the files of scanners holds for an older one of them, where it says one thing of all.
    let selection = policy.plans.iter().find_map(|(plan, _)| match plan {
        Plan::Sarif(settings) => settings.files.first().filter(|_| settings.files.len() == 1),
        Plan::Mend(_) | Plan::Mayo(_) | Plan::Cybedefend(_) | Plan::Appsecplus(_) => None,
    });
    let reading = baseline::Reading { tree, folder: &env.folder, selection, project };
    let baseline::Read { digest, baseline } = baseline::read(file, reading);
    inputs.extend(digest.map(|digest| InputFile { role: Role::Baseline, name: file.clone(), digest }));
    Some(baseline.map(|mut baseline| {
        baseline.note_missing(wanted.iter().map(|wanted| wanted.name.as_str()));
        baseline
    }))
}

/// What is read of the branch that is the baseline.
pub(super) fn baseline_branch(
    branch: &str,
    readers: &[(Reader, EvidenceRule)],
    judged: Option<&str>,
    is_of_fork: bool,
) -> BaselineBranch {
    let mut known = BaselineBranch { name: branch.to_owned(), readers: Vec::new(), without: Vec::new() };
    for (reader, rule) in readers {
        // Old findings are known ones, too: what is missing of them only makes more findings new.
        let rule = EvidenceRule { requirement: rule.requirement, ..EvidenceRule::default() };
        let read = match is_of_fork && judged == Some(branch) {
            // What is read for the change would be what the baseline holds, so nothing would be new.
            true => Err(format!("{} has one branch {branch}, and the fork's is called so, too", reader.name())),
            false => reader.for_branch(branch, judged),
        };
        match read {
            Ok(reader) => known.readers.push((reader, rule)),
            Err(why) => known.without.push((reader.name().to_owned(), why)),
        }
    }
    known
}
