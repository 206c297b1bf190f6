//! The pages of a sign-in: plain HTML without scripts, styles of others, or anything that comes from elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode, header};
use portcullis_api::Answer;
use portcullis_crypto::sha256;
use portcullis_model::SecretText;

/// A page.
#[derive(Debug)]
pub(crate) enum Page<'a> {
    /// Asks for the code that a device shows.
    UserCode { sign_in: &'a SecretText, wrong: bool },
    /// Asks for name and password.
    Password { sign_in: &'a SecretText, application: &'a str, device: bool, name: &'a str, problem: Option<&'a str> },
    /// Asks for a one-time code.
    OneTimeCode { sign_in: &'a SecretText, application: &'a str, problem: Option<&'a str> },
    /// Says something that ends the sign-in.
    End { title: &'a str, text: &'a str },
}

/// The answer that shows a page. `back_to` is where a form may lead in the end: browsers follow no other redirect.
pub(crate) fn html(page: &Page<'_>, status: StatusCode, back_to: Option<&str>) -> Answer {
    document(&page.render(), status, back_to, "")
}

fn document(body: &str, status: StatusCode, back_to: Option<&str>, more: &str) -> Answer {
    let mut answer = Answer::empty(status);
    answer.body = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Sign in</title></head><body><main>\n{body}</main></body></html>\n"
    )
    .into();
    let origin = back_to.and_then(origin).map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy =
        format!("default-src 'none'; form-action 'self'{origin}; frame-ancestors 'none'; base-uri 'none'{more}");
    let headers = &mut answer.headers;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    protect(&mut answer);
    answer
}

/// A page that posts an answer to a place by itself, or by its button where scripts do not run.
pub(crate) fn form_post(to: &str, parameters: &[(&str, &str)]) -> Answer {
    let fields: String = parameters
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", escape(name), escape(value)))
        .collect();
    let body = format!(
        "<h1>You are signed in</h1>\n<form method=\"post\" action=\"{}\">\n{fields}<button>Continue</button>\n</form>\n\
         <script>{SUBMIT}</script>\n",
        escape(to)
    );
    let script = STANDARD.encode(sha256(SUBMIT.as_bytes()));
    document(&body, StatusCode::OK, Some(to), &format!("; script-src 'sha256-{script}'"))
}

/// Sends a browser to a place with more in its query. The place was registered or is the gateway's own.
pub(crate) fn redirect(to: &str, parameters: &[(&str, &str)]) -> Answer {
    let mut answer = Answer::empty(StatusCode::SEE_OTHER);
    let mut location = to.to_owned();
    for (name, value) in parameters {
        location.push(if location.contains('?') { '&' } else { '?' });
        location.push_str(name);
        location.push('=');
        percent_encode(value, &mut location);
    }
    if let Ok(location) = HeaderValue::from_str(&location) {
        answer.headers.insert(header::LOCATION, location);
    }
    protect(&mut answer);
    answer
}

fn protect(answer: &mut Answer) {
    let headers = &mut answer.headers;
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // With `no-referrer` browsers would not say that our own forms come from our own pages.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// Scheme, host and port of a URL, if they have no character that means something in a policy.
fn origin(url: &str) -> Option<&str> {
    let begin = url.find("://")? + 3;
    let end = url[begin..].find(['/', '?', '#']).map_or(url.len(), |end| begin + end);
    let origin = &url[..end];
    origin.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/.-[]".contains(&byte)).then_some(origin)
}

/// Everything but unreserved characters (RFC 3986, section 2.3).
fn percent_encode(text: &str, into: &mut String) {
    use std::fmt::Write as _;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

impl Page<'_> {
    fn render(&self) -> String {
        match self {
            Self::UserCode { sign_in, wrong } => {
                let problem = wrong.then_some("There is no such code, or it has expired.");
                form(
                    sign_in,
                    &heading("Enter the code that your device shows", problem),
                    &[r#"<label>Code <input name="user_code" autocomplete="off" required autofocus></label>"#],
                    false,
                )
            }
            Self::Password { sign_in, application, device, name, problem } => {
                let mut head = heading(&format!("Sign in to {}", escape(application)), *problem);
                if *device {
                    head.push_str("<p>A device on which this application runs will act in your name. Go on only if you started it yourself.</p>\n");
                }
                let name = format!(
                    r#"<label>Name <input name="name" autocomplete="username" value="{}" required autofocus></label>"#,
                    escape(name)
                );
                form(
                    sign_in,
                    &head,
                    &[
                        &name,
                        r#"<label>Password <input name="password" type="password" autocomplete="current-password" required></label>"#,
                    ],
                    true,
                )
            }
            Self::OneTimeCode { sign_in, application, problem } => {
                let head = heading(&format!("Sign in to {}", escape(application)), *problem);
                form(
                    sign_in,
                    &head,
                    &[
                        r#"<label>Code of your authenticator app <input name="otc" inputmode="numeric" autocomplete="one-time-code" required autofocus></label>"#,
                    ],
                    true,
                )
            }
            Self::End { title, text } => format!("<h1>{}</h1>\n<p>{}</p>\n", escape(title), escape(text)),
        }
    }
}

fn heading(title: &str, problem: Option<&str>) -> String {
    let problem = problem.map(|problem| format!("<p role=\"alert\">{}</p>\n", escape(problem))).unwrap_or_default();
    format!("<h1>{title}</h1>\n{problem}")
}

fn form(sign_in: &SecretText, head: &str, fields: &[&str], may_decline: bool) -> String {
    let decline =
        if may_decline { "<button name=\"decline\" value=\"1\" formnovalidate>Cancel</button>\n" } else { "" };
    format!(
        "{head}<form method=\"post\" action=\"/signin\">\n<input type=\"hidden\" name=\"s\" value=\"{}\">\n{}\n\
         <button>Next</button>\n{decline}</form>\n",
        escape(sign_in.expose()),
        fields.join("\n")
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

const SUBMIT: &str = "document.forms[0].submit()";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_stays_text() {
        let sign_in = SecretText::new("id".to_owned());
        let page = Page::Password {
            sign_in: &sign_in,
            application: "<script>",
            device: false,
            name: "\"><img>",
            problem: None,
        };
        let text = page.render();
        assert!(!text.contains("<script>") && !text.contains("<img>"), "{text}");
    }

    #[test]
    fn people_go_back_with_their_answer_in_the_query() {
        let answer = redirect("http://localhost:1/?a=b", &[("code", "x"), ("state", "a&b=c\r\n#")]);
        assert_eq!(answer.headers[header::LOCATION], "http://localhost:1/?a=b&code=x&state=a%26b%3Dc%0D%0A%23");
        let page = html(&Page::End { title: "t", text: "x" }, StatusCode::OK, Some("http://localhost:8400/x"));
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("form-action 'self' http://localhost:8400;"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"));
        let odd = html(&Page::End { title: "t", text: "x" }, StatusCode::OK, Some("https://a;script-src *"));
        assert!(!odd.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("script-src"));
    }
}
