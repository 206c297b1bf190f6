//! What is told of callers' devices and of risk, by those who may tell and by those who may not.

use portcullis_crypto::Mac;
use portcullis_crypto::jose::base64url;
use portcullis_model::Clock as _;
use portcullis_tests::{Reply, Setup, TestGateway};
use serde_json::{Value, json};

const KEY: &str = "a-key-that-the-proxy-shares-with-the-gateway";
const HERE: &str = "127.0.0.0/8";

fn policies() -> Value {
    json!({"policies": [
        {"id": "device", "displayName": "Secrets are set from compliant devices", "state": "enabled",
         "conditions": {"principals": {"include": ["All"]}, "operations": {"include": ["SecretSet"]}},
         "grantControls": {"builtInControls": ["compliantDevice"]}},
        {"id": "risk", "displayName": "No risk", "state": "enabled",
         "conditions": {"clientApplications": {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]},
            "applications": {"includeApplications": ["All"]}, "servicePrincipalRiskLevels": ["high"]},
         "grantControls": {"builtInControls": ["block"]}},
        {"id": "country", "displayName": "Lists at home only", "state": "enabled",
         "conditions": {"principals": {"include": ["All"]}, "operations": {"include": ["SecretList"]},
            "locations": {"includeLocations": ["All"], "excludeLocations": ["home"]}},
         "grantControls": {"builtInControls": ["block"]}},
    ], "namedLocations": [
        {"@odata.type": "#microsoft.graph.countryNamedLocation", "id": "home", "countriesAndRegions": ["DE"]},
    ]})
}

struct World {
    gateway: TestGateway,
    token: String,
}

impl World {
    async fn with(sources: Vec<(&'static str, &'static str)>) -> Self {
        let setup = Setup { conditional_access: policies(), signal_sources: sources, ..Setup::default() };
        let gateway = TestGateway::with(setup).await;
        let token = gateway.token(&gateway.setup.admin).await;
        Self { gateway, token }
    }

    fn told(&self, subject: &str, key: &str, more: &Value) -> String {
        let now = self.gateway.clock.now().0;
        let mut claims = json!({"sub": subject, "iat": now, "exp": now + 60});
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&json!({"alg": "HS256"})), part(&claims));
        let tag = Mac::with_secret(key.as_bytes()).tag(signed.as_bytes());
        format!("{signed}.{}", base64url::encode(&tag))
    }

    fn admin(&self) -> String {
        self.gateway.setup.admin.principal.to_string()
    }

    async fn set(&self, signals: &[&str]) -> Reply {
        self.call("PUT", "/secrets/s", json!({"value": "v"}), signals).await
    }

    async fn call(&self, method: &'static str, path: &str, body: Value, signals: &[&str]) -> Reply {
        let mut sent = self.gateway.call("kv1", method, path, Some(&self.token), &body);
        for signal in signals {
            sent.headers.push(("x-portcullis-signals".to_owned(), (*signal).to_owned()));
        }
        self.gateway.client.send(sent).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_compliant_when_a_source_says_so_of_the_caller() {
    let world = World::with(vec![("10.0.0.0/8", "the-key-of-another-proxy-elsewhere"), (HERE, KEY)]).await;
    let compliant = json!({"device": {"compliant": true}});
    let reply = world.set(&[]).await;
    assert_eq!((reply.status, reply.error().1.as_str()), (403, "ForbiddenByConditionalAccess"), "nobody told");
    let reply = world.set(&[&world.told(&world.admin(), KEY, &json!({"device": {"compliant": false}}))]).await;
    assert_eq!(reply.status, 403, "it is not: {:?}", reply.body);
    let good = world.told(&world.admin(), KEY, &compliant);
    assert_eq!(world.set(&[&good]).await.status, 200);
    assert_eq!(world.set(&[]).await.status, 403, "it counts for the request that brings it");
    world.gateway.clock.advance(61);
    assert_eq!(world.set(&[&good]).await.status, 400, "and for a minute");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_that_the_source_did_not_sign_about_the_caller_is_refused() {
    let world = World::with(vec![("10.0.0.0/8", "the-key-of-another-proxy-elsewhere"), (HERE, KEY)]).await;
    let compliant = || json!({"device": {"compliant": true}});
    let good = world.told(&world.admin(), KEY, &compliant());
    let reader = world.gateway.setup.reader.principal.to_string();
    for (what, headers) in [
        ("text", vec!["compliant=true".to_owned()]),
        ("somebody's key", vec![world.told(&world.admin(), "a-key-that-the-client-made-up-itself", &compliant())]),
        (
            "a source that is elsewhere",
            vec![world.told(&world.admin(), "the-key-of-another-proxy-elsewhere", &compliant())],
        ),
        ("somebody else's", vec![world.told(&reader, KEY, &compliant())]),
        ("two", vec![good.clone(), good.clone()]),
        ("a good one and a bad one", vec![good.clone(), "x".to_owned()]),
        (
            "one with more",
            vec![world.told(&world.admin(), KEY, &json!({"device": {"compliant": true}, "admin": true}))],
        ),
    ] {
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        let reply = world.set(&headers).await;
        assert_eq!(reply.status, 400, "{what}: {:?}", reply.body);
        assert!(reply.message().contains("x-portcullis-signals"), "{what}: {}", reply.message());
        assert_eq!(world.gateway.records().pop().unwrap()["resultType"], "Failed", "{what}");
    }
    assert_eq!(world.set(&[&good]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_other_clients_say_of_themselves_never_counts() {
    for sources in [vec![], vec![("10.0.0.0/8", KEY)]] {
        let world = World::with(sources).await;
        let good =
            world.told(&world.admin(), KEY, &json!({"device": {"compliant": true}, "network": {"country": "DE"}}));
        for headers in [vec![good.as_str()], vec!["x"], vec![&good, &good]] {
            let reply = world.set(&headers).await;
            assert_eq!((reply.status, reply.error().1.as_str()), (403, "ForbiddenByConditionalAccess"), "{headers:?}");
            let reply = world.call("GET", "/secrets", Value::Null, &headers).await;
            assert_eq!(reply.status, 403, "{headers:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn risk_and_country_are_judged_for_each_request() {
    let world = World::with(vec![(HERE, KEY)]).await;
    let list = async |more: Value| {
        let header = world.told(&world.admin(), KEY, &more);
        world.call("GET", "/secrets", Value::Null, &[&header]).await
    };
    assert_eq!(list(json!({"network": {"country": "DE"}})).await.status, 200);
    for abroad in [json!({"network": {"country": "FR"}}), json!({})] {
        let reply = list(abroad).await;
        assert!(reply.status == 403 && reply.message().contains("Lists at home only"), "{:?}", reply.body);
    }
    let risky = list(json!({"network": {"country": "DE"}, "risk": {"principal": "high"}})).await;
    assert!(risky.status == 403 && risky.message().contains("No risk"), "{:?}", risky.body);
    assert!(!risky.message().contains("high"), "what was seen is for the audit log: {}", risky.message());
    let record = world.gateway.records().pop().unwrap();
    assert!(record.to_string().contains(r#"{"answer":"high","question":"risk principal"}"#), "{record}");
    assert_eq!(list(json!({"network": {"country": "DE"}, "risk": {"principal": "low"}})).await.status, 200);
}
