//! The two addresses of each list: below the application, or the list of all with the application as a parameter.

use serde_json::value::RawValue;

use super::api::Api;
use super::application::Application;
use super::config::Route;
use super::list::{Extent, List, Seen, Stop};
use crate::source::Fault;

/// Reads a list of an application. `take` is also told whether the row comes from the list of all, where only a row that
/// names its application is known to belong to it.
pub(super) async fn read_of(
    api: &Api<'_>,
    application: &Application,
    rows: &'static str,
    extent: &mut Extent,
    mut take: impl FnMut(&RawValue, bool) -> Seen,
) -> Result<(), Fault> {
    let route = api.reader().route;
    let id = application.id.as_str();
    let attempt = format!("read the {rows} of {}", application.name);
    if route != Route::Flat {
        let list = List { segments: &["applications", id, rows], query: &[], rows, attempt: &attempt };
        match api.read(list, extent, |row| take(row, false)).await {
            Ok(()) => return Ok(()),
            Err(Stop::Fault(fault)) => return Err(fault),
            // The application is there, so it is the address that this server does not have.
            Err(Stop::Refused(answer)) if route == Route::Auto && matches!(answer.status, 404 | 405) => {
                extent
                    .notes
                    .push(format!("the server has no {rows} below the application; they come from the list of all"));
            }
            Err(Stop::Refused(answer)) => {
                return Err(api.refused(&attempt, &answer, "a server without that address needs `route: flat`"));
            }
        }
    }
    let list = List { segments: &[rows], query: &[("applicationId", id)], rows, attempt: &attempt };
    match api.read(list, extent, |row| take(row, true)).await {
        Ok(()) => Ok(()),
        Err(Stop::Fault(fault)) => Err(fault),
        Err(Stop::Refused(answer)) => {
            Err(api.refused(&attempt, &answer, "is the address of the API right (`url`, APPSECPLUS_URL)?"))
        }
    }
}
