"""The life of a key, as the SDK's user sees it."""

from datetime import datetime, timedelta, timezone

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.keyvault.keys import KeyOperation, KeyRotationLifetimeAction, KeyRotationPolicy, KeyRotationPolicyAction

import jwk
from clients import Recorder, key_client

RSA_OPERATIONS = ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"]
OCT_OPERATIONS = ["encrypt", "decrypt", "wrapKey", "unwrapKey"]


def refused(call, status=400, code="BadParameter"):
    """What is said by the refusal of a call."""
    with pytest.raises(HttpResponseError) as error:
        call()
    assert error.value.status_code == status, error.value
    assert error.value.error.code == code
    return error.value.message


@pytest.mark.parametrize("size", [2048, 3072, 4096])
def test_rsa_keys_are_made_in_each_size(keys, name, size):
    key = keys.create_rsa_key(name, size=size)
    assert key.key_type == "RSA"
    assert key.key.kid == key.id
    assert key.key.e == b"\x01\x00\x01"
    # Without a leading zero, and of the whole size.
    assert len(key.key.n) == size // 8 and key.key.n[0] >= 0x80
    assert jwk.public_key(key.key).key_size == size
    assert sorted(key.key_operations) == sorted(RSA_OPERATIONS)
    assert jwk.private_members(key.key) == []


@pytest.mark.parametrize("curve", jwk.CURVES)
def test_ec_keys_are_made_on_each_curve(keys, name, curve):
    key = keys.create_ec_key(name, curve=curve)
    assert (key.key_type, key.key.crv) == ("EC", curve)
    length = (jwk.CURVES[curve].key_size + 7) // 8
    assert (len(key.key.x), len(key.key.y)) == (length, length)
    # It is a point of the curve.
    assert jwk.public_key(key.key).curve.name == jwk.CURVES[curve].name
    assert sorted(key.key_operations) == ["sign", "verify"]
    assert jwk.private_members(key.key) == []


@pytest.mark.parametrize("size", [128, 192, 256])
def test_symmetric_keys_are_made_in_each_size_and_never_told(keys, name, size):
    key = keys.create_oct_key(name, size=size)
    assert key.key_type == "oct"
    assert sorted(key.key_operations) == sorted(OCT_OPERATIONS)
    for told in (key, keys.get_key(name)):
        assert jwk.private_members(told.key) == []


def test_sizes_and_curves_have_defaults(keys, name):
    assert len(keys.create_key(name, "RSA").key.n) == 256
    assert keys.create_key(name, "EC").key.crv == "P-256"


@pytest.mark.parametrize(
    "wrong",
    [
        {"kty": "RSA", "key_size": 1024},
        {"kty": "RSA", "key_size": 2049},
        {"kty": "RSA", "public_exponent": 3},
        {"kty": "EC", "crv": "P-192"},
        {"kty": "oct"},
        {"kty": "oct", "key_size": 64},
        {"kty": "DSA"},
        {"kty": "rsa"},
        {"kty": 1},
        {},
        {"kty": "EC", "key_ops": ["encrypt"]},
        {"kty": "EC", "key_ops": ["fly"]},
        {"kty": "RSA", "key_ops": "sign"},
        {"kty": "RSA", "key_ops": ["import", "sign"]},
        {"kty": "RSA", "attributes": {"exportable": True}},
        {"kty": "RSA", "attributes": {"exp": "never"}},
        {"kty": "RSA", "release_policy": {"data": "e30"}},
    ],
)
def test_what_no_key_can_be_is_refused(rest, name, wrong):
    answer = rest.data("POST", f"/keys/{name}/create", json=wrong)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadParameter"), answer.text
    assert rest.data("GET", f"/keys/{name}").status_code == 404


def test_keys_of_an_hsm_are_refused_and_the_refusal_says_what_to_do(keys, name):
    for create in (
        lambda: keys.create_rsa_key(name, hardware_protected=True),
        lambda: keys.create_ec_key(name, hardware_protected=True),
        lambda: keys.create_oct_key(name, size=256, hardware_protected=True),
        lambda: keys.import_key(name, jwk.oct_key(256)[1], hardware_protected=True),
    ):
        assert "HSM" in refused(create)
    assert "use the type without -HSM" in refused(lambda: keys.create_key(name, "RSA-HSM"))


