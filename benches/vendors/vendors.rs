//! A server for each vendor, with as many findings as asked for. Pages are made once, so that the server costs next to nothing.

use std::sync::Arc;

use serde_json::{Value, json};

use super::server::{Reply, Request, jwt};

/// One vendor.
pub(super) struct Vendor {
    pub(super) name: &'static str,
    /// How many findings findgate must have read.
    pub(super) findings: usize,
    pub(super) policy: fn(&str) -> String,
    pub(super) environment: fn(&str) -> Vec<(&'static str, String)>,
    pub(super) answer: Arc<dyn Fn(&Request) -> Reply + Send + Sync>,
    /// Which requests the bare client repeats: everything but logins.
    pub(super) is_page: fn(&Request) -> bool,
}

pub(super) fn all(count: usize) -> Vec<Vendor> {
    vec![mayo(count), cybedefend(count), mend(count), appsecplus(count)]
}

fn pages(
    count: usize,
    size: usize,
    row: impl Fn(usize) -> Value,
    wrap: impl Fn(usize, Vec<Value>) -> Value,
) -> Vec<Vec<u8>> {
    let numbers: Vec<usize> = (0..count).collect();
    let page =
        |(page, rows): (usize, &[usize])| wrap(page, rows.iter().map(|n| row(*n)).collect()).to_string().into_bytes();
    numbers.chunks(size).enumerate().map(page).collect()
}

fn body(pages: &[Vec<u8>], page: usize) -> Reply {
    pages
        .get(page)
        .map_or_else(|| Reply::json(404, &json!({})), |body| Reply::text(200, "application/json", body.clone()))
}

fn page_of(request: &Request, name: &str) -> usize {
    request.query(name).and_then(|page| page.parse::<usize>().ok()).unwrap_or(1).saturating_sub(1)
}

const WORDS: [&str; 4] = ["LOW", "MEDIUM", "HIGH", "LOW"];
const SEVERITIES: [&str; 4] = ["low", "medium", "high", "low"];

fn mayo(count: usize) -> Vendor {
    let row = |n: usize| {
        json!({
            "id": format!("f_{n}"), "title": format!("flaw {n}"), "description": "Request data reaches a statement.",
            "severity": SEVERITIES[n % 4], "status": "open", "scanner": "semgrep", "scanner_type": "sast",
            "rule_id": format!("rule.{}", n % 100), "file_path": format!("src/file{}.py", n % 5000), "line_number": n % 900 + 1,
            "cwe_id": "CWE-89", "fingerprint": format!("{n:016x}"), "first_detected": "2026-04-17T03:22:10Z",
            "last_seen": "2026-04-20T03:41:09Z", "asset": {"id": "asset_1", "name": "shop", "full_name": "acme/shop"},
            "project": {"id": "proj_1", "name": "shop"}
        })
    };
    let findings = pages(
        count,
        100,
        row,
        |page, rows| json!({"data": rows, "pagination": {"page": page + 1, "per_page": 100, "total": count}}),
    );
    let answer = move |request: &Request| match request.path.as_str() {
        "/findings" => body(&findings, page_of(request, "page")),
        "/projects" => Reply::ok(&json!({
            "data": [{"id": "proj_1", "name": "shop", "asset_count": 1, "finding_count": count}],
            "pagination": {"page": 1, "per_page": 100, "total": 1}
        })),
        "/scans" => Reply::ok(&json!({
            "data": [{"id": "scan_1", "asset_id": "asset_1", "project_id": "proj_1", "scanner": "semgrep", "scanner_type": "sast",
                      "status": "completed", "completed_at": "2026-04-20T03:41:09Z"}],
            "pagination": {"page": 1, "per_page": 100, "total": 1}
        })),
        _ => Reply::json(404, &json!({"error": {"code": "not_found", "message": "no such route"}})),
    };
    Vendor {
        name: "mayo",
        findings: count,
        policy: |_| "version: 1\nsources: {mayo: {project: shop}}\nthresholds: {all: critical}\n".into(),
        environment: |url| {
            vec![("MAYOASPM_URL", url.into()), ("MAYOASPM_API_KEY", "mayo_ak_0123456789abcdefghijklmnopqrstuv".into())]
        },
        answer: Arc::new(answer),
        is_page: |_| true,
    }
}

fn cybedefend(count: usize) -> Vendor {
    const PROJECT: &str = "550e8400-e29b-41d4-a716-446655440001";
    let row = |n: usize| {
        json!({"base": {
            "id": format!("{n:08x}-c915-430d-bbeb-a644feab9131"), "projectId": PROJECT, "createdAt": "2026-11-18T10:21:33.000Z",
            "currentState": "to_verify", "currentSeverity": SEVERITIES[n % 4], "currentPriority": "normal", "language": "python",
            "path": format!("src/file{}.py", n % 5000), "vulnerableStartLine": n % 900 + 1, "vulnerableEndLine": n % 900 + 2,
            "branch": "main", "vulnerabilityType": "sast", "cvss4BaseScore": 6.1,
            "vulnerability": {"id": format!("rule-{}", n % 100), "name": "Injection", "shortDescription": "Input reaches a statement.",
                              "cwe": ["CWE-89"], "severity": "MEDIUM", "language": "python"},
            "codeSnippets": [{"code": [{"line": n % 900 + 1, "content": format!("execute(query{n})")}], "language": "python"}]
        }})
    };
    let findings = pages(count, 100, row, |page, rows| {
        json!({
            "projectId": PROJECT, "projectName": "shop", "page": page + 1, "limit": 100, "total": count,
            "totalPages": count.div_ceil(100), "vulnerabilities": rows,
            "scanProjectInfo": {"scanId": "0f3f1a60-3a39-4f0c-8f6e-5a2b9a4a7c11", "state": "completed",
                                "createAt": "2026-11-20T06:05:00.000Z", "scanType": "sast"}
        })
    });
    let token = jwt("ci", 3600);
    let answer = move |request: &Request| {
        let path = request.path.strip_prefix(&format!("/project/{PROJECT}")).unwrap_or(&request.path);
        match path {
            "/client-apps" => Reply::ok(&json!({"cli": {"appId": "cli-app"}})),
            "/oidc/token" => Reply::ok(&json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600})),
            "/results/sast" => body(&findings, page_of(request, "pageNumber")),
            "/branches" => Reply::ok(&json!({"projectId": PROJECT, "branches": ["main"]})),
            "/scan/0f3f1a60-3a39-4f0c-8f6e-5a2b9a4a7c11" => Reply::ok(&json!({
                "id": "0f3f1a60-3a39-4f0c-8f6e-5a2b9a4a7c11", "name": "scan", "state": "completed", "projectId": PROJECT,
                "createAt": "2026-11-20T06:05:00.000Z", "endTime": "2026-11-20T06:11:58.000Z", "containers": [], "progress": 100
            })),
            "" => Reply::ok(&json!({"projectId": PROJECT, "name": "shop", "riskScore": 1, "riskLevel": "low"})),
            _ => Reply::json(404, &json!({"message": "not found", "statusCode": 404})),
        }
    };
    Vendor {
        name: "cybedefend",
        findings: count,
        policy: |_| {
            format!(
                "version: 1\nsources: {{cybedefend: {{project: {PROJECT}, types: [sast]}}}}\nthresholds: {{all: critical}}\n"
            )
        },
        environment: |url| {
            vec![
                ("CYBEDEFEND_URL", url.into()),
                ("CYBEDEFEND_AUTH_URL", url.into()),
                ("CYBEDEFEND_PAT", "pat_0123456789abcdef".into()),
            ]
        },
        answer: Arc::new(answer),
        is_page: |request| request.method == "GET",
    }
}

