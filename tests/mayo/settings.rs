//! Addresses, a key that is missing, and the example.

use crate::common::server::Server;
use crate::common::{Folder, finish};
use crate::mock::{KEY, Mayo, POLICY, many, policy};

#[test]
fn an_address_of_this_machine_may_stand_in_the_policy_with_or_without_a_slash() {
    let mayo = Mayo::with(many(1));
    let server = Server::start(move |request| {
        let mut request = request.clone();
        request.path = request.path.strip_prefix("/api").expect("the prefix is kept").to_owned();
        mayo.answer(&request)
    });
    for tail in ["/api", "/api/"] {
        let folder = Folder::new()
            .with("policy.yml", policy(&format!("project: checkout-service, url: '{}{tail}'", server.url)));
        let mut command = folder.command();
        finish(command.args(["check", "--policy", "policy.yml"]).env("MAYOASPM_API_KEY", KEY)).ends_with(1);
    }
}

#[test]
fn without_a_key_nothing_is_asked() {
    let folder = Folder::new().with("policy.yml", POLICY);
    let check = ["check", "--policy", "policy.yml"];
    folder.run(check).ends_with(2).complains("set MAYOASPM_API_KEY");
    let mut command = folder.in_pull_request("evil/r", "fix");
    finish(command.args(check).args(["--trust", "worktree"])).ends_with(3).says("from a fork");
    let optional = policy("project: a, required: false");
    Folder::new().with("policy.yml", optional).run(check).ends_with(0).says("set MAYOASPM_API_KEY");
}

#[test]
fn the_example_is_a_policy_and_says_what_it_reads() {
    let folder = Folder::new().with("policy.yml", include_str!("../../examples/vendors/mayo.yml"));
    folder.run(["policy", "check", "policy.yml"]).ends_with(0);
    folder.run(["policy", "show", "policy.yml"]).ends_with(0).says("project checkout-service");
}
