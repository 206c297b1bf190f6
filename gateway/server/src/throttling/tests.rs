use portcullis_model::{Curve, RsaSize};

use super::*;

const NOW: UnixTime = UnixTime(1_700_000_000);

struct World {
    throttling: Throttling,
    vault: VaultId,
    caller: PrincipalId,
}

impl World {
    fn new(config: ThrottlingConfig) -> Self {
        Self { throttling: Throttling::new(config), vault: VaultId::random(), caller: PrincipalId::random() }
    }

    fn ask(&self, operation: Operation) -> Result<Admitted<'_>, OverLimit> {
        self.throttling.admit(operation, self.vault, self.caller, NOW)
    }

    fn sign(&self, key: KeySpec) -> Result<(), OverLimit> {
        self.ask(Operation::KeySign)?.count(key)
    }

    /// How many requests fit, and what the next one is told.
    fn fit(&self, ask: impl Fn(&Self) -> Result<(), OverLimit>) -> (u64, OverLimit) {
        (0..).find_map(|count| ask(self).err().map(|over| (count, over))).expect("a limit")
    }
}

const RSA_2048: KeySpec = KeySpec::Rsa(RsaSize::Rsa2048);
const RSA_4096: KeySpec = KeySpec::Rsa(RsaSize::Rsa4096);

/// Wire contract, section 17, row by row.
#[test]
fn the_limits_of_the_reference_are_the_defaults() {
    let fit = |ask: &dyn Fn(&World) -> Result<(), OverLimit>| World::new(ThrottlingConfig::default()).fit(ask).0;
    let ask = |operation| move |world: &World| world.ask(operation).map(drop);
    let sign = |key| move |world: &World| world.sign(key);
    assert_eq!(fit(&ask(Operation::KeyCreate)), 20);
    assert_eq!(fit(&ask(Operation::KeyRotate)), 20);
    assert_eq!(fit(&ask(Operation::SecretSet)), 300);
    assert_eq!(fit(&ask(Operation::SecretGet)), 4_000);
    assert_eq!(fit(&ask(Operation::KeyGet)), 4_000);
    assert_eq!(fit(&sign(RSA_2048)), 4_000);
    assert_eq!(fit(&sign(KeySpec::Rsa(RsaSize::Rsa3072))), 1_000);
    assert_eq!(fit(&sign(RSA_4096)), 500);
    assert_eq!(fit(&sign(KeySpec::Ec(Curve::P521))), 4_000);
}

/// The reference's own example, with the limits of software keys: 496 of one kind and 32 of another fill a window.
#[test]
fn different_requests_are_weighed_and_summed() {
    let world = World::new(ThrottlingConfig::default());
    for _ in 0..496 {
        world.sign(RSA_4096).unwrap();
    }
    let (count, over) = world.fit(|world| world.sign(RSA_2048));
    assert_eq!(count, 32);
    assert_eq!(over, OverLimit { budget: Budget::Vault, class: "use of a key", most: 4_000, seconds: 10 });
}

#[test]
fn a_key_for_which_there_is_no_room_takes_nothing() {
    let world = World::new(ThrottlingConfig::default());
    for _ in 0..3_995 {
        world.ask(Operation::SecretGet).unwrap();
    }
    let over = world.sign(RSA_4096).unwrap_err();
    assert_eq!((over.class, over.most), ("use of an RSA key of 4096 bits", 500));
    assert_eq!(world.fit(|world| world.sign(RSA_2048)).0, 5, "all five are left");
}

#[test]
fn the_further_pages_of_a_filtered_list_are_counted() {
    let world = World::new(ThrottlingConfig { other: 10, ..ThrottlingConfig::default() });
    let list = world.throttling.admit(Operation::SecretList, world.vault, world.caller, NOW).unwrap();
    assert!((0..3).all(|_| list.judges_a_page().is_ok()), "1 + 3 * 3 requests");
    assert_eq!(list.judges_a_page().unwrap_err().class, "other request");
    assert!(world.ask(Operation::SecretGet).is_err());
}

#[test]
fn a_caller_has_a_budget_over_all_vaults() {
    let world = World::new(ThrottlingConfig { other: 10, caller_percent: 150, ..ThrottlingConfig::default() });
    let ask = |vault| world.throttling.admit(Operation::SecretGet, vault, world.caller, NOW).map(drop);
    let (first, second) = (VaultId::random(), VaultId::random());
    assert!((0..10).all(|_| ask(first).is_ok()));
    assert_eq!(ask(first).unwrap_err().budget, Budget::Vault);
    assert!((0..5).all(|_| ask(second).is_ok()), "what the first vault refused was not counted");
    let over = ask(second).unwrap_err();
    assert_eq!((over.budget, over.most, over.seconds), (Budget::Caller, 15, 10));
    let other = world.throttling.admit(Operation::SecretGet, second, PrincipalId::random(), NOW);
    assert!(other.is_ok(), "others are not its concern, and what it was refused was not counted at the vault");
    assert!((0..4).all(|_| world.throttling.admit(Operation::SecretGet, second, PrincipalId::random(), NOW).is_ok()));
}

#[test]
fn bad_tokens_have_a_budget_for_each_address() {
    let throttling = Throttling::new(ThrottlingConfig { bad_tokens: 3, ..ThrottlingConfig::default() });
    let [one, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(IpAddr::from);
    for _ in 0..3 {
        assert_eq!(throttling.may_show_token(one, NOW), Ok(()));
        throttling.count_bad_token(one, NOW);
    }
    let over = throttling.may_show_token(one, NOW.plus(1)).unwrap_err();
    assert_eq!((over.budget, over.most, over.seconds), (Budget::Address, 3, 9));
    assert_eq!(throttling.may_show_token(other, NOW), Ok(()));
    assert_eq!(throttling.may_show_token(one, NOW.plus(10)), Ok(()));
}

/// The rounding of costs is harmless at the ends of what can be configured.
#[test]
fn the_largest_and_the_smallest_limits_are_exact() {
    for limit in [1, 2, 3, 7, 1_000_000] {
        let world = World::new(ThrottlingConfig { other: limit, ..ThrottlingConfig::default() });
        assert_eq!(world.fit(|world| world.ask(Operation::SecretGet).map(drop)).0, u64::from(limit));
    }
}
