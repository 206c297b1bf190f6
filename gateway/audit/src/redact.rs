//! Credentials that clients put into URIs.

use std::borrow::Cow;

/// The URI with the values of credential-like query parameters, the user information and the fragment masked.
pub(crate) fn uri(uri: &str) -> Cow<'_, str> {
    if !uri.contains(['?', '#', '@']) {
        return Cow::Borrowed(uri);
    }
    let (rest, fragment) = uri.split_once('#').map_or((uri, ""), |(rest, _)| (rest, "#***"));
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let mut out = String::with_capacity(uri.len());
    push_path(&mut out, path);
    if let Some(query) = query {
        out.push('?');
        push_query(&mut out, query);
    }
    out.push_str(fragment);
    Cow::Owned(out)
}

/// Masks what stands before `@` in the authority.
fn push_path(out: &mut String, path: &str) {
    let authority = path.find("://").map_or(0, |at| at + 3);
    let end = path.get(authority..).and_then(|rest| rest.find('/')).map_or(path.len(), |at| authority + at);
    match path.get(authority..end).and_then(|authority| authority.rsplit_once('@')) {
        Some((_, host)) => {
            out.extend([path.get(..authority).unwrap_or_default(), "***@", host, path.get(end..).unwrap_or_default()]);
        }
        None => out.push_str(path),
    }
}

fn push_query(out: &mut String, query: &str) {
    // Some servers split at `;` too, and then what follows would be a parameter of its own.
    for piece in query.split_inclusive(['&', ';']) {
        let (parameter, separator) = match piece.strip_suffix(['&', ';']) {
            Some(parameter) => (parameter, piece.get(parameter.len()..).unwrap_or_default()),
            None => (piece, ""),
        };
        match parameter.split_once('=') {
            Some((name, _)) if names_credential(name) => out.extend([name, "=***"]),
            _ => out.push_str(parameter),
        }
        out.push_str(separator);
    }
}

/// Judges a parameter by its name, however it is spelled.
fn names_credential(name: &str) -> bool {
    if HARMLESS.contains(&name) {
        return false;
    }
    let plain = decode(&decode(name.as_bytes())).to_ascii_lowercase();
    let plain = String::from_utf8_lossy(&plain);
    let plain = plain.trim();
    !HARMLESS.contains(&plain) && (EXACTLY.contains(&plain) || CONTAINED.iter().any(|part| plain.contains(part)))
}

fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'+', _) => out.push(b' '),
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    rest = after;
                }
                _ => out.push(byte),
            },
            _ => out.push(byte),
        }
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// What the API itself defines; asked first, since most queries hold nothing else.
const HARMLESS: [&str; 3] = ["api-version", "maxresults", "$skiptoken"];
const EXACTLY: [&str; 6] = ["sig", "code", "key", "pwd", "jwt", "auth"];
const CONTAINED: [&str; 8] =
    ["secret", "token", "password", "passwd", "signature", "assertion", "credential", "authorization"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_credentials_and_nothing_else() {
        for (given, expected) in [
            ("https://kv.example/secrets/a?api-version=7.6", "https://kv.example/secrets/a?api-version=7.6"),
            ("/secrets?api-version=7.6&$skiptoken=abc", "/secrets?api-version=7.6&$skiptoken=abc"),
            ("/x?sig=CANARY&maxresults=5", "/x?sig=***&maxresults=5"),
            ("/x?SIG=CANARY", "/x?SIG=***"),
            ("/x?%73ig=CANARY", "/x?%73ig=***"),
            ("/x?%2573ig=CANARY", "/x?%2573ig=***"),
            ("/x?a=1;code=CANARY&b=2", "/x?a=1;code=***&b=2"),
            ("/x?client_secret=CANARY=CANARY", "/x?client_secret=***"),
            ("/x?access_token=CANARY&x-my-token=CANARY", "/x?access_token=***&x-my-token=***"),
            ("/x?%20code%20=CANARY&+code=CANARY", "/x?%20code%20=***&+code=***"),
            ("https://user:CANARY@kv.example/secrets?a=1", "https://***@kv.example/secrets?a=1"),
            ("/secrets/a@b?x=1", "/secrets/a@b?x=1"),
            ("/x#access_token=CANARY", "/x#***"),
            ("/x?%zz=1&%", "/x?%zz=1&%"),
            ("?", "?"),
        ] {
            assert_eq!(uri(given), expected);
        }
    }
}
