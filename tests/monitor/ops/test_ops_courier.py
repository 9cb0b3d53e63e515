"""The courier: real messages by Apprise to a real server, and none to where none may go."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ops_world import NightWorld, found_as
from receiver import Receiver, receiving

from monitor.alerting.courier import AppriseCourier, Parcel
from monitor.alerting.guard import is_private
from monitor.alerting.messenger import Refused, Watch
from scenarios.harness.sabotage import DEFECTS, Saboteur
from scenarios.harness.world import ACCOUNT

PRIVATE = "refused: it leads into a private network; allow_private = true in the route permits that"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def sent(*parcels: Parcel) -> dict[int, str]:
    return {one.number: "ok" if one.ok else one.why for one in AppriseCourier().send(parcels)}


def test_every_kind_is_told_over_the_wire_once_and_its_end_once(tmp_path: Path, receiver: Receiver) -> None:
    route = {"url": receiver.url(), "allow_private": True}
    planted = [(kind, metric, 1) for kind, metric, _ in DEFECTS]
    kinds = {found_as(kind, metric) for kind, metric, _ in DEFECTS}
    with NightWorld(tmp_path, {"routes": {"ops": route}}, AppriseCourier()) as nights:
        nights.trade(20)
        nights.world.till.state.refund("2", nights.world.clock.now())
        nights.world.once()
        nights.world.clock.advance(24 * 3600)
        nights.nights.run_due()
        assert receiver.got == [], "a clean night"
        klaviyo = nights.world.klaviyo.state
        before = klaviyo.dump()
        Saboteur(klaviyo, nights.world.till.state, seed=3).plant(planted)
        nights.next_night()
        told = len(receiver.got)
        nights.next_night()
        again = len(receiver.got)
        klaviyo.load(before)
        nights.next_night()
        nights.next_night()

    assert (told, again, len(receiver.got)) == (len(kinds), len(kinds), 2 * len(kinds))
    assert all(path == "/ok" for path, _ in receiver.got)
    recovered = [title for title in receiver.titles if "recovered" in title]
    assert sorted(receiver.titles[len(kinds) :]) == sorted(recovered)
    assert all(title.startswith(f"{ACCOUNT}: ") for title in receiver.titles)


def test_what_became_of_each_message_is_told_and_nothing_of_its_address(receiver: Receiver) -> None:
    found = sent(
        Parcel(1, receiver.url(), "t", "b", allow_private=True),
        Parcel(2, receiver.url("no?token=hush"), "t", "b", allow_private=True),
        Parcel(3, receiver.url("elsewhere?redirect=yes"), "t", "b", allow_private=True),
        Parcel(4, "nonsense:hush", "t", "b"),
        Parcel(5, f"http://127.0.0.1:{receiver.port}/ping", "", "", allow_private=True, ping=True),
    )
    assert found == {
        1: "ok",
        2: "it answered with status 403",
        3: "it answered with status 302",
        4: "the address is no Apprise URL; see its list of services",
        5: "ok",
    }
    assert [path for path, _ in receiver.got] == ["/ok", "/no", "/elsewhere", "/ping"]


def test_nothing_is_sent_into_a_private_network_however_its_address_is_written(receiver: Receiver) -> None:
    port = receiver.port
    hosts = [
        "127.0.0.1", "localhost", "2130706433", "0x7f000001", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]",
    ]  # fmt: skip
    parcels = [Parcel(at, f"jsons://{host}:{port}/ok?verify=no", "t", "b") for at, host in enumerate(hosts)]
    mail = Parcel(50, "mailto://user:hush@localhost?to=somebody@example.com", "t", "b")
    ping = Parcel(51, f"https://127.0.0.1:{port}/ping", "", "", ping=True)
    plain = Parcel(52, receiver.url(), "t", "b")

    found = sent(*parcels, mail, ping, plain)

    assert {found.pop(52)} == {"refused: json:// is not encrypted; use jsons://"}
    written = dict(zip(hosts, (found.pop(at) for at in range(len(hosts))), strict=True))
    unread = {host for host, why in written.items() if why.startswith("the address is no Apprise URL")}
    assert unread <= {"0x7f000001", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"}
    assert {why for host, why in written.items() if host not in unread} == {PRIVATE}
    assert found == {50: PRIVATE, 51: PRIVATE}
    assert receiver.got == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.100.100.200", "", "name",
        "168.63.129.16", "192.0.0.192", "198.18.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "::1", "::",
        "fe80::1%eth0", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:10.0.0.1", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    ],
)  # fmt: skip
def test_addresses_that_lead_anywhere_but_into_the_open_internet_are_private(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_addresses_of_the_open_internet_are_not(address: str) -> None:
    assert not is_private(address)


def test_the_address_that_is_connected_to_is_the_one_that_is_checked() -> None:
    # A name that is looked up twice may answer twice differently; a connection has one address only.
    watch = Watch()
    watch.on = True
    watch("socket.connect", (None, ("1.1.1.1", 443)))
    for event, where in (
        ("socket.connect", ("10.0.0.1", 443)),
        ("socket.sendto", ("169.254.169.254", 80)),
        ("socket.connect", "/var/run/docker.sock"),
    ):
        with pytest.raises(Refused):
            watch(event, (None, where))
    with pytest.raises(Refused):
        watch("subprocess.Popen", (sys.executable, [], None, None))


def test_a_messenger_that_hangs_is_ended_and_what_it_delivered_counts(receiver: Receiver) -> None:
    courier = AppriseCourier(base_s=0.0, each_s=0.0)
    (found,) = courier.send([Parcel(1, receiver.url(), "t", "b", allow_private=True)])
    assert (found.ok, found.why) == (False, "it took too long")


def test_no_parcels_start_no_process() -> None:
    assert AppriseCourier(base_s=-1.0).send([]) == []
