use std::collections::HashSet;

use http::Uri;
use http::uri::PathAndQuery;
use proptest::prelude::*;

use super::*;
use crate::testing::{OpenSeal, head, try_head, vault};

const VERSION: &str = "0123456789abcdef0123456789abcdef";

fn ask(method: &str, path: &str) -> Result<Routed, ApiError> {
    route(&head(method, &format!("{path}?api-version=7.4")), &vault(), &OpenSeal)
}

/// What policy, engine and audit would read of a request.
type Asked = (Operation, Option<String>, Option<ObjectVersion>);

fn asked(routed: &Routed) -> Asked {
    let object = routed.object.as_ref().map(|(_, name)| name.folded().to_owned());
    (routed.operation, object, routed.version.clone())
}

/// Both ways in which a path reaches the gateway: HTTP/1.1 (a target) and HTTP/2 (`:path` beside `:authority`).
fn spelled(path: &str) -> Vec<Option<Result<Routed, ApiError>>> {
    let target = format!("{path}?api-version=7.4");
    let first = try_head("GET", &target);
    let second = PathAndQuery::from_maybe_shared(target.into_bytes()).ok().and_then(|path| {
        let uri = Uri::builder().scheme("https").authority("dev.vault.portcullis.test").path_and_query(path).build();
        let mut parts = head("GET", "/");
        parts.uri = uri.ok()?;
        Some(parts)
    });
    [first, second].map(|parts| parts.map(|parts| route(&parts, &vault(), &OpenSeal))).into()
}

#[test]
fn every_operation_routes_from_each_of_its_paths() {
    for operation in Operation::ALL.iter().filter(|operation| operation.row().plane == Plane::Data) {
        let row = operation.row();
        for path in row.paths {
            let path = path.replace("{name}", "Db-1").replace("{version}", VERSION).replace("{issuer}", "Ca-1");
            let routed = ask(row.method.as_str(), &path).unwrap();
            assert_eq!(routed.operation, *operation, "{path}");
            assert_eq!(routed.object.is_some(), path.contains("Db-1"), "{path}");
            assert_eq!(routed.version.is_some(), path.contains(VERSION), "{path}");
            assert_eq!(routed.issuer.is_some(), path.contains("Ca-1"), "{path}");
            assert_eq!(routed.vault, vault());
        }
    }
}

#[test]
fn an_empty_version_means_the_latest() {
    assert_eq!(asked(&ask("GET", "/secrets/db/").unwrap()), asked(&ask("GET", "/secrets/db").unwrap()));
    assert_eq!(asked(&ask("PATCH", "/secrets/db/").unwrap()), asked(&ask("PATCH", "/secrets/db").unwrap()));
}

/// Threat class 1: a path has one reading or none. Every odd spelling of each path is refused, or asks for exactly what
/// the plain spelling asks for.
#[test]
fn every_spelling_of_a_path_is_refused_or_asks_for_the_same() {
    let mut corpus = HashSet::new();
    let mut served = 0;
    for plain in ["/secrets", "/secrets/db", "/secrets/db/", "/deletedsecrets/db", "/secrets/db/versions"] {
        let expected = asked(&ask("GET", plain).unwrap());
        for spelling in spellings(plain) {
            for outcome in spelled(&spelling).into_iter().flatten() {
                match outcome {
                    Ok(routed) => {
                        assert_eq!(asked(&routed), expected, "{spelling}");
                        served += 1;
                    }
                    Err(error) => {
                        let codes = [ErrorCode::BadParameter, ErrorCode::NotFound, ErrorCode::MethodNotAllowed];
                        assert!(codes.contains(&error.code()), "{spelling}: {error:?}");
                    }
                }
            }
            corpus.insert(spelling);
        }
    }
    assert!(corpus.len() >= 200, "{}", corpus.len());
    assert!(served > 0);
}