fn mend(count: usize) -> Vendor {
    const ORG: &str = "f1d2a1b0-6a3e-4b55-9d1e-0c4b7f2e9a11";
    const PROJECT: &str = "8c0d2f5e-7a41-4f0e-9c55-3f6f0c1b7d10";
    const SAST: &str = "b5e748b4-a6ff-4303-89a6-b051062fa5e3";
    let half = count / 2;
    let dependency = |n: usize| {
        json!({
            "uuid": format!("{n:08x}-ed2d-4825-aaaf-7c245da99175"), "name": format!("CVE-2026-{}", 10_000 + n),
            "type": "SECURITY_VULNERABILITY",
            "findingInfo": {"findingStatus": "UNREVIEWED", "status": "ACTIVE", "detectedAt": "2026-09-01T22:22:08Z"},
            "project": {"uuid": PROJECT, "name": "shop"},
            "component": {"uuid": format!("{:08x}-e184-47f6-83b8-bb5540c1b5a3", n % 900), "name": format!("lib{}-2.3.1.tgz", n % 900),
                          "componentType": "Library", "libraryType": "NODE_PACKAGED_MODULE", "groupId": format!("lib{}", n % 900),
                          "artifactId": format!("lib{}-2.3.1.tgz", n % 900), "version": "2.3.1", "dependencyFile": "/builds/shop/package.json",
                          "dependencyType": "Transitive"},
            "vulnerability": {"name": format!("CVE-2026-{}", 10_000 + n), "score": 5.3, "severity": WORDS[n % 4],
                              "description": "Crafted patterns lead to trouble."},
            "topFix": {"fixResolution": "lib - 2.3.2", "type": "UPGRADE_VERSION"},
            "threatAssessment": {"epssPercentage": 2.9}
        })
    };
    let flaw = |n: usize| {
        json!({
            "id": format!("{n:08x}-06ea-485e-b813-10911afc3130"), "projectId": PROJECT, "scanId": SAST,
            "type": {"id": n % 100, "name": "Path Traversal", "sarif": format!("rule-{}", n % 100), "cwe": {"id": "CWE-22"}},
            "description": "open() could be abused.", "createdTime": "2026-09-14T08:19:38.811Z", "severity": "Medium",
            "suppressed": false, "sharedStep": {"name": "open", "file": format!("src/f{}.rb", n % 5000), "line": n % 900 + 1,
            "snippet": format!("open(name{n})")}, "dataFlows": []
        })
    };
    let dependencies = pages(half, 1000, dependency, |page, rows| {
        let paging =
            if (page + 1) * 1000 < half { json!({"next": format!("http://x?cursor={}", page + 1)}) } else { json!({}) };
        json!({"additionalData": {"totalItems": half, "paging": paging}, "supportToken": "1", "response": rows})
    });
    let flaws = pages(count - half, 1000, flaw, |page, rows| {
        let more = (page + 1) * 1000 < count - half;
        let next = json!({"cursor": page + 1, "next": format!("https://x/api?cursor={}", page + 1)});
        json!({"additionalData": if more { next } else { Value::Null }, "supportToken": "1", "response": rows})
    });
    let token = jwt("ci", 1800);
    let list = |rows: Value| {
        Reply::ok(&json!({"additionalData": {"totalItems": rows.as_array().map_or(0, Vec::len), "paging": {}},
                                               "supportToken": "1", "response": rows}))
    };
    let answer = move |request: &Request| {
        let cursor = request.query("cursor").and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let path = request.path.strip_prefix("/api/v3.0").unwrap_or(&request.path).to_owned();
        let org = format!("/orgs/{ORG}");
        let project = format!("/projects/{PROJECT}");
        match path.as_str() {
            "/login" => Reply::ok(
                &json!({"supportToken": "1", "response": {"refreshToken": "rt-0123456789", "userName": "ci"}}),
            ),
            "/login/accessToken" => Reply::ok(&json!({"supportToken": "1", "response":
                {"jwtToken": token, "orgUuid": ORG, "orgName": "Acme", "tokenTTL": 1800}})),
            "/logout" => Reply::ok(&json!("bye")),
            _ if path == format!("{org}/projects/summaries") => list(json!([{
                "uuid": PROJECT, "name": "shop", "path": "acme", "applicationName": "acme", "tags": [],
                "statistics": {"LAST_SCAN": {"lastScanTime": 1_789_374_100_000_u64, "lastScaScanTime": 1_789_374_100_000_u64,
                                             "lastSastScanTime": 1_789_374_100_000_u64, "lastImgScanTime": 0}}
            }])),
            _ if path == format!("{org}{project}/scans") => list(json!([
                {"uuid": SAST, "name": "s", "scanTime": "2026-09-14T08:18:20Z", "scanStatus": "FINISHED", "engine": "SAST", "tags": []},
                {"uuid": "e0c1a2b3-4d5e-4f60-8172-93a4b5c6d7e8", "name": "s", "scanTime": "2026-09-14T08:21:40Z",
                 "scanStatus": "FINISHED", "engine": "SCA", "tags": []}
            ])),
            _ if path == format!("{project}/dependencies/findings/security") => body(&dependencies, cursor),
            _ if path == format!("{project}/scans/{SAST}/code/findings")
                || path == format!("{project}/code/findings") =>
            {
                body(&flaws, cursor)
            }
            _ => list(json!([])),
        }
    };
    Vendor {
        name: "mend",
        findings: count,
        policy: |_| {
            format!(
                "version: 1\nsources: {{mend: {{org: {ORG}, projects: [{PROJECT}], engines: [sca, sast], page_size: 1000}}}}\n\
                 thresholds: {{all: critical}}\n"
            )
        },
        environment: |url| {
            vec![
                ("MEND_URL", url.into()),
                ("MEND_EMAIL", "ci@acme.example".into()),
                ("MEND_USER_KEY", "0123456789abcdef".into()),
            ]
        },
        answer: Arc::new(answer),
        is_page: |request| !request.path.contains("/log"),
    }
}

