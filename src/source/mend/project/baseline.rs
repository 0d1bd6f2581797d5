//! The project of the branch that is the baseline.
//!
//! What it holds is taken for known, so a wrong one lets new findings through: it must be shown to be of that branch, or be
//! named, and it must not be the one that is judged.

use super::super::client::Api;
use super::super::config::BaselineBranch;
use super::Project;
use crate::policy::short_branch;
use crate::source::Fault;

pub(super) fn choose(api: &Api<'_>, all: Vec<Project>, baseline: &BaselineBranch) -> Result<Vec<Project>, Fault> {
    let settings = &api.reader.settings;
    let BaselineBranch { branch, judged } = baseline;
    let repository = api.desk.repository.as_deref();
    let is_judged = judged.as_deref().is_some_and(|judged| short_branch(judged) == short_branch(branch));
    // On the branch itself nothing else is the baseline than what is judged.
    let names = if is_judged { &settings.projects } else { &settings.baseline_projects };
    let chosen = super::choose(api, all.clone(), names, Some(branch))?;
    if is_judged {
        return Ok(chosen);
    }
    for project in &chosen {
        let told = project.branch(&settings.branch_tag, repository, Some(branch));
        let is_named = !settings.baseline_projects.is_empty();
        let is_of_it =
            told.as_deref().map_or(is_named || ends_with(project, branch), |told| told == short_branch(branch));
        if !is_of_it {
            let told = told.map_or("tells no branch".to_owned(), |told| format!("is of the branch {told}"));
            return Err(Fault::new(format!(
                "the project {} {told}, so what it holds is not shown to be that of {branch}; name the right one with \
                 `baseline_project` in the source mend",
                project.described()
            )));
        }
    }
    let of_change = super::choose(api, all, &settings.projects, judged.as_deref());
    let is_read =
        |project: &&Project| of_change.as_ref().is_ok_and(|all| all.iter().any(|one| one.uuid == project.uuid));
    if let Some(project) = chosen.iter().find(is_read) {
        return Err(Fault::new(format!(
            "the project {} is the one that is judged, so nothing in it could be new; name that of {branch} with \
             `baseline_project` in the source mend",
            project.described()
        )));
    }
    Ok(chosen)
}

fn ends_with(project: &Project, branch: &str) -> bool {
    project.name.ends_with(&format!("_{}", short_branch(branch)))
}
