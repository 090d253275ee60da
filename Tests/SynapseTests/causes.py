"""The checks: a real homeserver refuses, and fedjoin points to the cause."""

from checks import check, expect_cause, expect_joined, membership
from joiner import expect, expect_equal
from rooms import (
    create,
    restricted_to,
    restricted_to_unknown,
    restricted_without_inviter,
    without_addresses,
)

# ---------------------------------------------------------------- our own key


@check("points to our key when another key of the same id is published")
def wrong_key(world, joiner):
    room = create(world.a)
    with joiner.publishing():
        joiner.change_key()
        expect_cause(joiner.join(room.alias), 19, "own-key-mismatch", "ours")
        run = joiner.join(room.alias, "--no-self-check")
        expect_cause(run, 36, "own-key-mismatch", "ours")


@check("points to our key when nothing answers at our name")
def no_key_server(world, joiner):
    room = create(world.a)
    joiner.serving = []
    for options in ([], ["--no-self-check"]):
        run = joiner.join(room.alias, *options)
        expect_cause(run, 36, "own-key-unreachable", "ours")


@check("points to our key when the homeserver does not know the authority of our certificate")
def unknown_authority(world, joiner):
    room = create(world.a)
    joiner.serving = ["--serve-keys", "--listen", joiner.name]
    run = joiner.join(room.alias)
    expect_cause(run, 36, "own-key-unreachable", "ours")
    hint = next(line for line in run.stderr.split("\n") if line.startswith("fedjoin: hint: "))
    expect("certificate" in hint, f"the first hint does not speak of our certificate: {hint}")


@check("points to the server that answers when that is another than the one we asked")
def wrong_destination(world, joiner):
    room = create(world.a)
    detour = f"{world.a.name}:{world.b.name}"
    run = joiner.join(room.alias, "--connect-to", detour)
    expect_cause(run, 36, "wrong-destination", "theirs")


# ---------------------------------------------------------------- the room


@check("points to the room's server ACL")
def server_acl(world, joiner):
    expect_cause(joiner.join(without_addresses(world.a).alias), 46, "server-acl", "theirs")


def restricted_no(version, world, joiner):
    room = restricted_to(create(world.a), version)
    expect_cause(joiner.join(room.alias), 46, "restricted-no-membership", "theirs")
    expect_equal("Synapse's membership", membership(world.a, room, joiner.user), None)


def restricted_cannot_check(version, world, joiner):
    room = restricted_to_unknown(world.a, version)
    expect_cause(joiner.join(room.alias), 46, "restricted-cannot-check", "theirs")
    expect_equal("Synapse's membership", membership(world.a, room, joiner.user), None)


def restricted_cannot_grant(version, world, joiner):
    gate, room = restricted_without_inviter(world, version)
    expect_joined(joiner.join(gate.alias), gate, joiner)
    run = joiner.join(room.id, "--via", world.a.name)
    expect_cause(run, 46, "restricted-cannot-grant", "theirs")
    run = joiner.join(room.id, "--via", world.a.name, "--via", world.b.name)
    expect_joined(run, room, joiner, result="warn", join_authorised_via_users_server=world.admin_b)
    asked = run.servers_of("/make_join/")
    expect_equal("servers of make_join", asked, [world.a.name, world.b.name])


for number in ["8", "9", "10", "11", "12"]:
    kind = f"tells a restricted room of version {number}"
    check(f"{kind} that we do not qualify for", number)(restricted_no)
    check(f"{kind} whose server cannot check whether we qualify", number)(restricted_cannot_check)
    check(f"{kind} whose server cannot let us in, and joins by the next one", number)(restricted_cannot_grant)


@check("tells a rate limit, and what the server says of the wait")
def rate_limit(world, joiner):
    room = create(world.b)
    for number in range(20):
        joiner.user = f"@ghost{number}:{joiner.name}"
        run = joiner.join(room.alias, "--linger", "0")
        if run.exit:
            break
    expect_cause(run, 48, "rate-limited", "theirs")
    expect_equal("Synapse's membership", membership(world.b, room, joiner.user), None)
