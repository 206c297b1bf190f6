use http::{HeaderMap, Method, Uri};
use portcullis_crypto::SystemRandom;

use super::*;

const RESOURCE: &str = "https://vault.example";

fn ask(method: &Method, target: &str, headers: &[(&'static str, &str)]) -> Result<Asked, Refused> {
    let header = SecretHash::new(b"the-value-of-the-header", &SystemRandom::new()).unwrap();
    let uri: Uri = target.parse().unwrap();
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        all.append(*name, value.parse().unwrap());
    }
    Asked::read(method, &uri, &all, Some(&header))
}

const METADATA: (&str, &str) = ("metadata", "true");
const HEADER: (&str, &str) = ("x-identity-header", "the-value-of-the-header");

fn imds(more: &str) -> String {
    format!("/metadata/identity/oauth2/token?api-version=2018-02-01&resource={RESOURCE}{more}")
}

#[test]
fn both_shapes_are_read() {
    let asked = ask(&Method::GET, &imds("&client_id=11111111-1111-1111-1111-111111111111"), &[METADATA]).unwrap();
    assert_eq!((asked.shape, asked.resource.as_str()), (Shape::InstanceMetadata, RESOURCE));
    assert!(asked.application.is_some() && asked.principal.is_none());
    let target = "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fvault.example&xms_cc=cp1";
    let asked = ask(&Method::GET, target, &[HEADER]).unwrap();
    assert_eq!((asked.shape, asked.resource.as_str()), (Shape::AppService, RESOURCE));
    assert!(asked.claims_challenges);
}

#[test]
fn what_a_proxy_or_a_page_could_send_is_refused() {
    for (headers, refused) in [
        (&[][..], Refused::Metadata),
        (&[("metadata", "false")], Refused::Metadata),
        (&[METADATA, METADATA], Refused::Metadata),
        (&[METADATA, ("x-forwarded-for", "203.0.113.1")], Refused::Forwarded),
        (&[METADATA, ("forwarded", "for=203.0.113.1")], Refused::Forwarded),
        (&[METADATA, ("via", "1.1 proxy")], Refused::Forwarded),
    ] {
        assert_eq!(ask(&Method::GET, &imds(""), headers), Err(refused), "{headers:?}");
    }
    for method in [Method::POST, Method::OPTIONS, Method::PUT] {
        assert_eq!(ask(&method, &imds(""), &[METADATA]), Err(Refused::Path));
    }
    let target = "/msi/token?api-version=2019-08-01&resource=https://vault.example";
    for headers in [&[][..], &[METADATA], &[("x-identity-header", "another")], &[HEADER, HEADER]] {
        assert_eq!(ask(&Method::GET, target, headers), Err(Refused::IdentityHeader), "{headers:?}");
    }
    assert_eq!(
        Asked::read(&Method::GET, &target.parse().unwrap(), &HeaderMap::new(), None),
        Err(Refused::IdentityHeader),
        "without a value there is none that fits"
    );
}

fn browses(way: Way, target: &str, headers: &[(&'static str, &str)]) -> Result<(), Refused> {
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        all.append(*name, value.parse().unwrap());
    }
    request::no_browser(way, &target.parse().unwrap(), &all)
}

#[test]
fn only_this_machine_is_asked_on_loopback() {
    for host in [
        "127.0.0.1",
        "127.0.0.1:50342",
        "127.1.2.3:80",
        "localhost",
        "LocalHost:50342",
        "[::1]",
        "[::1]:50342",
        "[::ffff:127.0.0.1]:80",
        "169.254.169.254",
        "169.254.169.254:80",
    ] {
        assert_eq!(browses(Way::Tcp, &imds(""), &[METADATA, ("host", host)]), Ok(()), "{host}");
    }
    for host in [
        "",
        ":80",
        "rebound.example",
        "rebound.example:50342",
        "localhost.rebound.example",
        "127.0.0.1.rebound.example:50342",
        "rebound.localhost",
        "localhost.",
        "localhost:",
        "localhost:x",
        "localhost:+80",
        "localhost:65536",
        "localhost:80:80",
        "user@localhost",
        "192.0.2.1:50342",
        "169.254.169.253",
        "0.0.0.0:50342",
        "127.1",
        "2130706433",
        "::1",
        "[::]:50342",
        "[2001:db8::1]:50342",
        "[127.0.0.1]",
    ] {
        assert_eq!(browses(Way::Tcp, &imds(""), &[METADATA, ("host", host)]), Err(Refused::Host), "{host}");
    }
    let local = ("host", "127.0.0.1:50342");
    assert_eq!(browses(Way::Tcp, &imds(""), &[METADATA]), Err(Refused::Host), "there is none");
    assert_eq!(browses(Way::Tcp, &imds(""), &[local, local]), Err(Refused::Host), "there are two");
    assert_eq!(browses(Way::Tcp, "http://rebound.example/msi/token", &[local]), Err(Refused::Host));
    assert_eq!(browses(Way::Tcp, "http://127.0.0.1:50342/msi/token", &[local]), Ok(()));
    assert_eq!((Refused::Host.status(), Refused::Host.code()), (StatusCode::BAD_REQUEST, "invalid_request"));
}

#[test]
fn no_page_in_a_browser_is_answered() {
    let local = ("host", "127.0.0.1:50342");
    for said in [
        ("origin", "http://127.0.0.1:50342"),
        ("origin", "null"),
        ("referer", "http://localhost/"),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-dest", "empty"),
    ] {
        for way in [Way::Tcp, Way::Unix] {
            assert_eq!(browses(way, &imds(""), &[METADATA, local, said]), Err(Refused::Browser), "{said:?}");
        }
    }
    assert_eq!(Refused::Browser.status(), StatusCode::BAD_REQUEST);
    for headers in [&[][..], &[("host", "identity")]] {
        assert_eq!(browses(Way::Unix, &imds(""), headers), Ok(()), "a Unix socket has no name: {headers:?}");
    }
}

#[test]
fn parameters_are_given_once_and_in_their_form() {
    for (target, refused) in [
        ("/metadata/identity/oauth2/token".to_owned(), Refused::Version),
        ("/metadata/identity/oauth2/token?api-version=2017-01-01&resource=x".to_owned(), Refused::Version),
        ("/metadata/identity/oauth2/token?api-version=latest-one&resource=x".to_owned(), Refused::Version),
        ("/metadata/identity/oauth2/token?api-version=2018-02-01".to_owned(), Refused::Parameter("resource")),
        (imds("&resource=other"), Refused::Parameter("resource")),
        (imds("&client_id=x"), Refused::Parameter("client_id")),
        (imds("&object_id=x"), Refused::Parameter("object_id")),
        (imds("&mi_res_id=/subscriptions/x"), Refused::Parameter("mi_res_id")),
        ("/metadata/instance?api-version=2018-02-01".to_owned(), Refused::Path),
        ("//metadata/identity/oauth2/token?api-version=2018-02-01&resource=x".to_owned(), Refused::Path),
    ] {
        assert_eq!(ask(&Method::GET, &target, &[METADATA]), Err(refused), "{target}");
    }
}

#[test]
fn an_identity_is_for_its_users_and_programs() {
    let identity = |number: u8, users: &[u32], executables: &[&str]| ManagedIdentityConfig {
        tenant: TenantId::from_bytes([1; 16]),
        application: ApplicationId::from_bytes([number; 16]),
        principal: PrincipalId::from_bytes([number; 16]),
        users: users.to_vec(),
        executables: executables.iter().map(Into::into).collect(),
    };
    let all = [identity(1, &[1000], &[]), identity(2, &[1001, 1002], &["/usr/bin/worker"]), identity(3, &[1002], &[])];
    let asked = |id: Option<u8>| Asked {
        shape: Shape::InstanceMetadata,
        resource: RESOURCE.to_owned(),
        application: id.map(|id| ApplicationId::from_bytes([id; 16])),
        principal: None,
        claims_challenges: false,
    };
    let peer = |user, executables: &[&str]| Peer { user, executables: executables.iter().map(Into::into).collect() };
    let chosen =
        |peer: &Peer, id| choose(&all, Way::Tcp, peer, &asked(id)).map(|identity| identity.application.as_bytes()[0]);
    assert_eq!(chosen(&peer(1000, &[]), None), Ok(1));
    assert_eq!(chosen(&peer(1000, &[]), Some(2)), Err(Refused::NotAllowed));
    assert_eq!(chosen(&peer(1001, &["/usr/bin/worker"]), None), Ok(2));
    for programs in [&[][..], &["/usr/bin/other"], &["/usr/bin/worker", "/usr/bin/other"]] {
        assert_eq!(chosen(&peer(1001, programs), None), Err(Refused::NotAllowed), "{programs:?}");
    }
    assert_eq!(chosen(&peer(1002, &["/usr/bin/worker"]), None), Err(Refused::Several));
    assert_eq!(chosen(&peer(1002, &["/usr/bin/worker"]), Some(3)), Ok(3));
    assert_eq!(chosen(&peer(0, &["/usr/bin/worker"]), None), Err(Refused::NotAllowed));

    // Over the Unix socket, whatever the process runs.
    let chosen = |peer: &Peer, id| choose(&all, Way::Unix, peer, &asked(id)).map(|identity| identity.principal);
    for programs in [&[][..], &["/usr/bin/worker"]] {
        assert_eq!(chosen(&peer(1001, programs), None), Err(Refused::Pinned), "{programs:?}");
        assert_eq!(chosen(&peer(1002, programs), Some(2)), Err(Refused::Pinned), "{programs:?}");
        assert_eq!(chosen(&peer(1000, programs), Some(2)), Err(Refused::NotAllowed), "not told to other users");
    }
    assert_eq!(chosen(&peer(1002, &[]), None), Ok(all[2].principal));
    assert_eq!(chosen(&peer(1000, &[]), None), Ok(all[0].principal));
    assert_eq!((Refused::Pinned.status(), Refused::Pinned.code()), (StatusCode::FORBIDDEN, "unauthorized_client"));

    let config = IdentityEndpointConfig { address: None, socket: None, header: None, identities: all.to_vec() };
    assert!([1000, 1001, 1002].into_iter().all(|user| config.knows(user)) && !config.knows(0));
}