fn appsecplus(count: usize) -> Vendor {
    let rows: Vec<Value> = (0..count)
        .map(|n| {
            json!({
                "id": format!("vuln-{n}"), "applicationId": "app-1", "scanId": "scan-1", "title": format!("flaw {n}"),
                "description": "A request value is concatenated into a statement.", "severity": SEVERITIES[n % 4], "cwe": "CWE-89",
                "cve": null, "cvssScore": 5.4, "status": "open", "introducedIn": "commit-9f2c41d0",
                "createdAt": "2025-11-20T12:05:00Z", "updatedAt": "2025-11-20T12:05:00Z"
            })
        })
        .collect();
    let everything = vec![Value::Array(rows).to_string().into_bytes()];
    let application = json!({"id": "app-1", "name": "Shop", "criticality": "high"});
    let answer = move |request: &Request| match request.path.as_str() {
        "/oauth/token" => {
            Reply::ok(&json!({"access_token": "0123456789abcdef", "token_type": "Bearer", "expires_in": 3600}))
        }
        "/applications" => Reply::ok(&json!([application])),
        "/applications/app-1" => Reply::ok(&application),
        "/applications/app-1/vulnerabilities" => body(&everything, 0),
        "/scans" | "/applications/app-1/scans" => Reply::ok(&json!([
            {"id": "scan-1", "applicationId": "app-1", "scanType": "sast", "status": "completed", "triggeredBy": "ci",
             "startedAt": "2025-11-20T12:00:00Z", "completedAt": "2025-11-20T12:04:10Z", "summary": null}
        ])),
        _ => Reply::json(404, &json!({"code": "not_found", "message": "no such route"})),
    };
    Vendor {
        name: "appsecplus",
        findings: count,
        policy: |_| "version: 1\nsources: {appsecplus: {application: app-1}}\nthresholds: {all: critical}\n".into(),
        environment: |url| {
            vec![
                ("APPSECPLUS_URL", url.into()),
                ("APPSECPLUS_CLIENT_ID", "ci-gate".into()),
                ("APPSECPLUS_CLIENT_SECRET", "0123456789abcdef".into()),
            ]
        },
        answer: Arc::new(answer),
        is_page: |request| request.method == "GET",
    }
}