/// Odd spellings of a path. None of them is a plain spelling of another object's path.
fn spellings(plain: &str) -> Vec<String> {
    let mut all = vec![
        plain.to_owned(),
        plain.to_uppercase(),
        plain.replacen("/s", "/S", 1),
        plain.replacen("/secrets", "/Secrets", 1),
        plain.trim_start_matches('/').to_owned(),
        format!("/{plain}"),
        format!("//dev.vault.portcullis.test{plain}"),
        format!("/.{plain}"),
        format!("/..{plain}"),
        format!("/x/..{plain}"),
        format!("{plain}/.."),
        format!("{plain}/."),
        format!("{plain}//"),
        format!("{plain}/%2e%2e"),
        format!("{plain}/../../secrets"),
        format!("*{plain}"),
        format!("\\{plain}"),
    ];
    // At every border of segments.
    for odd in [
        "//",
        "/./",
        "/../",
        "/%2e/",
        "/%2E%2E/",
        "/%2e%2e%2f",
        "/.%2e/",
        "%2f",
        "%2F",
        "%5c",
        "\\",
        "/;/",
        "/;x=1/",
        "/%00/",
        "/%20/",
        "/ /",
        "/*/",
        "/%252f",
        "/%c0%af",
        "/%u002f",
        "/%/",
        "/%2/",
        "/%zz/",
        "/~/",
        "／",
        "/\u{200b}",
    ] {
        all.extend(plain.match_indices('/').map(|(at, _)| format!("{}{odd}{}", &plain[..at], &plain[at + 1..])));
    }
    // After the whole of it.
    for odd in [
        ";",
        ";x",
        ";jsessionid=1",
        "%3b",
        "%00",
        "%00.json",
        "%20",
        " ",
        "+",
        "%2b",
        ".",
        "..",
        ".json",
        "*",
        "%2a",
        "%23",
        "%3f",
        "%3Fx=1",
        "|",
        "^",
        "'",
        "\"",
        "%22",
        "<",
        "{",
        "}",
        "`",
        "$",
        "&",
        "=",
        ",",
        ":",
        "@",
        "!",
        "%0d%0a",
        "%0a",
        "%09",
        "%7f",
        "%80",
        "%c3%a9",
        "é",
        "ｓ",
        "%ef%bd%93",
        "\u{7f}",
        "%25",
        "%2541",
        "_",
        "~",
        "(",
        ")",
    ] {
        all.push(format!("{plain}{odd}"));
    }
    // Each character percent-encoded, in both cases of the digits.
    for (at, c) in plain.char_indices() {
        let (before, after) = (&plain[..at], &plain[at + 1..]);
        all.push(format!("{before}%{:02x}{after}", u32::from(c)));
        all.push(format!("{before}%{:02X}{after}", u32::from(c)));
        all.push(format!("{before}%25{:02x}{after}", u32::from(c)));
    }
    all
}

#[test]
fn names_may_be_percent_encoded_once() {
    let plain = asked(&ask("GET", "/secrets/db-a").unwrap());
    for path in ["/secrets/%64b-a", "/secrets/d%62%2Da", "/secrets/db%2da", "/secrets/%44B-%41"] {
        assert_eq!(asked(&ask("GET", path).unwrap()), plain, "{path}");
    }
    let version = VERSION.replace('a', "%61");
    assert_eq!(ask("GET", &format!("/secrets/db/{version}")).unwrap().version.unwrap().as_str(), VERSION);
}

#[test]
fn reserved_words_win_in_their_literal_spelling_only() {
    assert_eq!(ask("POST", "/secrets/restore").unwrap().operation, Operation::SecretRestore);
    assert_eq!(ask("GET", "/secrets/restore").unwrap_err().code(), ErrorCode::MethodNotAllowed);
    assert_eq!(ask("PUT", "/secrets/restore").unwrap_err().code(), ErrorCode::MethodNotAllowed);
    for (method, path) in [
        ("POST", "/secrets/%72estore"),
        ("GET", "/secrets/%72estore"),
        ("PUT", "/secrets/Restore"),
        ("GET", "/secrets/RESTORE"),
        ("GET", "/secrets/restore/"),
        ("POST", "/secrets/restore/backup"),
        ("GET", "/secrets/db/%76ersions"),
        ("GET", "/secrets/db/Versions"),
        ("GET", "/secrets/db/backup%20"),
    ] {
        let error = ask(method, path).unwrap_err();
        let refused = [ErrorCode::BadParameter, ErrorCode::MethodNotAllowed, ErrorCode::NotFound];
        assert!(refused.contains(&error.code()), "{method} {path}: {error:?}");
    }
    // Words are reserved in their positions, not elsewhere.
    assert!(ask("GET", "/secrets/versions").is_ok());
    assert!(ask("GET", "/secrets/backup").is_ok());
}

#[test]
fn a_known_path_names_its_methods() {
    for (path, allow) in [
        ("/secrets/db", "PUT, GET, PATCH, DELETE"),
        ("/secrets/db/", "GET, PATCH"),
        ("/secrets", "GET"),
        ("/secrets/db/backup", "POST"),
        ("/deletedsecrets/db", "GET, DELETE"),
    ] {
        for method in ["HEAD", "OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND"] {
            let error = ask(method, path).unwrap_err();
            assert_eq!(error.code(), ErrorCode::MethodNotAllowed, "{method} {path}");
            assert_eq!(error.render().headers[http::header::ALLOW], allow, "{method} {path}");
        }
    }
    assert_eq!(ask("DELETE", "/secrets/db/").unwrap_err().code(), ErrorCode::MethodNotAllowed);
}

#[test]
fn unknown_paths_are_not_found() {
    for path in [
        "/",
        "/key",
        "/keys/",
        "/certificate",
        "/certificates/",
        "/secret/db",
        "/secrets/",
        "/secrets/db/backup/x",
        "/secrets/db/versions/",
        "/v1/secrets",
    ] {
        assert_eq!(ask("GET", path).unwrap_err().code(), ErrorCode::NotFound, "{path}");
    }
}