def test_an_rsa_key_is_imported(keys, name):
    private, importable = jwk.rsa_key(3072)
    key = keys.import_key(name, importable, tags={"from": "outside"})
    assert jwk.public_key(key.key) == private.public_key()
    assert jwk.private_members(key.key) == []
    assert sorted(key.key_operations) == sorted(RSA_OPERATIONS)
    assert key.properties.tags == {"from": "outside"}
    assert jwk.public_key(keys.get_key(name).key) == private.public_key()


@pytest.mark.parametrize("curve", jwk.CURVES)
def test_ec_keys_are_imported(keys, name, curve):
    private, importable = jwk.ec_key(curve)
    key = keys.import_key(name, importable)
    assert jwk.public_key(key.key) == private.public_key()
    assert jwk.private_members(key.key) == []


def test_a_symmetric_key_is_imported_with_its_operations_and_never_told(keys, name):
    _, importable = jwk.oct_key(256)
    importable.key_ops = ["wrapKey", "unwrapKey"]
    key = keys.import_key(name, importable, enabled=False)
    assert sorted(key.key_operations) == ["unwrapKey", "wrapKey"]
    assert key.properties.enabled is False
    assert jwk.private_members(key.key) == []


def test_keys_whose_parts_do_not_belong_together_are_refused(keys, name):
    _, rsa = jwk.rsa_key()
    _, other = jwk.rsa_key()
    rsa.d = other.d
    refused(lambda: keys.import_key(name, rsa))
    _, half = jwk.rsa_key()
    half.p = half.q = half.dp = half.dq = half.qi = None
    refused(lambda: keys.import_key(name, half))
    _, point = jwk.ec_key("P-256")
    point.x = bytes(32)
    refused(lambda: keys.import_key(name, point))
    _, foreign = jwk.ec_key("P-256")
    foreign.d = jwk.ec_key("P-256")[1].d
    refused(lambda: keys.import_key(name, foreign))
    refused(lambda: keys.import_key(name, jwk.rsa_key(1024)[1]))
    _, odd = jwk.oct_key(136)
    refused(lambda: keys.import_key(name, odd))
    with pytest.raises(ResourceNotFoundError):
        keys.get_key(name)


def test_each_create_makes_a_version_and_old_ones_stay(keys, name):
    first = keys.create_ec_key(name)
    second = keys.create_rsa_key(name)
    assert first.properties.version != second.properties.version
    assert len(second.properties.version) == 32
    assert keys.get_key(name).id == second.id
    old = keys.get_key(name, first.properties.version)
    assert (old.id, old.key.x) == (first.id, first.key.x)
    assert old.properties.created_on is not None and old.properties.updated_on is not None
    assert (old.properties.recoverable_days, old.properties.recovery_level) == (90, "Recoverable+Purgeable")


def test_a_missing_key_and_a_missing_version_are_not_found(keys, name):
    for version in (None, "0" * 32):
        with pytest.raises(ResourceNotFoundError) as missing:
            keys.get_key(name, version)
        assert missing.value.error.code == "KeyNotFound"
    keys.create_ec_key(name)
    with pytest.raises(ResourceNotFoundError):
        keys.get_key(name, "0" * 32)


def test_a_key_and_a_secret_of_one_name_are_two_things(keys, client, name):
    client.set_secret(name, "value")
    keys.create_ec_key(name)
    client.begin_delete_secret(name).wait()
    assert keys.get_key(name).name == name


@pytest.mark.parametrize("wrong", ["under_score", "dot.ted", "sp ace", "n" * 128])
def test_a_name_with_other_characters_or_too_long_is_refused(keys, wrong):
    refused(lambda: keys.create_ec_key(wrong))


def test_update_changes_what_is_given_and_nothing_else(keys, name):
    made = keys.create_rsa_key(name, tags={"a": "1"})
    not_before = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    expires = not_before + timedelta(days=30)
    changed = keys.update_key_properties(
        name, enabled=False, not_before=not_before, expires_on=expires, tags={"b": "2"}, key_operations=[KeyOperation.sign]
    )
    for told in (changed, keys.get_key(name)):
        assert told.id == made.id
        assert told.key.n == made.key.n
        assert told.properties.enabled is False
        assert (told.properties.not_before, told.properties.expires_on) == (not_before, expires)
        assert told.properties.tags == {"b": "2"}
        assert told.key_operations == ["sign"]
    again = keys.update_key_properties(name, enabled=True)
    assert again.properties.enabled is True
    assert again.properties.expires_on == expires
    assert again.properties.tags == {"b": "2"}
    assert again.key_operations == ["sign"]


def test_update_of_an_old_version_leaves_the_latest_alone(keys, name):
    old = keys.create_ec_key(name)
    keys.create_ec_key(name)
    keys.update_key_properties(name, old.properties.version, tags={"old": "yes"})
    assert keys.get_key(name, old.properties.version).properties.tags == {"old": "yes"}
    assert not keys.get_key(name).properties.tags


def test_update_to_operations_of_another_type_is_refused(keys, name):
    keys.create_ec_key(name)
    refused(lambda: keys.update_key_properties(name, key_operations=[KeyOperation.encrypt]))
    assert sorted(keys.get_key(name).key_operations) == ["sign", "verify"]


def test_keys_are_listed_over_several_pages(gateway, name):
    names = [f"{name}-{number:02}" for number in range(27)]
    recorder = Recorder()
    with key_client(gateway, transport=recorder) as keys:
        for each in names:
            keys.create_ec_key(each, tags={"listed": "yes"}, enabled=each != names[0])
        recorder.exchanges.clear()
        found = [key for key in keys.list_properties_of_keys(max_page_size=10) if key.name.startswith(name)]
        assert [key.name for key in found] == names
        assert recorder.statuses.count(200) > 2
        assert all(key.version is None and key.tags == {"listed": "yes"} for key in found)
        assert [key.enabled for key in found] == [False] + [True] * 26

        for each in names[:5]:
            keys.begin_delete_key(each).wait()
        deleted = [key.name for key in keys.list_deleted_keys(max_page_size=2)]
        assert [each for each in deleted if each.startswith(name)] == names[:5]
        assert [key.name for key in keys.list_properties_of_keys() if key.name.startswith(name)] == names[5:]


def test_versions_are_listed_over_several_pages(keys, name):
    made = {keys.create_ec_key(name).properties.version for _ in range(9)}
    found = [key.version for key in keys.list_properties_of_key_versions(name, max_page_size=4)]
    assert (len(found), set(found)) == (9, made)
    assert list(keys.list_properties_of_key_versions(f"{name}-never")) == []


def test_delete_recover_delete_and_purge(keys, name):
    made = keys.create_ec_key(name, tags={"a": "1"})
    deleted = keys.begin_delete_key(name).result()
    assert deleted.name == name
    assert deleted.recovery_id.endswith(f"/deletedkeys/{name}")
    assert deleted.scheduled_purge_date - deleted.deleted_date == timedelta(days=90)
    assert deleted.key.x == made.key.x

    with pytest.raises(ResourceNotFoundError):
        keys.get_key(name)
    for taken in (lambda: keys.create_ec_key(name), lambda: keys.import_key(name, jwk.ec_key("P-256")[1])):
        with pytest.raises(ResourceExistsError) as conflict:
            taken()
        assert conflict.value.response.json()["error"]["innererror"]["code"] == "ObjectIsDeletedButRecoverable"
    assert keys.get_deleted_key(name).properties.tags == {"a": "1"}

    keys.begin_recover_deleted_key(name).wait()
    assert keys.get_key(name).id == made.id
    with pytest.raises(ResourceNotFoundError):
        keys.get_deleted_key(name)

    keys.begin_delete_key(name).wait()
    keys.purge_deleted_key(name)
    with pytest.raises(ResourceNotFoundError):
        keys.get_deleted_key(name)
    with pytest.raises(ResourceNotFoundError):
        keys.begin_recover_deleted_key(name)
    new = keys.create_ec_key(name)
    assert [key.version for key in keys.list_properties_of_key_versions(name)] == [new.properties.version]