#[test]
fn names_that_break_the_grammar_are_bad_parameters() {
    let long = format!("/secrets/{}", "x".repeat(128));
    for path in ["/secrets/a_b", "/secrets/a.b", "/secrets/a~b", &long, "/secrets/db/1", "/secrets/db/zz"] {
        assert_eq!(ask("GET", path).unwrap_err().code(), ErrorCode::BadParameter, "{path}");
    }
}

#[test]
fn parameter_names_are_decoded_and_compared_without_case() {
    for query in
        ["api%2Dversion=7.4", "API-VERSION=7.4", "Api%2dVersion=7%2E4", "x=1&api-version=7.4&y", "&&api-version=7.4&"]
    {
        let routed = route(&head("GET", &format!("/secrets?{query}")), &vault(), &OpenSeal).unwrap();
        assert_eq!(routed.api_version.as_str(), "7.4", "{query}");
    }
}

#[test]
fn refuses_queries_that_could_be_read_in_two_ways() {
    for query in [
        "",
        "api-version=",
        "api-version=7.9",
        "api-version=7.4&api-version=7.4",
        "api-version=7.4&api%2Dversion=7.3",
        "api-version=7.4&API-Version=7.3",
        "api-version=%ff",
        "api-version=7.4&maxresults=5&maxresults=6",
        "api-version=7.4&%24skiptoken=a&$skiptoken=a",
        "api-version%00=7.4",
    ] {
        let error = route(&head("GET", &format!("/secrets?{query}")), &vault(), &OpenSeal).unwrap_err();
        assert_eq!(error.code(), ErrorCode::BadParameter, "{query}");
    }
    let missing = route(&head("GET", "/secrets"), &vault(), &OpenSeal).unwrap_err();
    assert!(missing.message().contains("api-version") && missing.message().contains("7.0 to 7.6"));
}

/// Whoever may not make the request is not told what is wrong with its arguments.
#[test]
fn a_bad_page_is_refused_with_the_arguments_and_not_before() {
    for query in ["maxresults=0", "maxresults=26", "maxresults=five", "$skiptoken=", "$skiptoken=abc"] {
        let routed = route(&head("GET", &format!("/secrets?api-version=7.4&{query}")), &vault(), &OpenSeal).unwrap();
        assert_eq!(routed.parse(b"").unwrap_err().code(), ErrorCode::BadParameter, "{query}");
    }
}

#[test]
fn a_conversion_is_read_from_the_version_that_knows_it() {
    let ask = |query: &str| route(&head("GET", &format!("/secrets/db?{query}")), &vault(), &OpenSeal).unwrap();
    assert_eq!(ask("api-version=7.4&outContentType=application/x-pem-file").convert, None);
    assert_eq!(ask("api-version=2025-07-01&outContentType=application/x-pem-file").convert, Some(SecretForm::Pem));
    let error = ask("api-version=2025-07-01&outContentType=text/plain").parse(b"").unwrap_err();
    assert_eq!(error.code(), ErrorCode::BadParameter);
}

#[test]
fn the_page_is_typed() {
    let ask =
        |query: &str| route(&head("GET", &format!("/secrets?api-version=7.4{query}")), &vault(), &OpenSeal).unwrap();
    assert_eq!(ask("").page, Ok(Some(PageRequest { limit: 25, after: None })));
    let routed = ask("&maxresults=5");
    let token = routed.list().token(&crate::Position::Object("Db".parse().unwrap()), &OpenSeal).unwrap();
    let next = ask(&format!("&%24skiptoken={token}&maxresults=5"));
    let after = Some(crate::Position::Object("db".parse().unwrap()));
    assert_eq!(next.page, Ok(Some(PageRequest { limit: 5, after })));
}

/// The fragment is no part of a request's target; HTTP drops it before anyone here sees it.
#[test]
fn a_fragment_is_not_read() {
    if let Some(parts) = try_head("GET", "/secrets/db?api-version=7.4#/../../secrets/other") {
        assert_eq!(asked(&route(&parts, &vault(), &OpenSeal).unwrap()), asked(&ask("GET", "/secrets/db").unwrap()));
    }
}

proptest! {
    #[test]
    fn no_path_or_query_panics(path in "/?[ -~é％\u{0}-\u{20}]{0,60}", query in "[ -~é]{0,60}", method in "[A-Z]{1,7}") {
        if let Some(parts) = try_head(&method, &format!("{path}?{query}")) {
            let _ = route(&parts, &vault(), &OpenSeal);
            let _ = crate::management::route(&parts);
            let _ = crate::oauth::route(&parts);
            let _ = crate::authority(&parts);
        }
    }

    #[test]
    fn paths_made_of_the_words_of_routes_do_not_panic(
        parts in prop::collection::vec(
            prop::sample::select(vec!["secrets", "deletedsecrets", "restore", "versions", "db", "", "%64b", "..", VERSION]), 0..5),
    ) {
        if let Some(parts) = try_head("GET", &format!("/{}?api-version=7.4", parts.join("/"))) {
            let _ = route(&parts, &vault(), &OpenSeal);
        }
    }
}