def test_backup_brings_every_version_back_after_a_purge(keys, name):
    private, importable = jwk.rsa_key()
    first = keys.import_key(name, importable, tags={"a": "1"})
    second = keys.create_ec_key(name)
    keys.update_key_rotation_policy(name, KeyRotationPolicy(), expires_in="P90D")
    blob = keys.backup_key(name)
    assert importable.d not in blob and importable.p not in blob

    with pytest.raises(ResourceExistsError):
        keys.restore_key_backup(blob)
    keys.begin_delete_key(name).wait()
    with pytest.raises(ResourceExistsError):
        keys.restore_key_backup(blob)
    keys.purge_deleted_key(name)
    restored = keys.restore_key_backup(blob)
    assert (restored.name, restored.id) == (name, second.id)
    old = keys.get_key(name, first.properties.version)
    assert jwk.public_key(old.key) == private.public_key()
    assert old.properties.tags == {"a": "1"}
    assert keys.get_key_rotation_policy(name).expires_in == "P90D"


def test_a_changed_backup_and_one_of_a_secret_are_refused(keys, client, name):
    keys.create_ec_key(name)
    client.set_secret(name, "value")
    blob = bytearray(keys.backup_key(name))
    secret = client.backup_secret(name)
    keys.begin_delete_key(name).wait()
    keys.purge_deleted_key(name)
    for at in (0, len(blob) // 2, len(blob) - 1):
        blob[at] ^= 1
        refused(lambda: keys.restore_key_backup(bytes(blob)))
        blob[at] ^= 1
    for wrong in (bytes(blob[:-1]), b"x", secret):
        refused(lambda: keys.restore_key_backup(wrong))
    keys.restore_key_backup(bytes(blob))


@pytest.mark.parametrize("kind", ["RSA", "EC", "oct"])
def test_rotate_makes_another_key_of_the_same_kind(keys, name, kind):
    made = {
        "RSA": lambda: keys.create_rsa_key(name, size=3072, key_operations=["sign"], tags={"a": "1"}),
        "EC": lambda: keys.create_ec_key(name, curve="P-384", key_operations=["sign"], tags={"a": "1"}),
        "oct": lambda: keys.create_oct_key(name, size=192, key_operations=["encrypt"], tags={"a": "1"}),
    }[kind]()
    rotated = keys.rotate_key(name)
    assert rotated.properties.version != made.properties.version
    assert keys.get_key(name).id == rotated.id
    assert rotated.key_type == made.key_type
    assert rotated.key_operations == made.key_operations
    assert rotated.properties.tags == {"a": "1"}
    assert rotated.properties.expires_on is None
    if kind == "RSA":
        assert len(rotated.key.n) == 384 and rotated.key.n != made.key.n
    if kind == "EC":
        assert rotated.key.crv == "P-384" and rotated.key.x != made.key.x


def test_a_rotated_key_expires_as_its_policy_says(keys, name):
    keys.create_ec_key(name)
    keys.update_key_rotation_policy(name, KeyRotationPolicy(), expires_in="P30D")
    rotated = keys.rotate_key(name)
    assert rotated.properties.expires_on - rotated.properties.created_on == timedelta(days=30)


def test_rotation_of_no_key_is_not_found(keys, name):
    for call in (
        lambda: keys.rotate_key(name),
        lambda: keys.get_key_rotation_policy(name),
        lambda: keys.update_key_rotation_policy(name, KeyRotationPolicy()),
    ):
        with pytest.raises(ResourceNotFoundError):
            call()


def told(policy):
    """A policy as it is told. Its two actions have no order."""
    return policy.expires_in, sorted(spelled(action) for action in policy.lifetime_actions)


def spelled(action):
    return action.action.value.lower(), action.time_after_create, action.time_before_expiry


def test_a_key_without_a_policy_tells_the_default_one(keys, name):
    keys.create_ec_key(name)
    policy = keys.get_key_rotation_policy(name)
    assert policy.id.endswith(f"/keys/{name}/rotationpolicy")
    assert told(policy) == (None, [("notify", None, "P30D")])


def test_a_rotation_policy_comes_back_unchanged(keys, name):
    keys.create_ec_key(name)
    rotate = KeyRotationLifetimeAction(KeyRotationPolicyAction.rotate, time_after_create="P2M")
    notify = KeyRotationLifetimeAction(KeyRotationPolicyAction.notify, time_before_expiry="P30D")
    before = KeyRotationLifetimeAction(KeyRotationPolicyAction.rotate, time_before_expiry="P8D")
    for actions, expires_in in (
        ([rotate], None),
        ([rotate, notify], "P90D"),
        ([notify, rotate], "P2Y"),
        ([before], "P1Y6M"),
        ([notify], "P6M"),
        ([KeyRotationLifetimeAction(KeyRotationPolicyAction.rotate, time_after_create="P10W")], "P52W"),
    ):
        updated = keys.update_key_rotation_policy(name, KeyRotationPolicy(), lifetime_actions=actions, expires_in=expires_in)
        given = sorted(spelled(action) for action in actions)
        assert told(updated) == (expires_in, given)
        assert told(keys.get_key_rotation_policy(name)) == (expires_in, given)
        # What was read is written back, as the SDK's users do to change one thing.
        again = keys.update_key_rotation_policy(name, keys.get_key_rotation_policy(name))
        assert told(again) == (expires_in, given)
        assert again.created_on is not None and again.updated_on >= again.created_on


def test_an_empty_policy_is_accepted(keys, name):
    keys.create_ec_key(name)
    assert told(keys.update_key_rotation_policy(name, KeyRotationPolicy())) == (None, [])
    assert told(keys.get_key_rotation_policy(name)) == (None, [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"attributes": {"expiryTime": "P27D"}},
        {"attributes": {"expiryTime": "90 days"}},
        {"attributes": {"expiryTime": 90}},
        {"lifetimeActions": [{"trigger": {"timeAfterCreate": "P6D"}, "action": {"type": "Rotate"}}]},
        {"lifetimeActions": [{"trigger": {"timeBeforeExpiry": "P30D"}, "action": {"type": "Rotate"}}]},
        {"lifetimeActions": [{"trigger": {"timeAfterCreate": "P30D"}, "action": {"type": "Notify"}}]},
        {"lifetimeActions": [{"trigger": {"timeAfterCreate": "P30D"}, "action": {"type": "Explode"}}]},
        {"lifetimeActions": [{"trigger": {}, "action": {"type": "Rotate"}}]},
        {"lifetimeActions": [{"trigger": {"timeAfterCreate": "P30D"}, "action": {"type": "Rotate"}}] * 2},
        {"lifetimeActions": [{"action": {"type": "Rotate"}}]},
        {"lifetimeActions": {}},
    ],
)
def test_policies_against_the_rules_are_refused_and_change_nothing(rest, keys, name, wrong):
    keys.create_ec_key(name)
    answer = rest.data("PUT", f"/keys/{name}/rotationpolicy", json=wrong)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadParameter"), answer.text
    assert told(keys.get_key_rotation_policy(name)) == (None, [("notify", None, "P30D")])


def test_nulls_in_a_policy_are_absent(rest, keys, name):
    keys.create_ec_key(name)
    action = {"trigger": {"timeAfterCreate": "P30D", "timeBeforeExpiry": None}, "action": {"type": "rotate"}}
    body = {"id": None, "lifetimeActions": [action], "attributes": {"expiryTime": None, "created": None}}
    answer = rest.data("PUT", f"/keys/{name}/rotationpolicy", json=body)
    assert answer.status_code == 200, answer.text
    assert told(keys.get_key_rotation_policy(name)) == (None, [("rotate", "P30D", None)])


def test_random_bytes_are_as_many_as_asked_for(keys, rest):
    drawn = [keys.get_random_bytes(count) for count in (1, 32, 128)]
    assert [len(each) for each in drawn] == [1, 32, 128]
    assert keys.get_random_bytes(32) != drawn[1]
    assert "128" in refused(lambda: keys.get_random_bytes(129))
    for wrong in (0, -1, "5", 1.5, None):
        answer = rest.data("POST", "/rng", json={"count": wrong})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadParameter"), answer.text
